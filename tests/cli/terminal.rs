//! What a person sees on a terminal: times as seen from now, tables that fit, colours, a pager.

use crate::common::Sandbox;

const LONG: &str = "Totals of invoices that were booked in another currency than the one of the customer are wrong by the rate of the day";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug(LONG, "--key long --to a-repository-with-a-long-name");
    sandbox
}

/// A text without its colours.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(|c| c.is_ascii_alphabetic());
        } else if c != '\r' {
            plain.push(c);
        }
    }
    plain
}

#[test]
fn times_are_told_as_seen_from_now_and_elsewhere_as_they_are() {
    let sandbox = sandbox();
    let has_relative = |text: &str| text.contains("now") || text.contains(" s ago");
    for command in ["log", "show 1", "list --fields id,updated_at,created_at"] {
        let Some(told) = sandbox.on_terminal(&format!("ledger {command} --no-pager"), "") else { return };
        assert!(has_relative(&told) && !told.contains("YYYY-MM-DD hh:mm"), "{command}: {told}");
        let told = sandbox.on_terminal(&format!("ledger {command} --no-pager --time absolute"), "").unwrap();
        assert!(told.contains("YYYY-MM-DD hh:mm:ssZ"), "{command}: {told}");
        let told = sandbox.run(&format!("ledger {command}"));
        assert!(!has_relative(&told), "{command}: {told}");
        let told = sandbox.run(&format!("ledger {command} --time relative"));
        assert!(has_relative(&told), "{command}: {told}");
        let told = sandbox.on_terminal(&format!("ledger {command} --json"), "").unwrap();
        assert!(!has_relative(&told), "{command}: {told}");
    }
    sandbox.run("ledger config set time absolute");
    let told = sandbox.on_terminal("ledger log --no-pager", "").unwrap();
    assert!(told.contains("YYYY-MM-DD hh:mm:ssZ"), "{told}");
}

#[test]
fn a_table_fits_the_terminal() {
    let sandbox = sandbox();
    for command in [
        "list",
        "ready",
        "list --fields id,state,priority,type,from,to,updated_at,title",
        "help states",
        "help environment",
        "help exit-statuses",
    ] {
        let Some(told) = sandbox.on_terminal(&format!("ledger {command} --no-pager"), "") else { return };
        for line in plain(&told).lines() {
            let long = line.chars().count() > 80;
            // A sentence wraps by itself, and a table with more columns than fit can't but be wider.
            assert!(!long || command.contains("--fields") || line.contains(". "), "{command}: {line}");
        }
    }
    let told = plain(&sandbox.on_terminal("ledger list --no-pager", "").unwrap());
    assert!(told.contains("Totals of invo") && told.contains('…') && !told.contains("rate of the day"), "{told}");
    assert!(sandbox.run("ledger list").contains("rate of the day"));
}

#[test]
fn colours_are_for_terminals_and_for_who_asks_for_them() {
    let sandbox = sandbox();
    let colored = |text: &str| text.contains("\u{1b}[");
    let Some(told) = sandbox.on_terminal("ledger show 1 --no-pager", "") else { return };
    assert!(told.contains("\u{1b}[36mPROPOSED"), "{told}");
    for command in [
        "NO_COLOR=1 ledger show 1 --no-pager",
        "CLICOLOR=0 ledger show 1 --no-pager",
        "TERM=dumb ledger show 1 --no-pager",
        "ledger show 1 --no-pager --color never",
        "CLICOLOR_FORCE=1 ledger show 1 --no-pager --color never",
    ] {
        let told = sandbox.on_terminal(command, "").unwrap();
        assert!(told.contains("PROPOSED") && !colored(&told), "{command}: {told}");
    }
    assert!(!colored(&sandbox.run("ledger show 1")));
    for command in
        ["CLICOLOR_FORCE=1 ledger show 1", "ledger show 1 --color always", "NO_COLOR=1 ledger show 1 --color always"]
    {
        assert!(colored(&sandbox.run(command)), "{command}");
    }
    sandbox.run("ledger config set color always");
    assert!(colored(&sandbox.run("ledger show 1")));
    assert!(!colored(&sandbox.run("ledger show 1 --json")));
}

#[test]
fn a_pager_shows_long_texts_on_a_terminal_only() {
    let sandbox = sandbox();
    let paged = "sed s/^/PAGED:/";
    let terminal = |line: &str| sandbox.on_terminal(line, "");
    for command in ["show 1", "log", "list", "ready", "search totals", "help files", "help list"] {
        let Some(told) = terminal(&format!("LEDGER_PAGER='{paged}' ledger {command}")) else { return };
        assert!(told.contains("PAGED:"), "{command}: {told}");
    }
    // Not for what is short or is for programs, nor where nobody looks.
    for command in ["show 1 --json", "show 1 --no-pager", "verify", "note 1 --text x", "show 99", "list --text none"] {
        let told = terminal(&format!("LEDGER_PAGER='{paged}' ledger {command}")).unwrap();
        assert!(!told.contains("PAGED:"), "{command}: {told}");
    }
    assert!(!sandbox.run(&format!("LEDGER_PAGER='{paged}' ledger show 1")).contains("PAGED:"));
    // The program's own variable, the person's file, the one that others read too.
    sandbox.run("ledger config set pager 'sed s/^/FILE:/'");
    assert!(terminal("LEDGER_PAGER='sed s/^/OWN:/' PAGER=cat ledger show 1").unwrap().contains("OWN:"));
    assert!(terminal("PAGER='sed s/^/OTHER:/' ledger show 1").unwrap().contains("FILE:"));
    sandbox.run("ledger config unset pager");
    assert!(terminal("PAGER='sed s/^/OTHER:/' ledger show 1").unwrap().contains("OTHER:"));
    let told = terminal("PAGER=cat ledger show 1").unwrap();
    assert!(told.contains("PROPOSED"), "{told}");
}

#[test]
fn a_pager_that_fails_or_has_seen_enough_hides_nothing() {
    let sandbox = sandbox();
    let Some(told) = sandbox.on_terminal("PAGER=no-such-pager ledger show 1; echo status $?", "") else { return };
    assert!(told.contains("PROPOSED") && told.contains("can't be run") && told.contains("status 0"), "{told}");
    let told = sandbox.on_terminal("PAGER=true ledger list; echo status $?", "").unwrap();
    assert!(told.contains("status 0") && !told.contains("rror"), "{told}");
    // What is told beside it comes after it, and the status stays.
    sandbox.run("f=$(ls coordination/events/*-0001.jsonl) && (cat $f; echo x; echo y) > bad && mv -f bad $f");
    let told = plain(&sandbox.on_terminal("PAGER='sed s/^/P:/' ledger list; echo status $?", "").unwrap());
    let place = |text: Option<usize>| text.unwrap_or_else(|| panic!("{told}"));
    let (paged, beside) = (place(told.rfind("P:")), place(told.find("can't be read")));
    assert!(paged < beside && told.contains("status 9"), "{told}");
}

#[test]
fn less_shows_it_where_nobody_names_a_pager() {
    if !crate::common::terminal::has("less") {
        return;
    }
    let sandbox = sandbox();
    // What fits on the screen is shown, and that is that.
    let Some(told) = sandbox.on_terminal("ledger list; echo status $?", "") else { return };
    assert!(told.contains("PROPOSED") && told.contains("status 0"), "{told}");
    // What does not waits for a key.
    let told = sandbox.on_terminal("ledger help list; echo status $?", "q").unwrap();
    assert!(told.contains("Usage:") && told.contains("status 0") && !told.contains("Print version"), "{told}");
}

#[test]
fn what_takes_long_shows_how_far_it_is() {
    let sandbox = Sandbox::new();
    sandbox.run("(echo id,title,type; seq 4000 | sed 's/.*/x&,Title &,incident/') > many.csv");
    let line = "ledger import --from csv many.csv --origin shop --target billing --type incident -v";
    let Some(told) = sandbox.on_terminal(&format!("{line} --dry-run | tail -1"), "") else { return };
    assert!(told.contains("taking over") && told.contains("/4000"), "{}", &told[told.len().saturating_sub(2000)..]);
    let told = sandbox.on_terminal(&format!("{line} -q | tail -1"), "").unwrap();
    assert!(!told.contains("taking over"), "{}", &told[told.len().saturating_sub(2000)..]);
    // Nor where stderr is no terminal.
    let output = sandbox.shell(&format!("{line} --dry-run"));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("taking over"));
}

#[test]
fn a_list_has_the_colours_that_show_has_and_keeps_its_titles_on_a_narrow_terminal() {
    let sandbox = sandbox();
    let Some(told) = sandbox.on_terminal("ledger list --no-pager", "") else { return };
    assert!(told.contains("\u{1b}[36mPROPOSED\u{1b}[0m"), "{told}");
    for command in ["NO_COLOR=1 ledger list --no-pager", "ledger list --no-pager --color never"] {
        let told = sandbox.on_terminal(command, "").unwrap();
        assert!(!told.contains("\u{1b}["), "{command}: {told}");
    }
    assert!(!sandbox.run("ledger list").contains('\u{1b}'));
    let narrow = plain(&sandbox.on_terminal("stty cols 45; ledger list --no-pager", "").unwrap());
    assert!(narrow.contains("Totals") && !narrow.contains("billing"), "{narrow}");
}

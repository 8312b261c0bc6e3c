//! Texts that are written in an editor: on a terminal, and what becomes of them when they are refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::Sandbox;

/// An editor: a script of the shell, to which the text's file is `$1`.
fn editor(sandbox: &Sandbox, name: &str, script: &str) {
    let path = sandbox.path(&format!("../{name}"));
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a line on a terminal with an editor, and drafts in a folder of their own; `None` where there is no terminal.
fn terminal(sandbox: &Sandbox, name: &str, line: &str) -> Option<String> {
    sandbox.run("mkdir -p ../drafts");
    sandbox.on_terminal(&format!("export EDITOR=../{name} TMPDIR=$PWD/../drafts; {line}; echo status $?"), "")
}

fn drafts(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.path("../drafts")).unwrap().count()
}

#[test]
fn a_form_shows_what_its_type_needs_and_becomes_a_request() {
    let sandbox = Sandbox::new();
    sandbox.run("ledger config set from shop");
    editor(
        &sandbox,
        "ed",
        r#"test -e ../seen && exit; cp $1 ../seen; sed -i -e 's/^title:/title: Totals are "wrong"/' -e 's/^details.impact:/&  all/' -e '/^to:/a to: mail' $1
        sed -i '/^---/a \\n# In invoices\n\nThey are off by a cent.' $1"#,
    );
    let Some(told) = terminal(&sandbox, "ed", "ledger new --type bug --to billing --label money") else { return };
    assert!(told.contains("REQ-YYYYMMDD-0001") && told.contains("status 0"), "{told}");
    insta::assert_snapshot!(fs::read_to_string(sandbox.path("../seen")).unwrap(), @r#"
    title:
    from: shop
    to: billing
    type: bug
    details.impact:
    priority:
    label: money
    success:
    due:
    ---

    # ------------------------ >8 ------------------------
    # This line and all below it are left out. Without a change nothing is written.
    #
    # Above ---: an option of ledger new a line, as NAME: TEXT. Needed: title, from, to, type.
    # There are also artifact, contract, constraint, depends-on, parent, details.NAME.
    # to, label, success, artifact, contract, constraint, depends-on may stand in several lines.
    # Below ---: the description.
    #
    # The types, and what they need; ledger schema types/TYPE explains it:
    #   bug              details.impact
    #   feature          details.goal, details.metric, details.scope, details.trade_offs before it is accepted
    #   incident         details.severity
    #   contract-change  contract
    "#);
    let packet = sandbox.json("ledger show 1 --json");
    let packet = &packet["data"]["packet"];
    assert_eq!(packet["title"], "Totals are \"wrong\"");
    assert_eq!(packet["description"], "# In invoices\n\nThey are off by a cent.");
    assert_eq!(packet["details"]["impact"], "all");
    assert_eq!(packet["target_repo_ids"], serde_json::json!(["billing", "mail"]));
    assert_eq!(packet["labels"], serde_json::json!(["money"]));
    assert_eq!(drafts(&sandbox), 0);
}

#[test]
fn what_is_refused_comes_back_with_what_is_wrong_and_stays_where_one_gives_up() {
    let sandbox = Sandbox::new();
    // Another text each time, the last one as it was.
    editor(
        &sandbox,
        "ed",
        r#"n=$(cat ../count 2>/dev/null || echo 1); echo $((n + 1)) > ../count; cp $1 ../seen-$n
        case $n in
            1) printf 'titel: T\npriority: P9\nfrom: shop\nto: billing\ntype: bug\n' > $1;;
            2) sed -i -e '/^# !/d' -e 's/titel/title/' -e 's/P9/P1/' $1; printf -- '---\nAt length.\n' >> $1;;
        esac"#,
    );
    let Some(told) = terminal(&sandbox, "ed", "ledger new") else { return };
    assert!(told.contains("status 5") && told.contains("details/impact"), "{told}");
    let second = fs::read_to_string(sandbox.path("../seen-2")).unwrap();
    insta::assert_snapshot!(second, @r#"
    # ! error: the form can't be read
    # !   line 1: there is no field "titel"; did you mean title?
    # !   line 2: priority: expected P0, P1, P2 or P3
    # !   the last line: the fields end with a line ---; what comes after it is the description
    # ! hint: each line above --- is NAME: TEXT
    titel: T
    priority: P9
    from: shop
    to: billing
    type: bug
    "#);
    let third = fs::read_to_string(sandbox.path("../seen-3")).unwrap();
    assert!(third.starts_with("# ! error: ") && third.contains("# !   /details/impact: "), "{third}");
    assert!(!third.contains("P9") && third.ends_with("---\nAt length.\n"), "{third}");
    assert_eq!((drafts(&sandbox), sandbox.run("ledger list -q")), (1, String::new()));
    // The command that it names goes on with it.
    let go_on = told.lines().find_map(|line| line.split_once("to go on: ")).unwrap().1.replace("[tmp]", "..");
    editor(&sandbox, "ed", "grep -q '^# !' $1 || sed -i 's/^type: bug/&\\ndetails.impact: all/' $1");
    let told = terminal(&sandbox, "ed", &format!("{go_on} --to mail")).unwrap();
    assert!(told.contains("status 2") && told.contains("options that give it too"), "{told}");
    let told = terminal(&sandbox, "ed", &go_on).unwrap();
    assert!(told.contains("status 0"), "{go_on}: {told}");
    assert_eq!(sandbox.json("ledger show 1 --json")["data"]["packet"]["description"], "At length.");
}

#[test]
fn nothing_is_written_without_a_change_nor_by_an_editor_that_fails() {
    let sandbox = Sandbox::with_bug();
    editor(&sandbox, "idle", "exit 0");
    editor(&sandbox, "failing", "echo half >> $1; exit 1");
    for line in ["ledger new", "ledger note 1", "ledger note 1 --edit --text begun", "ledger new --edit --title T"] {
        let Some(told) = terminal(&sandbox, "idle", line) else { return };
        assert!(told.contains("nothing was written") && told.contains("status 5"), "{line}: {told}");
        let told = terminal(&sandbox, "nowhere", line).unwrap();
        assert!(told.contains("there is no such program") && told.contains("status 1"), "{line}: {told}");
        assert_eq!(drafts(&sandbox), 0, "{line}");
    }
    let told = terminal(&sandbox, "failing", "ledger note 1").unwrap();
    assert!(told.contains("to go on: ledger note REQ-YYYYMMDD-0001 --edit=") && told.contains("status 1"), "{told}");
    assert_eq!(drafts(&sandbox), 1);
    assert!(!sandbox.run("ledger log 1").contains("note"));
    // What would stand in the way of any text is told before one is written.
    editor(&sandbox, "touching", "touch ../was-run");
    for (line, status) in [
        ("ledger note 99", 4),
        ("cd /; ledger note 1", 4),
        ("LEDGER_ACTOR= ledger note 1", 2),
        ("ledger new --edit=/nowhere/x", 2),
        ("ledger new --json", 2),
        ("TERM=dumb ledger note 1", 2),
        ("ledger new --packet x --edit", 2),
    ] {
        let told = terminal(&sandbox, "touching", line).unwrap();
        assert!(told.contains(&format!("status {status}")), "{line}: {told}");
        assert!(!sandbox.path("../was-run").exists(), "{line}");
    }
}

#[test]
fn a_note_is_what_stands_above_the_line() {
    let sandbox = Sandbox::with_bug();
    editor(
        &sandbox,
        "ed",
        "cp $1 ../seen; printf '\\n# Seen\\n\\n---\\nIt is so.\\n\\n' | cat - $1 > ../new; cp ../new $1",
    );
    let Some(told) = terminal(&sandbox, "ed", "ledger note 1 --kind review") else { return };
    assert!(told.contains("review note: # Seen") && told.contains("status 0"), "{told}");
    let note = sandbox.json("ledger show 1 --json")["data"]["notes"][0]["text"].clone();
    assert_eq!(note, "# Seen\n\n---\nIt is so.");
    insta::assert_snapshot!(sandbox.redacted(&fs::read(sandbox.path("../seen")).unwrap()), @r#"

    # ------------------------ >8 ------------------------
    # A note on REQ-YYYYMMDD-0001. This line and all below it are left out.
    # Without a change nothing is written.
    "#);
    // A credential is no less one for being typed in an editor; the text comes back, and stays.
    editor(&sandbox, "leaking", "grep -q ghp_ $1 || echo 'token: ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8' > $1");
    let told = terminal(&sandbox, "leaking", "ledger note 1").unwrap();
    assert!(told.contains("status 5") && told.contains("a token of GitHub"), "{told}");
    let told = terminal(&sandbox, "leaking", "ledger note 1 --allow-secret").unwrap();
    assert!(told.contains("status 0"), "{told}");
}

#[test]
fn nobody_writes_against_the_clock() {
    let sandbox = Sandbox::with_bug();
    editor(&sandbox, "slow", "sleep 1.5; echo Slowly. > $1");
    let Some(told) = terminal(&sandbox, "slow", "ledger note 1 --timeout 300ms") else { return };
    assert!(told.contains("note: Slowly.") && told.contains("status 0"), "{told}");
    // But the write itself has its time, and what could not be written is kept.
    editor(
        &sandbox,
        "locking",
        "flock coordination/.local/locks/ledger.lock sleep 5 >/dev/null 2>&1 </dev/null & sleep 0.5; echo Late. > $1",
    );
    let told = terminal(&sandbox, "locking", "ledger note 1 --timeout 300ms").unwrap();
    assert!(told.contains("status 7") && told.contains("to go on: "), "{told}");
}

/// An interrupt from the keyboard reaches every process on the terminal: here, this program.
const INTERRUPT: &str = r#"pid=$PPID; while [ "$(cat /proc/$pid/comm)" != ledger ]; do pid=$(cut -d' ' -f4 /proc/$pid/stat); done
kill -INT $pid; sleep 0.2"#;

#[test]
fn an_interrupt_is_the_editors_or_the_pagers_to_handle() {
    let sandbox = Sandbox::with_bug();
    editor(&sandbox, "ed", &format!("{INTERRUPT}; echo Still here. > $1"));
    let Some(told) = terminal(&sandbox, "ed", "ledger note 1") else { return };
    assert!(told.contains("note: Still here.") && told.contains("status 0"), "{told}");
    editor(&sandbox, "page", &format!("{INTERRUPT}; sed s/^/PAGED:/"));
    let told = terminal(&sandbox, "ed", "LEDGER_PAGER=../page ledger show 1").unwrap();
    assert!(told.contains("PAGED:") && told.contains("status 0"), "{told}");
}

#[test]
fn the_editor_is_whichever_is_named_first() {
    let sandbox = Sandbox::with_bug();
    for name in ["own", "file", "visual", "editor"] {
        editor(&sandbox, name, &format!("echo {name} > $1"));
    }
    let note = |line: &str| terminal(&sandbox, "editor", &format!("{line} ledger note 1"));
    let Some(told) = note("") else { return };
    assert!(told.contains("note: editor"), "{told}");
    assert!(note("VISUAL=../visual").unwrap().contains("note: visual"));
    sandbox.run("ledger config set editor ../file");
    assert!(note("VISUAL=../visual").unwrap().contains("note: file"));
    assert!(note("LEDGER_EDITOR=../own VISUAL=../visual").unwrap().contains("note: own"));
    // A command line with options of its own, and a name with blanks in it.
    editor(&sandbox, "an editor", "echo \"$1 of $#\" > $2");
    sandbox.run("ledger config set editor '\"../an editor\" -w'");
    assert!(note("").unwrap().contains("note: -w of 2"));
}

#[test]
fn nothing_waits_for_an_editor_without_a_terminal() {
    use crate::transcript;
    transcript!(Sandbox::with_bug(), @r#"
    $ EDITOR=false ledger note 1
    ! error: the following required arguments were not provided:
    !   --text <TEXT|-|@FILE>
    !
    ! Usage: ledger note [OPTIONS] <REQ>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ EDITOR=false ledger note 1 --edit
    ! error: --edit needs a terminal that can show an editor
    ! hint: give the text with options; those that take - read standard input
    [exit 2]
    $ EDITOR=false ledger new --to billing
    ! error: the following required arguments were not provided:
    !   --title <TITLE>
    !   --from <REPO>
    !   --type <TYPE>
    !
    ! Usage: ledger new [OPTIONS]
    !
    ! For more information, try '--help'.
    [exit 2]
    $ EDITOR=false ledger new --edit --title T
    ! error: --edit needs a terminal that can show an editor
    ! hint: give the text with options; those that take - read standard input
    [exit 2]
    "#);
}

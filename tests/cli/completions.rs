//! What shells complete: the scripts in the shells themselves, and what the program answers them.

use crate::common::Sandbox;
use crate::common::terminal::has;
use crate::transcript;

/// A ledger with two requests, and a command `c` that asks as fish does.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Second; $(touch ran)", "--key shop-42 --label urgent --actor bob");
    sandbox.run("ledger transition 1 accepted -q");
    sandbox.run("printf '#!/bin/sh\\nLEDGER_COMPLETE=fish exec ledger -- ledger \"$@\"\\n' > c && chmod +x c");
    sandbox
}

#[test]
fn what_is_known_here_is_offered() {
    let sandbox = sandbox();
    sandbox.run("echo '{}' > w.json && ledger contract add money w.json --owner billing -q");
    sandbox.run("mkdir -p ~/.config/ledger && printf '[alias]\\nmine = \"list --to billing\"\\nlist = \"log\"' > ~/.config/ledger/config.toml");
    transcript!(sandbox, @"
    # Requests, the open and newest first; by key where a key is begun.
    $ ./c show R
    REQ-YYYYMMDD-0002	PROPOSED Second; $(touch ran)
    REQ-YYYYMMDD-0001	ACCEPTED Totals are wrong
    $ ./c show key:
    key:shop-42	PROPOSED Second; $(touch ran)
    key:k1	ACCEPTED Totals are wrong
    $ ./c claim key:s
    key:shop-42	PROPOSED Second; $(touch ran)
    # The states that follow, where it is known of which request; in any case.
    $ ./c transition REQ-$TODAY-0001 '' | grep -v ^-
    IN_PROGRESS
    WITHDRAWN
    $ ./c transition key:shop-42 a
    ACCEPTED
    $ ./c list --state i
    IN_PROGRESS
    # Repositories, who acted, roles, labels, types.
    $ ./c new --to ''
    billing
    shop
    $ ./c log --by ''
    alice
    bob
    $ ./c approve 1 --as ''
    pm
    sponsor
    $ ./c list --label ''
    urgent
    $ ./c new --type c
    contract-change
    # Details that types demand; formats of reports.
    $ ./c new --set ''
    details.change=
    details.goal=
    details.impact=
    details.metric=
    details.migration=
    details.scope=
    details.severity=
    details.started_at=
    details.trade_offs=
    $ ./c new --type incident --set ''
    details.impact=
    details.severity=
    details.started_at=
    $ ./c verify --output s
    sarif=
    $ ./c contract check --output ''
    text=
    json=
    jsonl=
    github=
    sarif=
    junit=
    markdown=
    # Contracts and their versions.
    $ ./c contract show ''  | grep -v ^-
    money@1
    $ ./c new --contract m
    money@1
    # Commands, options, aliases, choices, lists.
    $ ./c cla
    claim	Claim a request: tell the others that you work on it
    $ ./c min
    mine	alias: list --to billing
    $ ./c mine --to ''
    billing
    shop
    $ ./c li
    list	List requests
    $ ./c list --cl
    --claimed-by	Claimed by this actor
    --claimed	Claimed by somebody
    $ ./c list --fields id,st
    id,state
    $ ./c --color ''
    auto	On a terminal, unless NO_COLOR is set
    always	Always
    never	Never
    $ ./c respond 1 --status D
    DECLINED
    DELIVERED
    $ ./c config set ti
    timeout	how long a command that writes one thing may take
    time	how times are told: relative, absolute, or auto: relative on a terminal
    # Of another ledger, of none.
    $ cd / && LEDGER_COMPLETE=fish ledger -- ledger --root $OLDPWD show R
    REQ-YYYYMMDD-0002	PROPOSED Second; $(touch ran)
    REQ-YYYYMMDD-0001	ACCEPTED Totals are wrong
    $ cd / && LEDGER_COMPLETE=fish ledger -- ledger show R; echo $?
    0
    $ cd / && LEDGER_COMPLETE=fish ledger -- ledger list --state A
    ACCEPTED
    # Without an index, and with one that is none.
    $ rm coordination/index.json; ./c show R
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0001
    $ echo '{' > coordination/index.json; ./c show R
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0001
    # Whatever the person's own file says.
    $ echo 'no = 1' > ~/.config/ledger/config.toml; ./c cla
    claim	Claim a request: tell the others that you work on it
    $ LEDGER_COMPLETE=csh ledger -- ledger l
    ! error: LEDGER_COMPLETE is set, and this is no question of a script of ledger completions
    ! hint: unset LEDGER_COMPLETE
    [exit 2]
    $ LEDGER_COMPLETE=fish ledger list
    ! error: LEDGER_COMPLETE is set, and this is no question of a script of ledger completions
    ! hint: unset LEDGER_COMPLETE
    [exit 2]
    ");
}

#[test]
fn what_a_shell_would_run_is_not_offered() {
    let sandbox = Sandbox::new();
    for key in ["$(touch ran)", "a;b", "a b", "`x`", "plain"] {
        sandbox.bug("T", &format!("--key '{key}'"));
    }
    transcript!(sandbox, @"
    $ LEDGER_COMPLETE=bash _CLAP_COMPLETE_INDEX=2 ledger -- ledger show key:
    key:plain
    ");
}

#[test]
fn the_scripts_name_the_program_and_no_place() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = sandbox.run(&format!("ledger completions {shell}"));
        assert!(script.contains("LEDGER_COMPLETE") && script.contains("ledger"), "{shell}: {script}");
        assert!(
            !script.contains(&*sandbox.root().to_string_lossy()) && !script.contains("target"),
            "{shell}: {script}"
        );
    }
    transcript!(sandbox, @"
    $ ledger completions
    ! error: the following required arguments were not provided:
    !   <SHELL>
    !
    ! Usage: ledger completions <SHELL>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger completions csh
    ! error: invalid value 'csh' for '<SHELL>'
    !   [possible values: bash, zsh, fish, powershell, elvish]
    !
    !   tip: a similar value exists: 'zsh'
    !
    ! For more information, try '--help'.
    [exit 2]
    ");
}

/// Types lines into a shell, with `\t` where the completion key is hit, and returns what stood there then.
fn typed(sandbox: &Sandbox, shell: &str, lines: &str) -> String {
    sandbox.on_terminal(&format!("PAGER=cat {shell}"), &format!("{lines}\nexit\n")).unwrap_or_default()
}

#[test]
fn bash_completes() {
    if !has("bash") || !has("script") {
        return;
    }
    let sandbox = sandbox();
    sandbox
        .run("printf \"PS1='> '\\nsource <(ledger completions bash)\\nbind 'set enable-bracketed-paste off'\\n\" > rc");
    let told = typed(
        &sandbox,
        "bash --rcfile rc -i",
        "\
        ledger show key:sh\t-q | head -1\n\
        ledger transition REQ-$TODAY-0001 \t\t\x15\
        ledger list --sort=ti\t--fields id,tit\t\n\
        ledger list --state prop\t-q\n\
        ledger --actor bo\tnote key:k1 --text hello\n",
    );
    assert!(told.contains("key:shop-42 -q | head -1"), "{told}");
    assert!(told.contains("list --sort=title --fields id,title"), "{told}");
    assert!(told.contains("PROPOSED -q\nREQ-YYYYMMDD-0002\n"), "{told}");
    assert!(told.contains("--actor bob note key:k1"), "{told}");
    assert_eq!(sandbox.run("ledger log 1 --limit 1 | grep -c 'bob  note: hello'").trim(), "1");
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn zsh_completes() {
    if !has("zsh") || !has("script") {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(
        "printf \"PS1='> '\\nautoload -U compinit && compinit -u\\nsource <(ledger completions zsh)\\n\" > ~/.zshrc",
    );
    let told = typed(&sandbox, "zsh -i", "ledger show key:sh\t-q\nledger list --state prop\t-q\n");
    assert!(told.contains("Second; $(touch ran)"), "{told}");
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn fish_completes() {
    if !has("fish") {
        return;
    }
    let sandbox = sandbox();
    transcript!(sandbox, @r#"
    $ fish -N -c 'ledger completions fish | source; complete -C "ledger show key:"'
    key:shop-42	PROPOSED Second; $(touch ran)
    key:k1	ACCEPTED Totals are wrong
    $ fish -N -c 'ledger completions fish | source; complete -C "ledger list --fields id,ti"'
    id,title
    "#);
}

#[test]
fn elvish_takes_the_script() {
    if !has("elvish") || !has("script") {
        return;
    }
    let told = typed(
        &sandbox(),
        "elvish -norc",
        "eval (ledger completions elvish | slurp)\nif (has-key $edit:completion:arg-completer ledger) { echo lo(put aded) }\n",
    );
    assert!(told.contains("loaded") && !told.contains("xception"), "{told}");
}

#[test]
fn what_is_offered_is_what_would_be_taken() {
    let sandbox = sandbox();
    sandbox.run("echo '{}' > w.json && ledger contract add money w.json --owner billing -q");
    transcript!(sandbox, @"
    $ ./c schema '' | grep -v ^-
    packet
    request
    event
    index
    workflow
    ledger
    types/bug
    types/feature
    types/incident
    types/contract-change
    $ ./c schema output/tr
    output/transition
    $ ./c note 1 --kind ''
    review
    $ ./c config set color '' | grep -v ^-
    auto
    always
    never
    $ ./c transition 1 '' | grep -v ^-
    IN_PROGRESS
    WITHDRAWN
    $ ./c contract status ''  | grep -v ^-
    money
    ");
}

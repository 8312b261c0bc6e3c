//! `ledger help` and `ledger man`.

use clap::CommandFactory;
use coordination_ledger::cli::args::Cli;

use crate::common::Sandbox;
use crate::common::terminal::has;
use crate::transcript;

#[test]
fn topics_are_explained() {
    transcript!(Sandbox::new(), @r#"
    $ ledger help | tail -8

    Topics, for ledger help:
      states         The states of requests and what leads from one to another, as this ledger's workflow has it
      exit-statuses  What a command's status says, and when to try again
      files          Which file holds what
      json           What JSON output and errors hold
      ids            How requests are named
      environment    The variables of the environment that are read
    $ ledger help exit-statuses
    STATUS  NAME       TRY AGAIN?              MEANING
    0       done                               done, or the answer is yes
    1       failure                            unexpected failure (a bug, an I/O error)
    2       usage                              the command line is wrong
    3       no                                 checked, and the answer is no: verify found something, a contract breaks
    4       not-found                          not found
    5       refused                            refused by a rule: illegal transition, guard, bad packet
    6       conflict   re-read first           conflict: stale version, key used for another intent, diverged
    7       busy       yes                     the budget ran out before anything was written
    8       unknown    yes, with the same key  it may have been written
    9       damaged                            the ledger is damaged
    10      undecided                          the gate could prove neither side
    $ ledger help ids
    REQ is an id (REQ-20261120-0001), a key (key:shop-42), a day and a number (1120-1), or a number
    alone for today (1).

    There is a command of this name: ledger ids --help
    $ ledger help files | head -4
      coordination/
        ledger.json                      identity and settings
        workflow.json                    states, transitions, guards, request types: yours to edit
        requests/REQ-YYYYMMDD-NNNN.json  the packet: what is asked; written once, read-only
    $ ledger help json | head -3
    --json prints one line: {"v":1,"data":…}. v is the version of this contract. Members may be added
    within a version; none is removed or changes its meaning. ledger schema output/COMMAND prints a JSON
    Schema of data.
    $ ledger help environment | head -3
    VARIABLE                                                                                                                        WHAT IT DOES
    LEDGER_ROOT                                                                                                                     the folder that holds coordination/, like --root
    LEDGER_ACTOR                                                                                                                    who acts, like --actor
    $ ledger help ids --json
    {
      "v": 1,
      "data": {
        "about": "ids",
        "text": "REQ is an id (REQ-20261120-0001), a key (key:shop-42), a day and a number (1120-1), or a number\nalone for today (1).\n\nThere is a command of this name: ledger ids --help\n"
      }
    }
    "#);
}

#[test]
fn states_are_those_of_the_workflow_in_force() {
    let sandbox = Sandbox::new();
    sandbox.run("sed -i 's/WITHDRAWN/CANCELLED/g' coordination/workflow.json");
    transcript!(sandbox, @"
    $ ledger help states
    STATE        THEN         WAITS FOR
    PROPOSED     ACCEPTED     triage
    ACCEPTED     IN_PROGRESS  the repositories that are asked
    IN_PROGRESS  DELIVERED    the repositories that are asked
    BLOCKED      IN_PROGRESS  the repositories that are asked
    DELIVERED    VERIFIED     the repository that asks
    VERIFIED     CLOSED       the repository that asks
    CLOSED       (final)
    REJECTED     (final)
    CANCELLED    (final)

    TO           FROM                                                           ONLY FOR  NEEDS
    ACCEPTED     PROPOSED                                                                 the details of its type
    IN_PROGRESS  PROPOSED                                                       incident
    REJECTED     PROPOSED                                                                 a reason
    IN_PROGRESS  ACCEPTED
    BLOCKED      IN_PROGRESS                                                              a reason
    IN_PROGRESS  BLOCKED
    DELIVERED    IN_PROGRESS                                                              evidence; each target's part
    IN_PROGRESS  DELIVERED                                                                a reason
    VERIFIED     DELIVERED                                                                a passed compatibility check, or an approval as sponsor (contract-change); somebody who did not deliver (governed)
    CLOSED       VERIFIED                                                                 a review note (incident); an approval as sponsor (governed); an approval as sponsor (where the packet demands it)
    CANCELLED    PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED            a reason

    A state is typed in any case, with - or _. `ledger show REQ --explain` tells what is open for a request.
    $ cd / && ledger help states | grep -c CANCELLED
    0
    [exit 1]
    ");
}

#[test]
fn commands_are_explained_and_what_is_none_may_have_been_meant_to_be_one() {
    transcript!(Sandbox::empty(), @r#"
    $ ledger help contract add | head -1
    Register a schema as the next version (exit 3 if it breaks an earlier one)
    $ test "$(ledger help list)" = "$(ledger list --help)" && echo the same
    the same
    $ ledger help stat
    ! error: there is no command or topic "stat"
    ! hint: did you mean ledger help stats?
    [exit 2]
    $ ledger help state
    ! error: there is no command or topic "state"
    ! hint: did you mean ledger help states?
    [exit 2]
    $ ledger help exit-status
    ! error: there is no command or topic "exit-status"
    ! hint: did you mean ledger help exit-statuses?
    [exit 2]
    $ ledger help contract ad
    ! error: there is no command or topic "contract ad"
    ! hint: did you mean ledger help contract add?
    [exit 2]
    $ ledger help contract add more
    ! error: there is no command or topic "contract add more"
    ! hint: ledger help lists the commands and topics
    [exit 2]
    $ ledger help frobnicate
    ! error: there is no command or topic "frobnicate"
    ! hint: ledger help lists the commands and topics
    [exit 2]
    $ ledger man statts
    ! error: there is no command "statts"
    ! hint: did you mean stats?
    [exit 2]
    $ ledger man contract add | head -3
    .ie \n(.g .ds Aq \(aq
    .el .ds Aq '
    .TH ledger-contract-add 1 "" "ledger 0.1.0" "Manual of ledger"
    "#);
}

#[test]
fn a_page_for_each_command_is_written() {
    let sandbox = Sandbox::empty();
    transcript!(sandbox, @"
    $ ledger man --dir man --dry-run; test -e man
    76 pages would be written (dry run) in [tmp]/work/man
    [exit 1]
    $ ledger man --dir man/man1
    76 pages written in [tmp]/work/man/man1
    $ ls man/man1 | grep -e '^ledger.1' -e transition -e contract-add -e config-set -e help
    ledger-config-set.1
    ledger-contract-add.1
    ledger-transition.1
    ledger.1
    $ ledger man --dir man/man1 -q | head -2; ls -A man/man1 | grep -c tmp
    ledger.1
    ledger-init.1
    0
    [exit 1]
    $ ledger man --dir /dev/null
    ! error: could not write into /dev/null: File exists (os error 17)
    ! hint: ls -ld /dev/null tells whether it may be written to
    [exit 1]
    $ ledger man --dry-run
    ! error: the following required arguments were not provided:
    !   --dir <DIR>
    !
    ! Usage: ledger man --dir <DIR> --dry-run [COMMAND]...
    !
    ! For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn the_pages_are_read_without_a_warning() {
    let sandbox = Sandbox::empty();
    sandbox.run("ledger man --dir pages");
    if has("groff") {
        let told = sandbox.shell("groff -man -Tutf8 -ww -W break -z pages/*.1");
        assert_eq!(String::from_utf8_lossy(&told.stderr), "");
    }
    if has("mandoc") {
        // The pages have no date, so that the same program makes the same pages.
        let told = sandbox.shell("mandoc -T lint -W warning pages/*.1 | grep -v 'missing date'");
        assert_eq!(String::from_utf8_lossy(&told.stdout), "");
    }
    if has("man") {
        let told = sandbox.shell("timeout 60 man --warnings -l pages/ledger-transition.1 < /dev/null | head -30");
        let told = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
        assert!(told.contains("ledger-transition") && !told.contains("warning"), "{told}");
    }
}

/// What a command is said to do is the same wherever it is said.
#[test]
fn a_command_is_told_in_the_same_words_everywhere() {
    let (brief, mut whole) = (Cli::command(), Cli::command());
    whole.build();
    for command in brief.get_subcommands() {
        let built = whole.find_subcommand(command.get_name()).unwrap();
        let told = |command: &clap::Command| command.get_about().unwrap().to_string();
        assert_eq!(told(command), told(built), "{}", command.get_name());
    }
}

#[test]
fn a_synopsis_has_the_commands_own_options_alone() {
    transcript!(Sandbox::empty(), @r#"
    $ ledger man note | sed -n '/SH SYNOPSIS/,/SH DESC/p'
    .SH SYNOPSIS
    \fBledger note\fR [\fB\-\-text\fR] [\fB\-\-edit\fR] [\fB\-\-kind\fR] [\fB\-\-expect\-version\fR] [\fB\-\-expect\-state\fR] [\fB\-\-key\fR] [\fB\-\-dry\-run\fR] [\fB\-\-allow\-secret\fR] [\fB\-h\fR|\fB\-\-help\fR] <\fIREQ\fR>
    .SH DESCRIPTION
    $ ledger man note | grep -c actor
    1
    "#);
}

#[test]
fn on_a_terminal_a_page_is_shown_by_man() {
    let sandbox = Sandbox::empty();
    sandbox.run("mkdir bin && printf '#!/bin/sh\necho \"shown: $*\"; grep -c ^.SH\n' > bin/man && chmod +x bin/man");
    let Some(shown) = sandbox.on_terminal("PATH=$PWD/bin:$PATH ledger man list", "") else { return };
    assert!(shown.contains("shown: -l -") && !shown.contains(".SH"), "{shown}");
    let raw = sandbox.on_terminal("PATH=$PWD/bin:$PATH ledger man list --no-pager", "").unwrap();
    assert!(raw.contains(".SH SYNOPSIS"), "{raw}");
    let help = sandbox.on_terminal("PATH=$(dirname $(command -v ledger)):$PWD ledger man list", "").unwrap();
    assert!(help.contains("List requests") && help.contains("no man here"), "{help}");
    assert!(sandbox.run("PATH=$PWD/bin:$PATH ledger man list").contains(".SH SYNOPSIS"));
}

//! What a person has set up, and what a ledger's settings say: which comes first, and what is refused.

use crate::common::Sandbox;
use crate::transcript;

/// A ledger and a person's file beside it.
fn with_file(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run("mkdir -p ~/.config/ledger");
    std::fs::write(sandbox.path("../home/.config/ledger/config.toml"), text).unwrap();
    sandbox
}

#[test]
fn each_setting_is_told_with_where_it_comes_from() {
    let sandbox = with_file(
        "# mine\nactor = \"ben\"\nfrom = \"shop\"\ntime = \"absolute\"\n\n[alias]\nmine = \"list --to shop\"\nlist = \"log\"\n",
    );
    sandbox.run("sed -i 's/\"roles\"/\"defaults\": {\"from\": \"web\", \"priority\": \"P1\"}, \"roles\"/' coordination/ledger.json");
    transcript!(sandbox, @"
    $ ledger config list
    KEY         VALUE
    actor       alice
    from        shop
    priority    P1
    timeout     10s
    format      text
    time        absolute
    color       auto
    pager       less -FRX
    editor      vi
    alias.list  log
    alias.mine  list --to shop
    $ ledger config list --origin
    KEY         VALUE           ORIGIN       PLACE
    actor       alice           environment  LEDGER_ACTOR
    from        shop            file         [tmp]/home/.config/ledger/config.toml:3
    priority    P1              ledger       coordination/ledger.json
    timeout     10s             built-in
    format      text            built-in
    time        absolute        file         [tmp]/home/.config/ledger/config.toml:4
    color       auto            built-in
    pager       less -FRX       built-in
    editor      vi              built-in
    alias.list  log             shadowed     [tmp]/home/.config/ledger/config.toml:8
    alias.mine  list --to shop  file         [tmp]/home/.config/ledger/config.toml:7
    ");
}

#[test]
fn the_command_line_comes_first_then_the_environment_the_file_the_ledger() {
    let sandbox = with_file("actor = \"ben\"\npager = \"most\"\ntimeout = \"20s\"\n");
    sandbox.run("git init -q && git config user.email carol@example.org");
    sandbox.run("sed -i 's/\"roles\"/\"defaults\": {\"timeout\": \"30s\"}, \"roles\"/' coordination/ledger.json");
    transcript!(sandbox, @r#"
    $ ledger config get actor --actor dora; ledger config get actor; LEDGER_ACTOR= ledger config get actor
    dora
    alice
    ben
    $ LEDGER_PAGER=more ledger config get pager; PAGER=more ledger config get pager
    more
    most
    $ ledger config get timeout --timeout 5s; ledger config get timeout
    5000ms
    20s
    $ rm ~/.config/ledger/config.toml
    $ LEDGER_ACTOR= ledger config get actor; PAGER=more ledger config get pager; ledger config get timeout
    carol@example.org
    more
    30s
    $ XDG_CONFIG_HOME=relative ledger config path; XDG_CONFIG_HOME=/etc/xdg ledger config path
    [tmp]/home/.config/ledger/config.toml
    /etc/xdg/ledger/config.toml
    $ env -u HOME ledger config path
    ! error: nothing says where your file would be
    ! hint: set HOME or XDG_CONFIG_HOME to the full path of a folder
    [exit 2]
    $ env -u HOME ledger config get priority
    P2
    $ ledger config get from
    ! error: from is not set
    ! hint: ledger config set from VALUE: the repository that asks, for new
    [exit 4]
    $ ledger config get from --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-set", "message": "from is not set",
    !     "hint": "ledger config set from VALUE: the repository that asks, for new", "retryable": false,
    !     "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ ledger config get form
    ! error: there is no setting "form"
    ! hint: did you mean from?
    [exit 2]
    $ ledger config get alias.mine
    ! error: alias.mine is not set
    ! hint: ledger config set alias.NAME 'COMMAND OPTIONS'
    [exit 4]
    "#);
}

#[test]
fn settings_hold_where_nothing_else_is_said() {
    let sandbox = with_file("actor = \"ben\"\nfrom = \"shop\"\npriority = \"p1\"\nformat = \"jsonl\"\n");
    transcript!(sandbox, @r#"
    $ unset LEDGER_ACTOR; ledger new --title T --to billing --type bug --set details.impact=all --format text
    REQ-YYYYMMDD-0001  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger list --fields from,priority,created_by
    {"v": 1, "data": {"created_by": "ben", "from": "shop", "priority": "P1"}}
    $ ledger new --title T --from web --priority p3 --to billing --type bug --set details.impact=all --format text
    REQ-YYYYMMDD-0002  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0002 ACCEPTED
    $ ledger list --fields from,priority,created_by
    {"v": 1, "data": {"created_by": "ben", "from": "shop", "priority": "P1"}}
    {"v": 1, "data": {"created_by": "alice", "from": "web", "priority": "P3"}}
    $ ledger list --format text --fields id
    ID
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    # What other formats there are, a few commands print only.
    $ ledger stats --format csv | head -1
    section,name,measure,value
    # Who looks is who acts.
    $ ledger show 3
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-found", "message": "there is no request 3", "hint": "ledger list --all", "retryable": false,
    !     "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ ledger frob
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "unrecognized subcommand 'frob'", "hint": "ledger --help", "retryable": false,
    !     "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger frob --format text
    ! error: unrecognized subcommand 'frob'
    !
    ! Usage: ledger [OPTIONS] <COMMAND>
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn a_ledger_says_what_holds_for_its_work_and_no_more() {
    let sandbox = Sandbox::new();
    sandbox.run("cp coordination/ledger.json before");
    let settings = |defaults: &str| {
        sandbox
            .run(&format!("sed 's/\"roles\"/\"defaults\": {defaults}, \"roles\"/' before > coordination/ledger.json"));
    };
    settings(r#"{"from": "web", "priority": "P0", "timeout": "200ms"}"#);
    transcript!(sandbox, @r#"
    $ ledger new --title T --to billing --type bug --set details.impact=all --dry-run --json
    {
      "v": 1,
      "data": {
        "version": 1, "state": "PROPOSED", "deduplicated": false, "dry_run": true,
        "packet": {
          "compatibility_constraints": [], "contracts": [], "coordination_mode": "tracked", "created_by": "alice",
          "dependencies": [], "description": "", "details": {"impact": "all"}, "labels": [],
          "origin_repo_id": "web", "priority": "P0", "request_type": "bug", "required_artifacts": [],
          "sponsor_approval_required": false, "success_criteria": [], "target_repo_ids": ["billing"], "title": "T"
        }
      }
    }
    # A packet says for itself what it is.
    $ echo '{"title":"T","target_repo_ids":["b"],"request_type":"bug","details":{"impact":"x"}}' | ledger new --packet - --dry-run
    ! error: the packet is not valid
    !   /origin_repo_id: "origin_repo_id" is missing: The repository that asks
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger new --title T --to billing --type bug --set details.impact=all -q
    REQ-YYYYMMDD-0001
    $ flock coordination/.local/locks/ledger.lock ledger note 1 --text x 2>&1 | sed 's/ [0-9]* ms/ N ms/'
    error: gave up after N ms waiting for the ledger
    hint: try again, with a longer --timeout if it goes on; nothing was written
    $ flock coordination/.local/locks/ledger.lock ledger note 1 --text x --timeout 100ms 2>&1 | sed 's/ [0-9]* ms/ N ms/'
    error: gave up after N ms waiting for the ledger
    hint: try again, with a longer --timeout if it goes on; nothing was written
    $ ledger verify
    ok: 1 request, 1 event verified
    "#);
    settings(r#"{"form": "web"}"#);
    transcript!(sandbox, @"
    $ ledger list
    ! error: [tmp]/work/coordination/ledger.json: ledger.json is not valid: unknown field `form`, expected one of `from`, `priority`, `timeout` at line 7 column 29; did you mean from?
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    ");
    for defaults in [r#"{"pager": "touch ran"}"#, r#"{"actor": "eve"}"#, r#"{"aliases": {}}"#] {
        settings(defaults);
        let output = sandbox.shell("ledger show 1");
        assert_eq!(output.status.code(), Some(9), "{defaults}");
    }
    transcript!(sandbox, @"
    $ ledger list
    ! error: [tmp]/work/coordination/ledger.json: ledger.json is not valid: unknown field `aliases`, expected one of `from`, `priority`, `timeout` at line 7 column 29
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    $ test -e ran
    [exit 1]
    ");
}

#[test]
fn an_alias_stands_for_a_command_and_never_before_one() {
    let sandbox = with_file(
        "[alias]\nmine = \"list --to billing\"\nquote = [\"note\", \"1\", \"--text\", \"two words\"]\nlist = \"schema\"\nloop = \"loop\"\n",
    );
    sandbox.bug("Totals are wrong", "--key k1");
    transcript!(sandbox, @r#"
    $ ledger mine --fields id,to
    ID                 TO
    REQ-YYYYMMDD-0001  billing
    $ ledger -q --root . mine
    REQ-YYYYMMDD-0001
    $ ledger --root=mine mine
    ! error: no ledger: [tmp]/work/mine/coordination is missing
    ! hint: ledger init, or name the folder with --root DIR
    [exit 4]
    $ ledger quote
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: two words
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger list -q
    REQ-YYYYMMDD-0001
    $ ledger loop
    ! error: unrecognized subcommand 'loop'
    !
    !
    ! Usage: ledger [OPTIONS] <COMMAND>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger min
    ! error: unrecognized subcommand 'min'
    !
    !   tip: a similar subcommand exists: 'man'
    !
    ! Usage: ledger [OPTIONS] <COMMAND>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger mine --frob
    ! error: unexpected argument '--frob' found
    !
    !   tip: a similar argument exists: '--from'
    !
    ! Usage: ledger list --to <REPO> --from <REPO>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger mine --limit 0 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "invalid value '0' for '--limit <N>': expected a number from 1 on",
    !     "hint": "ledger list --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    # An alias is no program, and no shell reads it.
    $ ledger config set alias.evil 'list; touch ran' -q; ledger evil; test -e ran
    ! error: unrecognized subcommand 'list;'
    !
    !   tip: a similar subcommand exists: 'list'
    !
    ! Usage: ledger [OPTIONS] <COMMAND>
    !
    ! For more information, try '--help'.
    [exit 1]
    "#);
}

#[test]
fn what_is_no_setting_is_refused_with_file_line_and_what_was_meant() {
    let sandbox = with_file("actor = \"ben\"\n\ncolour = \"never\"\n");
    transcript!(sandbox, @r#"
    $ ledger list
    ! error: [tmp]/home/.config/ledger/config.toml:3: there is no setting "colour"
    ! hint: did you mean color? ledger config unset colour takes it out
    [exit 2]
    $ ledger list --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-config",
    !     "message": "[tmp]/home/.config/ledger/config.toml:3: there is no setting \"colour\"",
    !     "hint": "did you mean color? ledger config unset colour takes it out", "retryable": false,
    !     "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger frob
    ! error: [tmp]/home/.config/ledger/config.toml:3: there is no setting "colour"
    ! hint: did you mean color? ledger config unset colour takes it out
    [exit 2]
    $ ledger config set color never
    color: never (written) in [tmp]/home/.config/ledger/config.toml
    ! [tmp]/home/.config/ledger/config.toml:3: there is no setting "colour" (did you mean color? ledger config unset colour takes it out)
    $ ledger config path
    [tmp]/home/.config/ledger/config.toml
    # Help is given, and git is served, whatever somebody's own file says.
    $ ledger list --help | head -1; ledger --version
    List requests
    ledger 0.1.0
    $ mkdir m && echo a > m/base && cp m/base m/ours && cp m/base m/theirs
    $ ledger merge-driver m/base m/ours m/theirs coordination/events/REQ-20261120-0001.jsonl; echo $?
    1
    ! error: coordination/events/REQ-20261120-0001.jsonl: ours is not whole: line 1: the line does not end in its hash
    ! hint: ledger repair-merge tells the way out
    $ printf 'actor = 3' > ~/.config/ledger/config.toml; ledger list
    ! error: [tmp]/home/.config/ledger/config.toml:1: actor: expected a text in quotes
    ! hint: ledger config set actor VALUE: who acts; else git's user.email
    [exit 2]
    $ printf 'actor = "' > ~/.config/ledger/config.toml; ledger list
    ! error: [tmp]/home/.config/ledger/config.toml:1: invalid basic string, expected `"`
    ! hint: ledger config path tells where it is: a line of it is NAME = "VALUE"
    [exit 2]
    $ printf '\377' > ~/.config/ledger/config.toml; ledger list
    ! error: [tmp]/home/.config/ledger/config.toml: it is not UTF-8
    ! hint: mv [tmp]/home/.config/ledger/config.toml [tmp]/home/.config/ledger/config.toml.old moves it away: no command needs it
    [exit 2]
    $ head -c 70000 /dev/zero | tr '\0' '#' > ~/.config/ledger/config.toml; ledger list
    ! error: [tmp]/home/.config/ledger/config.toml: it has more than 65536 bytes
    ! hint: mv [tmp]/home/.config/ledger/config.toml [tmp]/home/.config/ledger/config.toml.old moves it away: no command needs it
    [exit 2]
    $ rm ~/.config/ledger/config.toml && mkfifo ~/.config/ledger/config.toml && ledger list
    ! error: [tmp]/home/.config/ledger/config.toml: it is no file
    ! hint: mv [tmp]/home/.config/ledger/config.toml [tmp]/home/.config/ledger/config.toml.old moves it away: no command needs it
    [exit 2]
    $ rm ~/.config/ledger/config.toml && ledger list
    ! no request matches
    "#);
}

#[test]
fn a_setting_is_written_and_taken_out() {
    let sandbox = Sandbox::new();
    sandbox.run("mkdir ../dotfiles && touch ../dotfiles/c.toml && mkdir -p ~/.config/ledger && ln -s ../../../dotfiles/c.toml ~/.config/ledger/config.toml");
    transcript!(sandbox, @r#"
    $ ledger config set color never --dry-run; cat ~/.config/ledger/config.toml
    color: never (dry run: nothing was written) in [tmp]/home/.config/ledger/config.toml
    $ ledger config set color never
    color: never (written) in [tmp]/home/.config/ledger/config.toml
    $ ledger config set color never
    color: never (unchanged) in [tmp]/home/.config/ledger/config.toml
    $ ledger config set alias.mine 'list --to shop' --json
    {
      "v": 1,
      "data": {
        "changed": true, "dry_run": false, "key": "alias.mine", "path": "[tmp]/home/.config/ledger/config.toml",
        "value": "list --to shop"
      }
    }
    $ cat ../dotfiles/c.toml
    color = "never"

    [alias]
    mine = "list --to shop"
    $ ledger config unset color --dry-run
    color: not set (dry run: nothing was written) in [tmp]/home/.config/ledger/config.toml
    $ ledger config unset color && cat ../dotfiles/c.toml
    color: not set (written) in [tmp]/home/.config/ledger/config.toml

    [alias]
    mine = "list --to shop"
    $ ledger config set colour never
    ! error: there is no setting "colour"
    ! hint: did you mean color?
    [exit 2]
    $ ledger config set color pink
    ! error: color: expected auto, always or never
    ! hint: ledger config set color VALUE: when to use colours: auto, always, never
    [exit 2]
    $ ledger config set alias.-x list
    ! error: [tmp]/home/.config/ledger/config.toml:4: alias "-x": a name is up to 40 characters of [A-Za-z0-9_-]
    ! hint: [alias], and below it NAME = "COMMAND OPTIONS" or NAME = ["COMMAND", "OPTION"]
    [exit 2]
    $ ledger config set alias.x --all
    ! error: [tmp]/home/.config/ledger/config.toml:4: alias "x": expected a command first
    ! hint: [alias], and below it NAME = "COMMAND OPTIONS" or NAME = ["COMMAND", "OPTION"]
    [exit 2]
    $ test -L ~/.config/ledger/config.toml && ls -A ~/.config/ledger
    config.toml
    "#);
}

/// A configuration that stops every other command is mended by its own.
#[test]
fn a_broken_configuration_is_mended_by_its_own_command() {
    transcript!(Sandbox::new(), @r#"
    $ mkdir -p $HOME/.config/ledger; printf 'foo = 1\ncolor = "pink"\nactor = "mia"\n' > $HOME/.config/ledger/config.toml
    $ ledger list
    ! error: [tmp]/home/.config/ledger/config.toml:1: there is no setting "foo"
    ! hint: ledger config unset foo takes it out
    [exit 2]
    $ ledger config list | grep actor
    actor     alice
    ! [tmp]/home/.config/ledger/config.toml:1: there is no setting "foo" (ledger config unset foo takes it out)
    ! [tmp]/home/.config/ledger/config.toml:2: color: expected auto, always or never (ledger config set color VALUE: when to use colours: auto, always, never)
    $ ledger config get actor
    alice
    ! [tmp]/home/.config/ledger/config.toml:1: there is no setting "foo" (ledger config unset foo takes it out)
    ! [tmp]/home/.config/ledger/config.toml:2: color: expected auto, always or never (ledger config set color VALUE: when to use colours: auto, always, never)
    $ ledger doctor | grep -A1 bad-config
    error bad-config: [tmp]/home/.config/ledger/config.toml:1: there is no setting "foo"
      fix: ledger config unset foo takes it out
    error bad-config: [tmp]/home/.config/ledger/config.toml:2: color: expected auto, always or never
      fix: ledger config set color VALUE: when to use colours: auto, always, never
    $ ledger config unset foo --dry-run
    foo: not set (dry run: nothing was written) in [tmp]/home/.config/ledger/config.toml
    ! [tmp]/home/.config/ledger/config.toml:1: color: expected auto, always or never (ledger config set color VALUE: when to use colours: auto, always, never)
    $ ledger config unset foo
    foo: not set (written) in [tmp]/home/.config/ledger/config.toml
    ! [tmp]/home/.config/ledger/config.toml:1: color: expected auto, always or never (ledger config set color VALUE: when to use colours: auto, always, never)
    $ ledger config set color never
    color: never (written) in [tmp]/home/.config/ledger/config.toml
    $ ledger config unset foo
    ! error: there is no setting "foo"
    ! hint: ledger config list tells all
    [exit 2]
    $ ledger doctor -q
    $ echo 'nonsense' >> $HOME/.config/ledger/config.toml; ledger config list | grep -c mia
    0
    ! [tmp]/home/.config/ledger/config.toml:3: key with no value, expected `=` (ledger config path tells where it is: a line of it is NAME = "VALUE")
    [exit 1]
    $ ledger config unset actor
    ! error: [tmp]/home/.config/ledger/config.toml:3: key with no value, expected `=`
    ! hint: ledger config path tells where it is: a line of it is NAME = "VALUE"
    [exit 2]
    $ ledger doctor --json | grep -o '"code":"bad-config"'
    "code":"bad-config"
    "#);
}

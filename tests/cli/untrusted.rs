//! Other people's text: control, bidirectional and invisible characters are shown, not sent, in text and in JSON.

use crate::common::Sandbox;
use crate::transcript;

/// Clears the screen; turns the text around; a zero-width space; sets the window's title; eight-bit escapes.
const NASTY: &str = r"a\033[2Jb\342\200\256c\342\200\213d\033]0;x\007e\302\233f";

fn with_nasty() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(&format!(
        "nasty=$(printf '{NASTY}') && actor=$(printf 'eve\\342\\200\\256') &&
         ledger new --title \"$nasty\" --description \"$nasty\" --from shop --to billing --type bug --set details.impact=\"$nasty\" --set details.\"$nasty\"=x --success \"$nasty\" --actor \"$actor\" &&
         ledger note 1 --text \"$nasty\" --kind \"$nasty\" --actor \"$actor\" &&
         ledger evidence 1 commit=\"$nasty\" && ledger respond 1 --repo billing --status accepted --summary \"$nasty\" --branch \"$nasty\" &&
         ledger approve 1 --as sponsor --reason \"$nasty\" && ledger transition 1 accepted --reason \"$nasty\"",
    ));
    sandbox
}

/// Whether a byte sequence holds a character that could act.
fn harmless(bytes: &[u8]) -> bool {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    !text.chars().any(|c| (c.is_control() && c != '\n') || "\u{202e}\u{200b}\u{2066}".contains(c))
}

#[test]
fn they_are_shown_in_text() {
    transcript!(with_nasty(), @r"
    $ ledger show 1
    REQ-YYYYMMDD-0001  ACCEPTED  v6
    a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f
      type         bug, P2, tracked
      asked        shop → billing
      by           eve\u{202e}, YYYY-MM-DD hh:mm:ssZ
      since        alice, YYYY-MM-DD hh:mm:ssZ (v6)

    Description
      a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f

    Details
      - a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f: x
      - impact: a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f

    Success criteria
      - a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f

    Parts
      billing ACCEPTED on a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f: a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f  alice, YYYY-MM-DD hh:mm:ssZ (v4)

    Evidence
      commit=a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f  alice, YYYY-MM-DD hh:mm:ssZ (v3)

    Approvals
      as sponsor: a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f  alice, YYYY-MM-DD hh:mm:ssZ (v5)

    Notes
      a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f, eve\u{202e}, YYYY-MM-DD hh:mm:ssZ (v2)
        a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f

    Next  for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  eve\u{202e}  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  eve\u{202e}  a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f note: a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f
    YYYY-MM-DD hh:mm:ssZ  v3  alice  evidence [commit=a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f]
    YYYY-MM-DD hh:mm:ssZ  v4  alice  billing says ACCEPTED: a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f
    YYYY-MM-DD hh:mm:ssZ  v5  alice  approved as sponsor: a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f
    YYYY-MM-DD hh:mm:ssZ  v6  alice  PROPOSED → ACCEPTED: a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f
    $ ledger list
    ID                 STATE     PRIORITY  TYPE  TO       UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  ACCEPTED  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f
    $ ledger list --fields title,created_by
    TITLE                                                 CREATED_BY
    a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f  eve\u{202e}
    ");
}

#[test]
fn nothing_raw_leaves_the_program() {
    let sandbox = with_nasty();
    for line in [
        "ledger show 1",
        "ledger show 1 --explain --color always | sed 's/\\x1b\\[[0-9]*m//g'",
        "ledger show 1 --json",
        "ledger log",
        "ledger log --json",
        "ledger log --format jsonl",
        "ledger list --all",
        "ledger search a --color never",
        "ledger search a --json",
        "ledger list --json",
        "ledger list --format jsonl --fields title",
        "ledger ready",
        "ledger blocked --json",
        "ledger graph 1",
        "ledger graph 1 --json",
        "ledger graph 1 --format mermaid",
        "ledger graph 1 --format dot",
        "ledger graph 1 --format svg",
        "ledger export | tr -d '\\r'",
        "ledger export --json",
        "ledger export --format jsonl",
        "ledger export --format markdown",
        "ledger stats",
        "ledger stats --json",
        "ledger stats --format csv | tr -d '\\r'",
        "ledger verify",
        "ledger transition 1 accepted",
        "ledger transition 1 in-progress --expect-version 1",
        "ledger transition 1 in-progress --expect-version 1 --json",
        "ledger note 1 --text \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger show \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger show \"$(printf 'x\\033[2Jy\\342\\200\\256')\" --json",
        "ledger transition 1 \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger list --sort \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger list --sort \"$(printf 'x\\033[2Jy\\342\\200\\256')\" --json",
        "ledger list --fields \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger note 1 --text x --actor \"$(printf 'x\\033[2Jy')\"",
        "ledger note 1 --text x --key \"$(printf 'x\\342\\200\\256y')\"; ledger note 1 --text y --key \"$(printf 'x\\342\\200\\256y')\"",
        "ledger evidence 1 \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger approve 1 --as \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger list --root \"$(printf '/x\\033[2Jy\\342\\200\\256')\"",
        "ledger init --root \"$(printf '/x\\033[2Jy\\342\\200\\256')\"",
        "ledger schema \"$(printf 'x\\033[2Jy\\342\\200\\256')\"",
        "ledger new --title T --from \"$(printf 'x\\033[2Jy\\342\\200\\256')\" --to b --type bug",
        "ledger new --title T --from a --to b --type \"$(printf 'x\\033[2Jy\\342\\200\\256')\" --json",
        "printf '{\"op\":\"\\033[2J\"}' | ledger apply -",
        "printf '{\"op\":\"note\",\"request\":\"1\",\"x\\342\\200\\256\":1}' | ledger apply -",
        "printf '{\"x\\342\\200\\256\":1}' | ledger new --packet -",
        "touch \"$(printf 'coordination/requests/x\\033[2Jy\\342\\200\\256')\"; ledger verify",
        "ledger verify --json",
    ] {
        let output = sandbox.shell(line);
        assert!(harmless(&output.stdout), "$ {line}\n{}", String::from_utf8_lossy(&output.stdout).escape_debug());
        assert!(harmless(&output.stderr), "$ {line}\n{}", String::from_utf8_lossy(&output.stderr).escape_debug());
    }
}

#[test]
fn what_json_escapes_means_what_was_written() {
    let sandbox = with_nasty();
    let shown = sandbox.json("ledger show 1 --json");
    let title = shown["data"]["packet"]["title"].as_str().unwrap();
    assert_eq!(title, "a\u{1b}[2Jb\u{202e}c\u{200b}d\u{1b}]0;x\u{7}e\u{9b}f");
    assert_eq!(shown["data"]["notes"][0]["text"], title);
}

#[test]
fn colours_are_only_sent_where_they_are_wanted() {
    transcript!(Sandbox::with_bug(), @r"
    $ ledger show 1 --color always | grep -c $(printf '\033')
    9
    $ ledger show 1 | grep -c $(printf '\033')
    0
    [exit 1]
    $ ledger show 2 --color always 2>&1 | grep -c $(printf '\033')
    2
    $ ledger show 2 2>&1 | grep -c $(printf '\033')
    0
    [exit 1]
    $ NO_COLOR=1 ledger list --color always | grep -c $(printf '\033')
    1
    ");
}

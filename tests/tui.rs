//! `ledger tui` on a real terminal: keys go in, screens are read, and the command line tells afterwards what is on record.
//!
//! The terminal is tmux; where it is not installed, that is said and nothing is tried.
#![cfg(all(target_os = "linux", feature = "tui"))]
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails, and says where")]
#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]

#[expect(dead_code, reason = "what the transcripts of the command line use is more")]
mod common;

use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::Sandbox;

/// How long a screen is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal of 80 columns and 24 rows in a sandbox.
struct Terminal<'a> {
    sandbox: &'a Sandbox,
    /// Where its server listens: each has its own, since one that ends takes whoever comes for the next one along.
    socket: String,
}

impl<'a> Terminal<'a> {
    /// Runs a line of the shell on a new terminal; `None` where there is none to be had. It is told what the line came to,
    /// and whether the terminal was left as it was found.
    fn run(sandbox: &'a Sandbox, line: &str) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            let _ = writeln!(std::io::stderr(), "skipped: tmux is not installed");
            return None;
        }
        let after = "echo status $?; stty -a | grep -o -e '[ -]icanon'; exec sleep 600";
        std::fs::write(sandbox.path("../on-the-terminal"), format!("{line}; {after}\n")).unwrap();
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let socket = format!("../tmux-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        sandbox.run(&format!("tmux -S {socket} -f /dev/null new-session -d -x 80 -y 24 'sh ../on-the-terminal'"));
        Some(Self { sandbox, socket })
    }

    fn tmux(&self, arguments: &str) -> String {
        self.sandbox.run(&format!("tmux -S {} {arguments}", self.socket))
    }

    fn press(&self, keys: &str) {
        self.tmux(&format!("send-keys {keys}"));
    }

    fn screen(&self) -> String {
        self.tmux("capture-pane -p")
    }

    /// The screen, once it shows something.
    fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, |screen| screen.contains(text))
    }

    fn wait_until(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            assert!(begin.elapsed() < PATIENCE, "waited in vain for {what:?}:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The program that runs on the terminal.
    fn program(&self) -> String {
        let shell = self.tmux("display-message -p '#{pane_pid}'");
        let shell = shell.trim();
        std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap().trim().to_owned()
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ = self.sandbox.shell(&format!("tmux -S {} kill-server", self.socket));
    }
}

#[test]
fn a_transition_that_needs_a_reason_is_made_and_on_record() {
    let sandbox = Sandbox::new();
    let first = sandbox.bug("Totals are wrong", "--priority P0");
    let second = sandbox.bug("Refunds take a week", "--priority P1");
    sandbox.bug("Not for the same", "--priority P2 --label x");
    let Some(terminal) = Terminal::run(&sandbox, "ledger tui --to billing") else { return };
    let screen = terminal.wait_for("Refunds take a week");
    assert!(screen.contains("PROPOSED 3") && screen.contains("to:billing") && screen.contains("? help"), "{screen}");

    terminal.press("j Enter");
    let screen = terminal.wait_for("Timeline");
    assert!(screen.contains(&second) && screen.contains("REJECTED  needs a reason"), "{screen}");
    terminal.press("t");
    terminal.wait_for("ACCEPTED      ");
    terminal.press("j Enter");
    terminal.wait_for("Reason");
    terminal.press("Enter");
    terminal.wait_for("it needs a reason");
    terminal.press("-l 'It takes that long'");
    terminal.press("Enter");
    terminal.wait_for("Bring it from PROPOSED to REJECTED");
    assert_eq!(sandbox.json(&format!("ledger show {second} --json"))["data"]["state"], "PROPOSED");
    terminal.press("Enter");
    let screen = terminal.wait_for("PROPOSED → REJECTED: It takes that long");
    assert!(screen.contains("REJECTED  v2"), "{screen}");

    let shown = sandbox.json(&format!("ledger show {second} --json"));
    assert_eq!((&shown["data"]["state"], &shown["data"]["version"]), (&"REJECTED".into(), &2.into()));
    let log = sandbox.run(&format!("ledger log {second}"));
    assert!(log.contains("alice  PROPOSED → REJECTED: It takes that long"), "{log}");
    assert_eq!(sandbox.json(&format!("ledger show {first} --json"))["data"]["state"], "PROPOSED");

    terminal.press("q");
    let screen = terminal.wait_for("icanon");
    assert!(screen.contains("status 0") && screen.contains(" icanon"), "{screen}");
    sandbox.run("ledger verify");
}

#[test]
fn what_others_write_is_seen_and_never_overwritten() {
    let sandbox = Sandbox::new();
    let id = sandbox.bug("Totals are wrong", "");
    let Some(terminal) = Terminal::run(&sandbox, "ledger tui") else { return };
    terminal.wait_for("Totals are wrong");
    terminal.press("t");
    terminal.wait_for("WITHDRAWN");
    terminal.press("Enter");
    terminal.wait_for("It is at version 1");
    sandbox.run(&format!("ledger note {id} --text 'Wait for the audit' --actor mia"));
    terminal.press("Enter");
    let screen = terminal.wait_for("Wait for the audit");
    assert!(screen.contains("is at version 2, not 1"), "{screen}");
    assert_eq!(sandbox.json(&format!("ledger show {id} --json"))["data"]["state"], "PROPOSED");

    terminal.press("Escape");
    terminal.wait_until("the board", |screen| !screen.contains("not 1"));
    // Nobody presses a key: it shows by itself.
    sandbox
        .run("ledger new --title 'By somebody else' --from shop --to billing --type bug --set details.impact=all -q");
    terminal.wait_for("By somebody else");
}

#[test]
fn it_is_searched_and_filtered_and_a_note_is_put_on_record() {
    let sandbox = Sandbox::new();
    let id = sandbox.bug("Totals are wrong", "--description 'Booked as dollars' --priority P1");
    sandbox.bug("Refunds take a week", "--label slow");
    let Some(terminal) = Terminal::run(&sandbox, "ledger tui") else { return };
    terminal.wait_for("Refunds take a week");
    terminal.press("/");
    terminal.wait_for("is:duplicate");
    terminal.press("-l label:slow");
    terminal.press("Enter");
    terminal.wait_until("the filter", |screen| screen.contains("PROPOSED 1") && !screen.contains("Totals"));
    terminal.press("Escape");
    terminal.wait_for("PROPOSED 2");
    terminal.press("s");
    terminal.wait_for("begin*");
    terminal.press("-l 'dollar*'");
    terminal.press("Enter");
    let screen = terminal.wait_for("1 of 1");
    assert!(screen.contains(&id) && screen.contains("Booked as dollars"), "{screen}");
    terminal.press("n");
    terminal.wait_for("Note on");
    terminal.press("-l 'Seen in the reports'");
    terminal.press("Enter");
    terminal.wait_for("note: Seen in the reports");
    let log = sandbox.run(&format!("ledger log {id}"));
    assert!(log.contains("note: Seen in the reports"), "{log}");
}

#[test]
fn a_terminal_that_goes_away_takes_it_along() {
    let sandbox = Sandbox::with_bug();
    let Some(terminal) = Terminal::run(&sandbox, "ledger tui") else { return };
    terminal.wait_for("PROPOSED");
    let program = terminal.program();
    drop(terminal);
    let is_there = || std::path::Path::new(&format!("/proc/{program}")).exists();
    let begin = Instant::now();
    while is_there() {
        assert!(begin.elapsed() < PATIENCE, "{program} goes on without a terminal");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_as_it_was() {
    let sandbox = Sandbox::with_bug();
    for signal in ["TERM", "INT", "HUP"] {
        let Some(terminal) = Terminal::run(&sandbox, "ledger tui") else { return };
        terminal.wait_for("Totals are wrong");
        sandbox.run(&format!("kill -{signal} {}", terminal.program()));
        let screen = terminal.wait_for("icanon");
        assert!(screen.contains(" icanon") && !screen.contains("Totals are wrong"), "{signal}:\n{screen}");
        assert!(
            screen.contains(match signal {
                "TERM" => "status 143",
                "INT" => "status 130",
                _ => "status 129",
            }),
            "{signal}:\n{screen}"
        );
    }
    let Some(terminal) = Terminal::run(&sandbox, "ledger tui") else { return };
    terminal.wait_for("Totals are wrong");
    terminal.press("C-c");
    let screen = terminal.wait_for("icanon");
    assert!(screen.contains(" icanon") && screen.contains("status 0"), "{screen}");
}

#[test]
fn what_others_wrote_does_not_act_and_without_colours_there_are_none() {
    let sandbox = Sandbox::new();
    let title = "\"title\": \"x\\u001b[31m\\u202ey\"";
    let packet = format!(
        "{{{title}, \"origin_repo_id\": \"shop\", \"target_repo_ids\": [\"billing\"], \"request_type\": \"bug\", \
         \"details\": {{\"impact\": \"all\"}}}}"
    );
    std::fs::write(sandbox.path("packet.json"), packet).unwrap();
    sandbox.run("ledger new --packet packet.json -q");
    let Some(terminal) = Terminal::run(&sandbox, "NO_COLOR=1 ledger tui") else { return };
    terminal.wait_for("x\\u{1b}[31m");
    let raw = terminal.tmux("capture-pane -p -e");
    let colours = ["[31m", "[32m", "[33m", "[36m"].map(|colour| format!("\u{1b}{colour}"));
    assert!(!colours.iter().any(|colour| raw.contains(colour)) && !raw.contains('\u{202e}'), "{raw:?}");
}

#[test]
fn without_a_terminal_it_says_so_at_once() {
    let sandbox = Sandbox::with_bug();
    let begin = Instant::now();
    let output = sandbox.shell("ledger tui < /dev/null");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("needs a terminal") && said.contains("hint: ledger list"), "{said}");
    assert!(output.stdout.is_empty() && begin.elapsed() < Duration::from_secs(5));
}

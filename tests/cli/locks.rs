//! Processes in each other's way: a lock that is held elsewhere ends in exit 7 within the budget, and nothing is
//! written.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use coordination_ledger::domain::id::RequestId;
use coordination_ledger::store::fs::layout::Layout;

use crate::common::Sandbox;
use crate::transcript;

/// Holds a lock as another process would, having signed it.
fn hold(path: &Path) -> File {
    hold_signed(path, "pid 4711 on elsewhere")
}

fn hold_signed(path: &Path, signature: &str) -> File {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(path).unwrap();
    file.write_all(signature.as_bytes()).unwrap();
    fs2::FileExt::lock_exclusive(&file).unwrap();
    file
}

fn lock_of_first(sandbox: &Sandbox) -> File {
    let id: RequestId = sandbox.run("ledger list -q").trim().parse().unwrap();
    hold(&Layout::new(&sandbox.root()).request_lock(id))
}

#[test]
fn a_request_that_is_held_is_waited_for_within_the_budget() {
    let sandbox = Sandbox::with_bug();
    let held = lock_of_first(&sandbox);
    let before = sandbox.fingerprint();
    let started = Instant::now();
    transcript!(sandbox, @r#"
    $ ledger note 1 --text x --timeout 900ms
    ! ledger: waiting for REQ-YYYYMMDD-0001, held by pid [pid] on [host]
    ! error: gave up after [n] ms waiting for REQ-YYYYMMDD-0001, held by pid [pid] on [host]
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    $ ledger note 1 --text x --timeout 700ms --json
    ! {"v": 1, "notice": {"message": "ledger: waiting for REQ-YYYYMMDD-0001, held by pid [pid] on [host]"}}
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "busy",
    !     "message": "gave up after [n] ms waiting for REQ-YYYYMMDD-0001, held by pid [pid] on [host]",
    !     "hint": "try again, with a longer --timeout if it goes on; nothing was written", "retryable": true,
    !     "exit_status": 7
    !   }
    ! }
    [exit 7]
    $ ledger note 1 --text x --timeout 200ms
    ! error: gave up after [n] ms waiting for REQ-YYYYMMDD-0001, held by pid [pid] on [host]
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    $ ledger note 1 --text x --timeout 700ms -q
    ! error: gave up after [n] ms waiting for REQ-YYYYMMDD-0001, held by pid [pid] on [host]
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    $ ledger note 1 --text x --timeout 0s
    ! error: gave up after [n] ms waiting for REQ-YYYYMMDD-0001, held by pid [pid] on [host]
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    # Reading waits for nobody.
    $ ledger show 1 | head -1
    REQ-YYYYMMDD-0001  PROPOSED  v1
    "#);
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(sandbox.fingerprint(), before);
    drop(held);
    sandbox.run("ledger note 1 --text x --timeout 5s");
}

#[test]
fn a_holder_that_signed_nothing_or_nonsense_is_not_named() {
    let sandbox = Sandbox::with_bug();
    let ledger = Layout::new(&sandbox.root()).lock("ledger");
    for signature in ["", "pid \u{1b}[2J on elsewhere\n", "the cat\n"] {
        let _held = hold_signed(&ledger, signature);
        let told = sandbox.shell("ledger note 1 --text x --timeout 50ms").stderr;
        assert!(
            sandbox.redacted(&told).starts_with("error: gave up after [n] ms waiting for the ledger\n"),
            "{signature:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_holder_that_has_ended_is_not_named() {
    let sandbox = Sandbox::with_bug();
    let ledger = Layout::new(&sandbox.root()).lock("ledger");
    let host = sandbox.run("uname -n").trim().to_owned();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let ended = child.id();
    child.wait().unwrap();
    let told = |signature: String| {
        let _held = hold_signed(&ledger, &format!("{signature:<79}\n"));
        let told = sandbox.shell("ledger note 1 --text x --timeout 50ms").stderr;
        String::from_utf8(told).unwrap().lines().next().unwrap().split_once("waiting for ").unwrap().1.to_owned()
    };
    assert_eq!(told(format!("pid {ended} on {host}")), "the ledger");
    // Of another host nothing is known; and whoever is there may well hold it.
    for signature in [format!("pid {ended} on {host}-2"), format!("pid {} on {host}", std::process::id())] {
        assert_eq!(told(signature.clone()), format!("the ledger, held by {signature}"));
    }
}

#[test]
fn a_command_that_hangs_elsewhere_ends_with_its_budget_too() {
    transcript!(Sandbox::with_bug(), @r#"
    $ sleep 1 | ledger note 1 --text - --timeout 200ms
    ! error: the budget ran out before anything was written
    ! hint: try again, with a longer --timeout if it goes on
    [exit 7]
    $ sleep 1 | ledger note 1 --text - --timeout 200ms --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "busy", "message": "the budget ran out before anything was written",
    !     "hint": "try again, with a longer --timeout if it goes on", "retryable": true, "exit_status": 7
    !   }
    ! }
    [exit 7]
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    "#);
}

#[test]
fn a_lock_that_comes_free_in_time_is_taken() {
    let sandbox = Sandbox::with_bug();
    let held = lock_of_first(&sandbox);
    let mut command = sandbox.ledger();
    command.args(["note", "1", "--text", "patience", "--timeout", "20s", "-q"]);
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    drop(held);
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn other_requests_are_not_held_up() {
    let sandbox = Sandbox::with_bug();
    let layout = Layout::new(&sandbox.root());
    let first: RequestId = sandbox.run("ledger list -q").trim().parse().unwrap();
    let second: RequestId = sandbox.bug("Round up", "").parse().unwrap();
    assert_ne!(layout.request_lock(first), layout.request_lock(second));
    let _held = hold(&layout.request_lock(first));
    sandbox.run("ledger note 2 --text free --timeout 2s");
}

#[test]
fn what_concerns_the_whole_ledger_is_waited_for_too() {
    let sandbox = Sandbox::with_bug();
    let layout = Layout::new(&sandbox.root());
    let creating = hold(&layout.lock("create"));
    transcript!(sandbox, @"
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --timeout 600ms
    ! ledger: waiting for the making of requests, held by pid [pid] on [host]
    ! error: gave up after [n] ms waiting for the making of requests, held by pid [pid] on [host]
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    ");
    drop(creating);
    let batch = hold(&layout.lock("ledger"));
    transcript!(sandbox, @r#"
    $ ledger note 1 --text x --timeout 600ms
    ! ledger: waiting for the ledger, held by pid [pid] on [host]
    ! error: gave up after [n] ms waiting for the ledger, held by pid [pid] on [host]
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    $ echo '{"op":"note","request":"key:k1","text":"x"}' | ledger apply - --timeout 600ms
    ! ledger: waiting for the ledger, held by pid [pid] on [host]
    ! error: gave up after [n] ms waiting for the ledger, held by pid [pid] on [host]
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    $ ledger list -q
    REQ-YYYYMMDD-0001
    "#);
    drop(batch);
    let projecting = hold(&layout.lock("index"));
    transcript!(sandbox, @"
    # The write stands; only the index is late.
    $ ledger note 1 --text x --timeout 600ms
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: x
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ! ledger: waiting for the index, held by pid [pid] on [host]
    ! ledger: the index was not refreshed: gave up after [n] ms waiting for the index, held by pid [pid] on [host]
    $ ledger index --timeout 300ms
    ! error: gave up after [n] ms waiting for the index, held by pid [pid] on [host]
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    ");
    drop(projecting);
    transcript!(sandbox, @"
    $ ledger note 1 --text y -q; ledger verify
    REQ-YYYYMMDD-0001
    ok: 1 request, 3 events verified
    ");
}

/// The longest that anything waits for a lock, where nobody said otherwise: also what takes long by itself.
#[test]
fn nothing_waits_without_end() {
    let sandbox = Sandbox::with_bug();
    let held = hold(&Layout::new(&sandbox.root()).lock("gate"));
    let started = Instant::now();
    let commands = ["ledger doctor --fix", "ledger repair-merge"];
    std::thread::scope(|scope| {
        for command in commands {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let ended = sandbox.shell(command);
                let told = String::from_utf8_lossy(&ended.stderr).into_owned();
                assert_eq!(ended.status.code(), Some(7), "{command}: {told}");
                assert!(told.contains("waiting for the ledger's gate, held by"), "{command}: {told}");
            });
        }
    });
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    transcript!(sandbox, @r#"
    $ ledger doctor | grep -v '^on '
    coordination/.local/locks/gate.lock: warning lock-held: pid [pid] on [host] holds it, for longer than a write takes: nobody else can write meanwhile
      fix: fuser -v coordination/.local/locks/gate.lock tells which process it is: wait for it, or end it
    ok: 1 request, 1 event examined, 1 warning
    "#);
    drop(held);
    sandbox.run("ledger doctor | grep -c lock-held | grep -q 0");
}

//! How many exchanges a second clones of one repository get through that all publish at once, and how often they are
//! overtaken: `ledger sync`; and with git alone, so that the carriers are compared and not the program, one branch that
//! all share beside one reference for each request.
//!
//! `cargo bench --bench exchange`; `LEDGER_BENCH_SECONDS=N` for how long each is measured [default: 15],
//! `LEDGER_BENCH_REQUESTS=N,N` for how many requests there are [default: 1000,10000].

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a bench sets up its own world and tells what it saw"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const CLONES: [usize; 3] = [1, 4, 8];
const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "bench"),
    ("GIT_AUTHOR_EMAIL", "bench@example.org"),
    ("GIT_COMMITTER_NAME", "bench"),
    ("GIT_COMMITTER_EMAIL", "bench@example.org"),
];

fn main() {
    // `cargo test --benches` asks for nothing but that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let seconds = std::env::var("LEDGER_BENCH_SECONDS").ok().and_then(|n| n.parse().ok()).unwrap_or(15);
    let requests = std::env::var("LEDGER_BENCH_REQUESTS").unwrap_or_else(|_| "1000,10000".to_owned());
    println!("| requests | clones | | published a second | overtaken, for each published |");
    println!("|---|---|---|---|---|");
    for requests in requests.split(',').filter_map(|number| number.parse().ok()) {
        let bench = Bench::new(requests, Duration::from_secs(seconds));
        for clones in CLONES {
            bench.tell(clones, "`ledger sync`, one branch", Bench::sync);
            bench.tell(clones, "git alone, one branch", Bench::branch);
            bench.tell(clones, "git alone, a reference for each request", Bench::references);
        }
    }
}

/// What one clone got done.
#[derive(Default)]
struct Done {
    published: usize,
    overtaken: usize,
}

struct Bench {
    folder: tempfile::TempDir,
    requests: usize,
    time: Duration,
}

impl Bench {
    fn new(requests: usize, time: Duration) -> Self {
        let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("a folder");
        let bench = Self { folder, requests, time };
        for hub in ["branch.git", "references.git"] {
            bench.git(".", &["init", "-q", "--bare", "-b", "main", hub], b"");
        }
        bench.git(".", &["clone", "-q", "branch.git", "founder"], b"");
        bench.ledger("founder", &["init", "-q"]);
        let mut operations = String::new();
        for i in 0..requests {
            let _ = writeln!(
                operations,
                r#"{{"op":"new","key":"k{i}","request_type":"bug","title":"Request {i}","description":"Words","origin_repo_id":"shop","target_repo_ids":["billing"],"details":{{"impact":"none"}}}}"#
            );
        }
        fs::write(bench.at("operations.jsonl"), operations).expect("a file");
        bench.ledger("founder", &["apply", "-q", "../operations.jsonl"]);
        bench.ledger("founder", &["sync", "-q", "--timeout", "600s"]);
        bench.make_references();
        bench
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, mut command: Command, folder: &str, input: &[u8]) -> Output {
        command.current_dir(self.at(folder)).envs(IDENTITY).env("LEDGER_ACTOR", "bench");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
        child.wait_with_output().expect("it ends")
    }

    fn git_tried(&self, folder: &str, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new("git");
        command.args(["-c", "core.fsync=all", "-c", "gc.auto=0", "-c", "maintenance.auto=false"]).args(arguments);
        self.run(command, folder, input)
    }

    /// What git answers, as a line.
    fn git(&self, folder: &str, arguments: &[&str], input: &[u8]) -> String {
        let answer = self.git_tried(folder, arguments, input);
        assert!(answer.status.success(), "{arguments:?} {answer:?}");
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
    }

    fn ledger(&self, folder: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.args(arguments);
        let answer = self.run(command, folder, b"");
        assert!(answer.status.success(), "{arguments:?} {answer:?}");
        String::from_utf8_lossy(&answer.stdout).into_owned()
    }

    /// A reference for each request: a commit with its log.
    fn make_references(&self) {
        let hub = "references.git";
        let (mut told, mut paths) = (String::new(), String::new());
        for entry in fs::read_dir(self.at("founder/coordination/events")).expect("a folder") {
            let _ = writeln!(paths, "{}", entry.expect("an entry").path().display());
        }
        let blobs = self.git(hub, &["hash-object", "-w", "--no-filters", "--stdin-paths"], paths.as_bytes());
        for (at, blob) in blobs.lines().enumerate() {
            let tree = self.git(hub, &["mktree"], format!("100644 blob {blob}\tlog\n").as_bytes());
            let commit = self.git(hub, &["commit-tree", &tree], b"A request\n");
            let _ = writeln!(told, "create refs/ledger/requests/{at} {commit}");
        }
        self.git(hub, &["update-ref", "--stdin"], told.as_bytes());
        self.git(hub, &["pack-refs", "--all"], b"");
    }

    /// Measures with so many clones at once.
    fn tell(&self, clones: usize, what: &str, publish: fn(&Self, &str, usize, &mut Done)) {
        let hub = if what.contains("reference") { "references.git" } else { "branch.git" };
        let names: Vec<String> = (0..clones).map(|at| format!("clone{at}")).collect();
        for name in &names {
            let _ = fs::remove_dir_all(self.at(name));
            self.git(".", &["clone", "-q", hub, name], b"");
            if hub == "branch.git" {
                // What a clone does once is not measured.
                self.ledger(name, &["sync", "-q", "--timeout", "600s"]);
            } else {
                self.git(name, &["fetch", "-q", "origin", "+refs/ledger/requests/*:refs/ledger/requests/*"], b"");
            }
        }
        let begun = Instant::now();
        let work = |at: usize, name: &str| {
            let mut done = Done::default();
            while begun.elapsed() < self.time {
                publish(self, name, at, &mut done);
            }
            done
        };
        let work = &work;
        let all: Vec<Done> = std::thread::scope(|scope| {
            let running: Vec<_> =
                names.iter().enumerate().map(|(at, name)| scope.spawn(move || work(at, name))).collect();
            running.into_iter().map(|one| one.join().expect("a clone")).collect()
        });
        let seconds = begun.elapsed().as_secs_f64();
        let published: usize = all.iter().map(|done| done.published).sum();
        let overtaken: usize = all.iter().map(|done| done.overtaken).sum();
        #[expect(clippy::cast_precision_loss, reason = "they are small")]
        let (rate, retries) = (published as f64 / seconds, overtaken as f64 / published.max(1) as f64);
        println!("| {} | {clones} | {what} | {rate:.1} | {retries:.2} |", self.requests);
    }

    /// A note, and an exchange.
    fn sync(&self, clone: &str, at: usize, done: &mut Done) {
        self.ledger(clone, &["note", &format!("key:k{at}"), "--text", "seen", "-q"]);
        let told = self.ledger(clone, &["sync", "--json", "--timeout", "600s"]);
        let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        done.published += 1;
        done.overtaken += usize::try_from(told["data"]["overtaken"].as_u64().expect("a number")).expect("a number");
    }

    /// The same with git alone: a line more in one log, on the branch that all share.
    fn branch(&self, clone: &str, at: usize, done: &mut Done) {
        let blob =
            self.git(clone, &["hash-object", "-w", "--stdin"], format!("{clone} {}\n", done.published).as_bytes());
        loop {
            self.git(clone, &["fetch", "-q", "--no-tags", "origin", "+refs/heads/main:refs/bench/main"], b"");
            let base = self.git(clone, &["rev-parse", "refs/bench/main"], b"");
            self.git(clone, &["read-tree", &base], b"");
            let entry = format!("100644 {blob}\tcoordination/events/bench-{at}\n");
            self.git(clone, &["update-index", "--index-info"], entry.as_bytes());
            let tree = self.git(clone, &["write-tree"], b"");
            let commit = self.git(clone, &["commit-tree", &tree, "-p", &base], b"A note\n");
            let lease = format!("--force-with-lease=refs/heads/main:{base}");
            let pushed =
                self.git_tried(clone, &["push", "-q", &lease, "origin", &format!("{commit}:refs/heads/main")], b"");
            if pushed.status.success() {
                done.published += 1;
                return;
            }
            done.overtaken += 1;
        }
    }

    /// The same with a reference for each request: each clone writes to its own one, and fetches all.
    fn references(&self, clone: &str, at: usize, done: &mut Done) {
        let reference = format!("refs/ledger/requests/{at}");
        let blob =
            self.git(clone, &["hash-object", "-w", "--stdin"], format!("{clone} {}\n", done.published).as_bytes());
        loop {
            let all = "+refs/ledger/requests/*:refs/ledger/requests/*";
            self.git(clone, &["fetch", "-q", "--no-tags", "origin", all], b"");
            let base = self.git(clone, &["rev-parse", &reference], b"");
            let tree = self.git(clone, &["mktree"], format!("100644 blob {blob}\tlog\n").as_bytes());
            let commit = self.git(clone, &["commit-tree", &tree, "-p", &base], b"A note\n");
            let lease = format!("--force-with-lease={reference}:{base}");
            let pushed =
                self.git_tried(clone, &["push", "-q", &lease, "origin", &format!("{commit}:{reference}")], b"");
            if pushed.status.success() {
                done.published += 1;
                return;
            }
            done.overtaken += 1;
        }
    }
}

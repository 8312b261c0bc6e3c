//! Whole processes, in a ledger of 16,000 requests: what a write costs from the shell, beside the least that a durable
//! write can cost, in the same run; and the processor time of reading.
//!
//! `cargo bench --bench process`; with `LEDGER_BENCH_ROUNDS=N` more or fewer rounds. The machine's noise hits both sides
//! alike, since their runs alternate; the ratio of the medians is the figure to look at.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a bench sets up its own world and tells what it saw"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const REQUESTS: usize = 16_000;
const OPEN: usize = 1_000;

fn main() {
    // `cargo test --benches` asks for nothing but that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let bench = Bench::new();
    bench.writes();
    bench.reads();
    bench.whole_history();
}

struct Bench {
    folder: tempfile::TempDir,
    ledger: PathBuf,
    floor: PathBuf,
    rounds: usize,
}

impl Bench {
    fn new() -> Self {
        let rounds = std::env::var("LEDGER_BENCH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
        // Beside the target folder, so that the bench runs on a real disk wherever /tmp is none.
        let beside = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = tempfile::tempdir_in(beside).expect("a folder");
        let bench = Self { folder, ledger: env!("CARGO_BIN_EXE_ledger").into(), floor: floor(), rounds };
        fs::create_dir_all(bench.at("floor/new")).expect("a folder");
        fs::create_dir(bench.at("large")).expect("a folder");
        bench.ledger_ok("large", &["init", "-q"]);
        let mut operations = String::new();
        for i in 0..REQUESTS {
            operations.push_str(&format!(
                r#"{{"op":"new","key":"k{i}","request_type":"bug","title":"Request {i} of the bench","description":"{}","origin_repo_id":"shop","target_repo_ids":["billing"],"details":{{"impact":"none"}}}}"#,
                "some words of a description ".repeat(10)
            ));
            operations.push('\n');
            if i >= OPEN {
                operations.push_str(&format!(
                    r#"{{"op":"transition","request":"key:k{i}","to":"WITHDRAWN","reason":"bench","key":"w{i}"}}"#
                ));
                operations.push('\n');
            }
        }
        fs::write(bench.at("operations.jsonl"), operations).expect("a file");
        let operations = bench.at("operations.jsonl");
        bench.ledger_ok("large", &["apply", operations.to_str().expect("a path")]);
        bench
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, root: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.ledger);
        command.args(arguments).current_dir(self.at(root)).env("LEDGER_ACTOR", "bench");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn ledger_ok(&self, root: &str, arguments: &[&str]) -> Duration {
        time(&mut self.command(root, arguments))
    }

    fn floor(&self, what: &str) -> Duration {
        let mut command = Command::new(&self.floor);
        command.arg(what).arg(self.at("floor")).stdin(Stdio::null());
        time(&mut command)
    }

    fn writes(&self) {
        println!("whole process, ledger of {REQUESTS} requests, medians of {} rounds", self.rounds);
        let new = ["new", "-q", "--title", "A request", "--from", "shop", "--to", "billing", "--type", "bug"];
        let new = [&new[..], &["--set", "details.impact=none"]].concat();
        let mut samples = vec![Vec::new(); 7];
        let ids = self.ids();
        // The first sync of a new file syncs its folder too, which no later one does: not what is measured here.
        for id in ids.iter().take(self.rounds.min(OPEN)) {
            self.ledger_ok("large", &["note", id, "--text", "the first sync"]);
        }
        for round in 0..self.rounds {
            // A note costs what a transition costs and is never refused; a transition is timed as well.
            let (open, by_key) = (ids[round % OPEN].as_str(), format!("key:k{}", round % OPEN));
            samples[0].push(self.floor("append"));
            samples[1].push(self.ledger_ok("large", &["note", open, "--text", "some words"]));
            samples[2].push(self.ledger_ok("large", &["transition", open, step(round / OPEN), "--reason", "r"]));
            samples[3].push(self.ledger_ok("large", &["note", &by_key, "--text", "more words"]));
            samples[4].push(self.floor("create"));
            samples[5].push(self.ledger_ok("large", &new));
            let key = format!("new-{round}");
            samples[6].push(self.ledger_ok("large", &[&new[..], &["--key", &key]].concat()));
        }
        let medians: Vec<Duration> = samples.iter_mut().map(|s| median(s)).collect();
        row("floor: lock, append, sync", medians[0], medians[0]);
        row("ledger note", medians[1], medians[0]);
        row("ledger transition", medians[2], medians[0]);
        row("ledger note key:K", medians[3], medians[0]);
        row("floor: the same and a file, synced, in a synced folder", medians[4], medians[4]);
        row("ledger new", medians[5], medians[4]);
        row("ledger new --key", medians[6], medians[4]);
    }

    /// The ids of the requests, in order.
    fn ids(&self) -> Vec<String> {
        let packets = fs::read_dir(self.at("large/coordination/requests")).expect("a folder");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name().into_string();
        let mut ids: Vec<String> =
            packets.map(|entry| name(entry).expect("a name").trim_end_matches(".json").to_owned()).collect();
        ids.sort();
        ids
    }

    /// Processor time of reading, as the kernel counts it for finished children.
    fn reads(&self) {
        std::thread::sleep(Duration::from_millis(200));
        self.ledger_ok("large", &["index"]);
        fs::create_dir(self.at("small")).expect("a folder");
        self.ledger_ok("small", &["init", "-q"]);
        let lines = fs::read_to_string(self.at("operations.jsonl")).expect("the operations");
        let open: String = lines.lines().take(OPEN).map(|line| format!("{line}\n")).collect();
        fs::write(self.at("open.jsonl"), open).expect("a file");
        let operations = self.at("open.jsonl");
        self.ledger_ok("small", &["apply", operations.to_str().expect("a path")]);
        std::thread::sleep(Duration::from_millis(200));
        self.ledger_ok("small", &["list"]);
        println!("\nprocessor time of one run, means of {} runs", self.rounds);
        for (name, root, arguments) in [
            ("ledger --version", "small", &["--version"][..]),
            ("ledger show, 1,000 requests", "small", &["show", "key:k7"][..]),
            ("ledger show, 16,000 requests", "large", &["show", "key:k7"][..]),
            ("ledger list, 1,000 open of 1,000", "small", &["list"][..]),
            ("ledger list --json, 1,000 open of 1,000", "small", &["list", "--json"][..]),
            ("ledger list, 1,000 open of 16,000", "large", &["list"][..]),
        ] {
            let before = processor_time_of_children();
            for _ in 0..self.rounds {
                self.ledger_ok(root, arguments);
            }
            let after = processor_time_of_children();
            let spent = (after.0 + after.1 - before.0 - before.1) / u32::try_from(self.rounds).expect("rounds");
            println!("  {name:<58} {:>8.2} ms", spent.as_secs_f64() * 1e3);
        }
    }

    /// The real history, where it is there.
    fn whole_history(&self) {
        let history = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/history/ops.jsonl");
        let Ok(history) = history.canonicalize() else {
            println!("\nskipped: no ../shared/data/history/ops.jsonl beside the project");
            return;
        };
        let operations = fs::read_to_string(&history).expect("the history").lines().count();
        let disk = self.at("history");
        let memory = Path::new("/dev/shm");
        println!("\n{operations} operations of a real tracker");
        self.apply_history(&history, operations, "on this disk", &disk);
        self.read_history(&disk);
        if memory.is_dir() {
            let folder = tempfile::tempdir_in(memory).expect("a folder");
            self.apply_history(&history, operations, "in memory (no disk)", &folder.path().join("history"));
        }
    }

    fn apply_history(&self, history: &Path, operations: usize, place: &str, root: &Path) {
        fs::create_dir(root).expect("a folder");
        let run = |arguments: &[&str]| {
            let mut command = self.command(".", arguments);
            command.arg("--root").arg(root).stderr(Stdio::piped());
            let before = processor_time_of_children();
            let started = Instant::now();
            let output = command.output().expect("a run");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let told = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
            let after = processor_time_of_children();
            (started.elapsed(), [after.0 - before.0, after.1 - before.1], told)
        };
        run(&["init", "-q"]);
        let (wall, [user, kernel], told) = run(&["apply", "-v", history.to_str().expect("a path")]);
        let rate = |time: Duration| operations as f64 / time.as_secs_f64();
        println!(
            "  ledger apply, {place}: {:.2} s, {:.0} operations a second; {told}\n    processor time: {:.2} s in the program ({:.0} operations a second), {:.2} s in the kernel",
            wall.as_secs_f64(),
            rate(wall),
            user.as_secs_f64(),
            rate(user),
            kernel.as_secs_f64(),
        );
    }

    fn read_history(&self, root: &Path) {
        let files: Vec<PathBuf> = ["coordination/requests", "coordination/events"]
            .iter()
            .flat_map(|folder| fs::read_dir(root.join(folder)).expect("a folder"))
            .map(|entry| entry.expect("an entry").path())
            .collect();
        let list = self.at("files");
        let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        fs::write(&list, names.join("\0")).expect("a file");
        let cat = || {
            let mut command = Command::new("xargs");
            command.args(["-0", "cat"]).stdin(fs::File::open(&list).expect("a file")).stdout(Stdio::null());
            time(&mut command)
        };
        let ledger = |arguments: &[&str]| {
            let mut command = self.command(".", arguments);
            command.arg("--root").arg(root);
            time(&mut command)
        };
        let mut samples = vec![Vec::new(); 3];
        for _ in 0..7 {
            samples[0].push(cat());
            samples[1].push(ledger(&["verify"]));
            // From scratch: neither the index nor what is cached beside it.
            for name in ["index.json", ".local/cache.sqlite", ".local/index.gauge"] {
                let _ = fs::remove_file(root.join("coordination").join(name));
            }
            samples[2].push(ledger(&["index"]));
        }
        let medians: Vec<Duration> = samples.iter_mut().map(|s| median(s)).collect();
        println!("  {} files", files.len());
        row("xargs cat of all its files", medians[0], medians[0]);
        row("ledger verify", medians[1], medians[0]);
        row("ledger index from scratch", medians[2], medians[0]);
    }
}

/// The state that follows after so many passes over the open requests.
fn step(pass: usize) -> &'static str {
    ["ACCEPTED", "IN_PROGRESS", "BLOCKED"].get(pass).copied().unwrap_or("IN_PROGRESS")
}

/// The floor program, which `cargo bench` builds among the examples.
fn floor() -> PathBuf {
    let ledger = Path::new(env!("CARGO_BIN_EXE_ledger"));
    let path = ledger.with_file_name("examples").join("floor");
    if !path.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo).args(["build", "--release", "--locked", "--example", "floor"]).status();
        assert!(status.is_ok_and(|status| status.success()), "the floor program could not be built");
    }
    path
}

fn time(command: &mut Command) -> Duration {
    let started = Instant::now();
    let status = command.status().expect("a run");
    let spent = started.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    spent
}

fn median(samples: &mut [Duration]) -> Duration {
    samples.sort();
    samples[samples.len() / 2]
}

fn row(name: &str, median: Duration, floor: Duration) {
    let ratio = median.as_secs_f64() / floor.as_secs_f64();
    println!("  {name:<58} {:>8.2} ms   {ratio:>5.2}x", median.as_secs_f64() * 1e3);
}

/// User and system time of all children that have ended (proc_pid_stat(5), fields 16 and 17, in hundredths of a second).
fn processor_time_of_children() -> (Duration, Duration) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    (Duration::from_millis(10 * ticks(13)), Duration::from_millis(10 * ticks(14)))
}

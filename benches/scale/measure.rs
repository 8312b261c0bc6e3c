//! One ledger, and what commands cost in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::pull;

/// How often a command is run, and for how long at least and at most.
const ROUNDS_MAX: usize = 40;
const TIME_MIN: Duration = Duration::from_millis(500);
const TIME_MAX: Duration = Duration::from_secs(10);

/// What something cost in a ledger of some size.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) requests: u64,
    pub(crate) what: &'static str,
    /// Processor time of one run, user and kernel together, in milliseconds.
    pub(crate) cpu_ms: f64,
    /// The median time on the clock, in milliseconds.
    pub(crate) wall_ms: f64,
    /// The most memory of one run, in MiB; `None` where GNU time is not there to tell.
    pub(crate) memory_mib: Option<f64>,
}

impl Figure {
    pub(crate) fn told(&self) -> String {
        let memory = self.memory_mib.map(|mib| format!("{mib:>8.1} MiB")).unwrap_or_default();
        format!("{:<44} {:>10.2} ms CPU {:>10.2} ms{memory}", self.what, self.cpu_ms, self.wall_ms)
    }
}

/// The figures as lines of values.
pub(crate) fn csv(figures: &[Figure]) -> String {
    let mut text = "requests,what,cpu_ms,wall_ms,memory_mib\n".to_owned();
    for figure in figures {
        let memory = figure.memory_mib.map(|mib| format!("{mib:.1}")).unwrap_or_default();
        let Figure { requests, what, cpu_ms, wall_ms, .. } = figure;
        text.push_str(&format!("{requests},\"{what}\",{cpu_ms:.2},{wall_ms:.2},{memory}\n"));
    }
    text
}

pub(crate) struct Ledger {
    root: PathBuf,
    requests: u64,
}

impl Ledger {
    /// The ledger of so many requests, made if it is not there.
    pub(crate) fn of(folder: &Path, requests: u64) -> Self {
        let ledger = Self { root: folder.join(format!("g{requests}")), requests };
        if !ledger.root.join("coordination/ledger.json").is_file() {
            fs::create_dir_all(&ledger.root).expect("a folder");
            assert!(ledger.command(&["init", "-q", "--name", "scale"]).status().expect("a run").success());
            let events = (requests * 10).to_string();
            let mut generate = Command::new(generator());
            generate.args(["--requests", &requests.to_string(), "--events", &events, "--seed", "7", "--root"]);
            assert!(generate.arg(&ledger.root).stdout(Stdio::null()).status().expect("a run").success());
        }
        ledger
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.args(arguments).current_dir(&self.root).env("LEDGER_ACTOR", "bench").env_remove("LEDGER_ROOT");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub(crate) fn measure(&self, tell: &mut dyn FnMut(Figure)) {
        self.rebuilds(tell);
        let ids = self.ids("is_open AND nr IN (SELECT nr FROM dependencies)");
        let middle = &ids[ids.len() / 2];
        for (what, arguments) in [
            ("ledger --version", &["--version"][..]),
            ("ledger show REQ", &["show", middle][..]),
            ("ledger log REQ", &["log", middle][..]),
            ("ledger list, first 50", &["list", "--limit", "50"][..]),
            (
                "ledger list of a repository, by priority",
                &["list", "--to", "shop", "--sort", "priority", "--limit", "50"][..],
            ),
            ("ledger list, by what changed last", &["list", "--all", "--sort", "updated", "--limit", "50"][..]),
            ("ledger ready, first 50", &["ready", "--limit", "50"][..]),
            ("ledger graph REQ", &["graph", middle][..]),
            ("ledger stats", &["stats"][..]),
            ("ledger stats --type bug", &["stats", "--type", "bug"][..]),
            ("ledger list of a moment ago", &["list", "--at", "1h", "--limit", "50"][..]),
            ("ledger sql: count by state", &["sql", "SELECT state, count(*) FROM requests GROUP BY state"][..]),
        ] {
            tell(self.figure(what, &mut |_| self.command(arguments)));
        }
        tell(self.once("ledger search, when it is first asked", self.command(&["search", "invoice"])));
        for (what, words) in [
            ("ledger search, one word", "invoice"),
            ("ledger search, two words", "invoice currency"),
            ("ledger search, a prefix", "inv*"),
        ] {
            tell(self.figure(what, &mut |_| self.command(&["search", words])));
        }
        let text = ["--text", "measured"];
        tell(self.figure("ledger note", &mut |round| self.command(&[&["note", &ids[round]][..], &text].concat())));
        // There and back again: sent back, and delivered anew.
        let delivered = self.ids("state = 'DELIVERED' AND nr NOT IN (SELECT nr FROM dependencies)");
        let mut is_sent_back = vec![false; delivered.len()];
        tell(self.figure("ledger transition", &mut |round| {
            let round = round % delivered.len();
            is_sent_back[round] = !is_sent_back[round];
            let id = delivered[round].as_str();
            let to = match is_sent_back[round] {
                true => ["IN_PROGRESS", "--reason", "measured"],
                false => ["DELIVERED", "--evidence", "url=measured"],
            };
            self.command(&[&["transition", id][..], &to].concat())
        }));
        let new = ["new", "-q", "--title", "A request", "--from", "shop", "--to", "billing", "--type", "bug"];
        let new = [&new[..], &["--set", "details.impact=none"]].concat();
        tell(self.figure("ledger new", &mut |_| self.command(&new)));
        tell(self.figure("ledger list, after a write", &mut |_| {
            assert!(self.command(&["note", middle, "--text", "measured"]).status().expect("a run").success());
            self.command(&["list", "--limit", "50"])
        }));
        if self.requests <= 100_000
            && let Some(figure) = pull::after_a_pull(self)
        {
            tell(figure);
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests
    }

    /// Making the cache anew, beside `cat` of the same files with as many processes as it has threads.
    fn rebuilds(&self, tell: &mut dyn FnMut(Figure)) {
        let names = self.files();
        let list = self.list();
        fs::write(&list, names.join("\0")).expect("a file");
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let share = names.len().div_ceil(threads * 4).max(1);
        let cat = || {
            let mut command = Command::new("xargs");
            command.args(["-0", "-P", &threads.to_string(), "-n", &share.to_string(), "cat"]);
            command.stdin(fs::File::open(&list).expect("a file")).stdout(Stdio::null());
            command
        };
        let rebuild = || {
            for name in ["cache.sqlite", "cache.sqlite-wal", "cache.sqlite-shm"] {
                let _ = fs::remove_file(self.root.join("coordination/.local").join(name));
            }
            self.command(&["list", "--limit", "1"])
        };
        // Whatever is read first warms the files for what follows.
        assert!(cat().status().expect("a run").success());
        // The last of some rounds counts; a million requests have no first time any more.
        let rounds = if self.requests < 1_000_000 { 2 } else { 1 };
        for round in 1..=rounds {
            let cats = self.once("cat of all files", cat());
            let rebuilds = self.once("cache from scratch", rebuild());
            if round == rounds {
                tell(cats);
                tell(rebuilds);
            }
        }
        let forget = || fs::write("/proc/sys/vm/drop_caches", "3").is_ok();
        // Reading a million requests from the disk takes minutes, which not everybody has.
        let wants_cold = std::env::var_os("LEDGER_SCALE_WARM").is_none();
        if wants_cold && forget() {
            tell(self.once("cat of all files, cold", cat()));
            forget();
            tell(self.once("cache from scratch, cold", rebuild()));
        } else {
            println!("  skipped: what is cold (it takes who may empty the kernel's caches, and no LEDGER_SCALE_WARM)");
        }
        let _ = fs::remove_file(list);
    }

    fn files(&self) -> Vec<String> {
        let folders = ["coordination/requests", "coordination/events"].map(|folder| self.root.join(folder));
        let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").path().display().to_string()).collect();
        names.sort();
        names
    }

    /// Some of the requests that fit a condition, spread over the ledger.
    fn ids(&self, condition: &str) -> Vec<String> {
        let question = format!("SELECT id FROM requests WHERE {condition} ORDER BY nr");
        let mut command = self.command(&["sql", &question, "--format", "csv", "--limit", "100000"]);
        let output = command.stdout(Stdio::piped()).output().expect("a run");
        let text = String::from_utf8(output.stdout).expect("text");
        let ids: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        let step = (ids.len() / ROUNDS_MAX).max(1);
        ids.into_iter().step_by(step).collect()
    }

    /// The mean of several runs, and the memory of one.
    pub(crate) fn figure(&self, what: &'static str, command: &mut dyn FnMut(usize) -> Command) -> Figure {
        let memory_mib = self.once(what, command(0)).memory_mib;
        let (mut walls, mut ticks) = (Vec::new(), 0);
        let started = Instant::now();
        while walls.len() < ROUNDS_MAX || started.elapsed() < TIME_MIN {
            let mut command = command(walls.len() % ROUNDS_MAX);
            let (wall, spent) = timed(&mut command);
            walls.push(wall.as_secs_f64() * 1e3);
            ticks += spent;
            if started.elapsed() > TIME_MAX {
                break;
            }
        }
        walls.sort_by(f64::total_cmp);
        let cpu_ms = ticks as f64 * TICK_MS / walls.len() as f64;
        Figure { requests: self.requests, what, cpu_ms, wall_ms: walls[walls.len() / 2], memory_mib }
    }

    /// One run.
    pub(crate) fn once(&self, what: &'static str, command: Command) -> Figure {
        const TIME: &str = "/usr/bin/time";
        let told = self.root.with_extension("time");
        let mut command = command;
        if Path::new(TIME).is_file() {
            let mut outer = Command::new(TIME);
            outer.args(["-q", "-f", "%M", "-o"]).arg(&told).arg(command.get_program()).args(command.get_args());
            outer.current_dir(&self.root).env("LEDGER_ACTOR", "bench").env_remove("LEDGER_ROOT");
            outer.stdout(Stdio::null()).stderr(Stdio::null()).stdin(match fs::File::open(self.list()) {
                Ok(list) => Stdio::from(list),
                Err(_) => Stdio::null(),
            });
            command = outer;
        }
        let (wall, ticks) = timed(&mut command);
        let kib = fs::read_to_string(&told).ok().and_then(|text| text.trim().parse::<f64>().ok());
        let _ = fs::remove_file(told);
        Figure {
            requests: self.requests,
            what,
            cpu_ms: ticks as f64 * TICK_MS,
            wall_ms: wall.as_secs_f64() * 1e3,
            memory_mib: kib.map(|kib| kib / 1024.0),
        }
    }

    /// The names of all files, while `cat` is measured.
    fn list(&self) -> PathBuf {
        self.root.with_extension("files")
    }
}

/// Runs a command; the time on the clock, and the ticks of the processor.
fn timed(command: &mut Command) -> (Duration, u64) {
    let before = ticks_of_children();
    let started = Instant::now();
    let status = command.status().expect("a run");
    let wall = started.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    (wall, ticks_of_children() - before)
}

/// How long the kernel's tick is.
const TICK_MS: f64 = 10.0;

/// The generator, built among the examples.
fn generator() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_ledger")).with_file_name("examples").join("generate");
    if !path.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo).args(["build", "--release", "--locked", "--example", "generate"]).status();
        assert!(status.is_ok_and(|status| status.success()), "the generator could not be built");
    }
    path
}

/// User and system time of all children that have ended (proc_pid_stat(5), fields 16 and 17, in hundredths of a second).
/// The kernel adds up exactly and rounds what it tells, so the sum over many runs is as good as the clock.
fn ticks_of_children() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    ticks(13) + ticks(14)
}

//! The kept inputs of the fuzz targets, crashes of the past among them, held to the same checks.

#[path = "../fuzz/src/checks/mod.rs"]
mod checks;

use std::fs;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn inputs(name: &str) -> Vec<PathBuf> {
    let mut inputs: Vec<PathBuf> =
        fs::read_dir(corpus().join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    inputs
}

/// The most bytes of all kept inputs together.
const CORPUS_BYTES_MAX: u64 = 1_000_000;

fn replay(name: &str) {
    let inputs = inputs(name);
    assert!(!inputs.is_empty(), "{name} has no inputs");
    for path in inputs {
        let data = fs::read(&path).unwrap();
        let held = std::panic::catch_unwind(|| checks::run(name, &data));
        assert!(held.is_ok(), "{} breaks a property (see above)", path.display());
    }
}

macro_rules! replay {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })+

        const REPLAYED: &[&str] = &[$(stringify!($name)),+];
    };
}

replay!(
    checkpoint,
    config,
    contract_log,
    cursor,
    document,
    event,
    issues,
    journal,
    json,
    kept,
    log,
    map,
    names,
    operation,
    packet,
    proof,
    remembered,
    schema,
    secret,
    settings,
    signature,
    signers,
    times,
    workflow,
);

#[test]
fn every_check_is_fuzzed_and_replayed() {
    let checks: Vec<&str> = checks::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(checks, REPLAYED);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for name in &checks {
        let target = fs::read_to_string(root.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("checks::run(\"{name}\", data)")), "{name} checks something else");
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not built");
    }
    let mut kept: Vec<String> =
        fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    kept.sort();
    assert_eq!(kept, checks, "a folder of inputs for each check");
}

#[test]
fn the_kept_inputs_stay_small() {
    let sizes = checks::ALL.iter().flat_map(|(name, _)| inputs(name)).map(|path| fs::metadata(path).unwrap().len());
    let bytes: u64 = sizes.sum();
    assert!(bytes <= CORPUS_BYTES_MAX, "{bytes} bytes; reduce them with cargo fuzz cmin");
}

/// Whether the issues of a tracker can be told apart at all.
fn is_read(data: &[u8]) -> bool {
    use coordination_ledger::intake::map::Form;
    use coordination_ledger::intake::records;
    let forms = [Form::Beads, Form::Github, Form::Csv, Form::Jsonl];
    data.split_first().is_some_and(|(form, text)| {
        let form = forms[usize::from(*form) % forms.len()];
        std::str::from_utf8(text).is_ok_and(|text| records::read(form, text).is_ok())
    })
}

/// A target, and whether what it is about takes some bytes.
type Taken<'a> = (&'a str, &'a dyn Fn(&[u8]) -> bool);

/// What is read at all reaches the properties: of each kind the corpus holds what is taken and what is refused.
#[test]
fn the_kept_inputs_are_taken_and_refused() {
    use coordination_ledger::app::apply::Operation;
    use coordination_ledger::app::list::Cursor;
    use coordination_ledger::cli::config;
    use coordination_ledger::domain::checkpoint::Checkpoint;
    use coordination_ledger::domain::packet::Packet;
    use coordination_ledger::domain::proof::Proof;
    use coordination_ledger::domain::settings::Settings;
    use coordination_ledger::domain::signature::Signature;
    use coordination_ledger::domain::signers::check_allowed;
    use coordination_ledger::domain::workflow::Workflow;
    use coordination_ledger::intake::map::SourceMap;
    let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
    let taken: [Taken<'_>; 12] = [
        ("config", &|data| config::of_text(&text(data), Path::new("/config.toml")).is_ok()),
        ("issues", &|data| is_read(data)),
        ("map", &|data| SourceMap::empty().over(&text(data)).is_ok()),
        ("signers", &|data| check_allowed(data).is_ok()),
        ("packet", &|data| Packet::parse(data).is_ok()),
        ("workflow", &|data| Workflow::parse(&text(data)).is_ok()),
        ("settings", &|data| Settings::parse(&text(data)).is_ok()),
        ("cursor", &|data| text(data).parse::<Cursor>().is_ok()),
        ("operation", &|data| Operation::parse(&text(data)).is_ok()),
        ("checkpoint", &|data| Checkpoint::parse(&text(data)).is_ok()),
        ("signature", &|data| Signature::parse(&text(data)).is_ok()),
        ("proof", &|data| Proof::parse(&text(data)).and_then(|proof| proof.check()).is_ok()),
    ];
    for (name, is_taken) in taken {
        let (yes, no): (Vec<_>, Vec<_>) = inputs(name).into_iter().partition(|path| is_taken(&fs::read(path).unwrap()));
        assert!(!yes.is_empty() && !no.is_empty(), "{name}: {} taken, {} refused", yes.len(), no.len());
    }
}

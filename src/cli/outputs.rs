//! `--output FORMAT=FILE`: a report in further formats, into files that are none of the ledger's.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Context;
use super::exit::Exit;
use super::failure::{Failure, shell};
use super::formats::Wanted;

/// Stands for standard output.
const STDOUT: &str = "-";
/// The folders of a ledger in which no report is written.
const OF_THE_LEDGER: [&str; 3] = ["coordination", "schemas/contracts", "schemas/ledger"];
/// What makes a folder a ledger.
const SETTINGS: &str = "coordination/ledger.json";

/// Where a report goes in a format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target {
    /// The format.
    pub wanted: Wanted,
    file: String,
}

/// What `--output` asks for; `formats` are those of the command.
pub(super) fn targets(typed: &[String], formats: &[Wanted]) -> Result<Vec<Target>, Failure> {
    let one = |text: &String| {
        let bad = || {
            let names: Vec<String> = formats.iter().map(|wanted| name(*wanted)).collect();
            let formats = names.join(", ");
            Failure::usage(format!("--output {text:?}: expected FORMAT=FILE, and a format of {formats}"))
        };
        let (format, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(bad)?;
        let wanted = Wanted::from_str(format, true).ok().filter(|wanted| formats.contains(wanted)).ok_or_else(bad)?;
        Ok(Target { wanted, file: file.to_owned() })
    };
    typed.iter().map(one).collect()
}

fn shown(path: &Path) -> String {
    shell(&path.display().to_string())
}

fn name(wanted: Wanted) -> String {
    wanted.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Writes a report where it is to go.
pub(super) fn write(target: &Target, text: &str, context: &mut Context<'_>) -> Result<(), Failure> {
    if target.file == STDOUT {
        return context.output.text(text);
    }
    let typed = context.env.folder.join(&target.file);
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failure, "report", format!("could not write {}: {error}", typed.display()))
            .hint(format!("ls -ld {} tells whether it may be written to", shown(typed.parent().unwrap_or(&typed))))
    };
    let place = place(&typed).map_err(failed)?;
    // No terminal reads it.
    let plain = (target.wanted == Wanted::Text).then(|| anstream::adapter::strip_str(text).to_string());
    let text = plain.as_deref().unwrap_or(text);
    if is_of_a_ledger(&place) {
        return Err(Failure::usage(format!("--output {}: a report is no file of the ledger", target.file))
            .hint("name a file outside of coordination/, schemas/contracts/ and schemas/ledger/"));
    }
    // A pipe or a terminal takes what comes and can't be replaced.
    if place.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
        return OpenOptions::new()
            .write(true)
            .open(&place)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(failed);
    }
    replace(&place, text).map_err(failed)
}

/// The file that is meant, with the links on the way followed.
fn place(typed: &Path) -> std::io::Result<PathBuf> {
    if typed.symlink_metadata().is_ok() {
        // One that leads to a pipe has no name to be followed to.
        return typed.canonicalize().or_else(|_| Ok(typed.to_owned()));
    }
    let no_name = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "it names no file");
    let name = typed.file_name().ok_or_else(no_name)?;
    Ok(typed.parent().ok_or_else(no_name)?.canonicalize()?.join(name))
}

/// Whether a place is in the folders of a ledger, whichever that is.
fn is_of_a_ledger(place: &Path) -> bool {
    let roots = place.ancestors().filter(|folder| folder.join(SETTINGS).symlink_metadata().is_ok());
    roots.into_iter().any(|root| OF_THE_LEDGER.iter().any(|name| place.starts_with(root.join(name))))
}

/// Who reads it meanwhile reads the old one or the new one, whole.
pub(super) fn replace(place: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    const MODE: u32 = 0o644;
    let folder = place.parent().unwrap_or(place);
    let mode = place.metadata().map_or(MODE, |facts| facts.permissions().mode() & 0o777);
    let mut file = tempfile::Builder::new()
        .prefix(".ledger-report-")
        .permissions(std::fs::Permissions::from_mode(mode))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(place)?;
    Ok(())
}

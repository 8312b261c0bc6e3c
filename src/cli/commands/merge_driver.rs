//! `ledger merge-driver`: what git runs for one file, at the top of the work tree, with three temporary files. The ledger
//! is not opened: it may be in the middle of a checkout.

use std::path::{Path, PathBuf};

use super::super::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::merge_args::MergeDriver;
use crate::store::StoreError;
use crate::store::fs::files::{Durability, Files};
use crate::store::fs::log::LOG_BYTES_MAX;
use crate::sync::driver::{Merged, Sides, merge};
use crate::sync::part::Part;

pub(super) fn run(context: &mut Context<'_>, args: &MergeDriver) -> Result<Exit, Failure> {
    let read = |path: &Path| -> Result<Vec<u8>, Failure> {
        let (files, path) = beneath(context, path)?;
        let failed = |source| StoreError::Io { doing: "read", path: path.clone(), source };
        let read = files.read(&path, LOG_BYTES_MAX).map_err(failed)?;
        Ok(read.map(|(bytes, _)| bytes).ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?)
    };
    let (base, ours, theirs) = (read(&args.base)?, read(&args.ours)?, read(&args.theirs)?);
    let path = args.path.to_string_lossy();
    let part = Part::at_end_of(&path);
    let (text, told) = match merge(part.as_ref(), Sides { base: &base, ours: &ours, theirs: &theirs }) {
        Merged::Text(text, told) => (Some(text), told),
        Merged::Ours(told) => (None, told),
        Merged::Conflict(what) => {
            return Err(Failure::new(Exit::Failure, "not-merged", format!("{path}: {what}"))
                .hint("ledger repair-merge tells the way out"));
        }
    };
    if let Some(text) = text.filter(|text| *text != ours) {
        // Replaced as a whole: should that fail, git must not take a part of it for ours.
        let (files, path) = beneath(context, &args.ours)?;
        let beside = path.parent().unwrap_or(&path);
        let failed = |source| StoreError::Io { doing: "write", path: path.clone(), source };
        files.replace(&path, beside, &text, Durability::Lost).map_err(failed)?;
    }
    told.iter().for_each(|told| context.output.tell(&format!("{path}: {told}")));
    Ok(Exit::Done)
}

/// A file, and the files of the folder that it is in.
fn beneath(context: &Context<'_>, path: &Path) -> Result<(Files, PathBuf), Failure> {
    let path = context.env.folder.join(path);
    let folder = path.parent().unwrap_or(&path).to_owned();
    let disk = (context.env.disk)(&folder);
    let disk = disk.map_err(|source| StoreError::Io { doing: "open", path: folder, source })?;
    Ok((Files::on(disk), path))
}

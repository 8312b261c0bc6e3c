//! Setting the merge driver up in a clone, and taking it away again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::AppError;
use crate::registry::git::GitError;
use crate::store::StoreError;
use crate::store::fs::disk::Disk;
use crate::store::fs::files::{Durability, Files};
use crate::sync::attributes::{self, Place, Settings};

/// A longer file of attributes is not read.
const ATTRIBUTES_BYTES_MAX: u64 = 4 << 20;

/// What is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// The driver, run by way of a program.
    Driver,
    /// No driver.
    Nothing,
}

/// Whether anything is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It is.
    Written,
    /// It is only told what would be.
    Told,
}

/// How the clone stands now, or would.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetUp {
    /// The file of attributes.
    pub attributes: PathBuf,
    /// The driver's command line; `None` where there is none.
    pub driver: Option<String>,
    /// Whether the file of attributes changed.
    pub attributes_changed: bool,
    /// Whether the config changed.
    pub config_changed: bool,
}

/// Sets the driver up in the clone that the ledger is in, or takes it away.
///
/// # Errors
/// The ledger is in no repository, git gave no answer, or failed machinery.
pub fn set_up(
    root: &Path,
    program: &Path,
    (wanted, effect): (Wanted, Effect),
    disk: &dyn Fn(&Path) -> io::Result<Arc<dyn Disk>>,
) -> Result<SetUp, AppError> {
    let Some(Place { attributes: path, prefix }) = attributes::place(root)? else {
        let told = "the merge driver is set up in a clone".to_owned();
        return Err(GitError::NoRepository { root: root.to_owned(), told }.into());
    };
    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| AppError::Store(StoreError::Io { doing, path, source })
    };
    let info = path.parent().unwrap_or(&path);
    let folder = info.parent().unwrap_or(info);
    let files = Files::on(disk(folder).map_err(failed("open", folder))?);
    let read = files.read(&path, ATTRIBUTES_BYTES_MAX).map_err(failed("read", &path))?;
    let text = read.map(|(bytes, _)| String::from_utf8(bytes)).transpose();
    let before = text.map_err(|_| failed("read", &path)(io::ErrorKind::InvalidData.into()))?.unwrap_or_default();
    let (after, settings) = match wanted {
        Wanted::Driver => (attributes::with_lines(&before, &prefix), attributes::wanted(program)),
        Wanted::Nothing => (attributes::without_lines(&before, &prefix), Settings::default()),
    };
    let there = attributes::settings(root)?;
    // Another ledger of the same repository may still go by it.
    let is_used = wanted == Wanted::Nothing && after.contains(&format!("merge={}", attributes::DRIVER));
    let settings = if is_used { there.clone() } else { settings };
    let done = SetUp {
        attributes_changed: after != before,
        config_changed: settings != there,
        driver: settings.driver.clone(),
        attributes: path.clone(),
    };
    if effect == Effect::Told {
        return Ok(done);
    }
    // Lines that name a driver which is not there would have git merge by lines and leave conflicts.
    if done.config_changed && wanted == Wanted::Driver {
        attributes::write_settings(root, &settings)?;
    }
    if done.attributes_changed {
        files.make_dir(info).map_err(failed("make", info))?;
        files.replace(&path, info, after.as_bytes(), Durability::Durable).map_err(failed("write", &path))?;
    }
    if done.config_changed && wanted == Wanted::Nothing {
        attributes::write_settings(root, &settings)?;
    }
    Ok(done)
}

//! A folder that is held open, for looking at many of its files.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io;
use std::path::Path;
#[cfg(not(target_os = "linux"))]
use std::path::PathBuf;

use super::disk::Facts;
use super::files::{Files, is_folder};
#[cfg(target_os = "linux")]
use super::native;
use super::native::{Look, invalid};

/// A folder that is held open, for looking at many of its files: the way to it is walked once. One that is missing is
/// an empty one.
///
/// It stays the folder that had the name when it was opened, whatever is put in its place meanwhile (`git checkout`
/// removes an emptied folder and makes it anew). So it is held for one pass over its files and never from one reading
/// or write to the next: a pass tells what was there when it began, and whoever writes looks by the path.
#[derive(Debug)]
pub struct Folder {
    #[cfg(target_os = "linux")]
    folder: Option<File>,
    #[cfg(not(target_os = "linux"))]
    files: Files,
    #[cfg(not(target_os = "linux"))]
    path: PathBuf,
}

impl Folder {
    /// Opens a folder.
    #[cfg(target_os = "linux")]
    pub(super) fn open(files: &Files, path: &Path) -> io::Result<Self> {
        match files.anchor().folder(path) {
            Ok(folder) => Ok(Self { folder: Some(folder) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self { folder: None }),
            Err(error) => Err(error),
        }
    }

    /// Opens a folder.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn open(files: &Files, path: &Path) -> io::Result<Self> {
        Ok(Self { files: files.clone(), path: path.to_owned() })
    }

    /// What tells a file's content apart; `None` if it is not there. Links are not followed.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn facts(&self, name: &str) -> io::Result<Option<Facts>> {
        Ok(self.look(name)?.map(|look| look.facts))
    }

    /// Refuses a folder in it that is a link or no folder; `false` if it is not there.
    ///
    /// # Errors
    /// Says what it is instead.
    pub fn check_folder(&self, name: &str) -> io::Result<bool> {
        is_folder(self.look(name)?)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn look(&self, name: &str) -> io::Result<Option<Look>> {
        self.folder.as_ref().map_or(Ok(None), |folder| native::look_in(folder, name))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn look(&self, name: &str) -> io::Result<Option<Look>> {
        self.files.anchor().look(&self.path.join(name))
    }

    /// Reads a plain file, at most `max` bytes, in place of what `bytes` held, and tells what it was before it was read;
    /// `None` if it is not there.
    ///
    /// # Errors
    /// Also for links, folders, devices and anything larger.
    #[cfg(target_os = "linux")]
    pub(super) fn read(&self, name: &str, max: u64, bytes: &mut Vec<u8>) -> io::Result<Option<Look>> {
        bytes.clear();
        let file = self.folder.as_ref().map_or(Ok(None), |folder| native::open_in(folder, name))?;
        let Some(file) = file else { return Ok(None) };
        let look = native::look_at(&file)?;
        let size = look.facts.size;
        if look.kind != native::Kind::File {
            return Err(invalid("it is not a plain file"));
        }
        // One more than it has shows whether it has grown.
        bytes.reserve(usize::try_from(size.min(max)).unwrap_or(0) + 1);
        loop {
            let read = native::read_on(&file, bytes)?;
            let held = bytes.len() as u64;
            if held > max || size > max {
                return Err(invalid(format!("it has more than {max} bytes")));
            }
            // Mostly after one call: a plain file hands out less than it is asked for at its end only.
            if read == 0 || held == size {
                return Ok(Some(look));
            }
            bytes.reserve(1);
        }
    }

    /// Reads a plain file, at most `max` bytes, in place of what `bytes` held, and tells what it was before it was read;
    /// `None` if it is not there.
    ///
    /// # Errors
    /// Also for links, folders, devices and anything larger.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn read(&self, name: &str, max: u64, bytes: &mut Vec<u8>) -> io::Result<Option<Look>> {
        bytes.clear();
        let Some(look) = self.look(name)? else { return Ok(None) };
        let Some((read, _)) = self.files.read(&self.path.join(name), max)? else { return Ok(None) };
        *bytes = read;
        Ok(Some(look))
    }
}

//! Objects of git by their hashes, from one process for all of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::git::{GitError, carrying, command};

/// How much is read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Why an object could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadObject {
    /// It is not here.
    #[error("the object is missing: git fetch brings it in")]
    Missing,
    /// In words.
    #[error("{0}")]
    Other(String),
}

/// Whether more of an object is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// It is.
    On,
    /// The rest is passed over.
    Enough,
}

/// `git cat-file --batch`, asked for one object after the other.
pub struct Objects {
    child: Child,
    asking: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Objects {
    /// Begins to ask. What is not here is not fetched.
    ///
    /// # Errors
    /// The program is missing, or would not run.
    pub fn open(root: &Path) -> Result<Self, GitError> {
        Self::through(command(root))
    }

    /// Begins to ask. What a partial clone left out is fetched.
    ///
    /// # Errors
    /// The program is missing, or would not run.
    pub fn fetching(root: &Path) -> Result<Self, GitError> {
        Self::through(carrying(root))
    }

    fn through(mut command: Command) -> Result<Self, GitError> {
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(GitError::Program)?;
        let closed = || GitError::Program(std::io::Error::other("its pipes are closed"));
        let asking = child.stdin.take().ok_or_else(closed)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(closed)?);
        Ok(Self { child, asking: Some(asking), answers })
    }

    /// The bytes of a blob of at most `max` bytes.
    ///
    /// # Errors
    /// [`BadObject`] says what is wrong with it.
    pub fn read(&mut self, object: &str, max: u64) -> Result<Vec<u8>, BadObject> {
        let mut bytes = Vec::new();
        self.see(object, max, &mut |chunk| {
            bytes.extend_from_slice(chunk);
            Reading::On
        })?;
        Ok(bytes)
    }

    /// Shows a blob's bytes, piece by piece.
    ///
    /// # Errors
    /// [`BadObject`] says what is wrong with it.
    pub fn see(&mut self, object: &str, max: u64, see: &mut dyn FnMut(&[u8]) -> Reading) -> Result<(), BadObject> {
        let failed = |error: std::io::Error| BadObject::Other(format!("git stopped answering: {error}"));
        let asking = self.asking.as_mut().ok_or_else(|| BadObject::Other("git stopped answering".to_owned()))?;
        writeln!(asking, "{object}").and_then(|()| asking.flush()).map_err(failed)?;
        let mut header = String::new();
        self.answers.read_line(&mut header).map_err(failed)?;
        let mut facts = header.split_whitespace();
        let size = match (facts.next(), facts.next(), facts.next().and_then(|size| size.parse::<u64>().ok())) {
            (Some(_), Some("blob"), Some(size)) => size,
            (Some(_), Some("missing"), None) => return Err(BadObject::Missing),
            _ => return Err(BadObject::Other("git does not have it as a file".to_owned())),
        };
        let mut left = size;
        let mut wants = if size > max { Reading::Enough } else { Reading::On };
        let mut chunk = [0; CHUNK_BYTES];
        while left > 0 {
            let most = CHUNK_BYTES.min(usize::try_from(left).unwrap_or(CHUNK_BYTES));
            let read = self.answers.read(&mut chunk[..most]).map_err(failed)?;
            if read == 0 {
                return Err(BadObject::Other("git stopped in the middle of it".to_owned()));
            }
            left -= read as u64;
            if wants == Reading::On {
                wants = see(&chunk[..read]);
            }
        }
        // A line feed follows the object.
        self.answers.read_exact(&mut chunk[..1]).map_err(failed)?;
        if size > max {
            return Err(BadObject::Other(format!("it has {size} bytes; the most is {max}")));
        }
        Ok(())
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        self.asking = None;
        let _ = self.child.wait();
    }
}

//! Proof that nobody else changed a folder while we did.
//!
//! A folder's modification time shows that it changed, not who changed it. To keep what we know of a folder across our
//! own writes, a watch is set before and read after: if it saw our own names and no other, nothing else happened. The
//! kernel queues an event while it still holds the folder's lock, so after one reading of the folder (which takes that
//! lock) every change that the new modification time could include is in the queue.
//!
//! Where there is no such watch, there is no proof, and the folder is listed anew: slower, never wrong.

use std::path::Path;

use super::files::Files;

/// What a watch saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// Only the names that were expected.
    OnlyOurs,
    /// Something else, or too much to tell.
    Others,
}

/// A watch over the names in a folder. Letting go of one takes the kernel milliseconds, so it is kept for the next time.
#[derive(Debug)]
pub struct Watch {
    #[cfg(target_os = "linux")]
    queue: rustix::fd::OwnedFd,
    #[cfg(target_os = "linux")]
    inode: u64,
}

#[cfg(target_os = "linux")]
impl Watch {
    /// Watches a folder from now on. `None` where that can't be had.
    #[must_use]
    pub fn over(files: &Files, folder: &Path) -> Option<Self> {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
        let inode = files.facts(folder).ok()??.inode;
        let queue = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        let changes = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF;
        add_watch(&queue, folder, changes | WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW).ok()?;
        Some(Self { queue, inode })
    }

    /// Forgets what it saw so far. Whether it still watches this folder.
    #[must_use]
    pub fn begin_anew(&self, files: &Files, folder: &Path) -> bool {
        use rustix::fs::inotify::{ReadFlags, Reader};

        let gone = ReadFlags::IGNORED | ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT;
        let mut space = [std::mem::MaybeUninit::uninit(); 16 * 1024];
        let mut reader = Reader::new(&self.queue, &mut space);
        loop {
            match reader.next() {
                Ok(event) if event.events().intersects(gone) => return false,
                Ok(_) => {}
                Err(rustix::io::Errno::AGAIN) => return self.is_over(files, folder),
                Err(_) => return false,
            }
        }
    }

    fn is_over(&self, files: &Files, folder: &Path) -> bool {
        files.facts(folder).ok().flatten().is_some_and(|facts| facts.inode == self.inode)
    }

    /// What happened since: whether every change was the making of a name that `ours` knows.
    #[must_use]
    pub fn saw(&self, files: &Files, folder: &Path, ours: impl Fn(&std::ffi::OsStr) -> bool) -> Seen {
        use std::os::unix::ffi::OsStrExt;

        use rustix::fs::inotify::{ReadFlags, Reader};

        // Takes the folder's lock once: see above.
        if !self.is_over(files, folder) || first_entry(folder).is_none() {
            return Seen::Others;
        }
        let mut space = [std::mem::MaybeUninit::uninit(); 16 * 1024];
        let mut reader = Reader::new(&self.queue, &mut space);
        loop {
            match reader.next() {
                Ok(event) if event.events().contains(ReadFlags::CREATE) => {
                    let name = event.file_name().map(|name| std::ffi::OsStr::from_bytes(name.to_bytes()));
                    if !name.is_some_and(&ours) {
                        return Seen::Others;
                    }
                }
                Ok(_) => return Seen::Others,
                Err(rustix::io::Errno::AGAIN) => return Seen::OnlyOurs,
                Err(_) => return Seen::Others,
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn first_entry(folder: &Path) -> Option<()> {
    // A small buffer: one call to the kernel, not a listing.
    use rustix::fs::{Mode, OFlags, RawDir};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty()).ok()?;
    let mut space = [std::mem::MaybeUninit::uninit(); 512];
    let mut entries = RawDir::new(folder, &mut space);
    entries.next().map(|_| ())
}

#[cfg(not(target_os = "linux"))]
impl Watch {
    /// Watches a folder from now on. `None` where that can't be had.
    #[must_use]
    pub fn over(_: &Files, _: &Path) -> Option<Self> {
        None
    }

    /// Whether it still watches this folder.
    #[must_use]
    pub fn begin_anew(&self, _: &Files, _: &Path) -> bool {
        false
    }

    /// What happened since.
    #[must_use]
    pub fn saw(&self, _: &Files, _: &Path, _: impl Fn(&std::ffi::OsStr) -> bool) -> Seen {
        Seen::Others
    }
}

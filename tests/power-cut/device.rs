//! A file system over a device that logs what it is told: `qemu-storage-daemon` shows a file, by way of FUSE, of which it
//! logs every write and flush, and the kernel mounts that as a disk.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use tempfile::TempDir;

use crate::image::Image;
use crate::log::{Log, entries_so_far};

/// A file system, and how it is made and mounted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    pub(crate) name: &'static str,
    /// How it is made, in a file.
    make: &'static str,
    pub(crate) mount: &'static str,
    mib: u64,
    /// What finds it in order after it was mounted; a file's name is added.
    check: &'static str,
    /// How many sectors are written together or not at all, when the power goes. More than one where the file system is
    /// known to want that of a disk.
    pub(crate) atomic_sectors: usize,
    /// Whether the kernel mounts two that have the same identity, as two states of one device do.
    pub(crate) twice: Twice,
}

/// Whether two file systems of the same identity can be mounted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Twice {
    /// They can.
    Mounts,
    /// The second is refused, or taken for the first.
    Refused,
}

/// Every file system that is tried. Of ext4 what matters here is when the bytes of a file are written, compared with what is
/// said of them in its journal.
pub(crate) const GROUNDS: [Ground; 5] = [
    ext4("ext4", "noatime"),
    ext4("ext4, data=writeback", "noatime,data=writeback"),
    ext4("ext4, data=journal", "noatime,data=journal"),
    Ground {
        name: "xfs",
        make: "mkfs.xfs -q -K",
        mount: "noatime",
        mib: 320,
        check: "xfs_repair -n -f",
        // What it replays is what is older than the block, by the stamp in the block's first sector.
        atomic_sectors: 8,
        twice: Twice::Refused,
    },
    Ground {
        name: "btrfs",
        make: "mkfs.btrfs -q -K",
        mount: "noatime",
        mib: 160,
        check: "btrfs check",
        atomic_sectors: 1,
        twice: Twice::Refused,
    },
];

const fn ext4(name: &'static str, mount: &'static str) -> Ground {
    let make = "mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0,nodiscard";
    Ground { name, make, mount, mib: 64, check: "e2fsck -fn", atomic_sectors: 1, twice: Twice::Mounts }
}

impl Ground {
    /// A program that it needs and that is not installed.
    pub(crate) fn lacks(&self) -> Option<&'static str> {
        let mut programs = [self.make, self.check].into_iter().filter_map(|line| line.split(' ').next());
        programs.find(|program| Command::new(program).arg("-V").output().is_err())
    }
}

/// A mounted file. It is unmounted when this goes.
#[derive(Debug)]
pub(crate) struct Mounted {
    at: TempDir,
}

impl Mounted {
    pub(crate) fn of(file: &Path, options: &str) -> Result<Self, String> {
        // Not on the file system that has the file: each would keep the other if this process was killed.
        let place = std::env::var_os("LEDGER_POWER_CUT_MOUNTS").unwrap();
        let at = tempfile::Builder::new().prefix("mounted-").tempdir_in(place).unwrap();
        let options = format!("loop,{options}");
        run(Command::new("mount").args(["-o", &options]).arg(file).arg(at.path()))?;
        Ok(Self { at })
    }

    /// Where the ledger is.
    pub(crate) fn root(&self) -> PathBuf {
        self.at.path().join("acme")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Between its fork and its exec a process that another thread starts holds what this one has open.
        const TRIES: u32 = 100;
        let mut unmounted = run(Command::new("umount").arg(self.at.path()));
        for _ in 1..TRIES {
            if !unmounted.as_ref().is_err_and(|said| said.contains("busy")) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
            unmounted = run(Command::new("umount").arg(self.at.path()));
        }
        assert!(unmounted.is_ok() || std::thread::panicking(), "{unmounted:?}");
    }
}

/// A file system that was just made and holds an empty folder, over a device that logs.
#[derive(Debug)]
pub(crate) struct Logged {
    mounted: Option<Mounted>,
    daemon: Option<Child>,
    base: Image,
    folder: TempDir,
}

impl Logged {
    pub(crate) fn start(ground: &Ground) -> Self {
        let (folder, len) = (quick_folder(), ground.mib * 1024 * 1024);
        let at = |name: &str| folder.path().join(name);
        std::fs::File::create(at("base")).unwrap().set_len(len).unwrap();
        run(words(ground.make).arg(at("base"))).unwrap();
        let mounted = Mounted::of(&at("base"), ground.mount).unwrap();
        std::fs::create_dir(mounted.root()).unwrap();
        drop(mounted);
        let base = Image::read(&at("base"));
        for name in ["log", "shown"] {
            std::fs::File::create(at(name)).unwrap();
        }
        let mut logged = Self { mounted: None, daemon: Some(daemon(folder.path())), base, folder };
        logged.wait_until_shown(len);
        logged.mounted = Some(Mounted::of(&logged.at("shown"), ground.mount).unwrap());
        logged
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn wait_until_shown(&mut self, len: u64) {
        const TRIES: u32 = 1000;
        for _ in 0..TRIES {
            if std::fs::metadata(self.at("shown")).is_ok_and(|metadata| metadata.len() == len) {
                return;
            }
            let ended = self.daemon.as_mut().and_then(|daemon| daemon.try_wait().unwrap());
            assert!(ended.is_none(), "qemu-storage-daemon ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("qemu-storage-daemon shows no device");
    }

    /// Where the ledger is.
    pub(crate) fn root(&self) -> PathBuf {
        self.mounted.as_ref().unwrap().root()
    }

    /// How many entries the log has by now, up to the last flush at least.
    pub(crate) fn entries_so_far(&self) -> usize {
        entries_so_far(&self.at("log"))
    }

    /// Unmounts it. What the device held at first, and its whole log.
    pub(crate) fn stop(mut self) -> (Image, Log) {
        drop(self.mounted.take());
        self.end();
        (self.base.clone(), Log::read(&self.at("log")))
    }

    fn end(&mut self) {
        let Some(mut daemon) = self.daemon.take() else { return };
        // Asked to, it takes its FUSE mount away before it ends.
        let asked = run(Command::new("kill").arg(daemon.id().to_string()));
        assert!(asked.is_ok() || std::thread::panicking(), "{asked:?}");
        let _ = daemon.wait();
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        drop(self.mounted.take());
        self.end();
    }
}

fn daemon(folder: &Path) -> Child {
    let export =
        format!("type=fuse,id=shown,node-name=logged,mountpoint={},writable=on", folder.join("shown").display());
    let mut daemon = Command::new("qemu-storage-daemon");
    daemon.current_dir(folder);
    for node in [
        "driver=file,node-name=base-file,filename=base",
        "driver=raw,node-name=base,file=base-file",
        "driver=file,node-name=log-file,filename=log",
        "driver=raw,node-name=log,file=log-file",
        // The count of entries is written at each flush, and not in between.
        "driver=blklogwrites,node-name=logged,file=base,log=log,log-sector-size=512,log-super-update-interval=1073741824",
    ] {
        daemon.args(["--blockdev", node]);
    }
    daemon.args(["--export", &export]).spawn().unwrap()
}

/// Says what is wrong with a file system that is not mounted.
pub(crate) fn check(ground: &Ground, file: &Path) -> Result<(), String> {
    run(words(ground.check).arg(file))
}

/// A program and its arguments, parted by blanks.
fn words(line: &str) -> Command {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let said = String::from_utf8_lossy(&said);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {}: {said}", output.status)) }
}

/// A folder in memory, if the script made a place for it there: what is kept in it need not outlive anything.
pub(crate) fn quick_folder() -> TempDir {
    tempfile::Builder::new().prefix("power-cut-").tempdir().unwrap()
}

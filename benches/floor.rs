//! The least that a durable write can be: take a lock, append 300 bytes, sync, exit. With `create`, also make one file,
//! sync it and sync its folder.
//!
//! `floor append FOLDER` or `floor create FOLDER`

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (what, folder) = (arguments.next().unwrap_or_default(), PathBuf::from(arguments.next().unwrap_or_default()));
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    fs2::FileExt::lock_exclusive(&lock)?;
    let mut log = OpenOptions::new().create(true).append(true).open(folder.join("log"))?;
    log.write_all(&[b'x'; 300])?;
    log.sync_data()?;
    if what == "create" {
        let name = folder.join(format!("new/{}", std::process::id()));
        let mut file = OpenOptions::new().create_new(true).write(true).open(name)?;
        file.write_all(&[b'x'; 900])?;
        file.sync_data()?;
        File::open(folder.join("new"))?.sync_all()?;
    }
    Ok(())
}

//! The ways out of what nobody but people can settle.

use crate::domain::id::RequestId;
use crate::store::fs::carried::CarriedFile;

/// The way out where two sides differ.
pub(super) fn way_out(file: &CarriedFile) -> String {
    let path = file.path();
    match file {
        CarriedFile::Packet(id) => format!(
            "git merge --abort, then ledger sync: it gives the one that nobody else has seen another number. If others \
             have seen both: ledger resolve-id {id}"
        ),
        CarriedFile::Version(name, _) => format!(
            "{}, then register the other one anew: ledger contract add {name} FILE. Of two that others have seen, ledger verify \
             tells which counts",
            keep_one(&path)
        ),
        CarriedFile::Checkpoint(..) => format!("keep the side that others have seen: {}", keep_one(&path)),
        CarriedFile::Settings | CarriedFile::Workflow | CarriedFile::Schema(_) | CarriedFile::Log(_) => by_hand(&path),
    }
}

/// The way out where both sides of a merge edited a packet, and the log names neither.
pub(super) fn edited_twice(path: &str) -> String {
    format!(
        "take the one that was written first: git log --all -- {path}; git checkout COMMIT -- {path} && git add {path}"
    )
}

/// The way out where two requests have one number.
pub(super) fn two_requests(id: RequestId) -> String {
    format!("ledger resolve-id {id} tells both; then ledger resolve-id {id} --keep ours (or theirs)")
}

fn keep_one(path: &str) -> String {
    format!("git checkout --ours -- {path} (or --theirs) && git add {path}")
}

pub(super) fn by_hand(path: &str) -> String {
    format!("{}, then: git add {path}; {}", edit(path), both_sides(path))
}

pub(super) fn edit(path: &str) -> String {
    format!("settle it by hand in {path}")
}

pub(super) fn both_sides(path: &str) -> String {
    format!("the sides: git show :2:./{path} and git show :3:./{path}")
}

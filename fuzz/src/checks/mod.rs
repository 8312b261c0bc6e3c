//! One check for each parser of outside bytes. A check panics where a property does not hold.
//!
//! | Property | |
//! |---|---|
//! | nothing panics | whatever the bytes |
//! | what is read is written back and read again as the same | packets, events, names, times, workflows, settings, cursors, operations, journals, checkpoints, proofs |
//! | what is changed in a file changes nothing else of it | the configuration |
//! | each record is taken or told | what is taken over from elsewhere |
//! | bounds hold for what is read | sizes, depth, lengths, numbers |
//! | a hash is checked, and order does not count | events, logs |
//! | what is refused is refused with a place in the text | JSON |
//! | what a proof shows, it shows of one root | proofs |
//! | answers do not contradict each other | schemas and documents |

mod checkpoints;
mod contracts;
mod events;
mod names;
mod own;
mod sources;
mod texts;

/// A check of some bytes.
pub type Check = fn(&[u8]);

/// All checks, by the names of their fuzz targets.
pub const ALL: [(&str, Check); 24] = [
    ("checkpoint", checkpoints::checkpoint),
    ("config", own::config),
    ("contract_log", contracts::contract_log),
    ("cursor", names::cursor),
    ("document", contracts::document),
    ("event", events::event),
    ("issues", sources::issues),
    ("journal", events::journal),
    ("json", texts::json),
    ("kept", sources::kept),
    ("log", events::log),
    ("map", sources::map),
    ("names", names::names),
    ("operation", texts::operation),
    ("packet", texts::packet),
    ("proof", checkpoints::proof),
    ("remembered", own::remembered),
    ("schema", contracts::schema),
    ("secret", texts::secret),
    ("settings", texts::settings),
    ("signature", checkpoints::signature),
    ("signers", own::signers),
    ("times", names::times),
    ("workflow", texts::workflow),
];

/// Runs the check of this name.
///
/// # Panics
/// If a property does not hold, or there is no such check.
pub fn run(name: &str, data: &[u8]) {
    let (_, check) = ALL.iter().find(|(known, _)| *known == name).expect("a check of that name");
    check(data);
}

/// A number that depends on the bytes alone: to choose a place with.
fn choice(data: &[u8], below: usize) -> usize {
    let sum = data
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    (sum >> 16) as usize % below.max(1)
}

//! What options take: each value is read at the door, and says what it expects.

use crate::domain::event::PartStatus;
use crate::domain::packet::{Mode, Priority};

pub(super) fn version(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a version, a number such as 3".to_owned())
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "expected a number from 1 on".to_owned())
}

pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    crate::domain::time::parse_duration_ms(text)
        .and_then(|ms| u64::try_from(ms).ok())
        .map(std::time::Duration::from_millis)
        .ok_or_else(|| "expected a length of time such as 500ms, 10s or 2m".to_owned())
}

pub(super) fn mode(text: &str) -> Result<Mode, String> {
    [Mode::Tracked, Mode::Governed]
        .into_iter()
        .find(|mode| mode.to_string() == text)
        .ok_or_else(|| "expected tracked or governed".to_owned())
}

pub(super) fn priority(text: &str) -> Result<Priority, String> {
    Priority::ALL
        .into_iter()
        .find(|priority| priority.to_string().eq_ignore_ascii_case(text))
        .ok_or_else(|| "expected P0, P1, P2 or P3".to_owned())
}

pub(super) fn part_status(text: &str) -> Result<PartStatus, String> {
    [PartStatus::Accepted, PartStatus::Declined, PartStatus::Delivered]
        .into_iter()
        .find(|status| status.to_string().eq_ignore_ascii_case(text))
        .ok_or_else(|| "expected ACCEPTED, DECLINED or DELIVERED".to_owned())
}

//! Texts of a source, brought into the forms that the ledger takes.

use crate::domain::hash::Hash;
use crate::domain::id::Actor;
use crate::domain::packet::TITLE_CHARS_MAX;
use crate::domain::time::{DashedDay, Timestamp};

/// A title of which nothing but its end can be missing: what is left of a long one, and whether anything is.
pub(super) fn title(text: &str) -> (String, bool) {
    let text = text.trim();
    if text.chars().count() <= TITLE_CHARS_MAX {
        return (text.to_owned(), false);
    }
    let mut short: String = text.chars().take(TITLE_CHARS_MAX - 1).collect();
    short.push('…');
    (short, true)
}

/// A name as the ledger takes it; `None` where it is none.
pub(super) fn actor(text: &str) -> Option<Actor> {
    text.trim().parse().ok()
}

/// A time in RFC 3339. A day alone, or a time without a zone, is read as UTC. `None` for anything else.
pub(super) fn time(text: &str) -> Option<String> {
    let text = text.trim();
    let is_read = |text: &str| Timestamp::parse_rfc3339(text).is_ok();
    if is_read(text) {
        return Some(text.to_owned());
    }
    if text.parse::<DashedDay>().is_ok() {
        return Some(format!("{text}T00:00:00Z"));
    }
    let (day, clock) = text.split_once([' ', 'T'])?;
    let clock = clock.trim_end_matches(" UTC");
    [format!("{day}T{clock}Z"), format!("{day}T{clock}:00Z"), format!("{day}T{clock}")]
        .into_iter()
        .find(|candidate| is_read(candidate))
}

/// The first digits of the digest of texts: a part of a key.
pub(super) fn digest(parts: &[&str]) -> String {
    let lengths: Vec<String> = parts.iter().map(|part| part.len().to_string()).collect();
    let mut bytes: Vec<&[u8]> = vec![];
    for (part, len) in parts.iter().zip(&lengths) {
        bytes.extend([len.as_bytes(), b":", part.as_bytes()]);
    }
    let mut digits = Hash::of(&bytes).to_string();
    digits.truncate(16);
    digits
}

/// A word of a source as it is compared: case, blanks, `-` and `_` make no difference.
pub(super) fn word(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    lower.chars().map(|c| if matches!(c, '-' | ' ') { '_' } else { c }).collect()
}

/// A word as a part of a key.
#[must_use]
pub(crate) fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let slug: String = word(text).chars().map(plain).take(40).collect();
    if slug.is_empty() { "-".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, read) in [
            ("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05Z")),
            ("2025-10-12T00:43:03.453438-07:00", Some("2025-10-12T00:43:03.453438-07:00")),
            ("2026-01-02", Some("2026-01-02T00:00:00Z")),
            ("2026-01-02 03:04", Some("2026-01-02T03:04:00Z")),
            ("2026-01-02 03:04:05 UTC", Some("2026-01-02T03:04:05Z")),
            ("2026-01-02T03:04:05", Some("2026-01-02T03:04:05Z")),
            ("last week", None),
            ("2026-02-30", None),
        ] {
            assert_eq!(time(text).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn parts_of_a_digest_do_not_run_into_each_other() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_eq!(slug("Won't Fix"), "won-t_fix");
    }

    #[test]
    fn a_long_title_keeps_its_beginning() {
        let (short, cut) = title(&"x".repeat(400));
        assert!(cut && short.chars().count() == TITLE_CHARS_MAX && short.ends_with('…'));
        assert_eq!(title(" a "), ("a".to_owned(), false));
    }
}

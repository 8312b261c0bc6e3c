//! How times are told to people.

use clap::ValueEnum;

use crate::domain::time::Timestamp;

/// How times are told in text. JSON and everything that other programs read have them as they are.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TimeStyle {
    /// Relative on a terminal, else absolute.
    #[default]
    Auto,
    /// As seen from now: 3 h ago.
    Relative,
    /// As they are, in UTC.
    Absolute,
}

/// How a moment is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Times {
    /// As it is, in UTC.
    Absolute,
    /// As seen from a moment.
    From(Timestamp),
}

impl Times {
    /// How moments are told in a style.
    #[must_use]
    pub fn of(style: TimeStyle, terminal: Option<u16>, now: Timestamp) -> Self {
        match (style, terminal) {
            (TimeStyle::Relative, _) | (TimeStyle::Auto, Some(_)) => Self::From(now),
            (TimeStyle::Absolute, _) | (TimeStyle::Auto, None) => Self::Absolute,
        }
    }

    /// A moment, to the second in UTC, or as seen from now.
    #[must_use]
    pub fn moment(self, at: Timestamp) -> String {
        match self {
            Self::Absolute => absolute(at),
            Self::From(now) => relative(at, now),
        }
    }
}

fn absolute(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {}Z", &text[..10], &text[11..19])
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long before or after `now` a moment is, in the largest unit that says something; far away it is a date.
fn relative(at: Timestamp, now: Timestamp) -> String {
    const DAYS_MAX: i64 = 90;
    let seconds = (now.unix_ms() - at.unix_ms()) / 1000;
    let size = seconds.abs();
    let length = match size {
        0..MINUTE => format!("{size} s"),
        MINUTE..HOUR => format!("{} min", size / MINUTE),
        HOUR..DAY => format!("{} h", size / HOUR),
        _ if size < 2 * DAY => "1 day".to_owned(),
        _ if size < DAYS_MAX * DAY => format!("{} days", size / DAY),
        _ => return at.to_string()[..10].to_owned(),
    };
    match seconds {
        // Clocks differ a little.
        -1..=0 => "now".to_owned(),
        1.. => format!("{length} ago"),
        _ => format!("in {length}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_as_seen_from_now() {
        let now = Timestamp::parse_rfc3339("2026-11-20T12:00:00Z").unwrap();
        let told = |at: &str| Times::From(now).moment(Timestamp::parse_rfc3339(at).unwrap());
        for (at, expected) in [
            ("2026-11-20T12:00:00Z", "now"),
            ("2026-11-20T12:00:01Z", "now"),
            ("2026-11-20T11:59:59Z", "1 s ago"),
            ("2026-11-20T11:59:01Z", "59 s ago"),
            ("2026-11-20T11:59:00Z", "1 min ago"),
            ("2026-11-20T09:00:00Z", "3 h ago"),
            ("2026-11-19T12:00:01Z", "23 h ago"),
            ("2026-11-19T12:00:00Z", "1 day ago"),
            ("2026-11-18T12:00:00Z", "2 days ago"),
            ("2026-08-23T12:00:00Z", "89 days ago"),
            ("2026-08-22T12:00:00Z", "2026-08-22"),
            ("2026-11-20T12:30:00Z", "in 30 min"),
            ("2027-11-20T12:30:00Z", "2027-11-20"),
        ] {
            assert_eq!(told(at), expected, "{at}");
        }
    }

    #[test]
    fn a_pipe_gets_what_does_not_change() {
        let now = Timestamp::parse_rfc3339("2026-11-20T12:00:00Z").unwrap();
        assert_eq!(Times::of(TimeStyle::Auto, None, now), Times::Absolute);
        assert_eq!(Times::of(TimeStyle::Auto, Some(80), now), Times::From(now));
        assert_eq!(Times::of(TimeStyle::Absolute, Some(80), now), Times::Absolute);
        assert_eq!(Times::of(TimeStyle::Relative, None, now), Times::From(now));
        assert_eq!(Times::Absolute.moment(now), "2026-11-20 12:00:00Z");
    }
}

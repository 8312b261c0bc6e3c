//! Weeks as ISO 8601 counts them, in UTC.

use std::fmt;

use chrono::{DateTime, Datelike};

use crate::domain::time::Timestamp;

const DAY_MS: i64 = 86_400_000;
/// How many days before 1970-01-01 the week of that day began.
const LEAD_DAYS: i64 = 3;

/// A week from Monday to Sunday, written `2026-W47`. The number is how many weeks it lies after that of 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Week(i64);

impl Week {
    /// The week in which a moment lies.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self((at.unix_ms().div_euclid(DAY_MS) + LEAD_DAYS).div_euclid(7))
    }

    /// The last so many weeks up to that of a moment, the oldest first; none before 1970.
    #[must_use]
    pub fn up_to(at: Timestamp, count: usize) -> Vec<Self> {
        let Self(last) = Self::of(at);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        (last.saturating_add(1).saturating_sub(count).max(0)..=last).map(Self).collect()
    }

    /// Its first moment; of the first week that of 1970.
    #[must_use]
    pub fn begins(self) -> Timestamp {
        Timestamp::from_unix_ms(self.monday_ms())
    }

    fn monday_ms(self) -> i64 {
        (self.0 * 7 - LEAD_DAYS) * DAY_MS
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let week = DateTime::from_timestamp_millis(self.monday_ms()).unwrap_or_default().date_naive().iso_week();
        write!(f, "{:04}-W{:02}", week.year(), week.week())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> Week {
        Week::of(Timestamp::parse_rfc3339(text).unwrap())
    }

    #[test]
    fn weeks_are_those_of_the_standard() {
        for (at, expected) in [
            ("1970-01-01T00:00:00Z", "1970-W01"),
            ("2026-11-15T23:59:59.999Z", "2026-W46"),
            ("2026-11-16T00:00:00Z", "2026-W47"),
            // A year has 53 weeks if its first of January, or that of a leap year its second, is a Thursday.
            ("2026-12-31T12:00:00Z", "2026-W53"),
            ("2027-01-03T12:00:00Z", "2026-W53"),
            ("2027-01-04T00:00:00Z", "2027-W01"),
            ("2024-12-30T00:00:00Z", "2025-W01"),
            ("9999-12-31T00:00:00Z", "9999-W52"),
        ] {
            assert_eq!(week(at).to_string(), expected, "{at}");
        }
    }

    #[test]
    fn a_week_begins_on_its_monday_and_names_sort_like_weeks() {
        assert_eq!(week("2026-11-20T15:11:00Z").begins().to_string(), "2026-11-16T00:00:00.000Z");
        assert_eq!(week("1970-01-02T00:00:00Z").begins().unix_ms(), 0);
        let weeks = Week::up_to(Timestamp::parse_rfc3339("2027-01-20T00:00:00Z").unwrap(), 60);
        assert_eq!(weeks.len(), 60);
        assert!(weeks.iter().map(ToString::to_string).collect::<Vec<_>>().is_sorted());
        assert!(weeks.windows(2).all(|pair| Week::of(pair[1].begins().minus_ms(1)) == pair[0]));
        assert_eq!(Week::up_to(Timestamp::from_unix_ms(8 * DAY_MS), 5).len(), 2);
    }
}

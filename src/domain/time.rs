//! Time: UTC timestamps in milliseconds, days, and the hybrid logical clock.
//!
//! Nothing here reads a clock. `now` is always handed in.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, TimeDelta, Timelike, Utc};

use super::id::as_text;

/// A text that is not a time of the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a time: {rule}")]
pub struct BadTime {
    text: String,
    rule: &'static str,
}

impl BadTime {
    fn new(text: &str, rule: &'static str) -> Self {
        Self { text: text.chars().take(60).collect(), rule }
    }
}

/// A moment in UTC with millisecond precision, years 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(i64);

const YEAR_9999_END_MS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The moment `ms` milliseconds after 1970-01-01T00:00:00Z, brought into the range of the type.
    #[must_use]
    pub fn from_unix_ms(ms: i64) -> Self {
        Self(ms.clamp(0, YEAR_9999_END_MS))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_ms(self) -> i64 {
        self.0
    }

    /// The UTC day of this moment.
    #[must_use]
    pub fn day(self) -> Day {
        let date = self.datetime().date_naive();
        Day { year: date.year().unsigned_abs() as u16, month: date.month() as u8, day: date.day() as u8 }
    }

    /// This moment less `ms` milliseconds.
    #[must_use]
    pub fn minus_ms(self, ms: i64) -> Self {
        Self::from_unix_ms(self.0.saturating_sub(ms))
    }

    /// This moment plus `ms` milliseconds.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_unix_ms(self.0.saturating_add(ms))
    }

    /// Reads what a person types for a moment: RFC 3339, a date (its first moment in UTC), or `90s`, `15m`, `2h`,
    /// `3d`, `2w` (ago).
    ///
    /// # Errors
    /// [`BadTime`] for anything else.
    pub fn parse_typed(text: &str, now: Self) -> Result<Self, BadTime> {
        let typed = text.strip_suffix(" ago").unwrap_or(text).trim();
        if let Some(ms) = parse_duration_ms(typed) {
            return Ok(now.minus_ms(ms));
        }
        if let Ok(day) = typed.parse::<DashedDay>() {
            return Ok(day.0.first_moment());
        }
        Self::parse_rfc3339(typed)
            .map_err(|_| BadTime::new(text, "expected RFC 3339, a date like 2026-11-20, or 2h or 3d (ago)"))
    }

    /// Reads any RFC 3339 time; parts of a millisecond are cut off.
    ///
    /// # Errors
    /// [`BadTime`] outside RFC 3339 or the years 1970 to 9999.
    pub fn parse_rfc3339(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime::new(text, "expected RFC 3339, for example 2026-11-20T15:11:00Z");
        let ms = DateTime::parse_from_rfc3339(text).map_err(|_| bad())?.timestamp_millis();
        (0..=YEAR_9999_END_MS).contains(&ms).then_some(Self(ms)).ok_or_else(bad)
    }

    /// The one form that the ledger writes, read digit by digit: every event has one. `None` for anything that is not that.
    fn plain(text: &str) -> Option<Self> {
        const FORM: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
        let bytes: &[u8; 24] = text.as_bytes().try_into().ok()?;
        let fits = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
        bytes.iter().zip(FORM).all(fits).then_some(())?;
        let number = |from: usize, to: usize| {
            bytes.iter().take(to).skip(from).fold(0_u16, |number, digit| number * 10 + u16::from(digit - b'0'))
        };
        let day = Day::new(number(0, 4), number(5, 7) as u8, number(8, 10) as u8)?;
        let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
        let of_day = i64::from(hour) * 3_600_000 + i64::from(minute) * 60_000 + i64::from(second) * 1_000;
        let is_of_day = hour < 24 && minute < 60 && second < 60;
        is_of_day.then(|| Self(day.first_moment().0 + of_day + i64::from(number(20, 23))))
    }

    fn datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

/// Reads a length of time such as `500ms`, `10s`, `15m`, `2h`, `3d`, `2w`; in milliseconds, up to ten years.
#[must_use]
pub fn parse_duration_ms(text: &str) -> Option<i64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        _ => return None,
    };
    let ms = number.parse::<i64>().ok()?.checked_mul(unit_ms)?;
    (ms <= 3_650 * 86_400_000).then_some(ms)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.datetime();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.timestamp_subsec_millis()
        )
    }
}

impl FromStr for Timestamp {
    type Err = BadTime;

    /// Reads the one form that the ledger writes, `2026-11-20T15:11:00.123Z`.
    fn from_str(text: &str) -> Result<Self, BadTime> {
        if let Some(time) = Self::plain(text) {
            return Ok(time);
        }
        let time = Self::parse_rfc3339(text)?;
        if time.datetime().to_rfc3339_opts(SecondsFormat::Millis, true) != text {
            return Err(BadTime::new(text, "expected UTC with three decimals, for example 2026-11-20T15:11:00.123Z"));
        }
        Ok(time)
    }
}

/// A UTC calendar day, written `YYYYMMDD`, years 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// A day from its parts; `None` where the calendar has no such day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let known = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).is_some();
        (known && (1970..=9999).contains(&year)).then_some(Self { year, month, day })
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// Midnight at its beginning, UTC.
    #[must_use]
    pub fn first_moment(self) -> Timestamp {
        let days = NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into())
            .map_or(TimeDelta::zero(), |date| date - NaiveDate::default());
        Timestamp::from_unix_ms(days.num_milliseconds())
    }
}

impl Day {
    /// The day as one number, which sorts like it: 20261120.
    #[must_use]
    pub fn digits(self) -> u32 {
        u32::from(self.year) * 10_000 + u32::from(self.month) * 100 + u32::from(self.day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece: ids are written more often than anything else.
        write!(f, "{:08}", self.digits())
    }
}

impl FromStr for Day {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime::new(text, "expected a date as YYYYMMDD");
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let part = |range: std::ops::Range<usize>| text[range].parse::<u16>().map_err(|_| bad());
        Self::new(part(0..4)?, part(4..6)? as u8, part(6..8)? as u8).ok_or_else(bad)
    }
}

/// A UTC calendar day, written `YYYY-MM-DD`, as in a packet's `due`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DashedDay(pub Day);

impl fmt::Display for DashedDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year, self.0.month, self.0.day)
    }
}

impl FromStr for DashedDay {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime::new(text, "expected a date as YYYY-MM-DD");
        let shaped = text.len() == 10 && text.is_ascii() && &text[4..5] == "-" && &text[7..8] == "-";
        if !shaped {
            return Err(bad());
        }
        format!("{}{}{}", &text[..4], &text[5..7], &text[8..]).parse().map(Self).map_err(|_| bad())
    }
}

/// A hybrid logical clock reading (Kulkarni et al., 2014): wall time that never runs behind what was seen, and a
/// counter among equal wall times. It orders events across requests; it never decides what is true.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Hybrid {
    /// The wall part.
    pub at: Timestamp,
    /// The counter among equal wall parts, 0 to 2^53.
    pub tick: u64,
}

/// The largest counter that is written.
const TICK_MAX: u64 = 1 << 40;

impl Hybrid {
    /// The reading for an event written at `now` by a writer that has seen `seen`.
    #[must_use]
    pub fn after(now: Timestamp, seen: Option<Self>) -> Self {
        match seen {
            Some(seen) if seen.at >= now && seen.tick < TICK_MAX => Self { at: seen.at, tick: seen.tick + 1 },
            // Nobody writes so many events in a millisecond; whoever claims to costs the others one of them.
            Some(seen) if seen.at >= now => Self { at: seen.at.plus_ms(1), tick: 0 },
            Some(_) | None => Self { at: now, tick: 0 },
        }
    }
}

as_text!(Timestamp, DashedDay, Day);

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_176_660_123;

    #[test]
    fn the_written_form_is_read_back_and_no_other() {
        let time = Timestamp::from_unix_ms(NOON);
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        for text in ["2026-11-20T15:11:00Z", "2026-11-20T15:11:00.123+00:00", "2026-11-20", "soon"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn people_type_times_in_several_ways() {
        let now = "2026-11-20T15:11:00.123Z".parse::<Timestamp>().unwrap();
        let typed = |text: &str| Timestamp::parse_typed(text, now).unwrap().to_string();
        assert_eq!(typed("2h"), "2026-11-20T13:11:00.123Z");
        assert_eq!(typed("3d ago"), "2026-11-17T15:11:00.123Z");
        assert_eq!(typed("2026-11-01"), "2026-11-01T00:00:00.000Z");
        assert_eq!(typed("2025-10-12T00:43:03.453438-07:00"), "2025-10-12T07:43:03.453Z");
        assert!(Timestamp::parse_typed("yesterday", now).is_err());
    }

    #[test]
    fn the_hybrid_clock_never_runs_backwards() {
        let seen = Hybrid { at: Timestamp::from_unix_ms(NOON), tick: 4 };
        let back = Hybrid::after(Timestamp::from_unix_ms(NOON - 86_400_000), Some(seen));
        assert_eq!(back, Hybrid { at: seen.at, tick: 5 });
        let on = Hybrid::after(Timestamp::from_unix_ms(NOON + 1), Some(seen));
        assert_eq!(on.tick, 0);
        assert!(seen < back && back < on);
        let full = Hybrid { at: seen.at, tick: 1 << 53 };
        assert_eq!(Hybrid::after(seen.at, Some(full)), Hybrid { at: seen.at.plus_ms(1), tick: 0 });
    }

    #[test]
    fn a_day_is_a_day_of_the_calendar() {
        assert_eq!("20240229".parse::<Day>().unwrap().first_moment().to_string(), "2024-02-29T00:00:00.000Z");
        assert!("20230229".parse::<Day>().is_err());
        assert!("2026-02-30".parse::<DashedDay>().is_err());
    }
}

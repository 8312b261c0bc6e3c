//! Numbers that a clone has reserved: it gives them away while it can't reach anybody, and nobody else does.

use serde::{Deserialize, Serialize};

use super::id::{Actor, RequestId, Writer};
use super::time::{Day, Timestamp};

/// The most numbers of one lease.
pub const LEASED_MAX: u32 = 1_000;
/// The most leases of one ledger that are kept.
pub const LEASES_MAX: usize = 1_000;
/// The longest text of all leases, in bytes.
pub const LEASES_BYTES_MAX: u64 = 1 << 20;

/// Numbers of one day that one clone has reserved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// The day.
    pub day: Day,
    /// The first number.
    pub from: u32,
    /// The last one.
    pub to: u32,
    /// The clone.
    pub writer: Writer,
    /// Who reserved them.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Lease {
    /// Whether it reserves a number.
    #[must_use]
    pub fn holds(&self, id: RequestId) -> bool {
        self.day == id.day() && (self.from..=self.to).contains(&id.number())
    }

    /// How many numbers it reserves.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.to.saturating_sub(self.from).saturating_add(1)
    }
}

/// A line that is no lease, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no lease: {what}")]
pub struct BadLease {
    /// Which.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// All leases of a ledger. No two overlap.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Leases(Vec<Lease>);

impl Leases {
    /// Reads them: a JSON object a line.
    ///
    /// # Errors
    /// [`BadLease`] names the first line that is none, or that overlaps with another.
    pub fn parse(text: &str) -> Result<Self, BadLease> {
        let mut leases = Self::default();
        for (at, line) in text.lines().enumerate() {
            let bad = |what: String| BadLease { line: at + 1, what };
            let lease: Lease = serde_json::from_str(line).map_err(|error| bad(error.to_string()))?;
            let is_block = lease.from >= 1 && lease.from <= lease.to && lease.to <= RequestId::NUMBER_MAX;
            if !is_block || lease.count() > LEASED_MAX {
                return Err(bad(format!("{} to {} are no numbers that can be reserved", lease.from, lease.to)));
            }
            if leases.0.iter().any(|other| overlaps(other, &lease)) {
                return Err(bad(format!("{} to {} of {} are reserved already", lease.from, lease.to, lease.day)));
            }
            if leases.0.len() == LEASES_MAX {
                return Err(bad(format!("there are more than {LEASES_MAX}")));
            }
            leases.0.push(lease);
        }
        Ok(leases)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Lease] {
        &self.0
    }

    /// Who has reserved a number.
    #[must_use]
    pub fn holder(&self, id: RequestId) -> Option<&Lease> {
        self.0.iter().find(|lease| lease.holds(id))
    }

    /// The numbers of a day that a clone has reserved.
    pub fn own<'a>(&'a self, day: Day, writer: &'a Writer) -> impl Iterator<Item = u32> + 'a {
        self.0
            .iter()
            .filter(move |lease| lease.day == day && lease.writer == *writer)
            .flat_map(|lease| lease.from..=lease.to)
    }

    /// The first number from `number` on that nobody has reserved.
    #[must_use]
    pub fn unreserved(&self, day: Day, number: u32) -> u32 {
        let mut number = number;
        while let Some(lease) = RequestId::new(day, number).and_then(|id| self.holder(id)) {
            number = lease.to + 1;
        }
        number
    }

    /// Reserves so many numbers of a day, all of them after `taken`; `None` where the day has not so many left, or where
    /// there are too many leases.
    #[must_use]
    pub fn reserve(&mut self, day: Day, count: u32, taken: u32, by: (&Writer, &Actor, Timestamp)) -> Option<Lease> {
        let last = self.0.iter().filter(|lease| lease.day == day).map(|lease| lease.to).max().unwrap_or(0);
        let from = taken.max(last).checked_add(1)?;
        let to = from.checked_add(count.checked_sub(1)?)?;
        if to > RequestId::NUMBER_MAX || count > LEASED_MAX {
            return None;
        }
        if self.0.len() >= LEASES_MAX {
            self.forget_oldest_day();
        }
        let lease = Lease { day, from, to, writer: by.0.clone(), by: by.1.clone(), at: by.2 };
        self.0.push(lease.clone());
        Some(lease)
    }

    /// Takes in what another list says, as far as nothing here is said of these numbers.
    pub fn absorb(&mut self, others: Self) {
        for lease in others.0 {
            if !self.0.iter().any(|known| overlaps(known, &lease)) {
                if self.0.len() >= LEASES_MAX {
                    self.forget_oldest_day();
                }
                self.0.push(lease);
            }
        }
    }

    /// Whether a clone may give a number away: nobody has reserved it, or the clone itself.
    #[must_use]
    pub fn may_give(&self, id: RequestId, writer: &Writer) -> bool {
        self.holder(id).is_none_or(|lease| lease.writer == *writer)
    }

    /// The number to try after another one.
    #[must_use]
    pub fn following(&self, day: Day, number: u32, writer: &Writer) -> u32 {
        let next = number.saturating_add(1);
        match RequestId::new(day, next) {
            Some(id) if !self.may_give(id, writer) => self.unreserved(day, next),
            Some(_) | None => next,
        }
    }

    /// Requests of a day long past are published.
    fn forget_oldest_day(&mut self) {
        if let Some(oldest) = self.0.iter().map(|lease| lease.day).min() {
            self.0.retain(|lease| lease.day != oldest);
        }
    }
}

impl std::fmt::Display for Leases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for lease in &self.0 {
            writeln!(f, "{}", serde_json::to_string(lease).map_err(|_| std::fmt::Error)?)?;
        }
        Ok(())
    }
}

fn overlaps(one: &Lease, other: &Lease) -> bool {
    one.day == other.day && one.from <= other.to && other.from <= one.to
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_reserved_nothing_is_reserved_twice(wishes in prop::collection::vec((0..3u8, 1..=60u32, 0..200u32, 0..3usize), 0..40)) {
            let writers: Vec<Writer> = ["aaaaaa", "bbbbbb", "cccccc"].iter().map(|text| text.parse().unwrap()).collect();
            let (by, at): (Actor, _) = ("mia".parse().unwrap(), Timestamp::from_unix_ms(0));
            let mut leases = Leases::default();
            for (day, count, taken, writer) in wishes {
                let day = Day::new(2026, 11, 20 + day).unwrap();
                let lease = leases.reserve(day, count, taken, (&writers[writer], &by, at)).unwrap();
                prop_assert!(lease.from > taken && lease.count() == count);
                let free = leases.unreserved(day, 1);
                prop_assert_eq!(RequestId::new(day, free).and_then(|id| leases.holder(id)), None);
                for number in 1..free {
                    prop_assert!(leases.holder(RequestId::new(day, number).unwrap()).is_some());
                }
            }
            // Reading checks that no two overlap.
            prop_assert_eq!(Leases::parse(&leases.to_string()), Ok(leases.clone()));
            let all: usize = writers.iter().flat_map(|writer| (20..23).map(move |day| (writer, Day::new(2026, 11, day).unwrap()))).map(|(writer, day)| leases.own(day, writer).count()).sum();
            prop_assert_eq!(all, leases.all().iter().map(|lease| lease.count() as usize).sum::<usize>());
        }
    }

    #[test]
    fn what_is_no_lease_is_told_with_its_line() {
        let line = |from: u32, to: u32| {
            format!(
                r#"{{"day":"20261120","from":{from},"to":{to},"writer":"k7f3q2","by":"mia","at":"2026-11-20T15:11:00.123Z"}}"#
            )
        };
        assert_eq!(Leases::parse(&line(8, 57)).unwrap().to_string(), format!("{}\n", line(8, 57)));
        for (text, at) in [
            (line(0, 5), 1),
            (line(6, 5), 1),
            (line(1, LEASED_MAX + 1), 1),
            (line(RequestId::NUMBER_MAX, RequestId::NUMBER_MAX + 1), 1),
            (format!("{}\n{}", line(1, 5), line(5, 6)), 2),
            (format!("{}\n\n", line(1, 5)), 2),
            (line(1, 5).replace("\"by\"", "\"buy\""), 1),
        ] {
            assert_eq!(Leases::parse(&text).unwrap_err().line, at, "{text}");
        }
    }
}

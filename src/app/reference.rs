//! What people write for a request: its id, `key:K`, or a short form.

use super::{AppError, Ledger};
use crate::domain::id::RequestId;
use crate::domain::time::{Day, Timestamp};
use crate::store::{Budget, Records};

/// How many years back a short form without a year looks.
const YEARS_BACK: u16 = 20;

impl Ledger<'_> {
    /// Finds the request that `text` stands for.
    ///
    /// # Errors
    /// [`AppError::NotFound`] with what it may have been meant to be, or [`AppError::Ambiguous`].
    pub fn resolve(&self, text: &str, records: &dyn Records, budget: &Budget) -> Result<RequestId, AppError> {
        self.look_up(text, records, budget).map_err(|error| self.with_near_key(error))
    }

    /// The same without looking for a key that may have been meant: where many are looked up, that takes too long.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn look_up(&self, text: &str, records: &dyn Records, budget: &Budget) -> Result<RequestId, AppError> {
        if let Some(key) = text.strip_prefix("key:") {
            let found = records.find(&key.parse()?, budget)?;
            return found.ok_or_else(|| AppError::NotFound { name: text.to_owned(), suggestion: None });
        }
        let candidates = candidates(text, self.world.now());
        let mut there = Vec::new();
        for id in &candidates {
            if records.contains(*id)? {
                there.push(*id);
            }
        }
        match there.as_slice() {
            [one] => Ok(*one),
            [] => {
                let today = self.world.now().day();
                let meant = candidates.iter().filter(|id| id.day() <= today).max();
                // In a short form one wrong digit is much; an id has more to go by. A number alone is today's: it may be
                // that of an earlier day.
                let is_number = text.trim().bytes().all(|byte| byte.is_ascii_digit());
                let suggestion = match meant.filter(|id| id.to_string() != text.to_ascii_uppercase()) {
                    Some(id) if is_number => self.newest_of_number(id.number())?,
                    Some(id) => self.closest(&id.to_string(), 1)?,
                    None => self.closest(&text.to_ascii_uppercase(), 3)?,
                };
                Err(AppError::NotFound { name: text.to_owned(), suggestion: suggestion.map(|id| id.to_string()) })
            }
            _ => Err(AppError::Ambiguous { name: text.to_owned(), candidates: there }),
        }
    }

    fn with_near_key(&self, error: AppError) -> AppError {
        let AppError::NotFound { name, suggestion: None } = error else { return error };
        // The key itself, without what says that it is one.
        if let Ok(key) = name.parse()
            && self.store.find(&key, &Budget::endless()).is_ok_and(|found| found.is_some())
        {
            return AppError::NotFound { suggestion: Some(format!("key:{name}")), name };
        }
        let key = match name.strip_prefix("key:") {
            Some(key) => key.parse().ok().and_then(|key| self.near_key(&key)),
            // What it was called where it was taken over from.
            None => self.key_of_source(&name),
        };
        let suggestion = key.map(|key| format!("key:{key}"));
        AppError::NotFound { name, suggestion }
    }

    /// The newest request of any day that has a number.
    fn newest_of_number(&self, number: u32) -> Result<Option<RequestId>, AppError> {
        Ok(self.store.requests()?.into_iter().filter(|id| id.number() == number).max())
    }

    /// The id that differs least from a mistyped one, by at most so many edits.
    fn closest(&self, typed: &str, edits_max: usize) -> Result<Option<RequestId>, AppError> {
        let ids = self.store.requests()?;
        let near = ids.into_iter().map(|id| (strsim::damerau_levenshtein(&id.to_string(), typed), id));
        Ok(near.filter(|(edits, _)| *edits <= edits_max).min().map(|(_, id)| id))
    }
}

/// The ids that a text can stand for: itself; `20261120-1`; `1120-1` (the day in any recent year); `1` (today).
#[must_use]
pub fn candidates(text: &str, now: Timestamp) -> Vec<RequestId> {
    let upper = text.trim().to_ascii_uppercase();
    if let Ok(id) = upper.parse() {
        return vec![id];
    }
    let short = upper.strip_prefix("REQ-").unwrap_or(&upper);
    let digits = |text: &str| (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let (day, number) = match short.split_once('-') {
        Some((day, number)) if digits(day) && digits(number) => (Some(day), number),
        None if digits(short) => (None, short),
        Some(_) | None => return Vec::new(),
    };
    let Ok(number) = number.parse::<u32>() else { return Vec::new() };
    let days: Vec<Day> = match day {
        None => vec![now.day()],
        Some(day) if day.len() == 8 => day.parse().into_iter().collect(),
        Some(day) if day.len() == 4 => {
            let year = now.day().year();
            let parts = day[..2].parse().ok().zip(day[2..].parse().ok());
            let in_year = |year| parts.and_then(|(month, day)| Day::new(year, month, day));
            (year.saturating_sub(YEARS_BACK)..=year + 1).filter_map(in_year).collect()
        }
        Some(_) => Vec::new(),
    };
    days.into_iter().filter_map(|day| RequestId::new(day, number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_stand_for_what_they_say() {
        let now: Timestamp = "2026-11-20T15:11:00.123Z".parse().unwrap();
        let first = |text: &str| candidates(text, now).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(first("req-20261120-0007"), ["REQ-20261120-0007"]);
        assert_eq!(first("7"), ["REQ-20261120-0007"]);
        assert_eq!(first("20261119-12"), ["REQ-20261119-0012"]);
        assert!(first("1120-7").contains(&"REQ-20261120-0007".to_owned()));
        assert_eq!(first("0229-1").len(), 5, "leap years only");
        for text in ["", "x", "-", "1-", "../1", "112-7", "99999999999", "REQ-20261120-"] {
            assert!(first(text).is_empty(), "{text}");
        }
    }
}

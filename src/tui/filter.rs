//! What `/` takes: words, and what they stand beside.

use std::str::FromStr;

use crate::app::list::{Claims, Keys, Query, Scope, Waiting};
use crate::domain::packet::Priority;

/// What can be typed, for people.
pub const TAKES: &str = "words, to:REPO from:REPO type:TYPE label:LABEL by:ACTOR priority:P0 claimed:ACTOR \
                         is:ready is:blocked is:claimed is:unclaimed is:duplicate";

/// Which requests are on the board.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    query: Query,
}

impl Default for Filter {
    fn default() -> Self {
        Self { text: String::new(), query: Query { scope: Scope::All, ..Query::default() } }
    }
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Says which part of it is none, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self { text: text.trim().to_owned(), ..Self::default() };
        for part in text.split_whitespace() {
            filter.take(part)?;
        }
        Ok(filter)
    }

    fn take(&mut self, part: &str) -> Result<(), String> {
        fn read<T: FromStr<Err: ToString>>(value: &str) -> Result<Option<T>, String> {
            value.parse().map(Some).map_err(|error: T::Err| error.to_string())
        }
        let query = &mut self.query;
        match part.split_once(':') {
            Some(("to", repo)) => query.to = read(repo)?,
            Some(("from", repo)) => query.from = read(repo)?,
            Some(("type", name)) => query.request_type = read(name)?,
            Some(("label", label)) => query.label = read(label)?,
            Some(("by", actor)) => query.by = read(actor)?,
            Some(("priority", name)) => {
                let known = Priority::ALL.into_iter().find(|known| known.to_string().eq_ignore_ascii_case(name));
                query.priority = Some(known.ok_or_else(|| format!("{part:?}: expected P0, P1, P2 or P3"))?);
            }
            Some(("claimed", actor)) => query.claims = Claims::By(actor.parse().map_err(|e| format!("{part:?}: {e}"))?),
            Some(("is", "ready")) => query.waiting = Waiting::Ready,
            Some(("is", "blocked")) => query.waiting = Waiting::Blocked,
            Some(("is", "claimed")) => query.claims = Claims::BySomebody,
            Some(("is", "unclaimed")) => query.claims = Claims::ByNobody,
            Some(("is", "duplicate")) => query.keys = Keys::Duplicate,
            Some(("is", _)) => {
                return Err(format!("{part:?}: expected is:ready, blocked, claimed, unclaimed or duplicate"));
            }
            Some(_) | None => query.words.push(part.to_owned()),
        }
        Ok(())
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it asks the ledger for.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_beside_what_they_are_not() {
        let filter = Filter::parse(" to:billing from:shop  euro http://x priority:p1 is:ready ").unwrap();
        let query = filter.query();
        assert_eq!(filter.text(), "to:billing from:shop  euro http://x priority:p1 is:ready");
        assert_eq!(query.to.as_ref().map(ToString::to_string).as_deref(), Some("billing"));
        assert_eq!(query.from.as_ref().map(ToString::to_string).as_deref(), Some("shop"));
        assert_eq!(query.words, ["euro", "http://x"]);
        assert_eq!((query.priority, query.waiting), (Some(Priority::P1), Waiting::Ready));
    }

    #[test]
    fn what_can_not_be_is_said() {
        for (text, part) in [("to:", "repo"), ("priority:P9", "P0"), ("is:late", "is:ready"), ("claimed:", "claimed:")]
        {
            let error = Filter::parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

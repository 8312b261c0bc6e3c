//! When something occurred, where it was put on record later: what was taken over from elsewhere says so.
//!
//! It is what somebody says. It orders nothing and decides nothing: it is told, and lengths of time are measured by it.

use super::event::{Body, Event};
use super::time::Timestamp;

impl Body {
    /// When it occurred at its source, as it was written there.
    fn occurred_at(&self) -> Option<&str> {
        match self {
            Self::Created(created) => created.data.occurred_at.as_deref(),
            Self::Transitioned(transitioned) => transitioned.data.occurred_at.as_deref(),
            Self::Noted(noted) => noted.occurred_at.as_deref(),
            Self::EvidenceAdded(added) => added.occurred_at.as_deref(),
            Self::Responded(_)
            | Self::Approved(_)
            | Self::Resolved(_)
            | Self::Renumbered(_)
            | Self::IdResolved(_)
            | Self::Claimed(_)
            | Self::Released(_)
            | Self::Distinct(_)
            | Self::KeyResolved(_)
            | Self::Contract(_)
            | Self::Other(_) => None,
        }
    }
}

impl Event {
    /// When it occurred at its source; `None` where it does not say so, or says what is no time.
    #[must_use]
    pub fn occurred_at(&self) -> Option<Timestamp> {
        Timestamp::parse_rfc3339(self.body().occurred_at()?).ok()
    }

    /// When it happened, as far as is known. Nothing happens after it was put on record.
    #[must_use]
    pub fn happened_at(&self) -> Timestamp {
        let on_record = self.clock().at;
        self.occurred_at().map_or(on_record, |occurred_at| occurred_at.min(on_record))
    }
}

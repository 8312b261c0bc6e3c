//! The time that a command may take, and whether it is in the middle of a write when the time is up.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// Something that a person should hear of while a command runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// A lock has been waited for since half a second.
    Waiting {
        /// What is waited for.
        what: String,
        /// Who holds it, as the lock file says.
        holder: Option<String>,
    },
    /// A torn last line was set aside.
    Repaired {
        /// The log.
        log: PathBuf,
        /// Where the torn bytes are now.
        kept: PathBuf,
        /// How many bytes.
        bytes: usize,
    },
    /// A create or a batch that was cut short was completed.
    Completed {
        /// What it was.
        what: String,
    },
}

/// Where a command is with respect to its write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Nothing was written yet.
    Before,
    /// Bytes may have reached the disk, and nobody knows yet whether they last.
    Writing,
    /// What was written is durable and told, or undone.
    Settled,
}

/// The time that a command may take. Clones share the progress and the listener.
#[derive(Clone)]
pub struct Budget {
    started: Instant,
    limit: Option<Duration>,
    patience: Option<Duration>,
    progress: Arc<AtomicU8>,
    listener: Arc<dyn Fn(&Notice) + Send + Sync>,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({:?}, {:?})", self.limit, self.progress())
    }
}

impl Budget {
    /// A budget that begins now. `None` has no end.
    #[must_use]
    pub fn new(limit: Option<Duration>, listener: Arc<dyn Fn(&Notice) + Send + Sync>) -> Self {
        Self { started: now(), limit, patience: None, progress: Arc::new(AtomicU8::new(0)), listener }
    }

    /// The same budget, of which no more than this goes into waiting for one lock: work without an end in sight is done to
    /// its end, and others are not waited for as long.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Whether this was enough waiting for one lock.
    #[must_use]
    pub fn is_enough(&self, waited: Duration) -> bool {
        self.is_over() || self.patience.is_some_and(|patience| waited >= patience)
    }

    /// A budget without end or listener, for tests.
    #[must_use]
    pub fn endless() -> Self {
        Self::new(None, Arc::new(|_| {}))
    }

    /// The same limit and listener, beginning now: for the next batch of a stream without end.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self { patience: self.patience, ..Self::new(self.limit, Arc::clone(&self.listener)) }
    }

    /// The same budget, but with no more than `most` left of it. The progress and the listener stay shared.
    #[must_use]
    pub fn at_most(&self, most: Duration) -> Self {
        let limit = self.spent().saturating_add(most);
        Self { limit: Some(self.limit.map_or(limit, |own| own.min(limit))), ..self.clone() }
    }

    /// What is left of it; `None` if it has no end.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.limit.map(|limit| limit.saturating_sub(self.spent()))
    }

    /// What was spent of it.
    #[must_use]
    pub fn spent(&self) -> Duration {
        now().saturating_duration_since(self.started)
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// Tells the listener.
    pub fn tell(&self, notice: &Notice) {
        (self.listener)(notice);
    }

    /// Where the command is with respect to its write.
    #[must_use]
    pub fn progress(&self) -> Progress {
        match self.progress.load(Ordering::SeqCst) {
            0 => Progress::Before,
            1 => Progress::Writing,
            _ => Progress::Settled,
        }
    }

    /// Says where the command is with respect to its write.
    pub fn set_progress(&self, progress: Progress) {
        let code = match progress {
            Progress::Before => 0,
            Progress::Writing => 1,
            Progress::Settled => 2,
        };
        self.progress.store(code, Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "a budget is measured on the monotonic clock, here and nowhere else")]
fn now() -> Instant {
    Instant::now()
}

//! A progress bar on stderr, for what takes longer than half a second on a terminal.

use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::store::Budget;

/// A bar that appears only once half a second has passed.
pub struct Progress {
    bar: OnceLock<ProgressBar>,
    budget: Budget,
    what: &'static str,
    shown: bool,
}

impl Progress {
    /// A bar for `what`; never shown unless `shown`.
    #[must_use]
    pub fn new(what: &'static str, budget: &Budget, shown: bool) -> Self {
        Self { bar: OnceLock::new(), budget: budget.clone(), what, shown }
    }

    /// Says how many of how many are done.
    pub fn at(&self, done: usize, total: usize) {
        const APPEARS_AFTER: Duration = Duration::from_millis(500);
        if !self.shown || !done.is_multiple_of(64) || self.budget.spent() < APPEARS_AFTER {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}");
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(self.what);
            bar
        });
        // Rows are read first, and then what a question needs beside them.
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

//! A progress bar on stderr, for what takes longer than half a second on a terminal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::store::Budget;

/// A bar that appears only once half a second has passed, and goes when all is done.
pub struct Progress {
    bar: Mutex<Option<ProgressBar>>,
    budget: Budget,
    what: &'static str,
    shown: bool,
}

impl Progress {
    /// A bar for `what`; never shown unless `shown`.
    #[must_use]
    pub fn new(what: &'static str, budget: &Budget, shown: bool) -> Self {
        Self { bar: Mutex::default(), budget: budget.clone(), what, shown }
    }

    /// Says how many of how many are done.
    pub fn at(&self, done: usize, total: usize) {
        const APPEARS_AFTER: Duration = Duration::from_millis(500);
        let is_end = done >= total;
        if !self.shown || !(is_end || done.is_multiple_of(64)) || self.budget.spent() < APPEARS_AFTER {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if is_end {
            // Whatever is printed next must not stand behind it.
            bar.take().iter().for_each(ProgressBar::finish_and_clear);
            return;
        }
        let bar = bar.get_or_insert_with(|| {
            // A rate without its digits behind the point, which say nothing.
            let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0}/s", state.per_sec());
            };
            let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {rate} {eta}");
            let style = style.map(|style| style.with_key("rate", rate));
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
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        bar.take().iter().for_each(ProgressBar::finish_and_clear);
    }
}

//! What goes to stdout and stderr. Only this room prints.
//!
//! stdout is data, stderr is everything else. Text from packets is untrusted: it passes through [`safe`] before it gets
//! anywhere near a terminal.

pub mod annotations;
pub mod checkpoint;
pub mod claim;
pub mod contract;
pub mod doctor;
pub mod document;
pub mod escape;
pub mod export;
pub mod graph;
pub mod intake;
pub mod json;
pub mod keys;
pub mod lanes;
pub mod merging;
pub mod prime;
pub mod progress;
pub mod search;
pub mod signature;
pub mod stats;
pub mod sync;
pub mod table;
pub mod text;
pub mod verify;
pub mod views;
pub mod watch;

use std::io::{self, Write};

use anstream::ColorChoice;
use serde::Serialize;

use super::args::Format;
use super::exit::Exit;
use super::failure::Failure;
use super::times::Times;
use crate::domain::secret;

pub use crate::domain::safe;

/// Where a command prints, and how.
pub struct Output {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// How to print.
    pub format: Format,
    /// Print the essential only.
    pub quiet: bool,
    /// Tell more.
    pub verbose: bool,
    /// The terminal's width; `None` where stdout is none.
    pub width: Option<u16>,
    /// Whether stderr is a terminal, where a progress bar may be shown.
    pub err_is_terminal: bool,
    /// How times are told in text.
    pub times: Times,
    /// What is kept for a pager, where there is one.
    paged: Option<Paged>,
}

/// Shows a text to a person, with a command line of their choice; colours are kept where the terminal has them.
pub type Pager = fn(&str, ColorChoice, &[u8]) -> io::Result<()>;

/// What is shown when all is there.
struct Paged {
    pager: Pager,
    command: String,
    colors: ColorChoice,
    /// The text.
    out: Vec<u8>,
    /// What is told beside it: after the pager has gone.
    err: Vec<u8>,
}

impl Output {
    /// An output to two streams that strip colours themselves where they are not wanted.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            err,
            format: Format::Text,
            quiet: false,
            verbose: false,
            width: None,
            err_is_terminal: false,
            times: Times::Absolute,
            paged: None,
        }
    }

    /// Has the data shown with a pager when all is there.
    pub fn page_with(&mut self, pager: Pager, command: String, colors: ColorChoice) {
        self.paged = Some(Paged { pager, command, colors, out: Vec::new(), err: Vec::new() });
    }

    /// Shows what was kept for a pager; where that can't be run, it is printed.
    ///
    /// # Errors
    /// A write that failed.
    pub fn show(&mut self) -> Result<(), Failure> {
        let Some(Paged { pager, command, colors, out, err }) = self.paged.take() else { return self.flush() };
        if !out.is_empty()
            && let Err(error) = pager(&command, colors, &out)
        {
            self.data(&out)?;
            self.flush()?;
            self.tell(&format!("ledger: the pager {command:?} can't be run: {error}"));
        }
        let _ = self.err.write_all(&err);
        self.flush()
    }

    /// Prints data as text. A reader that has gone away is no failure.
    ///
    /// # Errors
    /// A write that failed.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.data(text.as_bytes())
    }

    /// Prints data as JSON in its envelope.
    ///
    /// # Errors
    /// A write that failed.
    pub fn json(&mut self, data: &impl Serialize) -> Result<(), Failure> {
        let line = json::line(&json::Envelope::data(data))?;
        self.data(line.as_bytes())
    }

    /// Prints a failure as data: the answer to one of several operations.
    ///
    /// # Errors
    /// A write that failed.
    pub fn json_failure(&mut self, failure: &Failure) -> Result<(), Failure> {
        let line = json::line(&json::Envelope::error(failure))?;
        self.data(line.as_bytes())
    }

    /// Hands on what was printed.
    ///
    /// # Errors
    /// A write that failed.
    pub fn flush(&mut self) -> Result<(), Failure> {
        pipe_ended(self.out.flush())
    }

    /// Tells something on stderr, unless asked to be quiet.
    pub fn tell(&mut self, text: &str) {
        self.tell_line(&notice(text, self.format));
    }

    /// Tells where the next page begins, unless asked to be quiet: a program finds the cursor as a member of its own.
    pub fn tell_next_page(&mut self, text: &str, cursor: &str) {
        let told = match self.format {
            Format::Text => safe::block(text, ""),
            Format::Json | Format::Jsonl => json::line(&json::Envelope::next_page(text, cursor)).unwrap_or_default(),
        };
        self.tell_line(&told);
    }

    fn tell_line(&mut self, line: &str) {
        if !self.quiet {
            if let Some(paged) = &mut self.paged {
                paged.err.extend_from_slice(line.as_bytes());
                return;
            }
            // In the order in which it was said, where both go to one terminal.
            let _ = self.out.flush();
            // Nobody reads stderr: then nobody misses it.
            let _ = self.err.write_all(line.as_bytes());
        }
    }

    /// Tells a failure on stderr.
    pub fn fail(&mut self, failure: &Failure) {
        let text = match self.format {
            Format::Text => text::failure(failure),
            Format::Json | Format::Jsonl => json::line(&json::Envelope::error(failure)).unwrap_or_default(),
        };
        // An error says again what was typed.
        let text = secret::masked(&text);
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if let Some(paged) = &mut self.paged {
            paged.out.extend_from_slice(bytes);
            return Ok(());
        }
        pipe_ended(self.out.write_all(bytes))
    }
}

/// What is told beside the data and is no failure: where JSON is asked for, stderr holds nothing but JSON lines.
#[must_use]
pub fn notice(text: &str, format: Format) -> String {
    match format {
        Format::Text => safe::block(text, ""),
        Format::Json | Format::Jsonl => json::line(&json::Envelope::notice(text)).unwrap_or_default(),
    }
}

/// The code of an output that failed.
pub const OUTPUT: &str = "output";

/// A failed write; a reader that has gone away ends the command quietly.
fn pipe_ended(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Done, "pipe", "nobody reads the output any more"))
        }
        Err(error) => Err(Failure::new(Exit::Failure, OUTPUT, format!("could not write the output: {error}"))),
        Ok(()) => Ok(()),
    }
}

//! Asking git with patience: a pipe in place of a file that it reads would make it wait for ever.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::store::Budget;

const POLL: Duration = Duration::from_millis(1);
/// More than this is no answer to anything that is asked here.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// What git said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: Option<i32>,
    pub(super) out: Vec<u8>,
    pub(super) err: String,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

/// Git gave no answer, or none that helps.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("git {asked}: {told}")]
pub struct Unanswered {
    /// What was asked.
    pub asked: String,
    /// What it said, or why it said nothing.
    pub told: String,
}

impl Unanswered {
    pub(super) fn new(asked: &str, told: impl ToString) -> Self {
        Self { asked: asked.to_owned(), told: told.to_string() }
    }
}

/// Asks git, and takes only a good end for an answer.
pub(super) fn answer(command: Command, input: &[u8], max: Duration) -> Result<Answer, Unanswered> {
    // The first word after the options that each call has.
    let asked = asked(&command);
    let answer = ask(command, input, max).map_err(|error| Unanswered::new(&asked, error))?;
    match answer.status {
        Some(0) => Ok(answer),
        status => {
            let status = status.map_or_else(|| "a signal".to_owned(), |status| format!("status {status}"));
            let told = answer.err.lines().next().unwrap_or_default().trim();
            Err(Unanswered::new(&asked, if told.is_empty() { format!("it ended with {status}") } else { told.into() }))
        }
    }
}

fn asked(command: &Command) -> String {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-C" | "-c" => drop(rest.next()),
            word if word.starts_with('-') => {}
            word => return word.to_owned(),
        }
    }
    String::new()
}

/// Asks git and waits no longer than `max`.
pub(super) fn ask(mut command: Command, input: &[u8], max: Duration) -> std::io::Result<Answer> {
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let patience = Budget::new(Some(max), Arc::new(|_| {}));
    std::thread::scope(|scope| {
        // Read and written while it runs: it waits for whoever reads a long answer.
        let reader = scope.spawn(move || read(out));
        let errors = scope.spawn(move || read(err));
        let writer = scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        let status = loop {
            match child.try_wait()? {
                Some(status) => break status.code(),
                None if patience.is_over() => {
                    let _ = child.kill().and_then(|()| child.wait());
                    return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "it gave no answer in time"));
                }
                None => std::thread::sleep(POLL),
            }
        };
        let closed = || std::io::Error::other("its pipes are closed");
        // Whoever does not read to the end says so with its status.
        let _ = writer.join();
        let out = reader.join().map_err(|_| closed())??;
        let err = errors.join().map_err(|_| closed())??;
        Ok(Answer { status, out, err: String::from_utf8_lossy(&err).into_owned() })
    })
}

fn read(pipe: Option<impl Read>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(pipe) = pipe else { return Ok(bytes) };
    pipe.take(ANSWER_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > ANSWER_BYTES_MAX {
        return Err(std::io::Error::other(format!("its answer has more than {ANSWER_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

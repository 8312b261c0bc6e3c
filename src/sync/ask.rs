//! Running git with patience: a pipe in place of a file that it reads would make it wait for ever.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::store::Budget;

const POLL: Duration = Duration::from_millis(1);
/// More than this is no answer to anything that is asked here.
const ANSWER_BYTES_MAX: u64 = 1 << 30;
/// How much of what it complains of is kept, in bytes.
const COMPLAINT_BYTES_MAX: u64 = 64 * 1024;

/// What git answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Its exit status; `None` if it was killed.
    pub status: Option<i32>,
    /// What it answered.
    pub out: Vec<u8>,
    /// What it complained of.
    pub complaint: String,
}

impl Answer {
    /// Whether it succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == Some(0)
    }

    /// What it answered, as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// What it answered, as a line of text.
    #[must_use]
    pub fn line(&self) -> String {
        self.text().trim_end_matches(['\n', '\r']).to_owned()
    }

    /// The parts of what it answered that a zero byte ends, as far as they are text.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.out
            .split(|byte| *byte == 0)
            .filter_map(|part| std::str::from_utf8(part).ok())
            .filter(|part| !part.is_empty())
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
            let told = answer.complaint.lines().next().unwrap_or_default().trim();
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
pub(super) fn ask(command: Command, input: &[u8], max: Duration) -> std::io::Result<Answer> {
    run(command, input, &Budget::new(Some(max), Arc::new(|_| {})))
}

/// Runs git and waits no longer than a budget lasts; then the error is `TimedOut`, and it was ended.
pub(super) fn run(mut command: Command, input: &[u8], patience: &Budget) -> std::io::Result<Answer> {
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // All three at once: whoever is not read, or not written to, waits. None of them is waited for longer than git is: what
    // git itself began may hold its pipes open for ever.
    let (told, heard) = mpsc::channel();
    let complained = told.clone();
    let input = input.to_owned();
    std::thread::spawn(move || told.send((Pipe::Out, read(out, Long::IsNone))));
    std::thread::spawn(move || complained.send((Pipe::Err, read(err, Long::IsCut))));
    // Whoever does not read to the end says so with its status.
    std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
    let (mut out, mut complaint, mut status) = (None, None, None);
    loop {
        if status.is_none() {
            status = child.try_wait()?;
        }
        match heard.recv_timeout(POLL) {
            Ok((Pipe::Out, bytes)) => out = Some(bytes),
            Ok((Pipe::Err, bytes)) => complaint = Some(bytes),
            Err(RecvTimeoutError::Timeout) => {}
            // Both are read.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(POLL),
        }
        (out, complaint) = match (status, out, complaint) {
            (Some(status), Some(out), Some(complaint)) => {
                let complaint = String::from_utf8_lossy(&complaint?).trim().to_owned();
                return Ok(Answer { status: status.code(), out: out?, complaint });
            }
            (_, out, complaint) => (out, complaint),
        };
        if patience.is_over() {
            let _ = child.kill().and_then(|()| child.wait());
            return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "it gave no answer in time"));
        }
    }
}

enum Pipe {
    Out,
    Err,
}

/// What an answer is that is longer than any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Long {
    /// None: half of it would be taken for all of it.
    IsNone,
    /// Its beginning will do.
    IsCut,
}

fn read(pipe: Option<impl Read>, long: Long) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(mut pipe) = pipe else { return Ok(bytes) };
    let max = match long {
        Long::IsNone => ANSWER_BYTES_MAX,
        Long::IsCut => COMPLAINT_BYTES_MAX,
    };
    pipe.by_ref().take(max).read_to_end(&mut bytes)?;
    let rest = std::io::copy(&mut pipe, &mut std::io::sink())?;
    if rest > 0 && long == Long::IsNone {
        return Err(std::io::Error::other(format!("its answer has more than {max} bytes")));
    }
    Ok(bytes)
}

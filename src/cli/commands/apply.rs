//! `ledger apply`

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, sync_channel};

use serde::Serialize;

use super::super::args::Apply;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::text::count;
use super::super::{Context, open};
use crate::app::apply::{
    Answered, Applied, BATCH_BYTES_MAX, BATCH_MAX, OPERATION_BYTES_MAX, OnRefusal, Operation, too_long,
};
use crate::app::write::Effect;
use crate::app::{AppError, Session};

/// The longest line that is kept: an operation with its line end.
const LINE_BYTES_MAX: u64 = OPERATION_BYTES_MAX as u64 + 2;

type Numbered = (u64, Result<Operation, AppError>);

/// An operation, the number of its line, and how many bytes that had.
struct Line {
    number: u64,
    bytes: usize,
    operation: Result<Operation, AppError>,
}

#[derive(Serialize)]
struct AppliedView {
    line: u64,
    #[serde(flatten)]
    applied: Applied,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &Apply) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let mut session = open::session(context, opened.root(), args.secrets)?;
    let input: Box<dyn Read + Send> = if args.file == "-" {
        (context.env.stdin)()
    } else {
        let path = context.env.folder.join(&args.file);
        let bad = |e| Failure::new(Exit::Usage, "input", format!("could not read {}: {e}", path.display()));
        Box::new(std::fs::File::open(&path).map_err(bad)?)
    };
    let lines = read_lines(input);
    let on_refusal = if args.keep_going { OnRefusal::KeepGoing } else { OnRefusal::Stop };
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let mut worst = Exit::Done;
    let mut recorded = 0;
    let mut total = Totals { effect, ..Totals::default() };
    let next = |lines| if args.dry_run { all(lines) } else { Ok(next_batch(lines)) };
    while let Some(batch) = next(&lines)? {
        session = Session { budget: context.budget.renewed(), ..session };
        let report = ledger.apply(batch, on_refusal, effect, &session)?;
        total.syncs += report.syncs;
        for answer in report.answers {
            let exit = answer_one(context, answer, &mut total)?;
            worst = if worst == Exit::Done { exit } else { worst };
        }
        context.output.flush()?;
        recorded += report.recorded;
        if let Some(warning) = ledger.mark(report.recorded) {
            context.output.tell(&format!("ledger: {warning}"));
        }
        if report.stopped {
            break;
        }
    }
    if recorded > 0
        && let Some(warning) = ledger.project(0, &context.budget.renewed())
    {
        context.output.tell(&format!("ledger: {warning}"));
    }
    if context.output.verbose {
        let Totals { applied, deduplicated, refused, syncs, .. } = total;
        let end = if args.dry_run { "a dry run: nothing was written".to_owned() } else { count(syncs, "sync") };
        context.output.tell(&format!("{applied} applied, {deduplicated} known before, {refused} refused, {end}"));
    }
    Ok(worst)
}

#[derive(Default)]
struct Totals {
    effect: Effect,
    applied: u64,
    deduplicated: u64,
    refused: u64,
    syncs: u64,
}

fn answer_one(context: &mut Context<'_>, answer: Answered, total: &mut Totals) -> Result<Exit, Failure> {
    let Answered { line, result } = answer;
    match result {
        Ok(applied) => {
            total.applied += u64::from(!applied.deduplicated);
            total.deduplicated += u64::from(applied.deduplicated);
            context.output.json(&AppliedView { line, applied, dry_run: total.effect == Effect::DryRun })?;
            Ok(Exit::Done)
        }
        Err(error) => {
            total.refused += 1;
            let mut failure = context.settle(Failure::from(error)).hint_in_general("ledger apply");
            failure.detail.line = Some(line);
            context.output.json_failure(&failure)?;
            Ok(failure.exit)
        }
    }
}

/// Reads operations on a thread of its own, so that a batch is whatever has come by the time the one before is on disk:
/// large when they come fast, one when somebody waits for each answer.
fn read_lines(input: Box<dyn Read + Send>) -> Receiver<Line> {
    let (send, receive) = sync_channel(BATCH_MAX);
    std::thread::spawn(move || {
        let mut input = BufReader::with_capacity(256 * 1024, input);
        let mut number = 0;
        loop {
            number += 1;
            let mut line = Vec::new();
            let read = input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
            let ends = line.last() == Some(&b'\n');
            let (operation, then) = match read {
                Ok(0) => return,
                Ok(_) if !ends && line.len() as u64 == LINE_BYTES_MAX => (Err(too_long()), Then::SkipTheRest),
                Ok(_) if line.iter().all(u8::is_ascii_whitespace) => continue,
                Ok(_) => (operation(&line), Then::GoOn),
                Err(error) => (Err(AppError::Usage(format!("could not read the operations: {error}"))), Then::End),
            };
            // Nobody waits for answers any more where the first refusal ends it.
            let sent = send.send(Line { number, bytes: line.len(), operation }).is_ok();
            let goes_on = match then {
                Then::GoOn => true,
                Then::SkipTheRest => input.skip_until(b'\n').is_ok(),
                Then::End => false,
            };
            if !sent || !goes_on {
                return;
            }
        }
    });
    receive
}

/// What to do after a line.
enum Then {
    GoOn,
    /// The line is longer than what is kept of it: its end is still to come.
    SkipTheRest,
    End,
}

fn operation(line: &[u8]) -> Result<Operation, AppError> {
    let text = std::str::from_utf8(line).map_err(|_| AppError::Usage("not an operation: not UTF-8".into()))?;
    Operation::parse(text.trim_end_matches(['\n', '\r']))
}

/// All operations: a dry run tries them together, and others must not wait while somebody types. `None` where there are none.
fn all(lines: &Receiver<Line>) -> Result<Option<Vec<Numbered>>, Failure> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for line in lines {
        bytes += line.bytes;
        if bytes > BATCH_BYTES_MAX {
            return Err(Failure::usage(format!("a dry run takes at most {BATCH_BYTES_MAX} bytes of operations")));
        }
        batch.push((line.number, line.operation));
    }
    Ok((!batch.is_empty()).then_some(batch))
}

/// The operations that are there; waits for the first. `None` at the end.
fn next_batch(lines: &Receiver<Line>) -> Option<Vec<Numbered>> {
    let mut next = lines.recv().ok()?;
    let (mut batch, mut bytes) = (Vec::new(), 0);
    loop {
        bytes += next.bytes;
        batch.push((next.number, next.operation));
        if batch.len() == BATCH_MAX || bytes >= BATCH_BYTES_MAX {
            return Some(batch);
        }
        match lines.try_recv() {
            Ok(line) => next = line,
            Err(_) => return Some(batch),
        }
    }
}

//! `ledger contract compare`: the plain question of two files, or of many pairs.

use std::io::{BufRead, BufReader, Read};

use serde::Serialize;
use serde_json::Value;

use super::super::super::args::Format;
use super::super::super::contract_args::Compare;
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::{json, safe};
use super::super::super::{Context, input};
use crate::app::AppError;
use crate::app::contract::PAIR_MAX;
use crate::contract::schema;
use crate::contract::{Answer, Draft, Limits, OpenContent, Question, Resources, compare};
use crate::store::contracts::VERSION_BYTES_MAX;

/// The longest line of a batch, in bytes.
const LINE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// One answer, as a line of a batch and as data.
#[derive(Serialize)]
struct AnswerView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    answer: &'a str,
    witness: Option<&'a Value>,
    reason: &'a str,
    ms: f64,
}

pub(super) fn run(context: &mut Context<'_>, args: &Compare, resources: &Resources) -> Result<Exit, Failure> {
    let draft = match &args.draft {
        Some(name) => name.parse::<Draft>().map_err(|error| Failure::usage(error.to_string()))?,
        None => Draft::DEFAULT,
    };
    if let Some(file) = &args.batch {
        return batch(context, args, file, draft, resources);
    }
    let (Some(sub), Some(sup)) = (&args.sub, &args.sup) else {
        return Err(Failure::usage("compare asks of two schemas: SUB SUPER, or --batch FILE".to_owned()));
    };
    if sub == "-" && sup == "-" {
        return Err(Failure::usage("only one of the two schemas can be read from stdin".to_owned()));
    }
    let mut text = |typed: &str| match super::version(typed, context) {
        Some(version) => Ok(context.open()?.ledger().schema_at(&version)?.1.to_string()),
        None => super::schema_text(typed, context),
    };
    let (sub_text, sup_text) = (text(sub)?, text(sup)?);
    let read = |file: &str, text: &str, other: &str| {
        let too_large = || schema::SchemaFault {
            pointer: String::new(),
            what: format!("it has {} bytes; the most is {VERSION_BYTES_MAX}", text.len()),
        };
        let read = if text.len() > VERSION_BYTES_MAX { Err(too_large()) } else { schema::read_to_ask(text, &[other]) };
        read.map_err(|fault| AppError::BadSchema { file: input::shown(file).to_owned(), faults: vec![fault] })
    };
    let (sub_schema, sup_schema) = (read(sub, &sub_text, &sup_text)?, read(sup, &sup_text, &sub_text)?);
    for (file, schema) in [(sub, &sub_schema), (sup, &sup_schema)] {
        let faults = schema::faults_as(schema, draft, resources);
        if !faults.is_empty() {
            return Err(AppError::BadSchema { file: input::shown(file).to_owned(), faults }.into());
        }
    }
    let question = Question {
        sub: &sub_schema,
        sup: &sup_schema,
        draft,
        formats: args.formats,
        open_content: if args.declared { OpenContent::Declared } else { OpenContent::Strict },
        resources,
    };
    let (answer, ms) = ask(context, &question);
    let exit = match &answer {
        Answer::Contained { .. } => Exit::Done,
        Answer::NotContained { .. } => Exit::No,
        Answer::Unknown { .. } => Exit::Undecided,
    };
    if context.output.format != Format::Text {
        context.output.json(&view(None, &answer, ms))?;
        return Ok(exit);
    }
    let (sub, sup) = (safe::line(input::shown(sub)), safe::line(input::shown(sup)));
    let mut told = match &answer {
        Answer::Contained { .. } => format!("contained: every document of {sub} is a document of {sup}\n"),
        Answer::NotContained { witness, .. } => {
            format!(
                "not contained: a document of {sub} that is none of {sup}:\n  {}\n",
                safe::line(&witness.to_string())
            )
        }
        Answer::Unknown { .. } => format!("unknown: whether every document of {sub} is a document of {sup}\n"),
    };
    told.push_str(&format!("({})\n", safe::line(answer.reason())));
    context.output.text(&told)?;
    Ok(exit)
}

/// Answers a question within the time of one pair; tells how long it took, in milliseconds.
fn ask(context: &Context<'_>, question: &Question<'_>) -> (Answer, f64) {
    let begun = context.budget.spent();
    let budget = context.budget.at_most(PAIR_MAX);
    let answer = compare(question, &Limits { is_over: &|| budget.is_over() });
    let took = context.budget.spent().saturating_sub(begun);
    (answer, (took.as_secs_f64() * 1e6).round() / 1e3)
}

fn view<'a>(id: Option<Value>, answer: &'a Answer, ms: f64) -> AnswerView<'a> {
    let witness = answer.witness().map(crate::contract::Witness::document);
    AnswerView { id, answer: answer.name(), witness, reason: answer.reason(), ms }
}

/// Reads questions line by line and answers each, in order.
fn batch(
    context: &mut Context<'_>,
    args: &Compare,
    file: &str,
    draft: Draft,
    resources: &Resources,
) -> Result<Exit, Failure> {
    let failed = |what: String| Failure::new(Exit::Usage, "input", format!("could not read {file}: {what}"));
    let mut reader = BufReader::new(input::open(file, context.env)?);
    let mut exit = Exit::Done;
    for number in 1_u64.. {
        let mut line = Vec::new();
        let read = reader.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line);
        if read.map_err(|error| failed(error.to_string()))? == 0 {
            break;
        }
        if line.len() as u64 > LINE_BYTES_MAX {
            return Err(failed(format!("line {number} has more than {LINE_BYTES_MAX} bytes")));
        }
        let text = String::from_utf8(line).map_err(|_| failed(format!("line {number} is not UTF-8")))?;
        if text.trim().is_empty() {
            continue;
        }
        let (id, answer, ms) = match one(context, args, &text, draft, resources) {
            Ok(answered) => answered,
            Err((id, what)) => {
                exit = Exit::Refused;
                (id, Answer::Unknown { reason: format!("line {number}: {what}") }, 0.0)
            }
        };
        context.output.text(&json::line(&view(Some(id), &answer, ms))?)?;
    }
    Ok(exit)
}

/// One line of a batch: the question's id with its answer, or with what is wrong with the line.
fn one(
    context: &Context<'_>,
    args: &Compare,
    text: &str,
    draft: Draft,
    resources: &Resources,
) -> Result<(Value, Answer, f64), (Value, String)> {
    let asked = schema::read_to_ask(text, &[]).map_err(|fault| {
        // The id is worth having even where the rest is not read as it should be.
        let id = serde_json::from_str::<Value>(text).ok().and_then(|asked| asked.get("id").cloned());
        let place = if fault.pointer.is_empty() { String::new() } else { format!("{}: ", fault.pointer) };
        (id.unwrap_or(Value::Null), format!("{place}{}", fault.what))
    })?;
    let id = asked.get("id").cloned().unwrap_or(Value::Null);
    let member = |name: &str| asked.get(name).ok_or_else(|| (id.clone(), format!("{name:?} is missing")));
    let draft = match asked.get("draft") {
        None | Some(Value::Null) => draft,
        Some(Value::String(name)) => {
            name.parse().map_err(|error: crate::contract::draft::UnknownDraft| (id.clone(), error.to_string()))?
        }
        Some(other) => return Err((id, format!("draft: expected a name, found {other}"))),
    };
    let formats = match asked.get("formats") {
        None | Some(Value::Null) => args.formats,
        Some(Value::Bool(formats)) => *formats,
        Some(other) => return Err((id, format!("formats: expected true or false, found {other}"))),
    };
    let open_content = if args.declared { OpenContent::Declared } else { OpenContent::Strict };
    let question = Question { sub: member("sub")?, sup: member("super")?, draft, formats, open_content, resources };
    let (answer, ms) = ask(context, &question);
    Ok((id.clone(), answer, ms))
}

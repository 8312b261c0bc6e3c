//! `ledger sql`

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::Context;
use super::super::args::Wanted;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::input;
use super::super::query_args::Sql;
use super::super::render::Output;
use super::super::render::export::{csv_row, markdown_head, markdown_row, plain};
use super::super::render::table::table;
use crate::index::sql::{Ending, Piece, VIEWS, query};

/// How long a question may take where nothing is said about it.
const TIME_MAX: Duration = Duration::from_secs(10);

pub(super) fn run(context: &mut Context<'_>, args: &Sql) -> Result<Exit, Failure> {
    let form = form(context)?;
    let mut answer =
        Answer { form, limit: args.limit, columns: Vec::new(), rows: Vec::new(), count: 0, has_more: false };
    let Some(text) = input::optional_text(args.query.as_ref(), context.env)? else {
        answer.columns = ["table", "column", "meaning"].map(str::to_owned).into();
        answer.begin(&mut context.output)?;
        for (view, (column, meaning)) in VIEWS.iter().flat_map(|view| view.columns.iter().map(move |one| (view, one))) {
            answer.row(&mut context.output, [view.name, column, meaning].map(Value::from).into())?;
        }
        return answer.end(&mut context.output);
    };
    let opened = context.open()?;
    let ledger = opened.ledger();
    // A time that was given is for the whole command.
    let is_timed = context.cli.global.timeout.is_some();
    let time = || if is_timed { context.budget.clone() } else { context.budget.renewed().at_most(TIME_MAX) };
    let mut printed = Ok(());
    let output = &mut context.output;
    let ending = query(ledger.store, ledger.scope(), &text, &ledger.progress(), &time, &mut |piece| match answer
        .take(output, piece)
    {
        Ok(flow) => flow,
        Err(failure) => {
            printed = Err(failure);
            ControlFlow::Break(())
        }
    });
    printed?;
    match ending? {
        Ending::Answered => answer.end(output),
        Ending::Bad(what) => Err(Failure::new(Exit::Usage, "bad-query", what).hint("ledger sql lists the tables")),
        Ending::OutOfTime => Err(Failure::new(Exit::Busy, "query-time", "the question took too long")
            .hint("ask for less, or give it more time with --timeout")),
    }
}

/// How an answer is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Table,
    Json,
    Jsonl,
    Csv,
    Markdown,
}

fn form(context: &Context<'_>) -> Result<Form, Failure> {
    match context.cli.global.wanted() {
        Wanted::Text => Ok(Form::Table),
        Wanted::Json => Ok(Form::Json),
        Wanted::Jsonl => Ok(Form::Jsonl),
        Wanted::Csv => Ok(Form::Csv),
        Wanted::Markdown => Ok(Form::Markdown),
        Wanted::Github | Wanted::Sarif | Wanted::Junit | Wanted::Html | Wanted::Mermaid | Wanted::Dot | Wanted::Svg => {
            Err(context.no_format())
        }
    }
}

/// What is printed of an answer. Rows of text and JSON are held until it is whole; the others go out at once.
struct Answer {
    form: Form,
    limit: usize,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    count: usize,
    has_more: bool,
}

impl Answer {
    fn take(&mut self, output: &mut Output, piece: Piece) -> Result<ControlFlow<()>, Failure> {
        match piece {
            Piece::Columns(columns) => {
                self.columns = columns;
                self.begin(output)?;
            }
            Piece::Row(_) if self.count == self.limit => {
                self.has_more = true;
                return Ok(ControlFlow::Break(()));
            }
            Piece::Row(values) => self.row(output, values)?,
        }
        Ok(ControlFlow::Continue(()))
    }

    fn begin(&mut self, output: &mut Output) -> Result<(), Failure> {
        let columns = &self.columns;
        let headings = || -> Vec<Value> { columns.iter().map(|name| Value::from(name.as_str())).collect() };
        match self.form {
            Form::Csv => output.text(&csv_row(&headings())),
            Form::Markdown => output.text(&markdown_head(&headings())),
            Form::Json | Form::Jsonl => {
                let twice = columns.iter().enumerate().find(|(place, name)| columns[..*place].contains(name));
                twice.map_or(Ok(()), |(_, name)| {
                    let what = format!("two columns are called {name:?}: in JSON the one would hide the other");
                    Err(Failure::new(Exit::Usage, "bad-query", what).hint("name them with AS"))
                })
            }
            Form::Table => Ok(()),
        }
    }

    fn row(&mut self, output: &mut Output, values: Vec<Value>) -> Result<(), Failure> {
        self.count += 1;
        match self.form {
            Form::Csv => output.text(&csv_row(&values)),
            Form::Markdown => output.text(&markdown_row(&values)),
            Form::Jsonl => output.json(&self.object(values)),
            Form::Table | Form::Json => {
                self.rows.push(values);
                Ok(())
            }
        }
    }

    fn object(&self, values: Vec<Value>) -> Map<String, Value> {
        self.columns.iter().cloned().zip(values).collect()
    }

    fn end(mut self, output: &mut Output) -> Result<Exit, Failure> {
        let held = std::mem::take(&mut self.rows);
        match self.form {
            Form::Json => {
                let rows: Vec<_> = held.into_iter().map(|values| self.object(values)).collect();
                output.json(&json!({ "columns": self.columns, "rows": rows, "has_more": self.has_more }))?;
            }
            Form::Table if self.count > 0 => {
                let rows: Vec<Vec<String>> = held.iter().map(|row| row.iter().map(plain).collect()).collect();
                let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
                output.text(&table(&columns, &rows, output.width))?;
            }
            Form::Table => output.tell("no row"),
            Form::Jsonl | Form::Csv | Form::Markdown => {}
        }
        if self.has_more && self.form != Form::Json {
            output.tell(&format!("the first {} rows are shown; --limit N shows more", self.limit));
        }
        Ok(Exit::Done)
    }
}

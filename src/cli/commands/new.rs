//! `ledger new`

use serde_json::{Map, Value};

use super::super::args::{Format, New};
use super::super::editing::form;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::text::{self, next_step, seen_before};
use super::super::render::views::{ExpectedView, MadeView, without_identity};
use super::super::{Context, editing, input, open};
use super::write::{bring_up_to_date, seen_after};
use crate::app::Session;
use crate::app::create::{Incoming, Made};
use crate::app::write::{Effect, Novelty, state_word};
use crate::domain::history::History;
use crate::domain::id::RepoId;
use crate::domain::state::State;
use crate::domain::workflow::TypeRule;
use crate::store::StoreError;

pub(super) fn run(context: &mut Context<'_>, args: &New) -> Result<Exit, Failure> {
    if editing::is_asked(context.cli, context.env) {
        return edited(context, args);
    }
    let members = match &args.packet {
        Some(file) => packet(file, args, context)?,
        None => members(args, input::optional_text(args.description.as_ref(), context.env)?)?,
    };
    make(context, args, members)
}

/// Has it written in an editor.
fn edited(context: &mut Context<'_>, args: &New) -> Result<Exit, Failure> {
    // Whatever would stand in the way of any text is told before somebody writes one.
    let opened = context.open()?;
    open::session(context, opened.root(), args.secrets)?;
    let file = args.edit.as_deref().unwrap_or_default();
    let description = input::optional_text(args.description.as_ref(), context.env)?.unwrap_or_default();
    let text = match editing::draft(file, form::is_begun(args), context.env)? {
        Some(draft) => draft,
        None => {
            let schemas = open::TypeSchemas::here(&context.cli.global, context.env)?;
            let kind = |rule: &TypeRule| Ok(form::Kind::new(rule, schemas.text(&rule.name)?.as_deref()));
            let kinds: Result<Vec<_>, StoreError> = opened.ledger().workflow.types().iter().map(kind).collect();
            form::text(args, &description, &kinds?)
        }
    };
    drop(opened);
    let start = editing::Start { text, file, go_on: "ledger new".to_owned() };
    editing::write(context, &start, &mut |context, text| {
        let (filled, description) = form::read(text, args)?;
        let members = members(&filled, description)?;
        make(context, &filled, members).map_err(in_a_form)
    })
}

/// The same failure, with what helps where a form is filled in.
fn in_a_form(failure: Failure) -> Failure {
    if failure.code != "bad-packet" {
        return failure;
    }
    failure.hint("a detail is a line details.NAME: TEXT; ledger schema types/TYPE tells which there are")
}

fn make(context: &mut Context<'_>, args: &New, members: Map<String, Value>) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let session = open::session(context, opened.root(), args.secrets)?;
    // Before it is made: afterwards the name is one of those that are known.
    for mistyped in ledger.mistyped_repos(&repos_in(&members)) {
        context.output.tell(&format!("ledger: {mistyped}"));
    }
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let made = ledger.create(ledger.store, Incoming { members, occurred_at: None, id: None }, effect, &session)?;
    match made {
        Made::Request { history, novelty } => {
            bring_up_to_date(context, &ledger, novelty, effect);
            report(context, &opened, &history, (novelty, effect), &session)?;
        }
        Made::Tried(packet) => {
            let view = MadeView {
                id: None,
                uid: None,
                version: 1,
                state: ledger.workflow.initial().to_string(),
                path: None,
                deduplicated: false,
                dry_run: true,
                expected: None,
                packet: Some(without_identity(&packet)),
            };
            if context.output.format != Format::Text {
                context.output.json(&view)?;
            } else if !context.output.quiet {
                let draft = text::draft(&packet);
                let valid = "valid: a request would be made (dry run: nothing was written)";
                context.output.text(&format!("{valid}\n{draft}"))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// The repositories that a packet's members name, as far as they are names.
fn repos_in(members: &Map<String, Value>) -> Vec<RepoId> {
    let to = members.get("target_repo_ids").and_then(Value::as_array).into_iter().flatten();
    let all = to.chain(members.get("origin_repo_id"));
    all.filter_map(|repo| repo.as_str()?.parse().ok()).collect()
}

fn report(
    context: &mut Context<'_>,
    opened: &open::Opened,
    history: &History,
    (novelty, effect): (Novelty, Effect),
    session: &Session,
) -> Result<(), Failure> {
    let ledger = opened.ledger();
    let packet = history.packet();
    let id = packet.request_id;
    let deduplicated = novelty == Novelty::Deduplicated;
    let state = state_word(&State::replay(history, ledger.workflow));
    if context.output.format != Format::Text {
        let seen = seen_after(context, &ledger, session, history, novelty);
        let view = MadeView {
            id: Some(id),
            uid: Some(packet.uid.to_string()),
            version: history.version(),
            state,
            path: Some(text::relative(&ledger.store.places(id).0, opened.root())),
            deduplicated,
            dry_run: effect == Effect::DryRun,
            expected: seen.and_then(|seen| seen.expectation).map(|expected| ExpectedView::new(&expected, id)),
            packet: None,
        };
        return context.output.json(&view);
    }
    if context.output.quiet {
        return context.output.text(&format!("{id}\n"));
    }
    let told = match seen_after(context, &ledger, session, history, novelty) {
        Some(view) if deduplicated => {
            format!("{}\n{}", seen_before("made", &state, &view, effect), next_step(id, &view))
        }
        Some(view) => format!("\n{}", next_step(id, &view)),
        None => "\n".to_owned(),
    };
    context.output.text(&format!("{id}  {}{told}", text::state(&state)))
}

/// The packet's members from the command line.
fn members(args: &New, description: Option<String>) -> Result<Map<String, Value>, Failure> {
    let texts = |items: &[String]| Value::Array(items.iter().map(|item| Value::String(item.clone())).collect());
    let mut members = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            members.insert(name.to_owned(), Value::String(value));
        }
    };
    put("title", args.title.clone());
    put("origin_repo_id", args.from.clone());
    put("request_type", args.request_type.clone());
    put("description", description);
    put("priority", args.priority.map(|priority| priority.to_string()));
    put("parent", args.parent.clone());
    put("due", args.due.clone());
    put("key", args.key.clone());
    for (name, items) in [
        ("target_repo_ids", &args.to),
        ("labels", &args.label),
        ("success_criteria", &args.success),
        ("required_artifacts", &args.artifact),
        ("contracts", &args.contract),
        ("compatibility_constraints", &args.constraint),
        ("dependencies", &args.depends_on),
    ] {
        if !items.is_empty() {
            members.insert(name.to_owned(), texts(items));
        }
    }
    members.insert("details".to_owned(), Value::Object(input::details(&args.set)?));
    Ok(members)
}

/// The packet's members from a file.
fn packet(file: &str, args: &New, context: &Context<'_>) -> Result<Map<String, Value>, Failure> {
    let json = input::file(file, context.env)?;
    let name = if file == "-" { "standard input" } else { file };
    let bad = |what: String| {
        Failure::new(Exit::Refused, "bad-packet", format!("{name}: {what}")).hint("ledger schema request")
    };
    let Value::Object(mut members) = crate::domain::json::read(&json).map_err(|e| bad(e.to_string()))? else {
        return Err(bad("the packet is not a JSON object".into()));
    };
    if let Some(key) = &args.key {
        match members.insert("key".to_owned(), Value::String(key.clone())) {
            Some(Value::String(other)) if other != *key => {
                return Err(Failure::usage(format!("--key {key} is not the key in {name}, {other}")));
            }
            Some(_) | None => {}
        }
    }
    Ok(members)
}

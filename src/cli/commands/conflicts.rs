//! `ledger conflicts`

use serde::Serialize;

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::query_args::Conflicts;
use super::super::render::safe;
use super::super::render::text::count;
use super::super::render::views::{ClaimView, DamagedView};
use crate::app::claim::ClaimsSeen;
use crate::app::conflicts::Conflict;
use crate::domain::id::RequestId;
use crate::domain::outlook::Action;
use crate::index::project::EntryEvent;

/// What waits for a decision.
#[derive(Serialize)]
struct View {
    conflicts: Vec<OneView>,
    has_more: bool,
    damaged: Vec<DamagedView>,
}

/// One of it.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum OneView {
    Diverged { id: RequestId, title: String, sides: Vec<crate::index::project::EntrySide>, fix: String },
    Contested { id: RequestId, title: String, claim: ClaimView, fix: String },
    Duplicate { id: RequestId, title: String, first: RequestId, key: String, fix: String },
    NumberTwice { id: RequestId, title: String, fix: String },
    KeyTwice { id: RequestId, title: String, key: String, events: Vec<EntryEvent>, fix: String },
}

pub(super) fn run(context: &mut Context<'_>, args: &Conflicts) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let mut found = opened.ledger().conflicts()?;
    let all = found.all.len();
    let has_more = args.bound.cut(&mut found.all);
    let damaged = DamagedView::all(&found.damaged, opened.root());
    let told: Vec<String> = damaged.iter().map(DamagedView::told).collect();
    if context.output.format != Format::Text {
        let conflicts = found.all.iter().map(view).collect();
        context.output.json(&View { conflicts, has_more, damaged })?;
    } else if !context.output.quiet {
        let mut text: String = found.all.iter().map(line).collect();
        if found.all.is_empty() {
            text.push_str("nothing waits for a decision\n");
        } else {
            text.push_str(&format!("{}\n", count(all as u64, "conflict")));
        }
        context.output.text(&text)?;
    }
    told.iter().for_each(|text| context.output.tell(text));
    if has_more && context.output.format != Format::Json {
        context.output.tell(&args.bound.told(all, "conflicts"));
    }
    Ok(match (found.all.is_empty(), found.damaged.is_empty()) {
        (_, false) => Exit::Damaged,
        (false, true) => Exit::No,
        (true, true) => Exit::Done,
    })
}

/// What settles it.
pub(super) fn fix(conflict: &Conflict) -> String {
    match conflict {
        Conflict::Diverged { id, .. } => format!("ledger resolve {id} --keep STATE --reason TEXT"),
        Conflict::Contested { id, .. } => {
            format!("one of them: ledger release {id}; or ledger claim {id} --steal --reason TEXT")
        }
        Conflict::Duplicate { id, .. } => Action::SettleDuplicate.command(*id),
        Conflict::NumberTwice { id, .. } => {
            format!("ledger resolve-id {id} tells both; then ledger resolve-id {id} --keep ours (or theirs)")
        }
        Conflict::KeyTwice { id, events, .. } => {
            let events: Vec<String> = events.iter().map(|event| event.event.short()).collect();
            format!("ledger resolve {id} --keep {} --reason TEXT", events.join("|"))
        }
    }
}

/// A conflict for programs.
pub(super) fn view(conflict: &Conflict) -> OneView {
    let fix = fix(conflict);
    match conflict {
        Conflict::Diverged { id, title, sides } => {
            OneView::Diverged { id: *id, title: title.clone(), sides: sides.clone(), fix }
        }
        Conflict::Contested { id, title, claims } => {
            let claim = ClaimView::from(&ClaimsSeen::Contested(claims.clone()));
            OneView::Contested { id: *id, title: title.clone(), claim, fix }
        }
        Conflict::Duplicate { id, title, first, key } => {
            OneView::Duplicate { id: *id, title: title.clone(), first: *first, key: key.to_string(), fix }
        }
        Conflict::NumberTwice { id, title } => OneView::NumberTwice { id: *id, title: title.clone(), fix },
        Conflict::KeyTwice { id, title, key, events } => {
            let (title, key, events) = (title.clone(), key.to_string(), events.clone());
            OneView::KeyTwice { id: *id, title, key, events, fix }
        }
    }
}

/// A conflict for people: of which request, its title, and what it is.
pub(super) fn what(conflict: &Conflict) -> (RequestId, &str, String) {
    let (id, title, what) = match conflict {
        Conflict::Diverged { id, title, sides } => {
            let sides: Vec<String> =
                sides.iter().map(|side| format!("{} ({})", side.state, side.head.short())).collect();
            (id, title, format!("diverged: {}", sides.join(" and ")))
        }
        Conflict::Contested { id, title, claims } => {
            let names: Vec<String> =
                claims.iter().map(|claim| safe::line(claim.line.by.as_str()).into_owned()).collect();
            (id, title, format!("claimed at once by {}", names.join(" and ")))
        }
        Conflict::Duplicate { id, title, first, key } => {
            (id, title, format!("duplicate of {first}: both have the key {}", safe::line(key.as_str())))
        }
        Conflict::NumberTwice { id, title } => (id, title, "two requests have this number".to_owned()),
        Conflict::KeyTwice { id, title, key, events } => {
            let said = |event: &EntryEvent| format!("{} ({})", safe::line(&event.kind), event.event.short());
            let events: Vec<String> = events.iter().map(said).collect();
            (id, title, format!("the key {} says {}", safe::line(key.as_str()), events.join(" and ")))
        }
    };
    (*id, title, what)
}

/// The same in two lines, with what settles it.
fn line(conflict: &Conflict) -> String {
    let (id, title, what) = what(conflict);
    format!("{id}  {what}  {}\n  fix: {}\n", safe::line(title), fix(conflict))
}

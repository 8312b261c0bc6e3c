//! `ledger index`

use super::super::Context;
use super::super::args::{Format, Index};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::text::count;
use super::super::render::views::{DamagedView, IndexView};
use crate::index::check::{Freshness, check};
use crate::index::refresh::{self, Made, Making, Memory};
use crate::index::remembered::Lost;

pub(super) fn run(context: &mut Context<'_>, args: &Index) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let progress = ledger.progress();
    let (freshness, made) = if args.check || args.dry_run {
        let checked = check(ledger.store, ledger.scope(), &progress)?;
        (checked.freshness, Made { outline: checked.sketches.outline(), ..Made::default() })
    } else {
        ledger.writable()?;
        let mut made = Made::default();
        ledger.store.projecting(&context.budget, &mut || {
            made = refresh::rebuild(opened.store(), ledger.scope(), Making::Anew, Memory::Dropped, &progress)?;
            Ok(())
        })?;
        (Freshness::Current, made)
    };
    let Made { written, outline, forgotten: lost } = made;
    let (requests, events) = (outline.requests(), outline.events);
    let damaged = DamagedView::all(&outline.damaged, opened.root());
    let told: Vec<String> = damaged.iter().map(DamagedView::told).collect();
    let current = freshness == Freshness::Current;
    if context.output.format != Format::Text {
        context.output.json(&IndexView { current, written, dry_run: args.dry_run, requests, events, damaged })?;
    } else if !context.output.quiet {
        let word = match freshness {
            Freshness::Stale | Freshness::Missing if args.dry_run => "to be made anew (dry run: nothing was written)",
            Freshness::Current if args.dry_run => "current (dry run: nothing was written)",
            Freshness::Current if written => "written anew",
            Freshness::Current => "current",
            Freshness::Stale => "out of date (ledger index makes it anew)",
            Freshness::Missing => "missing (ledger index makes it)",
        };
        let (requests, events) = (count(requests as u64, "request"), count(events, "event"));
        context.output.text(&format!("coordination/index.json is {word}: {requests}, {events}\n"))?;
    }
    told.iter().for_each(|text| context.output.tell(text));
    if let Some(text) = forgotten(&lost.lost) {
        context.output.tell(&text);
    }
    Ok(match (current, outline.damaged.is_empty()) {
        (_, false) => Exit::Damaged,
        (true, true) => Exit::Done,
        (false, true) if args.dry_run => Exit::Done,
        (false, true) => Exit::No,
    })
}

/// What the index that was there knew and this one does not.
fn forgotten(lost: &[Lost]) -> Option<String> {
    let [first, rest @ ..] = lost else { return None };
    let more =
        if rest.is_empty() { String::new() } else { format!(", and of {} more", count(rest.len() as u64, "request")) };
    Some(match first.head {
        None => format!("the index that was there knew of {}, which is not here{more}", first.id),
        Some(head) => {
            let (head, id) = (head.short(), first.id);
            format!("the index that was there knew of event {head} of {id}, which is not in its log{more}")
        }
    })
}

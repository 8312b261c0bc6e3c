//! `ledger ids`

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::Context;
use super::super::allow_secret::AllowSecret;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::open;
use super::super::render::safe;
use super::super::render::text::count;
use super::super::sync_args::{Ids, IdsCommand, Lease as LeaseArgs, List};
use crate::app::lease::{Order, Reserved};
use crate::app::write::Effect;
use crate::domain::id::{RequestId, Writer};
use crate::domain::lease::Lease;
use crate::domain::time::{Day, Timestamp};

/// What was reserved.
#[derive(Serialize)]
struct ReservedView<'a> {
    remote: &'a str,
    reserved: Vec<LeaseView<'a>>,
    left: &'a BTreeMap<Day, u32>,
    dry_run: bool,
}

/// What is reserved.
#[derive(Serialize)]
struct KnownView<'a> {
    writer: &'a Writer,
    leases: Vec<LeaseView<'a>>,
    has_more: bool,
    left: &'a BTreeMap<Day, u32>,
}

#[derive(Serialize)]
struct LeaseView<'a> {
    from: Option<RequestId>,
    to: Option<RequestId>,
    count: u32,
    writer: &'a Writer,
    by: &'a str,
    at: Timestamp,
}

pub(super) fn run(context: &mut Context<'_>, args: &Ids) -> Result<Exit, Failure> {
    match &args.command {
        IdsCommand::Lease(args) => lease(context, args),
        IdsCommand::List(args) => list(context, args),
    }
}

fn lease(context: &mut Context<'_>, args: &LeaseArgs) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let session = open::session(context, opened.root(), AllowSecret { allow_secret: false })?;
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let (remote, branch) = (args.remote.as_deref(), args.branch.as_deref());
    let order = Order { count: args.count, days: args.days, remote, branch, effect };
    let done = opened.ledger().reserve(opened.store(), &order, &session)?;
    if context.output.format != Format::Text {
        let reserved = done.new.iter().map(view).collect();
        let dry_run = effect == Effect::DryRun;
        context.output.json(&ReservedView { remote: &done.remote, reserved, left: &done.left, dry_run })?;
    } else if !context.output.quiet {
        context.output.text(&told(&done, effect))?;
    }
    Ok(Exit::Done)
}

fn list(context: &mut Context<'_>, args: &List) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let known = opened.ledger().leases(opened.store())?;
    let all = known.leases.all();
    let last = &all[all.len().saturating_sub(args.limit)..];
    let has_more = last.len() < all.len();
    if context.output.format != Format::Text {
        let leases = last.iter().map(view).collect();
        context.output.json(&KnownView { writer: &known.writer, leases, has_more, left: &known.left })?;
    } else if !context.output.quiet {
        let mut text = String::new();
        for lease in last {
            let whose = if lease.writer == known.writer { "this clone" } else { lease.writer.as_str() };
            let by = safe::line(lease.by.as_str());
            text.push_str(&format!(
                "{}  {whose}, by {by}, {}\n",
                block(lease),
                super::super::render::text::moment(lease.at)
            ));
        }
        text.push_str(&left(&known.left));
        context.output.text(&text)?;
    }
    if has_more && context.output.format != Format::Json {
        context.output.tell(&format!("the last {} of {} are shown; --limit N shows more", last.len(), all.len()));
    }
    Ok(Exit::Done)
}

fn view(lease: &Lease) -> LeaseView<'_> {
    let id = |number| RequestId::new(lease.day, number);
    LeaseView {
        from: id(lease.from),
        to: id(lease.to),
        count: lease.count(),
        writer: &lease.writer,
        by: lease.by.as_str(),
        at: lease.at,
    }
}

fn block(lease: &Lease) -> String {
    let id = |number| RequestId::new(lease.day, number).map(|id| id.to_string()).unwrap_or_default();
    format!("{} to {}", id(lease.from), id(lease.to))
}

fn told(done: &Reserved, effect: Effect) -> String {
    let verb = if effect == Effect::DryRun { "would be reserved" } else { "reserved" };
    let mut text = String::new();
    for lease in &done.new {
        text.push_str(&format!("{verb} on {}: {}\n", safe::line(&done.remote), block(lease)));
    }
    text.push_str(&left(&done.left));
    text
}

fn left(left: &BTreeMap<Day, u32>) -> String {
    if left.is_empty() {
        return "nothing is reserved for this clone\n".to_owned();
    }
    left.iter()
        .map(|(day, left)| format!("{day}: {} left for this clone\n", count(u64::from(*left), "number")))
        .collect()
}

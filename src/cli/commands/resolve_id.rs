//! `ledger resolve-id`

use serde::Serialize;

use super::super::allow_secret::AllowSecret;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::merge_args::ResolveId;
use super::super::render::safe;
use super::super::{Context, input, open};
use crate::app::resolve_id::{Named, Order, Settled};
use crate::app::write::Effect;
use crate::domain::id::RequestId;

/// Who has which number now.
#[derive(Serialize)]
struct View<'a> {
    id: RequestId,
    kept: NamedView<'a>,
    moved: Vec<MovedView<'a>>,
    named_by: &'a [RequestId],
    dry_run: bool,
}

#[derive(Serialize)]
struct NamedView<'a> {
    uid: uuid::Uuid,
    title: &'a str,
    ours: bool,
}

#[derive(Serialize)]
struct MovedView<'a> {
    #[serde(flatten)]
    request: NamedView<'a>,
    id: RequestId,
    approvals_to_sign_again: usize,
}

pub(super) fn run(context: &mut Context<'_>, args: &ResolveId) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let session = open::session(context, opened.root(), AllowSecret { allow_secret: false })?;
    let reason = args.reason.as_deref().map(|text| input::text(text, context.env)).transpose()?;
    let ledger = opened.ledger();
    let id = ledger.look_up(&args.id, opened.store(), &context.budget)?;
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let order = Order { id, keep: args.keep.as_deref(), reason: reason.as_deref(), effect };
    let settled = ledger.resolve_id(opened.store(), &order, &session)?;
    if context.output.format == Format::Text {
        if !context.output.quiet {
            context.output.text(&told(&settled, effect))?;
        }
    } else {
        context.output.json(&view(&settled, effect))?;
    }
    if effect == Effect::Write
        && let Some(warning) = ledger.project(1, &context.budget)
    {
        context.output.tell(&format!("ledger: {warning}"));
    }
    Ok(Exit::Done)
}

fn view(settled: &Settled, effect: Effect) -> View<'_> {
    let moved = settled.moved.iter().map(|moved| MovedView {
        request: named(&moved.request),
        id: moved.id,
        approvals_to_sign_again: moved.unsigned,
    });
    View {
        id: settled.id,
        kept: named(&settled.kept),
        moved: moved.collect(),
        named_by: &settled.named_by,
        dry_run: effect == Effect::DryRun,
    }
}

fn named(named: &Named) -> NamedView<'_> {
    NamedView { uid: named.uid, title: &named.title, ours: named.is_ours }
}

fn told(settled: &Settled, effect: Effect) -> String {
    let [keeps, is] = if effect == Effect::DryRun { ["would keep", "would be"] } else { ["keeps", "is now"] };
    let name = |named: &Named| format!("{} ({})", safe::line(&named.title), named.uid);
    let mut text = format!("{} {keeps} {}\n", name(&settled.kept), settled.id);
    for moved in &settled.moved {
        text.push_str(&format!("{} {is} {}", name(&moved.request), moved.id));
        if moved.unsigned > 0 {
            text.push_str(&format!(
                "; its signed approvals have to be signed again: ledger approve {} --sign",
                moved.id
            ));
        }
        text.push('\n');
    }
    if !settled.named_by.is_empty() {
        let ids: Vec<String> = settled.named_by.iter().map(ToString::to_string).collect();
        text.push_str(&format!("named by {}: they mean the one that keeps it\n", ids.join(", ")));
    }
    text
}

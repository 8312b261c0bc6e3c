//! `ledger sync`

use super::super::Context;
use super::super::allow_secret::AllowSecret;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::open;
use super::super::render::sync::{SyncView, told};
use super::super::sync_args::Sync;
use super::super::sync_failure::if_no_git_runs;
use crate::app::sync::Order;
use crate::app::write::Effect;
use crate::sync::publish::Followed;
use crate::sync::remote::Target;

pub(super) fn run(context: &mut Context<'_>, args: &Sync) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let session = open::session(context, opened.root(), AllowSecret { allow_secret: false })?;
    let order = Order {
        remote: args.remote.as_deref(),
        branch: args.branch.as_deref(),
        take: args.take(),
        restore: args.restore,
        effect: if args.dry_run { Effect::DryRun } else { Effect::Write },
    };
    let synced = opened.ledger().sync(opened.store(), &order, &session)?;
    if context.output.format == Format::Text {
        if !context.output.quiet {
            context.output.text(&told(&synced, order.effect))?;
        }
    } else {
        context.output.json(&SyncView::new(&synced, order.effect, opened.root()))?;
    }
    if let Some(Followed::LedgerOnly(why)) = &synced.followed {
        let why = why.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        let Target { remote, reference, .. } = &synced.target;
        let hint = format!("git pull {remote} {}", reference.strip_prefix("refs/heads/").unwrap_or(reference));
        context
            .output
            .tell(&format!("the checked-out branch has the ledger's files; the rest did not come in: {why} ({hint})"));
    }
    if let Some(Followed::Not(why)) = &synced.followed {
        let why = why.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        context
            .output
            .tell(&format!("published, and the checked-out branch is not there yet: {why} (ledger sync again)"));
    }
    if let Some(Followed::Locked { why, lock }) = &synced.followed {
        let hint = if_no_git_runs(lock);
        context.output.tell(&format!("published, and the checked-out branch is not there yet: {why} ({hint})"));
    }
    if let Some(warning) = &synced.warning {
        context.output.tell(&format!("ledger: {warning}"));
    }
    for finding in &synced.findings {
        let path = finding.path.strip_prefix(opened.root()).unwrap_or(&finding.path);
        context.output.tell(&format!(
            "{}: {} {}: {}",
            path.display(),
            finding.severity.name(),
            finding.code,
            finding.what
        ));
    }
    Ok(if synced.findings.is_empty() { Exit::Done } else { Exit::No })
}

//! The commands that put something on a contract's record.

use super::super::super::args::Format;
use super::super::super::contract_args::{
    ContractWriting, Formats, OfVersion, Pin, SetFormats, SetMode, SetOwner, Unpin, Waive,
};
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::contract::text;
use super::super::super::render::contract::views::ContractWrittenView;
use super::super::super::render::safe;
use super::super::super::render::text::{WithStream, event_text};
use super::super::super::render::views::raw;
use super::super::super::{Context, input, open};
use super::{candidate, name, reference};
use crate::app::AppError;
use crate::app::contract::Comparing;
use crate::app::contract::write::{ContractConditions, ContractWritten};
use crate::app::write::{Effect, Novelty};
use crate::contract::decide::ContractCommand;
use crate::contract::{Resources, compare};
use crate::domain::compatibility::{Stage, Verdict};
use crate::domain::contract_body::Waived;
use crate::domain::id::{ContractName, RepoId};
use crate::domain::time::DashedDay;

pub(super) fn mode(context: &mut Context<'_>, args: &SetMode) -> Result<Exit, Failure> {
    write(context, &name(&args.name)?, &ContractCommand::SetMode(args.mode), &args.writing)
}

pub(super) fn owner(context: &mut Context<'_>, args: &SetOwner) -> Result<Exit, Failure> {
    write(context, &name(&args.name)?, &ContractCommand::SetOwner(repo(&args.owner)?), &args.writing)
}

pub(super) fn formats(context: &mut Context<'_>, args: &SetFormats) -> Result<Exit, Failure> {
    let command = ContractCommand::SetFormats(args.asserted == Formats::On);
    write(context, &name(&args.name)?, &command, &args.writing)
}

pub(super) fn enter(context: &mut Context<'_>, args: &OfVersion, stage: Stage) -> Result<Exit, Failure> {
    let version = reference(&args.version)?;
    write(context, version.name(), &ContractCommand::Enter(version.version(), stage), &args.writing)
}

/// Tells of a repository that looks like another one that is known, before it is one of those itself.
fn tell_mistyped(context: &mut Context<'_>, consumer: &str) -> Result<(), Failure> {
    let opened = context.open()?;
    for mistyped in opened.ledger().mistyped_repos(&[repo(consumer)?]) {
        context.output.tell(&format!("ledger: {mistyped}"));
    }
    Ok(())
}

pub(super) fn pin(context: &mut Context<'_>, args: &Pin, resources: &Resources) -> Result<Exit, Failure> {
    let version = reference(&args.version)?;
    let needs = args.needs.as_ref().map(|file| candidate(file, context)).transpose()?;
    if let Some(needs) = &needs {
        let opened = context.open()?;
        let ledger = opened.ledger();
        needs.check(&ledger.reachable(&[&needs.schema], resources)?)?;
        let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
        let both = ledger.meets(&version, &needs.schema, comparing)?;
        let assumption = ledger.settings.contract.open_content;
        let own = format!("v{}", version.version());
        let told = text::both_lines(&both, assumption, &own, "what it needs").join("; ");
        let consumer = &args.consumer;
        match both.verdict(assumption) {
            Verdict::Compatible => {}
            Verdict::Breaking => {
                let what = format!("{version} does not give what {consumer} needs: {told}");
                let hint = "every check would fail: pin it to a version that does, or state what it can live with";
                return Err(Failure::new(Exit::No, "needs-not-met", what).hint(hint));
            }
            Verdict::Undecided => {
                context.output.tell(&safe::line(&format!("every check of {} will say so: {told}", version.name())));
            }
        }
    }
    tell_mistyped(context, &args.consumer)?;
    let command = ContractCommand::Pin {
        repo: repo(&args.consumer)?,
        version: version.version(),
        needs: needs.map(|needs| needs.schema),
    };
    write(context, version.name(), &command, &args.writing)
}

pub(super) fn unpin(context: &mut Context<'_>, args: &Unpin) -> Result<Exit, Failure> {
    write(context, &name(&args.name)?, &ContractCommand::Unpin(repo(&args.consumer)?), &args.writing)
}

pub(super) fn waive(context: &mut Context<'_>, args: &Waive) -> Result<Exit, Failure> {
    let version = reference(&args.version)?;
    let until: DashedDay = args.until.parse().map_err(AppError::from)?;
    let reason = input::text(&args.reason, context.env)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let request = ledger.resolve(&args.request, ledger.store, &context.budget)?;
    let names = ledger.store.history(request)?.is_some_and(|history| history.packet().contracts.contains(&version));
    if !names {
        let what = format!("{request} does not name {version}");
        let hint = format!("ledger contract propose {} FILE makes one that does", version.name());
        return Err(Failure::new(Exit::Refused, "not-named", what).hint(hint));
    }
    let waived = Waived { version: version.version(), request, reason, until };
    write(context, version.name(), &ContractCommand::Waive(waived), &args.writing)
}

fn repo(typed: &str) -> Result<RepoId, Failure> {
    typed.parse().map_err(Failure::usage)
}

/// The conditions that were typed.
pub(super) fn conditions(args: &ContractWriting) -> Result<ContractConditions, Failure> {
    Ok(ContractConditions {
        key: args.key.as_ref().map(|key| key.parse()).transpose().map_err(Failure::usage)?,
        effect: if args.dry_run { Effect::DryRun } else { Effect::Write },
    })
}

fn write(
    context: &mut Context<'_>,
    name: &ContractName,
    command: &ContractCommand,
    args: &ContractWriting,
) -> Result<Exit, Failure> {
    let conditions = conditions(args)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let session = open::session(context, opened.root(), args.secrets)?;
    let ContractWritten { event, novelty, .. } = ledger.write_contract(name, command, &conditions, &session)?;
    if context.output.format != Format::Text {
        context.output.json(&ContractWrittenView {
            contract: name,
            deduplicated: novelty == Novelty::Deduplicated,
            dry_run: conditions.effect == Effect::DryRun,
            event: event.as_ref().map(raw),
        })?;
        return Ok(Exit::Done);
    }
    if context.output.quiet {
        context.output.text(&format!("{name}\n"))?;
        return Ok(Exit::Done);
    }
    let line = match (&event, novelty) {
        (None, _) => "it is so already: nothing was written".to_owned(),
        (Some(event), Novelty::New) => event_text(event, WithStream::No),
        (Some(event), Novelty::Deduplicated) => {
            format!("{} (written before with this key)", event_text(event, WithStream::No))
        }
        (Some(event), Novelty::Tried) => {
            format!("{} (dry run: nothing was written)", event_text(event, WithStream::No))
        }
    };
    context.output.text(&format!("{name}  {line}\n"))?;
    Ok(Exit::Done)
}

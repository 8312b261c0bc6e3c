//! `ledger contract check`

use clap::ValueEnum;

use super::super::super::Context;
use super::super::super::args::Wanted;
use super::super::super::contract_args::{Check, Undecided};
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::contract::check::{Printing, check};
use super::{candidate, name};
use crate::app::contract::Comparing;
use crate::app::contract::check::{Base, CheckOrder};
use crate::contract::{Resources, compare};
use crate::domain::compatibility::Verdict;

pub(super) fn run(context: &mut Context<'_>, args: &Check, resources: &Resources) -> Result<Exit, Failure> {
    let outputs = outputs(&args.output)?;
    let names = args.names.iter().chain(&args.contract).map(|typed| name(typed)).collect::<Result<Vec<_>, _>>()?;
    let base = match &args.against {
        None => Base::Registry,
        Some(typed) if context.env.folder.join(typed).is_file() => Base::Schema(candidate(typed, context)?),
        Some(typed) => Base::Commit(typed.clone()),
    };
    if matches!(base, Base::Schema(_)) && names.len() != 1 {
        return Err(Failure::usage("--against FILE: name the one contract that is compared with it"));
    }
    let candidate = args.candidate.as_ref().map(|typed| candidate(typed, context)).transpose()?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let report = ledger.check_contracts(&CheckOrder { names, base, candidate }, comparing)?;
    let printing = Printing { root: opened.root(), undecided: args.undecided };
    let exit = match (report.verdict(), args.undecided) {
        (Verdict::Compatible, _) | (Verdict::Undecided, Undecided::Warn) => Exit::Done,
        (Verdict::Undecided, Undecided::Fail) => Exit::Undecided,
        (Verdict::Breaking, _) => Exit::No,
    };
    for (wanted, file) in outputs {
        let text = check(&report, wanted, printing)?;
        write(&context.env.folder.join(&file), &text)?;
    }
    let wanted = context.cli.global.wanted();
    if !(context.output.quiet && wanted == Wanted::Text && exit == Exit::Done) {
        let text = check(&report, wanted, printing)?;
        context.output.text(&text)?;
    }
    Ok(exit)
}

/// What `--output` asks for: formats and files.
fn outputs(typed: &[String]) -> Result<Vec<(Wanted, String)>, Failure> {
    let one = |text: &String| {
        let bad = || {
            Failure::usage(format!("--output {text:?}: expected FORMAT=FILE"))
                .hint("the formats are text, json, jsonl, github, sarif, junit, markdown")
        };
        let (format, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(bad)?;
        let wanted = Wanted::from_str(format, true).ok().filter(|wanted| *wanted != Wanted::Html).ok_or_else(bad)?;
        Ok((wanted, file.to_owned()))
    };
    typed.iter().map(one).collect()
}

#[expect(clippy::disallowed_methods, reason = "a report goes where the caller says, and is no file of the ledger")]
fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| {
        Failure::new(Exit::Failure, "report", format!("could not write {}: {e}", path.display()))
            .hint("see whether its folder is there and may be written to")
    })
}

//! `ledger contract check`

use std::path::Path;

use super::super::super::Context;
use super::super::super::against_args::{BY_ITSELF, Target, target};
use super::super::super::args::Wanted;
use super::super::super::contract_args::{Check, Undecided};
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::open::find_root;
use super::super::super::outputs;
use super::super::super::render::contract::check::{PRINTED, Printing, check};
use super::super::super::render::contract::told::Tree;
use super::{candidate, name};
use crate::app::contract::Comparing;
use crate::app::contract::check::{Base, CheckOrder};
use crate::contract::{Resources, compare};
use crate::domain::compatibility::Verdict;
use crate::registry::git::{self, Point};

pub(super) fn run(context: &mut Context<'_>, args: &Check, resources: &Resources) -> Result<Exit, Failure> {
    let outputs = outputs::targets(&args.output, &PRINTED)?;
    let names = args.names.iter().chain(&args.contract).map(|typed| name(typed)).collect::<Result<Vec<_>, _>>()?;
    let point = if args.exact { Point::Exact } else { Point::Parting };
    let base = match &args.against {
        None => Base::Registry,
        Some(typed) if typed == BY_ITSELF => {
            let root = find_root(&context.cli.global, context.env)?;
            let Target { reference, point } = target(typed, point, context, &root)?;
            Base::Commit { reference, point }
        }
        Some(typed) if context.env.folder.join(typed).is_file() => Base::Schema(candidate(typed, context)?),
        Some(typed) if typed.ends_with(".json") => {
            return Err(Failure::new(Exit::Usage, "input", format!("there is no file {typed}"))
                .hint("--against takes a schema's file, or a commit"));
        }
        Some(typed) => Base::Commit { reference: typed.clone(), point },
    };
    if matches!(base, Base::Schema(_)) && names.len() != 1 {
        return Err(Failure::usage("--against FILE: name the one contract that is compared with it"));
    }
    let candidate = args.candidate.as_ref().map(|typed| candidate(typed, context)).transpose()?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let report = ledger.check_contracts(&CheckOrder { names, base, candidate }, comparing)?;
    let annotates = |wanted: &Wanted| matches!(wanted, Wanted::Github | Wanted::Sarif | Wanted::Junit);
    let wanted = context.cli.global.wanted();
    let is_asked = outputs.iter().map(|target| &target.wanted).chain([&wanted]).any(annotates);
    let tree = if is_asked { tree(opened.root(), args.candidate.as_deref(), context) } else { Tree::default() };
    let printing = Printing { root: opened.root(), undecided: args.undecided, tree: &tree };
    let exit = match (report.verdict(), args.undecided) {
        (Verdict::Compatible, _) | (Verdict::Undecided, Undecided::Warn) => Exit::Done,
        (Verdict::Undecided, Undecided::Fail) => Exit::Undecided,
        (Verdict::Breaking, _) => Exit::No,
    };
    for target in &outputs {
        let text = check(&report, target.wanted, printing)?;
        outputs::write(target, &text, context)?;
    }
    if !(context.output.quiet && wanted == Wanted::Text && exit == Exit::Done) {
        let text = check(&report, wanted, printing)?;
        context.output.text(&text)?;
    }
    Ok(exit)
}

/// Where the ledger and the candidate lie in the repository.
fn tree(root: &Path, candidate: Option<&str>, context: &Context<'_>) -> Tree {
    let place = |typed: &str| {
        let path = context.env.folder.join(typed);
        let folder = git::place_of(path.parent()?)?;
        Some(format!("{folder}{}", path.file_name()?.to_str()?))
    };
    Tree {
        root: git::place_of(root).unwrap_or_default(),
        candidate: candidate.filter(|typed| *typed != "-").and_then(place),
    }
}

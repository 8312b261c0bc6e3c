//! `ledger contract propose`

use serde_json::{Map, Value, json};

use super::super::super::args::Format;
use super::super::super::contract_args::Propose;
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::contract::text;
use super::super::super::render::contract::views::JudgedView;
use super::super::super::{Context, input, open};
use super::super::write::bring_up_to_date;
use super::{candidate, name};
use crate::app::Ledger;
use crate::app::contract::Comparing;
use crate::app::contract::changes::PairChanges;
use crate::app::contract::judge::{Judged, Subject};
use crate::app::create::{Incoming, Made};
use crate::app::write::{Effect, Novelty};
use crate::contract::explain::Change;
use crate::contract::waiver::{CONTENT, is_accepted};
use crate::contract::{Resources, compare};
use crate::domain::compatibility::Verdict;
use crate::domain::hash::Hash;
use crate::domain::id::{Key, RepoId, RequestId};
use crate::domain::state::{State, Status};
use crate::registry::Shelf;
use crate::store::Budget;
use serde::Serialize;

#[derive(Serialize)]
struct ProposedView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RequestId>,
    deduplicated: bool,
    dry_run: bool,
    check: JudgedView<'a>,
}

pub(super) fn run(context: &mut Context<'_>, args: &Propose, resources: &Resources) -> Result<Exit, Failure> {
    let name = name(&args.name)?;
    let candidate = candidate(&args.file, context)?;
    let migration = input::optional_text(args.migration.as_ref(), context.env)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let session = open::session(context, opened.root(), args.writing.secrets)?;
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let shelf = ledger.contract(&name)?;
    candidate.check(&ledger.reachable(&[&candidate.schema], resources)?)?;
    let same = ledger.same_version(&shelf, &candidate)?;
    let version = same.unwrap_or_else(|| shelf.state.next());
    // What was registered before may be written otherwise; it is the registered bytes that are talked about.
    let known = same.and_then(|version| shelf.state.versions.get(&version)).map(|known| known.registered.sha256);
    let sha256 = known.unwrap_or_else(|| candidate.sha256());
    let subject = Subject { shelf: &shelf, version, schema: &candidate.schema, sha256 };
    let judged = ledger.judge(subject, comparing)?;
    if let Some(version) = same.filter(|_| judged.passes()) {
        let what = format!("{name}@{version} has this content already, and passes");
        return Err(Failure::new(Exit::Refused, "same-content", what)
            .hint(format!("ledger contract show {name} tells its versions: there is nothing to propose")));
    }
    let behind = ledger.changes_of(&shelf, &judged, &candidate.schema, None, comparing)?;
    let typed = args.writing.key.as_ref().map(|key| key.parse::<Key>()).transpose().map_err(Failure::usage)?;
    let (key, known) = match typed {
        Some(key) => {
            let known = ledger.store.find(&key, &context.budget)?;
            (key, known)
        }
        None => own_key(&ledger, &judged, sha256, &context.budget)?,
    };
    let key = key.as_str().to_owned();
    let effect = if args.writing.dry_run { Effect::DryRun } else { Effect::Write };
    // What was made with this key was made of what the registry was then.
    let known = known.filter(|id| is_about(&ledger.store.history(*id).ok().flatten(), &judged, sha256));
    let (id, novelty) = match known {
        Some(id) => (Some(id), Novelty::Deduplicated),
        None => {
            let request_type = ledger.workflow.types().iter().find(|rule| rule.names_contract);
            let request_type = request_type.map(|rule| rule.name.as_str().to_owned()).ok_or_else(|| {
                Failure::new(Exit::Refused, "no-type", "the workflow has no request type that changes contracts")
                    .hint("add one with \"names_contract\": true to coordination/workflow.json")
            })?;
            let members = members(args, &shelf, (&judged, &behind), sha256, migration, &request_type, &key)?;
            let made =
                ledger.create(ledger.store, Incoming { members, occurred_at: None, id: None }, effect, &session)?;
            match made {
                Made::Request { history, novelty } => (Some(history.packet().request_id), novelty),
                Made::Tried(_) => (None, Novelty::Tried),
            }
        }
    };
    bring_up_to_date(context, &ledger, novelty, effect);
    report(context, (&judged, &behind), id, novelty, effect)
}

/// The key of a proposal for which none was typed, and the request that has it: one for a version and a content, until
/// that was called off.
fn own_key(
    ledger: &Ledger<'_>,
    judged: &Judged,
    sha256: Hash,
    budget: &Budget,
) -> Result<(Key, Option<RequestId>), Failure> {
    let first = format!("propose/{}/{}", judged.reference, sha256.short());
    let mut nth = 1;
    loop {
        let typed = if nth == 1 { first.clone() } else { format!("{first}/{nth}") };
        let key: Key = typed.parse().map_err(Failure::usage)?;
        let known = ledger.store.find(&key, budget)?;
        let history = known.map(|id| ledger.store.history(id)).transpose().ok().flatten().flatten();
        let is_off = history.is_some_and(|history| match State::replay(&history, ledger.workflow).status {
            Status::At(state) => {
                let is_final = ledger.workflow.state(&state).is_some_and(|rule| rule.is_final);
                is_final && !is_accepted(&state, ledger.workflow)
            }
            Status::Diverged(_) => false,
        });
        if !is_off {
            return Ok((key, known));
        }
        nth += 1;
    }
}

fn is_about(history: &Option<crate::domain::history::History>, judged: &Judged, sha256: Hash) -> bool {
    history.as_ref().is_some_and(|history| {
        let packet = history.packet();
        let content = packet.details.get(CONTENT).and_then(Value::as_str);
        packet.contracts.contains(&judged.reference) && content == Some(sha256.to_string().as_str())
    })
}

fn report(
    context: &mut Context<'_>,
    (judged, behind): (&Judged, &[PairChanges]),
    id: Option<RequestId>,
    novelty: Novelty,
    effect: Effect,
) -> Result<Exit, Failure> {
    let deduplicated = novelty == Novelty::Deduplicated;
    if context.output.format != Format::Text {
        let dry_run = effect == Effect::DryRun;
        context.output.json(&ProposedView { id, deduplicated, dry_run, check: JudgedView::from(judged) })?;
        return Ok(Exit::Done);
    }
    let told = match (id, novelty) {
        (Some(id), _) if context.output.quiet => format!("{id}\n"),
        (Some(id), Novelty::Deduplicated) => {
            format!("{id}  proposes {} (made before with this key)\n", judged.reference)
        }
        (Some(id), Novelty::New | Novelty::Tried) => format!("{id}  proposes {}\n", judged.reference),
        (None, _) => format!("a request would propose {} (dry run: nothing was written)\n", judged.reference),
    };
    context.output.text(&told)?;
    if !context.output.quiet {
        context.output.text(&text::answers(judged, behind))?;
        if let Some(id) = id {
            let touched: Vec<&str> = judged.touched().map(|consumer| consumer.repo.as_str()).collect();
            let mut next = format!("  next: ledger transition {id} ACCEPTED\n");
            for repo in touched {
                next.push_str(&format!("        ledger approve {id} --as {repo}\n"));
            }
            if judged.verdict() != Verdict::Compatible {
                let waive = format!("ledger contract waive {} --request {id}", judged.reference);
                next.push_str(&format!("        {waive} --reason TEXT --until YYYY-MM-DD\n"));
            }
            context.output.text(&next)?;
        }
    }
    Ok(Exit::Done)
}

/// The packet: whom the break touches is asked; else all consumers, else whoever provides the contract.
fn members(
    args: &Propose,
    shelf: &Shelf,
    (judged, behind): (&Judged, &[PairChanges]),
    sha256: Hash,
    migration: Option<String>,
    request_type: &str,
    key: &str,
) -> Result<Map<String, Value>, Failure> {
    let state = &shelf.state;
    let from = match (&args.from, &state.owner) {
        (Some(from), _) => from.clone(),
        (None, Some(owner)) => owner.to_string(),
        (None, None) => {
            return Err(Failure::usage(format!("who asks? {} has no owner", state.name))
                .hint(format!("--from REPO, or ledger contract owner {} REPO", state.name)));
        }
    };
    let names = |repos: Vec<&RepoId>| repos.into_iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut targets = names(judged.touched().map(|consumer| &consumer.repo).collect());
    if targets.is_empty() {
        targets = names(state.pins.keys().collect());
    }
    if targets.is_empty() {
        targets = vec![from.clone()];
    }
    let witnesses: Vec<Value> = judged.pairs.iter().filter_map(|pair| witness_of(pair, judged)).collect();
    let mut details = json!({
        "change": text::headline(judged),
        CONTENT: sha256.to_string(),
        "witnesses": witnesses,
    });
    let changes: Vec<Value> = behind.iter().flat_map(|of_pair| changes_of(of_pair, judged)).collect();
    if let Some(details) = details.as_object_mut().filter(|_| !changes.is_empty()) {
        details.insert("changes".to_owned(), changes.into());
    }
    if let (Some(migration), Some(details)) = (migration, details.as_object_mut()) {
        details.insert("migration".to_owned(), migration.into());
    }
    let title = args.title.clone().unwrap_or_else(|| format!("{} {}", judged.reference, verb(judged)));
    let members = [
        ("title", title.into()),
        ("description", text::answers(judged, behind).into()),
        ("origin_repo_id", from.into()),
        ("target_repo_ids", targets.into()),
        ("request_type", request_type.into()),
        ("contracts", json!([judged.reference.to_string()])),
        ("details", details),
        ("key", key.into()),
    ];
    Ok(members.into_iter().map(|(name, value): (&str, Value)| (name.to_owned(), value)).collect())
}

fn verb(judged: &Judged) -> &'static str {
    match judged.verdict() {
        Verdict::Compatible => "changes the contract",
        Verdict::Breaking => "breaks the contract",
        Verdict::Undecided => "may break the contract",
    }
}

fn witness_of(pair: &crate::contract::gate::Pair, judged: &Judged) -> Option<Value> {
    let (gating, strict) = pair.both.witnesses(judged.assumption);
    let witness = gating.or(strict)?;
    Some(json!({
        "against": pair.against,
        "direction": pair.direction.name(),
        "document": witness.document(),
    }))
}

/// The changes that are behind a pair, each with its rule.
fn changes_of(of_pair: &PairChanges, judged: &Judged) -> Vec<Value> {
    let one = |change: &Change| {
        let verdict = change.effect(of_pair.direction).under(judged.assumption);
        json!({
            "against": of_pair.against,
            "direction": of_pair.direction.name(),
            "rule": change.rule.id(),
            "pointer": change.pointer(),
            "document": verdict.witness().map(crate::contract::Witness::document),
        })
    };
    of_pair.list.iter().map(one).collect()
}

//! The commands that put an event on a request: `transition`, `respond`, `approve`, `note`, `evidence`, `resolve`.

use super::super::args::{Approve, Evidence, Format, Note, Resolve, Respond, Transition, Writing};
use super::super::checkpoint_args::{Signing, Trusting};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::claim::{passed_over, unpublished};
use super::super::render::text::{WithStream, event_text, next_step, seen_before};
use super::super::render::views::{ClaimView, ExpectedView, WrittenView, raw};
use super::super::{Context, editing, input, open, trust};
use crate::app::near::nearest;
use crate::app::show::{AsOf, View};
use crate::app::write::{Conditions, Effect, Novelty, Written, state_word};
use crate::app::{AppError, Ledger, Session, approve};
use crate::contract::Resources;
use crate::domain::decide::{self, Command};
use crate::domain::duplicate::Duplicate;
use crate::domain::event::{Approved, Body, EvidenceAdded, Noted, Responded};
use crate::domain::history::History;
use crate::domain::outlook::REVIEW;
use crate::domain::state::State;
use crate::domain::workflow::StateName;

pub(super) fn transition(context: &mut Context<'_>, args: &Transition) -> Result<Exit, Failure> {
    let command = Command::Transition(decide::Transition {
        to: state(&args.state)?,
        reason: input::optional_text(args.reason.as_ref(), context.env)?,
        evidence: input::evidence(&args.evidence)?,
        details: input::details(&args.set)?,
        occurred_at: None,
    });
    let resources = super::contract::resources(&args.resolve, context)?;
    write_beside(context, &args.request, &command, &args.writing, Beside { signing: None, resources })
}

pub(super) fn respond(context: &mut Context<'_>, args: &Respond) -> Result<Exit, Failure> {
    let command = Command::Respond(Responded {
        repo: args.repo.parse().map_err(Failure::usage)?,
        status: args.status,
        summary: input::optional_text(args.summary.as_ref(), context.env)?,
        evidence: input::evidence(&args.evidence)?,
        branch: args.branch.clone(),
    });
    write(context, &args.request, &command, &args.writing)
}

pub(super) fn approve(context: &mut Context<'_>, args: &Approve) -> Result<Exit, Failure> {
    let approved = Approved {
        role: args.role.parse().map_err(Failure::usage)?,
        reason: input::optional_text(args.reason.as_ref(), context.env)?,
        signature: None,
    };
    let beside = Beside { signing: Some(&args.signing), ..Beside::default() };
    write_beside(context, &args.request, &Command::Approve(approved), &args.writing, beside)
}

pub(super) fn note(context: &mut Context<'_>, args: &Note) -> Result<Exit, Failure> {
    let text = input::optional_text(args.text.as_ref(), context.env)?.unwrap_or_default();
    if editing::is_asked(context.cli, context.env) {
        return edited_note(context, args, text);
    }
    put_note(context, args, text)
}

fn put_note(context: &mut Context<'_>, args: &Note, text: String) -> Result<Exit, Failure> {
    let command = Command::Note(Noted { text, kind: args.kind.clone(), occurred_at: None });
    write(context, &args.request, &command, &args.writing)
}

/// Has a note written in an editor.
fn edited_note(context: &mut Context<'_>, args: &Note, text: String) -> Result<Exit, Failure> {
    // Whatever would stand in the way of any text is told before somebody writes one.
    let opened = context.open()?;
    open::session(context, opened.root(), args.writing.secrets)?;
    let id = opened.ledger().resolve(&args.request, opened.ledger().store, &context.budget)?;
    drop(opened);
    let file = args.edit.as_deref().unwrap_or_default();
    // What others wrote, such as the title, stays out: editors take orders from lines of some forms.
    let about = [
        format!("A note on {id}. This line and all below it are left out."),
        "Without a change nothing is written.".to_owned(),
    ];
    let text = match editing::draft(file, args.text.is_some(), context.env)? {
        Some(draft) => draft,
        None => format!("{text}\n{}", editing::below_the_cut(&about)),
    };
    let start = editing::Start { text, file, go_on: format!("ledger note {id}") };
    editing::write(context, &start, &mut |context, text| {
        let text = editing::before_the_cut(text);
        let text = text.trim_end().trim_start_matches(['\n', '\r']);
        put_note(context, args, text.to_owned())
    })
}

pub(super) fn evidence(context: &mut Context<'_>, args: &Evidence) -> Result<Exit, Failure> {
    let evidence = input::evidence(&args.evidence)?;
    let command = Command::AddEvidence(EvidenceAdded { evidence, occurred_at: None });
    write(context, &args.request, &command, &args.writing)
}

pub(super) fn resolve(context: &mut Context<'_>, args: &Resolve) -> Result<Exit, Failure> {
    let reason = input::optional_text(args.reason.as_ref(), context.env)?;
    // Where a reason must be given is told by the arguments themselves.
    let given = || reason.clone().unwrap_or_default();
    let command = match (&args.keep, args.distinct) {
        (Some(keep), _) => Command::Resolve(decide::Resolve { keep: keep.clone(), reason: given() }),
        (None, true) => Command::Distinct(given()),
        (None, false) => {
            let to = args.to.as_deref().map(state).transpose()?;
            Command::Duplicate(Duplicate { to, reason })
        }
    };
    write(context, &args.request, &command, &args.writing)
}

fn state(typed: &str) -> Result<StateName, Failure> {
    StateName::parse_typed(typed).map_err(Failure::usage)
}

pub(super) fn write(
    context: &mut Context<'_>,
    request: &str,
    command: &Command,
    args: &Writing,
) -> Result<Exit, Failure> {
    write_beside(context, request, command, args, Beside::default())
}

/// What only some commands take.
#[derive(Default)]
struct Beside<'a> {
    /// How to sign.
    signing: Option<&'a Signing>,
    /// What references of contracts may reach.
    resources: Resources,
}

/// The conditions that the arguments state.
pub(super) fn conditions(args: &Writing) -> Result<Conditions, Failure> {
    Ok(Conditions {
        key: args.key.as_ref().map(|key| key.parse()).transpose().map_err(Failure::usage)?,
        expect_version: args.expect_version,
        expect_state: args.expect_state.as_deref().map(state).transpose()?,
        expect_heads: None,
        effect: if args.dry_run { Effect::DryRun } else { Effect::Write },
        resources: Resources::default(),
    })
}

fn write_beside(
    context: &mut Context<'_>,
    request: &str,
    command: &Command,
    args: &Writing,
    Beside { signing, resources }: Beside<'_>,
) -> Result<Exit, Failure> {
    let conditions = Conditions { resources, ..conditions(args)? };
    let opened = context.open()?;
    let ledger = opened.ledger();
    let session = open::session(context, opened.root(), args.secrets)?;
    let id = ledger.resolve(request, ledger.store, &context.budget)?;
    if let Command::Approve(approved) = command {
        ledger.refuse_mistyped(id, &approved.role, conditions.key.as_ref())?;
    }
    let key = signing.map(|signing| trust::signing_key(signing, context.env, opened.root())).transpose()?.flatten();
    let written = match (key, command) {
        (Some(key), Command::Approve(approved)) => {
            let asking = trust::asking(context.env);
            let own = trust::trust(&Trusting::default(), context.env, Some(&ledger))?;
            let signing = approve::Signing { key: &key, asking, trust: &own };
            ledger.approve_signed(id, approved, signing, &conditions, &session)?
        }
        (_, command) => ledger.write(ledger.store, id, command, &conditions, &session)?,
    };
    answer(context, &ledger, &session, &conditions, written)
}

/// After a write: brings the index up to date. Also where it was on record before: whoever wrote it may have been killed
/// before it came to that.
pub(super) fn bring_up_to_date(context: &mut Context<'_>, ledger: &Ledger<'_>, novelty: Novelty, effect: Effect) {
    let is_on_record = match novelty {
        Novelty::New => true,
        Novelty::Deduplicated => effect == Effect::Write,
        Novelty::Tried => false,
    };
    if is_on_record && let Some(warning) = ledger.project(1, &context.budget) {
        context.output.tell(&format!("ledger: {warning}"));
    }
}

/// After a write: brings the index up to date and tells what was written.
pub(super) fn answer(
    context: &mut Context<'_>,
    ledger: &Ledger<'_>,
    session: &Session,
    conditions: &Conditions,
    written: Written,
) -> Result<Exit, Failure> {
    bring_up_to_date(context, ledger, written.novelty, conditions.effect);
    if written.novelty != Novelty::Deduplicated
        && let Some(claims) = ledger.passed_over(&written)
    {
        context.output.tell(&passed_over(&claims));
    }
    let claim = super::claim::seen(ledger, &written);
    let id = written.history.packet().request_id;
    let Written { event, history, novelty } = written;
    if let Body::Approved(approved) = event.body()
        && ledger.unasked_role(&approved.role, history.packet()).is_some()
    {
        let role = &approved.role;
        context.output.tell(&format!("nothing asks for an approval as {role}: it opens no way"));
    }
    if let Body::Noted(Noted { kind: Some(kind), .. }) = event.body()
        && let Some(meant) = mistyped_kind(kind)
    {
        context.output.tell(&format!("nothing asks for a note of kind {kind}; did you mean {meant}?"));
    }
    let word = state_word(&State::replay(&history, ledger.workflow));
    if context.output.format != Format::Text {
        let expected = seen_after(context, ledger, session, &history, novelty).and_then(|view| view.expectation);
        context.output.json(&WrittenView {
            id,
            version: history.version(),
            state: word,
            deduplicated: novelty == Novelty::Deduplicated,
            dry_run: conditions.effect == Effect::DryRun,
            claim: claim.as_ref().map(ClaimView::from),
            expected: expected.map(|expected| ExpectedView::new(&expected, id)),
            event: raw(&event),
        })?;
        return Ok(Exit::Done);
    }
    if context.output.quiet {
        context.output.text(&format!("{id}\n"))?;
        return Ok(Exit::Done);
    }
    let line = event_text(&event, WithStream::No);
    if novelty == Novelty::Tried {
        context.output.text(&format!("{id}  {line} (dry run: nothing was written)\n"))?;
        return Ok(Exit::Done);
    }
    let told = match seen_after(context, ledger, session, &history, novelty) {
        Some(view) if novelty == Novelty::Deduplicated => {
            format!("{}\n{}", seen_before("written", &word, &view, conditions.effect), next_step(id, &view))
        }
        Some(view) => format!("\n{}", next_step(id, &view)),
        None => "\n".to_owned(),
    };
    let provisional = claim.as_ref().map_or("", unpublished);
    context.output.text(&format!("{id}  {line}{provisional}{told}"))?;
    Ok(Exit::Done)
}

/// The kind of note that a rule asks for, where this one is all but its name.
fn mistyped_kind(kind: &str) -> Option<&'static str> {
    nearest(kind, [REVIEW])
}

/// The request after a write. Where it can't be read, that is told, and no failure: what was written is on record.
pub(super) fn seen_after(
    context: &mut Context<'_>,
    ledger: &Ledger<'_>,
    session: &Session,
    history: &History,
    novelty: Novelty,
) -> Option<View> {
    let id = history.packet().request_id;
    let seen = match novelty {
        Novelty::New => ledger.view(ledger.store, history.clone(), AsOf::Now, &session.by),
        Novelty::Deduplicated => ledger.show(ledger.store, id, AsOf::Now, &session.by),
        Novelty::Tried => return None,
    };
    let told = |error: AppError| format!("{id}: it is on record, and what comes next can't be told: {error}");
    seen.map_err(|error| context.output.tell(&told(error))).ok()
}

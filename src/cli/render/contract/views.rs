//! What the JSON output holds of contracts.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::app::contract::judge::Judged;
use crate::contract::gate::{Consumer, Pair};
use crate::contract::state::{ContractState, Version};
use crate::contract::waiver::Waiving;
use crate::domain::compatibility::{Mode, OpenContent, Stage, Verdict};
use crate::domain::hash::Hash;
use crate::domain::id::{Actor, ContractName, RepoId, RequestId};
use crate::domain::time::Timestamp;

/// What is known of a candidate.
#[derive(Serialize)]
pub struct JudgedView<'a> {
    contract: &'a ContractName,
    version: u32,
    mode: Mode,
    formats: bool,
    open_content: OpenContent,
    verdict: Verdict,
    strict_verdict: Verdict,
    assumed: bool,
    passes: bool,
    against: Vec<u32>,
    pairs: Vec<PairView<'a>>,
    consumers: Vec<ConsumerView<'a>>,
    waivers: Vec<WaivingView>,
}

/// A candidate held against a version.
#[derive(Serialize)]
pub struct PairView<'a> {
    against: u32,
    direction: &'static str,
    verdict: Verdict,
    answer: &'static str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'a Value>,
    strict_answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict_witness: Option<&'a Value>,
}

impl<'a> PairView<'a> {
    /// The view of a pair.
    #[must_use]
    pub fn new(pair: &'a Pair, assumption: OpenContent) -> Self {
        let answer = pair.both.under(assumption);
        Self {
            against: pair.against,
            direction: pair.direction.name(),
            verdict: pair.both.verdict(assumption),
            answer: answer.name(),
            reason: answer.reason(),
            witness: answer.witness().map(crate::contract::Witness::document),
            strict_answer: pair.both.strict.name(),
            strict_witness: pair.both.strict.witness().map(crate::contract::Witness::document),
        }
    }
}

/// How a consumer fares.
#[derive(Serialize)]
pub struct ConsumerView<'a> {
    repo: &'a RepoId,
    version: u32,
    by_needs: bool,
    direction: &'static str,
    verdict: Verdict,
    assumed: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'a Value>,
    strict_verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict_witness: Option<&'a Value>,
}

impl<'a> From<&'a Consumer> for ConsumerView<'a> {
    fn from(consumer: &'a Consumer) -> Self {
        Self {
            repo: &consumer.repo,
            version: consumer.version,
            by_needs: consumer.by_needs,
            direction: consumer.direction.name(),
            verdict: consumer.verdict,
            assumed: consumer.is_assumed(),
            reason: &consumer.reason,
            witness: consumer.witness.as_ref().map(crate::contract::Witness::document),
            strict_verdict: consumer.strict,
            strict_witness: consumer.strict_witness.as_ref().map(crate::contract::Witness::document),
        }
    }
}

/// How far a request has got in waiving a break.
#[derive(Serialize)]
pub struct WaivingView {
    request: RequestId,
    holds: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    lacks: Vec<LackView>,
}

/// What a waiver lacks.
#[derive(Serialize)]
pub struct LackView {
    code: &'static str,
    text: String,
}

impl WaivingView {
    /// The view of a waiver of a version.
    #[must_use]
    pub fn new(waiving: &Waiving, reference: &str) -> Self {
        let lack = |lack: &crate::contract::waiver::Lack| LackView {
            code: lack.code(),
            text: lack.told(waiving.request, reference),
        };
        Self {
            request: waiving.request,
            holds: waiving.holds(),
            reason: waiving.terms.as_ref().map(|(reason, _)| reason.clone()),
            until: waiving.terms.as_ref().map(|(_, until)| until.to_string()),
            lacks: waiving.lacks.iter().map(lack).collect(),
        }
    }
}

impl<'a> From<&'a Judged> for JudgedView<'a> {
    fn from(judged: &'a Judged) -> Self {
        let reference = judged.reference.to_string();
        Self {
            contract: judged.reference.name(),
            version: judged.reference.version(),
            mode: judged.mode,
            formats: judged.formats,
            open_content: judged.assumption,
            verdict: judged.verdict(),
            strict_verdict: judged.strict_verdict(),
            assumed: judged.assumed(),
            passes: judged.passes(),
            against: judged.against(),
            pairs: judged.pairs.iter().map(|pair| PairView::new(pair, judged.assumption)).collect(),
            consumers: judged.consumers.iter().map(ConsumerView::from).collect(),
            waivers: judged.waivings.iter().map(|waiving| WaivingView::new(waiving, &reference)).collect(),
        }
    }
}

/// A registration, or what came in its way.
#[derive(Serialize)]
pub struct AddedView<'a> {
    /// The contract.
    pub contract: &'a ContractName,
    /// The version; where it was stopped, the one that it would have been.
    pub version: u32,
    /// `registered`, `same` or `stopped`.
    pub outcome: &'static str,
    /// Whether it was there before.
    pub deduplicated: bool,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The version's file.
    pub file: String,
    /// What is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<JudgedView<'a>>,
    /// The event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Box<RawValue>>,
}

/// An event that was put on a contract's record, or would be.
#[derive(Serialize)]
pub struct ContractWrittenView<'a> {
    /// The contract.
    pub contract: &'a ContractName,
    /// Whether it was so before.
    pub deduplicated: bool,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The event; none where it was so before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Box<RawValue>>,
}

/// A contract.
#[derive(Serialize)]
pub struct ContractView<'a> {
    contract: &'a ContractName,
    mode: Mode,
    formats: bool,
    owner: Option<&'a RepoId>,
    newest: Option<u32>,
    versions: Vec<VersionView<'a>>,
    consumers: Vec<PinView<'a>>,
    waivers: Vec<WaivedView<'a>>,
    conflicts: Vec<String>,
}

/// A version.
#[derive(Serialize)]
pub struct VersionView<'a> {
    version: u32,
    stage: Stage,
    sha256: Hash,
    verdict: Verdict,
    assumed: bool,
    waiver: Option<RequestId>,
    by: &'a Actor,
    at: Timestamp,
}

/// A consumer.
#[derive(Serialize)]
pub struct PinView<'a> {
    repo: &'a RepoId,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<&'a Value>,
}

/// A waiver.
#[derive(Serialize)]
pub struct WaivedView<'a> {
    version: u32,
    request: RequestId,
    reason: &'a str,
    until: String,
}

impl<'a> From<&'a ContractState> for ContractView<'a> {
    fn from(state: &'a ContractState) -> Self {
        let version = |(number, known): (&u32, &'a Version)| VersionView {
            version: *number,
            stage: known.stage,
            sha256: known.registered.sha256,
            verdict: known.registered.verdict,
            assumed: known.registered.assumed,
            waiver: known.registered.waiver,
            by: &known.on.by,
            at: known.on.at,
        };
        let waived = |waiver: &'a crate::contract::state::Waiver| WaivedView {
            version: waiver.waived.version,
            request: waiver.waived.request,
            reason: &waiver.waived.reason,
            until: waiver.waived.until.to_string(),
        };
        Self {
            contract: &state.name,
            mode: state.mode,
            formats: state.formats,
            owner: state.owner.as_ref(),
            newest: state.newest(),
            versions: state.versions.iter().map(version).collect(),
            consumers: state
                .pins
                .iter()
                .map(|(repo, pin)| PinView { repo, version: pin.version, needs: pin.needs.as_ref() })
                .collect(),
            waivers: state.waivers.iter().map(waived).collect(),
            conflicts: state.conflicts.iter().map(|conflict| conflict.what.clone()).collect(),
        }
    }
}

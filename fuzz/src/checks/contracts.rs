//! Contracts: their logs, their schemas, and documents held against them.

use std::cell::Cell;
use std::collections::BTreeMap;

use coordination_ledger::contract::lint::{FINDINGS_MAX, Subject, lint};
use coordination_ledger::contract::position::line_of;
use coordination_ledger::contract::schema::{self, FAULTS_MAX, document_faults};
use coordination_ledger::contract::state::ContractState;
use coordination_ledger::contract::{Answer, Draft, Limits, OpenContent, Question, Resources, compare};
use coordination_ledger::domain::graph::{Graph, contract_root};
use coordination_ledger::domain::id::{ContractName, Stream};
use coordination_ledger::registry::Shelf;
use coordination_ledger::store::fs::log;
use serde_json::Value;

use super::events::hashed_lines;

/// The longest schema that is asked about: what is larger finds nothing new, slowly.
const SCHEMA_BYTES_MAX: usize = 2048;
/// How often a question may ask whether its time is up.
const ASKED_MAX: u32 = 400;

/// Lines of a contract's log.
pub(super) fn contract_log(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let name: ContractName = "billing.invoice".parse().expect("a name");
    let lines = hashed_lines(text.lines(), contract_root(&name));
    let Ok(read) = log::parse(lines.join("\n").as_bytes()) else { return };
    let Ok(graph) = Graph::of_contract(&name, read.events.clone()) else { return };
    assert_eq!(*graph.stream(), Stream::Contract(name.clone()));
    let state = ContractState::replay(&name, &graph);
    let mut other = read.events.clone();
    other.reverse();
    other.extend(read.events.iter().step_by(2).cloned());
    let turned = Graph::of_contract(&name, other).expect("the order of lines means nothing");
    assert_eq!(ContractState::replay(&name, &turned), state, "the order counts");
    let before = graph.at_version(super::choice(data, read.events.len() + 1) as u64);
    assert_eq!(before.merge(graph.clone()).as_ref(), Ok(&graph));
    let shelf = Shelf::new(&name, graph, BTreeMap::from([(1, b"{}".to_vec())]));
    assert!(shelf.changed().len() <= shelf.state.versions.len());
    assert!(shelf.unregistered().iter().all(|version| !shelf.state.versions.contains_key(version)));
}

/// A schema: read, checked, compared with itself, looked over.
pub(super) fn schema(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > SCHEMA_BYTES_MAX {
        return;
    }
    let Ok(schema) = schema::read(text) else { return };
    let resources = Resources::default();
    let faults = schema::faults(&schema, &resources);
    assert!(faults.len() <= FAULTS_MAX);
    assert!(faults.iter().all(|fault| line_of(text, &fault.pointer) <= text.split('\n').count()));
    let within = Asked::default();
    let subject = Subject { schema: &schema, draft: Draft::DEFAULT, formats: false, resources: &resources };
    let findings = lint(&subject, &Limits { is_over: &|| within.is_over() });
    assert!(findings.len() <= FINDINGS_MAX + 1);
    assert!(findings.iter().all(|finding| line_of(text, &finding.pointer) <= text.split('\n').count()));
    if faults.is_empty() {
        let answer = answer(&schema, &schema, &resources);
        assert!(!matches!(answer, Answer::NotContained { .. }), "a schema is contained in itself: {answer:?}");
    }
}

/// Two schemas and a document, a line each.
pub(super) fn document(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let (Some(sub), Some(sup)) = (lines.next(), lines.next()) else { return };
    if sub.len() + sup.len() > SCHEMA_BYTES_MAX {
        return;
    }
    let document = schema::read(lines.next().unwrap_or("null"));
    let (Ok(sub), Ok(sup)) = (schema::read(sub), schema::read(sup)) else { return };
    let resources = Resources::default();
    if [&sub, &sup].iter().any(|schema| !schema::faults(schema, &resources).is_empty()) {
        return;
    }
    let validator = |schema: &Value| schema::validator(schema, &resources, false).expect("a schema without faults");
    let (under_sub, under_sup) = (validator(&sub), validator(&sup));
    if let Ok(document) = &document {
        let faults = document_faults(&under_sub, document, 5);
        assert_eq!(faults.is_empty(), under_sub.is_valid(document));
        assert!(faults.len() <= 5);
        assert!(faults.iter().all(|fault| document.pointer(&fault.pointer).is_some()), "{faults:?}");
    }
    match answer(&sub, &sup, &resources) {
        Answer::Contained { reason } => {
            if let Ok(document) = &document {
                assert!(!under_sub.is_valid(document) || under_sup.is_valid(document), "{document} shows it: {reason}");
            }
        }
        Answer::NotContained { witness, .. } => {
            let document = witness.document();
            assert!(under_sub.is_valid(document) && !under_sup.is_valid(document), "{document} is no witness");
        }
        Answer::Unknown { reason } => assert!(!reason.is_empty()),
    }
}

fn answer(sub: &Value, sup: &Value, resources: &Resources) -> Answer {
    let within = Asked::default();
    let question =
        Question { sub, sup, draft: Draft::DEFAULT, formats: false, open_content: OpenContent::Strict, resources };
    compare(&question, &Limits { is_over: &|| within.is_over() })
}

/// A limit that is the same on every machine: how often it was asked for.
#[derive(Default)]
struct Asked(Cell<u32>);

impl Asked {
    fn is_over(&self) -> bool {
        self.0.set(self.0.get() + 1);
        self.0.get() > ASKED_MAX
    }
}

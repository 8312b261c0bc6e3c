//! `ledger contract`

mod bad_input;
mod compare;
mod documents;
mod gate;
mod git;
mod hostile_git;
mod life;
mod lint;
mod matrix;
mod needs;
mod outputs;
mod registry;
mod requests;
mod verify;
mod waivers;

use crate::common::Sandbox;

/// Of an invoice: the first version, one that adds an optional member, one that narrows a type.
const INVOICES: [(&str, &str); 3] = [
    ("v1", r#"{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}"#),
    ("v2", r#"{"type":"object","properties":{"id":{"type":"integer"},"note":{"type":"string"}},"required":["id"]}"#),
    ("v3", r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#),
];

/// A ledger with the files `v1.json`, `v2.json` (compatible with the first if members are declared) and `v3.json`
/// (which breaks both), none of them registered.
fn files() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, schema) in INVOICES {
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(schema).unwrap()).unwrap();
        std::fs::write(sandbox.path(&format!("{name}.json")), pretty + "\n").unwrap();
    }
    sandbox
}

/// The same with `billing.invoice@1` and `@2` registered, owned by billing, and shop pinned to the first.
fn invoices() -> Sandbox {
    let sandbox = files();
    sandbox.run("ledger contract add billing.invoice v1.json --owner billing");
    sandbox.run("ledger contract add billing.invoice v2.json");
    sandbox.run("ledger contract pin billing.invoice@1 --consumer shop");
    sandbox
}

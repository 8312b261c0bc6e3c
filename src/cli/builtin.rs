//! The JSON Schemas that are built into the program, as they stand in `schemas/ledger/`.

/// A schema: its name, as `ledger schema` takes it, and its text.
pub type Schema = (&'static str, &'static str);

/// The schemas of the ledger's own formats.
pub const FORMATS: [Schema; 6] = [
    ("packet", include_str!("../../schemas/ledger/packet.schema.json")),
    ("request", include_str!("../../schemas/ledger/request.schema.json")),
    ("event", include_str!("../../schemas/ledger/event.schema.json")),
    ("index", include_str!("../../schemas/ledger/index.schema.json")),
    ("workflow", include_str!("../../schemas/ledger/workflow.schema.json")),
    ("ledger", include_str!("../../schemas/ledger/ledger.schema.json")),
];

/// The schemas of the request types' details.
pub const TYPES: [Schema; 4] = [
    ("types/bug", include_str!("../../schemas/ledger/types/bug.schema.json")),
    ("types/feature", include_str!("../../schemas/ledger/types/feature.schema.json")),
    ("types/incident", include_str!("../../schemas/ledger/types/incident.schema.json")),
    ("types/contract-change", include_str!("../../schemas/ledger/types/contract-change.schema.json")),
];

/// The schemas of what commands print as JSON. They describe this program, not a ledger's files, so no ledger keeps them.
pub const OUTPUTS: [Schema; 71] = [
    ("output/adopt", include_str!("../../schemas/ledger/output/adopt.schema.json")),
    ("output/apply", include_str!("../../schemas/ledger/output/apply.schema.json")),
    ("output/approve", include_str!("../../schemas/ledger/output/approve.schema.json")),
    ("output/blocked", include_str!("../../schemas/ledger/output/blocked.schema.json")),
    ("output/checkpoint", include_str!("../../schemas/ledger/output/checkpoint.schema.json")),
    ("output/claim", include_str!("../../schemas/ledger/output/claim.schema.json")),
    ("output/config-get", include_str!("../../schemas/ledger/output/config-get.schema.json")),
    ("output/config-list", include_str!("../../schemas/ledger/output/config-list.schema.json")),
    ("output/config-path", include_str!("../../schemas/ledger/output/config-path.schema.json")),
    ("output/config-set", include_str!("../../schemas/ledger/output/config-set.schema.json")),
    ("output/config-unset", include_str!("../../schemas/ledger/output/config-unset.schema.json")),
    ("output/conflicts", include_str!("../../schemas/ledger/output/conflicts.schema.json")),
    ("output/contract-activate", include_str!("../../schemas/ledger/output/contract-activate.schema.json")),
    ("output/contract-add", include_str!("../../schemas/ledger/output/contract-add.schema.json")),
    ("output/contract-can-i-deploy", include_str!("../../schemas/ledger/output/contract-can-i-deploy.schema.json")),
    ("output/contract-check", include_str!("../../schemas/ledger/output/contract-check.schema.json")),
    ("output/contract-compare", include_str!("../../schemas/ledger/output/contract-compare.schema.json")),
    ("output/contract-deprecate", include_str!("../../schemas/ledger/output/contract-deprecate.schema.json")),
    ("output/contract-diff", include_str!("../../schemas/ledger/output/contract-diff.schema.json")),
    ("output/contract-formats", include_str!("../../schemas/ledger/output/contract-formats.schema.json")),
    ("output/contract-import", include_str!("../../schemas/ledger/output/contract-import.schema.json")),
    ("output/contract-lint", include_str!("../../schemas/ledger/output/contract-lint.schema.json")),
    ("output/contract-list", include_str!("../../schemas/ledger/output/contract-list.schema.json")),
    ("output/contract-log", include_str!("../../schemas/ledger/output/contract-log.schema.json")),
    ("output/contract-matrix", include_str!("../../schemas/ledger/output/contract-matrix.schema.json")),
    ("output/contract-mode", include_str!("../../schemas/ledger/output/contract-mode.schema.json")),
    ("output/contract-owner", include_str!("../../schemas/ledger/output/contract-owner.schema.json")),
    ("output/contract-pin", include_str!("../../schemas/ledger/output/contract-pin.schema.json")),
    ("output/contract-propose", include_str!("../../schemas/ledger/output/contract-propose.schema.json")),
    ("output/contract-retire", include_str!("../../schemas/ledger/output/contract-retire.schema.json")),
    ("output/contract-show", include_str!("../../schemas/ledger/output/contract-show.schema.json")),
    ("output/contract-status", include_str!("../../schemas/ledger/output/contract-status.schema.json")),
    ("output/contract-unpin", include_str!("../../schemas/ledger/output/contract-unpin.schema.json")),
    ("output/contract-validate", include_str!("../../schemas/ledger/output/contract-validate.schema.json")),
    ("output/contract-waive", include_str!("../../schemas/ledger/output/contract-waive.schema.json")),
    ("output/demo", include_str!("../../schemas/ledger/output/demo.schema.json")),
    ("output/doctor", include_str!("../../schemas/ledger/output/doctor.schema.json")),
    ("output/error", include_str!("../../schemas/ledger/output/error.schema.json")),
    ("output/evidence", include_str!("../../schemas/ledger/output/evidence.schema.json")),
    ("output/export", include_str!("../../schemas/ledger/output/export.schema.json")),
    ("output/graph", include_str!("../../schemas/ledger/output/graph.schema.json")),
    ("output/heartbeat", include_str!("../../schemas/ledger/output/heartbeat.schema.json")),
    ("output/ids-lease", include_str!("../../schemas/ledger/output/ids-lease.schema.json")),
    ("output/ids-list", include_str!("../../schemas/ledger/output/ids-list.schema.json")),
    ("output/import", include_str!("../../schemas/ledger/output/import.schema.json")),
    ("output/index", include_str!("../../schemas/ledger/output/index.schema.json")),
    ("output/init", include_str!("../../schemas/ledger/output/init.schema.json")),
    ("output/list", include_str!("../../schemas/ledger/output/list.schema.json")),
    ("output/log", include_str!("../../schemas/ledger/output/log.schema.json")),
    ("output/man", include_str!("../../schemas/ledger/output/man.schema.json")),
    ("output/new", include_str!("../../schemas/ledger/output/new.schema.json")),
    ("output/note", include_str!("../../schemas/ledger/output/note.schema.json")),
    ("output/notice", include_str!("../../schemas/ledger/output/notice.schema.json")),
    ("output/prime", include_str!("../../schemas/ledger/output/prime.schema.json")),
    ("output/prove", include_str!("../../schemas/ledger/output/prove.schema.json")),
    ("output/ready", include_str!("../../schemas/ledger/output/ready.schema.json")),
    ("output/release", include_str!("../../schemas/ledger/output/release.schema.json")),
    ("output/repair-merge", include_str!("../../schemas/ledger/output/repair-merge.schema.json")),
    ("output/resolve", include_str!("../../schemas/ledger/output/resolve.schema.json")),
    ("output/resolve-id", include_str!("../../schemas/ledger/output/resolve-id.schema.json")),
    ("output/respond", include_str!("../../schemas/ledger/output/respond.schema.json")),
    ("output/schema", include_str!("../../schemas/ledger/output/schema.schema.json")),
    ("output/search", include_str!("../../schemas/ledger/output/search.schema.json")),
    ("output/setup-git", include_str!("../../schemas/ledger/output/setup-git.schema.json")),
    ("output/show", include_str!("../../schemas/ledger/output/show.schema.json")),
    ("output/sql", include_str!("../../schemas/ledger/output/sql.schema.json")),
    ("output/stats", include_str!("../../schemas/ledger/output/stats.schema.json")),
    ("output/sync", include_str!("../../schemas/ledger/output/sync.schema.json")),
    ("output/transition", include_str!("../../schemas/ledger/output/transition.schema.json")),
    ("output/verify", include_str!("../../schemas/ledger/output/verify.schema.json")),
    ("output/watch", include_str!("../../schemas/ledger/output/watch.schema.json")),
];

/// The text of a built-in schema.
#[must_use]
pub fn schema(name: &str) -> Option<&'static str> {
    FORMATS.iter().chain(&TYPES).chain(&OUTPUTS).find(|(known, _)| *known == name).map(|(_, text)| *text)
}

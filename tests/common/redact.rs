//! Takes out of a text what differs from one run to the next. Widths stay, so that columns do.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// What is looked for, and what is put in its place; earlier ones first.
const REDACTIONS: [(&str, &str); 19] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "YYYY-MM-DDThh:mm:ss.mmmZ"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "YYYY-MM-DD hh:mm:ssZ"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[uuid]"),
    (r"\b[0-9a-f]{64}\b", "[hash]"),
    (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:[key]"),
    (r"[A-Za-z0-9+/]{43}=", "[root]"),
    (r"checkpoint\.[0-9a-f]{16}\.sig", "checkpoint.[key].sig"),
    (r"(?s)-----BEGIN SSH SIGNATURE-----.*?-----END SSH SIGNATURE-----", "[signature]"),
    (r"\b[0-9a-f]{12}\b", "[head]"),
    (r#""writer":"[a-z0-9]{8}""#, r#""writer":"[writer]""#),
    (r#""workflow":"[0-9a-f]{16}""#, r#""workflow":"[workflow]""#),
    (r#""tick":\d+"#, r#""tick":0"#),
    (r#"pid \d+ on [^\s;,"]+"#, "pid [pid] on [host]"),
    (r"after \d+ ms", "after [n] ms"),
    (r"(ledger: |, )\d+ ms\b", "${1}[n] ms"),
    (r"\(in \d+ min\)", "(in [n] min)"),
    (r"\d+ syncs?", "[n] syncs"),
    (r"\.[0-9a-f]{40}\b", ".[place]"),
    (r"\b[0-9a-f]{40}\b", "[commit]"),
];

static COMPILED: LazyLock<Vec<(Regex, &str)>> =
    LazyLock::new(|| REDACTIONS.iter().map(|(look_for, put)| (Regex::new(look_for).unwrap(), *put)).collect());

/// A text without times, hashes, identities, and the place where it was made.
pub(crate) fn redact(text: &str, folder: &Path) -> String {
    let mut text = text.replace(&*folder.to_string_lossy(), "[tmp]");
    text = text.replace(&format!("REQ-{}-", super::today()), "REQ-YYYYMMDD-");
    text = text.replace(&format!("request {}-", &super::today()[4..]), "request MMDD-");
    for (look_for, put) in COMPILED.iter() {
        text = look_for.replace_all(&text, *put).into_owned();
    }
    text
}

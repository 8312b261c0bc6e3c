//! What formats admit, where a pattern can say it.

/// How a format is compared.
pub(super) enum Meaning {
    /// It admits what this pattern matches.
    Pattern(&'static str),
    /// It asserts something that no pattern here says.
    Opaque,
}

/// The meaning of a format's name; `None` for names that assert nothing.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    Some(match name {
        "ipv4" => Meaning::Pattern(
            r"^(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$",
        ),
        "uuid" => Meaning::Pattern(r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"),
        "date"
        | "time"
        | "date-time"
        | "duration"
        | "email"
        | "idn-email"
        | "hostname"
        | "idn-hostname"
        | "ipv6"
        | "uri"
        | "uri-reference"
        | "iri"
        | "iri-reference"
        | "uri-template"
        | "json-pointer"
        | "relative-json-pointer"
        | "regex" => Meaning::Opaque,
        _ => return None,
    })
}

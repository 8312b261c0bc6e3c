//! The request packet: what is asked of whom. Written once and never again.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::hash::Hash;
use super::id::{Actor, ContractRef, Key, Label, RepoId, RequestId, RequestType};
use super::time::{DashedDay, Timestamp};
use super::{FORMAT, json};

/// The largest packet file, in bytes.
pub const PACKET_BYTES_MAX: usize = 256 * 1024;
/// The longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 300;
/// The most entries of any list in a packet.
pub const LIST_MAX: usize = 256;
/// The longest single entry of a list of texts, in bytes.
pub const ITEM_BYTES_MAX: usize = 16 * 1024;

/// A packet that can't be read or breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPacket {
    /// Larger than [`PACKET_BYTES_MAX`].
    #[error("the packet has {0} bytes; the most is {PACKET_BYTES_MAX}")]
    TooLarge(usize),
    /// Not UTF-8.
    #[error("the packet is not UTF-8")]
    NotUtf8,
    /// Not JSON as this ledger takes it, or not of a packet's shape.
    #[error("the packet is not valid: {0}")]
    Json(#[from] json::BadJson),
    /// A rule that the shape alone does not say.
    #[error("the packet is not valid: {field}: {rule}")]
    Rule {
        /// The field.
        field: &'static str,
        /// The rule that it breaks.
        rule: String,
    },
}

/// How urgent a request is; P0 is the most urgent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Priority {
    /// Drop everything.
    P0,
    /// Next.
    P1,
    /// In the ordinary course.
    #[default]
    P2,
    /// When there is time.
    P3,
}

impl Priority {
    /// All priorities, most urgent first.
    pub const ALL: [Self; 4] = [Self::P0, Self::P1, Self::P2, Self::P3];
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How strictly a request is run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything on record; nobody's leave is needed.
    #[default]
    Tracked,
    /// Roles and approvals are demanded.
    Governed,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tracked => "tracked",
            Self::Governed => "governed",
        })
    }
}

/// A request packet as it stands in its file. The field names are those of the coordination templates in public use.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    /// Version of the file format.
    pub format: u32,
    /// The request's id, also the file's name.
    pub request_id: RequestId,
    /// A UUIDv7 (RFC 9562): the identity where two clones took the same number.
    pub uid: Uuid,
    /// When it was made, by the ledger's clock.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// The repository that asks.
    pub origin_repo_id: RepoId,
    /// The repositories that are asked, at least one.
    pub target_repo_ids: Vec<RepoId>,
    /// The kind of request, as the workflow names it.
    pub request_type: RequestType,
    /// What is asked, in a line. Other trackers let line breaks in, so they are kept; they are shown as `\\n`.
    pub title: String,
    /// What is asked, at length.
    #[serde(default)]
    pub description: String,
    /// How the asker will see that it is done.
    #[serde(default)]
    pub success_criteria: Vec<String>,
    /// What must be handed over.
    #[serde(default)]
    pub required_artifacts: Vec<String>,
    /// Contract versions that it is about.
    #[serde(default)]
    pub contracts: Vec<ContractRef>,
    /// What must stay compatible.
    #[serde(default)]
    pub compatibility_constraints: Vec<String>,
    /// Requests that must be settled first.
    #[serde(default)]
    pub dependencies: Vec<RequestId>,
    /// The request that this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RequestId>,
    /// Urgency.
    #[serde(default)]
    pub priority: Priority,
    /// Free labels.
    #[serde(default)]
    pub labels: Vec<Label>,
    /// The day by which it is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DashedDay>,
    /// How much time may be spent, in the team's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_budget: Option<String>,
    /// Whether a sponsor must approve before it is closed, whatever the mode.
    #[serde(default)]
    pub sponsor_approval_required: bool,
    /// How strictly it is run.
    #[serde(default)]
    pub coordination_mode: Mode,
    /// Who should see it, in the team's own form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<Map<String, Value>>,
    /// What the request type demands; checked against the type's schema when the request is made.
    #[serde(default)]
    pub details: Map<String, Value>,
    /// The key that names the intent to make this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
}

impl Packet {
    /// Reads a packet from its file's bytes and checks every rule that concerns the packet alone.
    ///
    /// # Errors
    /// [`BadPacket`] names the rule.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadPacket> {
        if bytes.len() > PACKET_BYTES_MAX {
            return Err(BadPacket::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadPacket::NotUtf8)?;
        let packet: Self = match json::read(text) {
            Ok(packet) => packet,
            Err(error) => read_newer(text).ok_or(error)?,
        };
        packet.check()?;
        Ok(packet)
    }

    /// Whether these bytes, of which this packet was read, say what was read, all of it and in the shapes that the schema
    /// gives it. How it is spelled is free; a newer format may say more.
    #[must_use]
    pub fn is_all_of(&self, bytes: &[u8]) -> bool {
        if self.format > super::FORMAT {
            return true;
        }
        let Ok(own) = self.to_bytes() else { return false };
        own == bytes
            || std::str::from_utf8(&own)
                .is_ok_and(|own| std::str::from_utf8(bytes).is_ok_and(|bytes| json::say_the_same(own, bytes)))
    }

    /// The bytes of the packet's file: pretty-printed, keys in order, one final newline.
    ///
    /// # Errors
    /// [`BadPacket`] if the packet breaks a rule or would be too large.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BadPacket> {
        self.check()?;
        let mut text = serde_json::to_string_pretty(self).map_err(json::BadJson::from)?;
        // What `details` or a description holds must be readable again under the same rules.
        json::check(&text)?;
        text.push('\n');
        let bytes = text.into_bytes();
        if bytes.len() > PACKET_BYTES_MAX {
            return Err(BadPacket::TooLarge(bytes.len()));
        }
        Ok(bytes)
    }

    /// The identity of a packet: the SHA-256 of its file's bytes.
    #[must_use]
    pub fn hash_of(bytes: &[u8]) -> Hash {
        Hash::of(&[bytes])
    }

    /// Whether `other` asks for the same thing: all but the identity, the moment and the maker.
    #[must_use]
    pub fn same_intent(&self, other: &Self) -> bool {
        let like_other = Self {
            format: other.format,
            request_id: other.request_id,
            uid: other.uid,
            created_at: other.created_at,
            created_by: other.created_by.clone(),
            ..self.clone()
        };
        like_other == *other
    }

    fn check(&self) -> Result<(), BadPacket> {
        let rule = |field, rule: &str| Err(BadPacket::Rule { field, rule: rule.to_owned() });
        if self.format == 0 {
            return rule("format", "counts from 1");
        }
        if self.title.trim().is_empty() || self.title.chars().count() > TITLE_CHARS_MAX {
            return rule("title", "1 to 300 characters, not only blanks");
        }
        if self.target_repo_ids.is_empty() {
            return rule("target_repo_ids", "at least one repository");
        }
        if has_doubles(&self.target_repo_ids) {
            return rule("target_repo_ids", "each repository once");
        }
        if has_doubles(&self.dependencies) {
            return rule("dependencies", "each request once");
        }
        for (field, len) in [
            ("target_repo_ids", self.target_repo_ids.len()),
            ("success_criteria", self.success_criteria.len()),
            ("required_artifacts", self.required_artifacts.len()),
            ("contracts", self.contracts.len()),
            ("compatibility_constraints", self.compatibility_constraints.len()),
            ("dependencies", self.dependencies.len()),
            ("labels", self.labels.len()),
        ] {
            if len > LIST_MAX {
                return rule(field, "at most 256 entries");
            }
        }
        for (field, list) in [
            ("success_criteria", &self.success_criteria),
            ("required_artifacts", &self.required_artifacts),
            ("compatibility_constraints", &self.compatibility_constraints),
        ] {
            if list.iter().any(|item| item.trim().is_empty() || item.len() > ITEM_BYTES_MAX) {
                return rule(field, "each entry 1 to 16384 bytes, not only blanks");
            }
        }
        Ok(())
    }
}

fn has_doubles<T: Ord>(list: &[T]) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    !list.iter().all(|item| seen.insert(item))
}

/// Reads what this program knows of a packet of a newer format. `None` if it is not of a newer format either.
fn read_newer(text: &str) -> Option<Packet> {
    let mut value: Value = json::read(text).ok()?;
    let members = value.as_object_mut()?;
    if members.get("format")?.as_u64()? <= u64::from(FORMAT) {
        return None;
    }
    let unknown: Vec<String> = members.keys().filter(|name| !FIELDS.contains(&name.as_str())).cloned().collect();
    for name in unknown {
        members.remove(&name);
    }
    serde_json::from_value(value).ok()
}

/// The fields of a packet, in the order of the file.
pub const FIELDS: [&str; 25] = [
    "format",
    "request_id",
    "uid",
    "created_at",
    "created_by",
    "origin_repo_id",
    "target_repo_ids",
    "request_type",
    "title",
    "description",
    "success_criteria",
    "required_artifacts",
    "contracts",
    "compatibility_constraints",
    "dependencies",
    "parent",
    "priority",
    "labels",
    "due",
    "timeout_budget",
    "sponsor_approval_required",
    "coordination_mode",
    "routing",
    "details",
    "key",
];

/// A packet that has no identity yet: the store gives it one.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft(Packet);

impl Draft {
    /// Reads a draft from the JSON of a packet without `format`, `request_id`, `uid` and `created_at`.
    ///
    /// # Errors
    /// [`BadPacket`] names the rule.
    pub fn from_json(mut members: Map<String, Value>, maker: &Actor) -> Result<Self, BadPacket> {
        let given = ["format", "request_id", "uid", "created_at"].into_iter().find(|name| members.contains_key(*name));
        if let Some(field) = given {
            return Err(BadPacket::Rule { field, rule: "the ledger gives it; leave it out".to_owned() });
        }
        members.insert("format".into(), FORMAT.into());
        members.insert("request_id".into(), "REQ-19700101-0001".into());
        members.insert("uid".into(), Uuid::nil().to_string().into());
        members.insert("created_at".into(), Timestamp::from_unix_ms(0).to_string().into());
        members.entry("created_by").or_insert_with(|| maker.as_str().into());
        let packet: Packet = serde_json::from_value(Value::Object(members)).map_err(json::BadJson::from)?;
        packet.check()?;
        Ok(Self(packet))
    }

    /// The draft's fields; its identity and moment are placeholders.
    #[must_use]
    pub fn fields(&self) -> &Packet {
        &self.0
    }

    /// Raises the coordination mode to at least `least`.
    #[must_use]
    pub fn at_least(mut self, least: Mode) -> Self {
        self.0.coordination_mode = self.0.coordination_mode.max(least);
        self
    }

    /// The packet with its identity. `random` are the random bits of the UUIDv7.
    #[must_use]
    pub fn identify(&self, request_id: RequestId, created_at: Timestamp, random: [u8; 10]) -> Packet {
        let ms = created_at.unix_ms().unsigned_abs();
        let uid = uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid();
        Packet { request_id, uid, created_at, ..self.0.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let json = r#"{"title":"Add a field","origin_repo_id":"shop","target_repo_ids":["billing"],
            "request_type":"feature","details":{"b":1,"a":2},"key":"k1"}"#;
        let Value::Object(members) = serde_json::from_str(json).unwrap() else { panic!() };
        Draft::from_json(members, &"alice".parse().unwrap()).unwrap()
    }

    fn packet() -> Packet {
        let at = "2026-11-20T15:11:00.123Z".parse().unwrap();
        draft().identify("REQ-20261120-0001".parse().unwrap(), at, [7; 10])
    }

    #[test]
    fn a_packet_is_read_back_as_it_was_written() {
        let bytes = packet().to_bytes().unwrap();
        assert!(bytes.ends_with(b"}\n"));
        assert_eq!(Packet::parse(&bytes).unwrap(), packet());
    }

    #[test]
    fn keys_stand_in_the_documented_order() {
        let text = String::from_utf8(packet().to_bytes().unwrap()).unwrap();
        let places: Vec<usize> = FIELDS.iter().filter_map(|f| text.find(&format!("\n  \"{f}\":"))).collect();
        assert!(places.is_sorted(), "{text}");
        assert_eq!(places.len(), FIELDS.len() - 4, "all but parent, due, timeout_budget and routing");
    }

    #[test]
    fn intent_leaves_out_identity_moment_and_maker() {
        let mut other = packet();
        other.request_id = "REQ-20261121-0009".parse().unwrap();
        other.created_by = "bob".parse().unwrap();
        assert!(packet().same_intent(&other));
        other.title.push('!');
        assert!(!packet().same_intent(&other));
    }

    #[test]
    fn a_newer_format_is_read_as_far_as_it_is_known() {
        let text = String::from_utf8(packet().to_bytes().unwrap()).unwrap();
        let newer = text.replace("\"format\": 1", "\"format\": 2,\n  \"colour\": \"red\"");
        assert_eq!(Packet::parse(newer.as_bytes()).unwrap().format, 2);
        let same = text.replace("\"format\": 1", "\"format\": 1,\n  \"colour\": \"red\"");
        assert!(Packet::parse(same.as_bytes()).unwrap_err().to_string().contains("colour"));
    }

    #[test]
    fn rules_are_kept() {
        for (change, part) in [
            (("\"title\": \"Add a field\"", "\"title\": \"  \""), "title"),
            (("\"billing\"", "\"billing\", \"billing\""), "each repository once"),
            (("\"billing\"", ""), "at least one"),
            (("\"key\": \"k1\"", "\"key\": \"k1\", \"key\": \"k2\""), "twice"),
        ] {
            let text = String::from_utf8(packet().to_bytes().unwrap()).unwrap().replace(change.0, change.1);
            let error = Packet::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}

//! Events: what happened to a request, one JSON line each, appended and never edited.
//!
//! The hash of an event covers the bytes of its line, so checking needs no re-serialization: it is SHA-256 over
//! [`DOMAIN_TAG`] and the line without its `,"hash":"…"`.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use super::body::{
    Approved, Body, Claimed, ContractBody, Created, CreatedData, Distinct, Evidence, EvidenceAdded, KeyResolved, Noted,
    Other, PartStatus, Released, Resolved, ResolvedData, Responded, TEXT_BYTES_MAX, Transitioned, TransitionedData,
};
use super::hash::Hash;
use super::id::{Actor, Key, SecretKind, Stream, Writer};
use super::packet::Packet;
use super::secret;
use super::time::Hybrid;
use super::workflow::StateName;
use super::{FORMAT, json, line};

/// Sets an event's hash apart from every other use of SHA-256.
pub const DOMAIN_TAG: &[u8] = b"ledger-event-v1\n";
/// The longest line, in bytes, without its newline.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;
/// The most heads that one event can name.
pub const PARENTS_MAX: usize = 64;

/// A line that is not an event of this ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEvent {
    /// Longer than [`LINE_BYTES_MAX`].
    #[error("the line has {0} bytes; the most is {LINE_BYTES_MAX}")]
    TooLong(usize),
    /// Not JSON as this ledger takes it, or not of an event's shape.
    #[error("not an event: {0}")]
    Json(#[from] json::BadJson),
    /// The line does not end in `,"hash":"…"}`.
    #[error("the line does not end in its hash")]
    NoHash,
    /// The bytes are not those that were hashed.
    #[error("the line was changed: its hash does not match its bytes")]
    WrongHash,
    /// A rule that the shape alone does not say.
    #[error("not an event: {0}")]
    Rule(String),
}

/// An event as it stands in its log: the line, and what it says. Cheap to clone.
#[derive(Clone, PartialEq, Debug)]
pub struct Event(Arc<Said>);

/// What an event says.
#[derive(PartialEq, Debug)]
struct Said {
    format: u32,
    stream: Stream,
    n: u64,
    clock: Hybrid,
    writer: Writer,
    by: Actor,
    key: Option<Key>,
    body: Body,
    allowed_secrets: Vec<SecretKind>,
    parents: Vec<Hash>,
    hash: Hash,
    line: Box<str>,
}

/// What a writer says of an event before it is sealed.
#[derive(Clone, Debug)]
pub struct Unsealed {
    /// What it is about.
    pub stream: Stream,
    /// The hybrid clock's reading.
    pub clock: Hybrid,
    /// Which clone writes.
    pub writer: Writer,
    /// Who acts.
    pub by: Actor,
    /// The idempotency key.
    pub key: Option<Key>,
    /// What happened.
    pub body: Body,
    /// One more than the largest `n` among the parents.
    pub n: u64,
    /// All heads that the writer saw; for a first event the packet's hash.
    pub parents: Vec<Hash>,
}

impl Unsealed {
    /// The line, without its hash.
    fn text(&self, allowed_secrets: &[SecretKind]) -> Result<String, BadEvent> {
        let (from, to, data) = wire_body(&self.body)?;
        let wire = Wire {
            format: FORMAT,
            stream: Cow::Owned(self.stream.to_string()),
            n: self.n,
            at: Cow::Owned(self.clock.at.to_string()),
            tick: self.clock.tick,
            writer: self.writer.clone(),
            by: self.by.clone(),
            kind: Cow::Borrowed(self.body.kind()),
            from,
            to,
            key: self.key.clone(),
            data: data.as_deref(),
            allowed_secrets: Some(allowed_secrets.to_vec()).filter(|kinds| !kinds.is_empty()),
            parents: self.parents.clone(),
            hash: None,
        };
        Ok(serde_json::to_string(&wire).map_err(json::BadJson::from)?)
    }
}

/// One line's JSON, in the order of its members.
#[derive(Serialize, Deserialize)]
pub(super) struct Wire<'a> {
    pub(super) format: u32,
    #[serde(borrow)]
    pub(super) stream: Cow<'a, str>,
    pub(super) n: u64,
    #[serde(borrow)]
    pub(super) at: Cow<'a, str>,
    pub(super) tick: u64,
    pub(super) writer: Writer,
    pub(super) by: Actor,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<StateName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<StateName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Key>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) allowed_secrets: Option<Vec<SecretKind>>,
    pub(super) parents: Vec<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<Hash>,
}

/// `,"hash":"` + 64 digits + `"}`.
pub(super) const TAIL_BYTES: usize = 9 + 64 + 2;

impl Event {
    /// Seals an event: fixes its line and computes its hash. What it holds that is plainly a credential is recorded by
    /// kind; whether it may be written is for the caller to say.
    ///
    /// # Errors
    /// [`BadEvent`] if it breaks a rule or its line would be too long.
    pub fn seal(unsealed: Unsealed) -> Result<Self, BadEvent> {
        Self::seal_beside(unsealed, &[])
    }

    /// The same for an event that puts a file on record, a packet or a schema, in which these credentials are.
    ///
    /// # Errors
    /// [`BadEvent`] as for [`Self::seal`].
    pub fn seal_beside(unsealed: Unsealed, in_file: &[secret::Found]) -> Result<Self, BadEvent> {
        unsealed.body.check().map_err(BadEvent::Rule)?;
        if unsealed.parents.is_empty() || unsealed.parents.len() > PARENTS_MAX {
            return Err(BadEvent::Rule(format!("an event has 1 to {PARENTS_MAX} parents")));
        }
        let mut line = unsealed.text(&[])?;
        json::check(&line)?;
        let allowed_secrets = secret::kinds(&[secret::in_line(&line).as_slice(), in_file].concat());
        if !allowed_secrets.is_empty() {
            line = unsealed.text(&allowed_secrets)?;
        }
        let hash = Hash::of(&[DOMAIN_TAG, line.as_bytes()]);
        line.pop();
        line.push_str(",\"hash\":\"");
        line.push_str(&hash.to_string());
        line.push_str("\"}");
        if line.len() > LINE_BYTES_MAX {
            return Err(BadEvent::TooLong(line.len()));
        }
        let Unsealed { stream, clock, writer, by, key, body, n, parents } = unsealed;
        let line = line.into();
        let said =
            Said { format: FORMAT, stream, n, clock, writer, by, key, body, allowed_secrets, parents, hash, line };
        Ok(Self(Arc::new(said)))
    }

    /// The first event of a request.
    ///
    /// # Errors
    /// [`BadEvent`] as for [`Self::seal`].
    pub fn genesis(packet: &Packet, packet_hash: Hash, genesis: &Genesis) -> Result<Self, BadEvent> {
        let unsealed = Unsealed {
            stream: Stream::Request(packet.request_id),
            clock: genesis.clock,
            writer: genesis.writer.clone(),
            by: packet.created_by.clone(),
            key: None,
            body: Body::Created(Created { to: genesis.to.clone(), data: genesis.data.clone() }),
            n: 1,
            parents: vec![packet_hash],
        };
        Self::seal_beside(unsealed, &secret::in_packet(packet))
    }

    /// Reads one line (without its newline) and checks its hash, shape and bounds.
    ///
    /// # Errors
    /// [`BadEvent`] names what is wrong.
    pub fn parse(line: &str) -> Result<Self, BadEvent> {
        if line.len() > LINE_BYTES_MAX {
            return Err(BadEvent::TooLong(line.len()));
        }
        let line::Parts { format, stream, n, clock, writer, by, key, body, allowed_secrets, parents, hash } =
            line::read(line)?;
        let line = line.into();
        Ok(Self(Arc::new(Said {
            format,
            stream,
            n,
            clock,
            writer,
            by,
            key,
            body,
            allowed_secrets,
            parents,
            hash,
            line,
        })))
    }

    /// Whether the line says what this program read from it, all of it and in the shapes that the schema gives it: serde
    /// also takes an array for an object, and passes over members that it does not know. How it is spelled (order, blanks,
    /// escapes) is free. A newer format, or an event of a type that is not known here, may say more.
    #[must_use]
    pub fn says_what_was_read(&self) -> bool {
        if self.format() > FORMAT || matches!(self.body(), Body::Other(_)) {
            return true;
        }
        let said = &*self.0;
        let unsealed = Unsealed {
            stream: said.stream.clone(),
            clock: said.clock,
            writer: said.writer.clone(),
            by: said.by.clone(),
            key: said.key.clone(),
            body: said.body.clone(),
            n: said.n,
            parents: said.parents.clone(),
        };
        let Ok(text) = unsealed.text(&said.allowed_secrets) else { return false };
        let head = said.line.len().saturating_sub(TAIL_BYTES);
        if text.as_bytes().strip_suffix(b"}") == said.line.as_bytes().get(..head) {
            return true;
        }
        let without_hash = said.line.get(..head).map(|head| format!("{head}}}"));
        without_hash.is_some_and(|stands| json::say_the_same(&stands, &text))
    }

    /// Version of the line's format.
    #[must_use]
    pub fn format(&self) -> u32 {
        self.0.format
    }

    /// What the event is about.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.0.stream
    }

    /// One more than the largest `n` among its parents: a Lamport clock, and with one head the version.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.0.n
    }

    /// The hybrid clock's reading.
    #[must_use]
    pub fn clock(&self) -> Hybrid {
        self.0.clock
    }

    /// Which clone wrote it.
    #[must_use]
    pub fn writer(&self) -> &Writer {
        &self.0.writer
    }

    /// Who acted.
    #[must_use]
    pub fn by(&self) -> &Actor {
        &self.0.by
    }

    /// The idempotency key.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        self.0.key.as_ref()
    }

    /// What happened.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.0.body
    }

    /// The kinds of credentials that it, or the file that it puts on record, holds: its writer was told and wrote it all
    /// the same.
    #[must_use]
    pub fn allowed_secrets(&self) -> &[SecretKind] {
        &self.0.allowed_secrets
    }

    /// The heads that the writer saw.
    #[must_use]
    pub fn parents(&self) -> &[Hash] {
        &self.0.parents
    }

    /// The event's identity.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.0.hash
    }

    /// The line as it stands in the log, without its newline.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.0.line
    }
}

/// What a store needs to write a request's first event once it has given the packet its identity.
#[derive(Clone, PartialEq, Debug)]
pub struct Genesis {
    /// The hybrid clock's reading.
    pub clock: Hybrid,
    /// Which clone writes.
    pub writer: Writer,
    /// The state in which the request begins.
    pub to: StateName,
    /// What else is on record.
    pub data: CreatedData,
}

fn raw<T: Serialize>(data: &T) -> Result<Option<Box<RawValue>>, BadEvent> {
    Ok(Some(serde_json::value::to_raw_value(data).map_err(json::BadJson::from)?))
}

type WireBody = (Option<StateName>, Option<StateName>, Option<Box<RawValue>>);

fn wire_body(body: &Body) -> Result<WireBody, BadEvent> {
    Ok(match body {
        Body::Created(c) => (None, Some(c.to.clone()), raw(&c.data)?),
        Body::Transitioned(t) => (Some(t.from.clone()), Some(t.to.clone()), raw(&t.data)?),
        Body::Responded(data) => (None, None, raw(data)?),
        Body::Noted(data) => (None, None, raw(data)?),
        Body::EvidenceAdded(data) => (None, None, raw(data)?),
        Body::Approved(data) => (None, None, raw(data)?),
        Body::Resolved(r) => (None, Some(r.to.clone()), raw(&r.data)?),
        Body::Renumbered(data) => (None, None, raw(data)?),
        Body::IdResolved(data) => (None, None, raw(data)?),
        Body::Claimed(data) => (None, None, raw(data)?),
        Body::Released(data) => (None, None, raw(data)?),
        Body::Distinct(data) => (None, None, raw(data)?),
        Body::KeyResolved(data) => (None, None, raw(data)?),
        Body::Contract(body) => (None, None, wire_contract(body)?),
        Body::Other(_) => return Err(BadEvent::Rule("only known types are written".into())),
    })
}

fn wire_contract(body: &ContractBody) -> Result<Option<Box<RawValue>>, BadEvent> {
    match body {
        ContractBody::Registered(data) => raw(data),
        ContractBody::ModeSet(data) => raw(data),
        ContractBody::OwnerSet(data) => raw(data),
        ContractBody::FormatsSet(data) => raw(data),
        ContractBody::Pinned(data) => raw(data),
        ContractBody::Unpinned(data) => raw(data),
        ContractBody::Activated(data) | ContractBody::Deprecated(data) | ContractBody::Retired(data) => raw(data),
        ContractBody::Waived(data) => raw(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsealed() -> Unsealed {
        Unsealed {
            stream: "REQ-20261120-0001".parse().unwrap(),
            clock: Hybrid { at: "2026-11-20T15:11:00.123Z".parse().unwrap(), tick: 0 },
            writer: "k7f3q2".parse().unwrap(),
            by: "alice".parse().unwrap(),
            key: Some("k".parse().unwrap()),
            body: Body::Transitioned(Transitioned {
                from: "PROPOSED".parse().unwrap(),
                to: "ACCEPTED".parse().unwrap(),
                data: TransitionedData { workflow: "0".repeat(16), ..TransitionedData::default() },
            }),
            n: 3,
            parents: vec![Hash::of(&[b"x"])],
        }
    }

    #[test]
    fn a_line_has_the_documented_members_in_order() {
        let event = Event::seal(unsealed()).unwrap();
        let names =
            ["format", "stream", "n", "at", "tick", "writer", "by", "type", "from", "to", "key", "data", "parents"];
        let places: Vec<usize> = names.iter().map(|n| event.line().find(&format!("\"{n}\":")).unwrap()).collect();
        assert!(places.is_sorted());
        assert!(event.line().starts_with("{\"format\":1,\"stream\":\"REQ-20261120-0001\",\"n\":3,\"at\":"));
        assert_eq!(event.line().len(), event.line().find(",\"hash\":").unwrap() + TAIL_BYTES);
    }

    #[test]
    fn a_line_is_read_back_as_it_was_sealed() {
        let event = Event::seal(unsealed()).unwrap();
        assert_eq!(Event::parse(event.line()).unwrap(), event);
    }

    #[test]
    fn the_hash_is_over_the_bytes_that_one_sees() {
        let event = Event::seal(unsealed()).unwrap();
        let (head, _) = event.line().split_once(",\"hash\"").unwrap();
        assert_eq!(Hash::of(&[format!("ledger-event-v1\n{head}}}").as_bytes()]), event.hash());
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let event = Event::seal(unsealed()).unwrap();
        for i in 0..event.line().len() {
            let mut bytes = event.line().as_bytes().to_vec();
            bytes[i] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(Event::parse(&changed).is_err(), "byte {i}");
        }
    }

    fn rehashed(line: &str) -> Event {
        let (head, _) = line.split_once(",\"hash\"").unwrap();
        let hash = Hash::of(&[DOMAIN_TAG, head.as_bytes(), b"}"]);
        Event::parse(&format!("{head},\"hash\":\"{hash}\"}}")).unwrap()
    }

    #[test]
    fn a_line_may_be_spelled_otherwise_and_not_say_otherwise() {
        let event = Event::seal(unsealed()).unwrap();
        assert!(event.says_what_was_read());
        let line = event.line();
        for same in [line.replace("\"n\":3", "\"n\": 3"), line.replace("alice", "\\u0061lice")] {
            assert!(rehashed(&same).says_what_was_read(), "{same}");
        }
        let (_, data) = line.split_once("\"data\":").unwrap();
        let (data, _) = data.split_once(",\"parents\"").unwrap();
        for other in [
            line.replace("\"n\":3", "\"n\":3,\"more\":1"),
            line.replace(data, &data.replacen('{', "{\"more\":1,", 1)),
            line.replace(data, "[null,[],{},false,\"0000000000000000\"]"),
        ] {
            assert_ne!(other, line);
            assert!(!rehashed(&other).says_what_was_read(), "{other}");
        }
    }

    #[test]
    fn unknown_types_are_kept() {
        let line = Event::seal(unsealed()).unwrap().line().replace("TRANSITIONED", "TELEPORTED");
        let event = rehashed(&line);
        assert_eq!(event.body().kind(), "TELEPORTED");
        assert!(event.says_what_was_read());
    }
}

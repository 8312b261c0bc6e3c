//! Reading an event's line.
//!
//! Most lines are as this program writes them: plain JSON, whose members are told apart in one pass and read as they
//! stand. What is not is read by way of [`json::check`] and serde, which also say what is wrong. Both read the same, which
//! a test holds them to.

use std::borrow::Cow;

use serde::Deserialize;

use super::body::{Body, ContractBody, Created, Other, Resolved, Transitioned};
use super::event::{BadEvent, DOMAIN_TAG, PARENTS_MAX, TAIL_BYTES, Wire};
use super::hash::Hash;
use super::id::{Actor, BadName, Key, SecretKind, Stream, Writer};
use super::time::{BadTime, Hybrid, Timestamp};
use super::workflow::StateName;
use super::{json, plain, secret};

/// What a line says, checked.
pub(super) struct Parts {
    pub(super) format: u32,
    pub(super) stream: Stream,
    pub(super) n: u64,
    pub(super) clock: Hybrid,
    pub(super) writer: Writer,
    pub(super) by: Actor,
    pub(super) key: Option<Key>,
    pub(super) body: Body,
    pub(super) allowed_secrets: Vec<SecretKind>,
    pub(super) parents: Vec<Hash>,
    pub(super) hash: Hash,
}

/// What a line says, member by member.
#[derive(PartialEq, Debug)]
struct Said<'a> {
    format: u32,
    stream: Stream,
    n: u64,
    at: Timestamp,
    tick: u64,
    writer: Writer,
    by: Actor,
    kind: Cow<'a, str>,
    from: Option<StateName>,
    to: Option<StateName>,
    key: Option<Key>,
    data: Option<&'a str>,
    allowed_secrets: Vec<SecretKind>,
    parents: Vec<Hash>,
}

/// Reads a line that is not too long.
///
/// # Errors
/// [`BadEvent`] names what is wrong.
pub(super) fn read(line: &str) -> Result<Parts, BadEvent> {
    let hash = checked_hash(line)?;
    let mut said = match plainly(line) {
        Some(said) => said,
        None => thoroughly(line, hash)?,
    };
    let rule = |rule: &str| Err(BadEvent::Rule(rule.to_owned()));
    if said.format == 0 || said.n == 0 {
        return rule("format and n count from 1");
    }
    if said.parents.is_empty() || said.parents.len() > PARENTS_MAX {
        return rule("an event has 1 to 64 parents");
    }
    if said.kind.is_empty() || said.kind.len() > 40 {
        return rule("a type has 1 to 40 characters");
    }
    if said.allowed_secrets.len() > secret::KINDS_MAX {
        return rule("allowed_secrets has at most 32 kinds");
    }
    let body = read_body(&mut said)?;
    body.check().map_err(BadEvent::Rule)?;
    let Said { format, stream, n, at, tick, writer, by, key, allowed_secrets, parents, .. } = said;
    let clock = Hybrid { at, tick };
    Ok(Parts { format, stream, n, clock, writer, by, key, body, allowed_secrets, parents, hash })
}

/// Reads a line whose hash was checked and that is plain; `None` if it is not, or if anything is wrong with it.
fn plainly(line: &str) -> Option<Said<'_>> {
    fn text<T: std::str::FromStr>(value: &str) -> Option<T> {
        plain::string(value)?.parse().ok()
    }
    let (mut format, mut stream, mut n, mut at, mut tick) = (None, None, None, None, None);
    let (mut writer, mut by, mut kind, mut parents, mut hash) = (None, None, None, None, None);
    let (mut from, mut to, mut key, mut data, mut allowed_secrets) = (None, None, None, None, Vec::new());
    for (name, value) in plain::members(line)?.iter() {
        match name {
            "format" => format = Some(value.parse().ok()?),
            "stream" => stream = Some(text(value)?),
            "n" => n = Some(value.parse().ok()?),
            "at" => at = Some(text(value)?),
            "tick" => tick = Some(value.parse().ok()?),
            "writer" => writer = Some(text(value)?),
            "by" => by = Some(text(value)?),
            "type" => kind = Some(plain::string(value)?),
            "from" => from = Some(text(value)?),
            "to" => to = Some(text(value)?),
            "key" => key = Some(text(value)?),
            "data" => data = Some(value).filter(|value| *value != "null"),
            "allowed_secrets" => allowed_secrets = texts(value)?,
            "parents" => parents = Some(texts(value)?),
            "hash" => hash = Some(value),
            _ => return None,
        }
    }
    // Its digits were held against the bytes already; that they are this member's, the end of the line tells.
    let _ = hash.filter(|hash| line.strip_suffix('}').is_some_and(|line| line.ends_with(hash)))?;
    Some(Said {
        format: format?,
        stream: stream?,
        n: n?,
        at: at?,
        tick: tick?,
        writer: writer?,
        by: by?,
        kind: Cow::Borrowed(kind?),
        from,
        to,
        key,
        data,
        allowed_secrets,
        parents: parents?,
    })
}

fn texts<T: std::str::FromStr>(value: &str) -> Option<Vec<T>> {
    plain::strings(value)?.map(|text| text?.parse().ok()).collect()
}

/// Reads a line whose hash was checked, whatever it looks like.
fn thoroughly(line: &str, hash: Hash) -> Result<Said<'_>, BadEvent> {
    json::check(line)?;
    let wire: Wire<'_> = serde_json::from_str(line).map_err(json::BadJson::from)?;
    if wire.hash != Some(hash) {
        return Err(BadEvent::NoHash);
    }
    Ok(Said {
        format: wire.format,
        stream: wire.stream.parse().map_err(|e: BadName| BadEvent::Rule(e.to_string()))?,
        n: wire.n,
        at: wire.at.parse().map_err(|e: BadTime| BadEvent::Rule(e.to_string()))?,
        tick: wire.tick,
        writer: wire.writer,
        by: wire.by,
        kind: wire.kind,
        from: wire.from,
        to: wire.to,
        key: wire.key,
        data: wire.data.map(serde_json::value::RawValue::get),
        allowed_secrets: wire.allowed_secrets.unwrap_or_default(),
        parents: wire.parents,
    })
}

/// The hash that a line carries, once its bytes were shown to match it; what else the line says is not looked at.
///
/// # Errors
/// [`BadEvent::NoHash`] and [`BadEvent::WrongHash`].
pub fn checked_hash(line: &str) -> Result<Hash, BadEvent> {
    let cut = line.len().checked_sub(TAIL_BYTES).filter(|cut| line.is_char_boundary(*cut)).ok_or(BadEvent::NoHash)?;
    let (head, tail) = line.split_at(cut);
    let digits = tail.strip_prefix(",\"hash\":\"").and_then(|t| t.strip_suffix("\"}")).ok_or(BadEvent::NoHash)?;
    let hash: Hash = digits.parse().map_err(|_| BadEvent::NoHash)?;
    if Hash::of(&[DOMAIN_TAG, head.as_bytes(), b"}"]) != hash {
        return Err(BadEvent::WrongHash);
    }
    Ok(hash)
}

/// The body of a contract's event; `None` for a type that is none of a contract's.
fn read_contract(said: &Said<'_>) -> Result<Option<ContractBody>, BadEvent> {
    Ok(Some(match said.kind.as_ref() {
        "REGISTERED" => ContractBody::Registered(read_data(said)?),
        "MODE_SET" => ContractBody::ModeSet(read_data(said)?),
        "OWNER_SET" => ContractBody::OwnerSet(read_data(said)?),
        "FORMATS_SET" => ContractBody::FormatsSet(read_data(said)?),
        "PINNED" => ContractBody::Pinned(read_data(said)?),
        "UNPINNED" => ContractBody::Unpinned(read_data(said)?),
        "ACTIVATED" => ContractBody::Activated(read_data(said)?),
        "DEPRECATED" => ContractBody::Deprecated(read_data(said)?),
        "RETIRED" => ContractBody::Retired(read_data(said)?),
        "WAIVED" => ContractBody::Waived(read_data(said)?),
        _ => return Ok(None),
    }))
}

fn read_body(said: &mut Said<'_>) -> Result<Body, BadEvent> {
    let (from, to) = (said.from.take(), said.to.take());
    let kind = said.kind.as_ref();
    let state =
        |state: Option<StateName>, name: &str| state.ok_or_else(|| BadEvent::Rule(format!("{kind} lacks {name:?}")));
    Ok(match kind {
        "REQUEST_CREATED" => Body::Created(Created { to: state(to, "to")?, data: read_data(said)? }),
        "TRANSITIONED" => Body::Transitioned(Transitioned {
            from: state(from, "from")?,
            to: state(to, "to")?,
            data: read_data(said)?,
        }),
        "RESPONDED" => Body::Responded(read_data(said)?),
        "NOTED" => Body::Noted(read_data(said)?),
        "EVIDENCE_ADDED" => Body::EvidenceAdded(read_data(said)?),
        "APPROVED" => Body::Approved(read_data(said)?),
        "RESOLVED" => Body::Resolved(Resolved { to: state(to, "to")?, data: read_data(said)? }),
        "RENUMBERED" => Body::Renumbered(read_data(said)?),
        "ID_RESOLVED" => Body::IdResolved(read_data(said)?),
        "CLAIMED" => Body::Claimed(read_data(said)?),
        "RELEASED" => Body::Released(read_data(said)?),
        "DISTINCT" => Body::Distinct(read_data(said)?),
        "KEY_RESOLVED" => Body::KeyResolved(read_data(said)?),
        other => match read_contract(said)? {
            Some(body) => Body::Contract(body),
            None => Body::Other(Other { kind: other.to_owned(), from, to }),
        },
    })
}

fn read_data<'a, T: Deserialize<'a>>(said: &Said<'a>) -> Result<T, BadEvent> {
    let data = said.data.ok_or_else(|| BadEvent::Rule(format!("{} lacks \"data\"", said.kind)))?;
    Ok(serde_json::from_str(data).map_err(json::BadJson::from)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = r#"{"format":1,"stream":"REQ-20261120-0001","n":3,"at":"2026-11-20T15:11:00.123Z","tick":0,"writer":"k7f3q2","by":"alice","type":"TRANSITIONED","from":"PROPOSED","to":"ACCEPTED","key":"k","data":{"reason":"ä, b","workflow":"0000000000000000"},"allowed_secrets":["private-key"],"parents":["9b0fd1eb7ee9b0f1d14a4e2a5b7d1b39d2a1f0ad7d3a5dcbf8d8b87b35fdcf35"]"#;

    fn sealed(head: &str) -> String {
        let hash = Hash::of(&[DOMAIN_TAG, head.as_bytes(), b"}"]);
        format!("{head},\"hash\":\"{hash}\"}}")
    }

    /// What stands for another piece of a line: other spellings, other values, what is wrong.
    fn pieces() -> impl Strategy<Value = (&'static str, &'static str)> {
        prop::sample::select(vec![
            ("\"n\":3", "\"n\":0"),
            ("\"n\":3", "\"n\":-3"),
            ("\"n\":3", "\"n\": 3"),
            ("\"n\":3", "\"n\":3.0"),
            ("\"n\":3", "\"n\":3,\"more\":1"),
            ("\"n\":3", "\"n\":\"3\""),
            ("\"format\":1", "\"format\":4294967296"),
            ("\"tick\":0", "\"tick\":9007199254740993"),
            ("\"tick\":0,", ""),
            ("alice", "\\u0061lice"),
            ("alice", "a\\nb"),
            ("\"alice\"", "null"),
            ("\"key\":\"k\"", "\"key\":null"),
            ("\"key\":\"k\"", "\"key\":\"\""),
            ("\"key\":\"k\"", "\"by\":\"bob\""),
            ("\"key\":\"k\"", "\"hash\":\"x\""),
            ("TRANSITIONED", "TELEPORTED"),
            ("TRANSITIONED", "REQUEST_CREATED"),
            ("\"from\":\"PROPOSED\",", ""),
            ("{\"reason\":\"ä, b\",\"workflow\":\"0000000000000000\"}", "null"),
            ("{\"reason\":\"ä, b\",\"workflow\":\"0000000000000000\"}", "[]"),
            ("\"reason\":\"ä, b\"", "\"rework\":true,\"details\":{\"a\":1.5}"),
            ("[\"private-key\"]", "[]"),
            ("[\"private-key\"]", "[\"private-key\", \"a,b\"]"),
            ("[\"9b0f", "[\"9B0f"),
            ("15:11:00.123Z", "15:11:00Z"),
            ("2026-11-20T", "2026-02-30T"),
        ])
    }

    proptest! {
        #[test]
        fn what_is_read_plainly_is_what_is_read_thoroughly(
            changes in prop::collection::vec(pieces(), 0..4),
            spoilt in prop::option::weighted(0.3, any::<prop::sample::Index>()),
        ) {
            let mut head = LINE.to_owned();
            for (from, to) in changes {
                head = head.replacen(from, to, 1);
            }
            if let Some(at) = spoilt {
                let at = (0..head.len()).filter(|at| head.is_char_boundary(*at)).nth(at.index(head.chars().count())).unwrap();
                head.remove(at);
            }
            let line = sealed(&head);
            let thorough = thoroughly(&line, checked_hash(&line).unwrap());
            if let Some(plain) = plainly(&line) {
                prop_assert_eq!(Ok(plain), thorough);
            }
        }
    }

    #[test]
    fn what_this_program_writes_is_read_plainly() {
        assert!(plainly(&sealed(LINE)).is_some());
        let spelled = sealed(&LINE.replace("alice", "\\u0061lice"));
        assert!(plainly(&spelled).is_none() && read(&spelled).is_ok());
    }
}

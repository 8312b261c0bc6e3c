//! References that lead to nothing that is at hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::part::{Parts, identifier, ignores_siblings, resolve};
use super::{Linter, Rule};
use crate::contract::draft::Draft;
use crate::contract::pointer::child;

/// A schema that has an address.
struct Target<'a> {
    root: &'a Value,
    anchors: BTreeSet<String>,
}

type Targets<'a> = BTreeMap<String, Target<'a>>;

impl<'a> Linter<'a> {
    pub(super) fn references(&mut self, parts: &Parts<'a>) {
        let mut targets = targets(parts, "json-schema:///");
        let resources = self.subject.resources;
        for part in &parts.all {
            for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
                let Some(Value::String(reference)) = part.schema.get(keyword) else { continue };
                if keyword != "$ref" && ignores_siblings(part.schema, parts.draft) {
                    continue;
                }
                let at = child(&part.pointer, keyword);
                let (before, fragment) = reference.split_once('#').unwrap_or((reference, ""));
                let Some(address) =
                    (if before.is_empty() { Some(part.base.clone()) } else { resolve(&part.base, before) })
                else {
                    let message = format!("the address {reference:?} can't be read");
                    self.note(&at, Rule::DanglingReference, message, String::new());
                    continue;
                };
                if is_meta_schema(&address) {
                    continue;
                }
                if !targets.contains_key(&address)
                    && let Some(document) = resources.get(&address)
                {
                    let draft = Draft::declared(document).ok().flatten().unwrap_or(self.subject.draft);
                    targets.extend(self::targets(&Parts::under(document, draft, &address), &address));
                }
                match targets.get(&address) {
                    None => self.note(
                        &at,
                        Rule::RemoteReference,
                        format!("{reference:?} reaches {address:?}, which is not at hand; nothing is fetched"),
                        "give the document along, or take it in as a definition".to_owned(),
                    ),
                    Some(target) if !leads_somewhere(target, fragment) => {
                        let message = format!("{reference:?} leads nowhere");
                        self.note(&at, Rule::DanglingReference, message, near(target.root, fragment));
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

/// All schemas of a document that have addresses, and their anchors.
fn targets<'a>(parts: &Parts<'a>, address: &str) -> Targets<'a> {
    let mut targets = Targets::new();
    // The outer ones come last among the parts.
    for part in parts.all.iter().rev() {
        let is_root = part.pointer.is_empty();
        if is_root || identifier(part.schema, parts.draft).is_some() {
            let target = || Target { root: part.schema, anchors: BTreeSet::new() };
            targets.entry(part.base.clone()).or_insert_with(target);
            if is_root {
                targets.entry(address.to_owned()).or_insert_with(target);
            }
        }
        let names = ["$anchor", "$dynamicAnchor"].into_iter().filter_map(|keyword| part.schema.get(keyword)?.as_str());
        let old = ["id", "$id"].into_iter().filter_map(|keyword| part.schema.get(keyword)?.as_str()?.split_once('#'));
        let old = old.map(|(_, name)| name).filter(|name| !name.is_empty());
        let names: Vec<String> = names.chain(old).map(str::to_owned).collect();
        if let Some(target) = targets.get_mut(&part.base) {
            target.anchors.extend(names);
        }
    }
    targets
}

fn is_meta_schema(address: &str) -> bool {
    let plain = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or(address);
    plain.starts_with("json-schema.org/draft/2019-09/")
        || plain.starts_with("json-schema.org/draft/2020-12/")
        || Draft::of_address(address).is_some()
}

fn leads_somewhere(target: &Target<'_>, fragment: &str) -> bool {
    let fragment = decoded(fragment);
    if fragment.is_empty() || fragment.starts_with('/') {
        return target.root.pointer(&fragment).is_some();
    }
    target.anchors.contains(&fragment)
}

/// The name beside the one that is missing that is most alike.
fn near(root: &Value, fragment: &str) -> String {
    let fragment = decoded(fragment);
    let Some((folder, name)) = fragment.rsplit_once('/') else { return String::new() };
    let Some(Value::Object(members)) = root.pointer(folder) else { return String::new() };
    let alike =
        members.keys().map(|known| (strsim::jaro_winkler(name, known), known)).filter(|(alike, _)| *alike > 0.8);
    let best = alike.max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, known)| format!("did you mean {:?}?", format!("#{}", child(folder, known)))).unwrap_or_default()
}

/// A fragment without percent-encoding.
fn decoded(fragment: &str) -> String {
    let read = fluent_uri::pct_enc::EStr::<fluent_uri::pct_enc::encoder::Fragment>::new(fragment);
    read.map_or_else(|| fragment.to_owned(), |read| read.decode().to_string_lossy().into_owned())
}

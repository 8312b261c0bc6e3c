//! What came in, or went out.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use crate::domain::event::{Body, Event};
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, RequestId, Stream};
use crate::domain::time::Hybrid;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log;
use crate::sync::join::Renumbering;
use crate::sync::tree::{TreeError, Trees, Unlike};

/// How many requests a commit's message names.
const NAMED_MAX: usize = 100;

/// What one side has that the other has not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Flow {
    /// The requests.
    pub requests: BTreeMap<RequestId, Touched>,
    /// The contracts.
    pub contracts: BTreeSet<ContractName>,
    /// The other files, by their paths below the root.
    pub files: BTreeSet<String>,
    /// How many events.
    pub events: usize,
    /// The latest reading of the hybrid clock among them.
    pub clock: Option<Hybrid>,
}

/// What happened to a request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched {
    /// Whether it is new.
    pub is_new: bool,
    /// The types of its events, in canonical order.
    pub events: Vec<String>,
    /// Those of its events that claim it.
    pub claims: Vec<Hash>,
    /// All of its events.
    pub added: BTreeSet<Hash>,
}

impl Touched {
    /// The types of its events, each with its number where it is more than one.
    #[must_use]
    pub fn told(&self) -> String {
        kinds(self)
    }
}

impl Flow {
    /// What the second of two trees has that the first has not.
    ///
    /// # Errors
    /// [`TreeError`].
    pub(super) fn between(trees: &Trees<'_>, unlike: &BTreeMap<CarriedFile, Unlike>) -> Result<Self, TreeError> {
        let mut flow = Self::default();
        for (file, sides) in unlike {
            let Some(after) = &sides.after else { continue };
            match file {
                CarriedFile::Packet(id) => flow.requests.entry(*id).or_default().is_new |= sides.before.is_none(),
                CarriedFile::Log(stream) => {
                    let wanted = sides.before.iter().chain([after]).map(|hash| (file, hash.as_str()));
                    let read = trees.read(wanted)?;
                    let new = new_events(&read);
                    if new.is_empty() {
                        continue;
                    }
                    flow.events += new.len();
                    flow.clock = flow.clock.max(new.iter().map(Event::clock).max());
                    match stream {
                        Stream::Request(id) => {
                            let touched = flow.requests.entry(*id).or_default();
                            touched.events.extend(new.iter().map(|event| event.body().kind().to_owned()));
                            let claims = new.iter().filter(|event| matches!(event.body(), Body::Claimed(_)));
                            touched.claims.extend(claims.map(Event::hash));
                            touched.added.extend(new.iter().map(Event::hash));
                        }
                        Stream::Contract(name) => drop(flow.contracts.insert(name.clone())),
                    }
                }
                CarriedFile::Version(name, _) => drop(flow.contracts.insert(name.clone())),
                CarriedFile::Settings
                | CarriedFile::Workflow
                | CarriedFile::Schema(_)
                | CarriedFile::Checkpoint(..) => drop(flow.files.insert(file.path())),
            }
        }
        Ok(flow)
    }

    /// Whether there is nothing of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.contracts.is_empty() && self.files.is_empty()
    }

    /// Takes in what came later.
    pub(super) fn add(&mut self, later: Self) {
        for (id, touched) in later.requests {
            let known = self.requests.entry(id).or_default();
            known.is_new |= touched.is_new;
            known.events.extend(touched.events);
            known.claims.extend(touched.claims);
            known.added.extend(touched.added);
        }
        self.contracts.extend(later.contracts);
        self.files.extend(later.files);
        self.events += later.events;
        self.clock = self.clock.max(later.clock);
    }

    /// Tells requests as new that came in under a number that was another's here.
    pub(super) fn replace(&mut self, renumbered: &[Renumbering], unlike: &BTreeMap<CarriedFile, Unlike>) {
        let is_theirs =
            |id: &RequestId| unlike.get(&CarriedFile::Packet(*id)).is_some_and(|sides| sides.after.is_some());
        for Renumbering { was, .. } in renumbered.iter().filter(|one| is_theirs(&one.was)) {
            self.requests.entry(*was).or_default().is_new = true;
        }
    }

    /// Tells requests by the numbers that they would get.
    pub(super) fn rename(&mut self, renumbered: &[Renumbering]) {
        for Renumbering { was, is, .. } in renumbered {
            if let Some(touched) = self.requests.remove(was) {
                self.requests.insert(*is, Touched { is_new: true, ..touched });
            }
        }
    }

    /// What a commit says of it.
    #[must_use]
    pub fn message(&self) -> String {
        let plural = |count: usize, of: &str| if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") };
        let new = self.requests.values().filter(|touched| touched.is_new).count();
        let mut parts = Vec::new();
        if new > 0 {
            parts.push(plural(new, "new request"));
        }
        if self.events > 0 {
            parts.push(plural(self.events, "event"));
        }
        if parts.is_empty() {
            let files = self.files.len() + self.contracts.len() + self.requests.len();
            // A commit that only joins what came in has none of its own.
            parts.push(if files == 0 { "what came in".to_owned() } else { plural(files, "file") });
        }
        let mut text = format!("Ledger: {}\n", parts.join(", "));
        if !self.requests.is_empty() || !self.contracts.is_empty() || !self.files.is_empty() {
            text.push('\n');
        }
        for (id, touched) in self.requests.iter().take(NAMED_MAX) {
            // Writing to a String can't fail.
            let _ = writeln!(text, "{id} {}", kinds(touched));
        }
        if self.requests.len() > NAMED_MAX {
            let _ = writeln!(text, "and {} more requests", self.requests.len() - NAMED_MAX);
        }
        for name in self.contracts.iter().take(NAMED_MAX) {
            let _ = writeln!(text, "contract {name}");
        }
        for path in self.files.iter().take(NAMED_MAX) {
            let _ = writeln!(text, "{path}");
        }
        text
    }
}

/// The types of events, each with its number where it is more than one; where there are none it is all about the packet.
fn kinds(touched: &Touched) -> String {
    let mut told: Vec<(&str, usize)> = Vec::new();
    for kind in &touched.events {
        match told.iter_mut().find(|(known, _)| known == kind) {
            Some((_, count)) => *count += 1,
            None => told.push((kind, 1)),
        }
    }
    if told.is_empty() {
        return "packet".to_owned();
    }
    let told: Vec<String> = told
        .iter()
        .map(|(kind, count)| if *count == 1 { (*kind).to_owned() } else { format!("{kind} x{count}") })
        .collect();
    told.join(", ")
}

/// The events that only the last of two logs has, in canonical order.
fn new_events(logs: &[Vec<u8>]) -> Vec<Event> {
    let (Some(after), before) = (logs.last(), logs.len().checked_sub(2).and_then(|at| logs.get(at))) else {
        return Vec::new();
    };
    let known: HashSet<Hash> =
        before.map(|log| log::events_in(log).iter().map(Event::hash).collect()).unwrap_or_default();
    let mut new = log::events_in(after);
    new.retain(|event| !known.contains(&event.hash()));
    new.sort_by_key(|event| (event.n(), event.hash()));
    new.dedup_by_key(|event| event.hash());
    new
}

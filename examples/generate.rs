//! Writes a ledger of any size, the same for the same arguments, through the store's own batches.
//!
//! ```sh
//! cargo run --release --example generate -- --requests 10000 --events 100000 --seed 1 --root /tmp/big
//! ```
//!
//! Requests of several types and repositories over four years, one day in five; some depend on others; each goes as far
//! through the workflow as its share of the events takes it. About one in ten is still open at the end.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use clap::Parser;
use coordination_ledger::domain::decide::{Command, Context, Transition, decide};
use coordination_ledger::domain::event::{Body, CreatedData, Event, Evidence, Genesis, Noted, Unsealed};
use coordination_ledger::domain::history::History;
use coordination_ledger::domain::id::{Actor, RequestId, Stream, Writer};
use coordination_ledger::domain::outlook::ContractCheck;
use coordination_ledger::domain::packet::Draft;
use coordination_ledger::domain::settings::{Roles, Signatures};
use coordination_ledger::domain::time::{Hybrid, Timestamp};
use coordination_ledger::domain::workflow::Workflow;
use coordination_ledger::store::fs::FsStore;
use coordination_ledger::store::{Batch, Budget, Created, NewRequest, Store};
use serde_json::{Map, json};

/// Writes a ledger of any size.
#[derive(Parser)]
struct Arguments {
    /// How many requests
    #[arg(long)]
    requests: u64,
    /// How many events in all, at least one a request
    #[arg(long)]
    events: u64,
    /// What the choices are made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder of a ledger that `ledger init` made
    #[arg(long)]
    root: PathBuf,
}

/// How many requests share their syncs.
const BATCH: u64 = 1_024;
/// 2022-11-01T08:00:00Z.
const BEGIN_MS: i64 = 1_667_289_600_000;
const DAY_MS: i64 = 86_400_000;
/// On one day in so many something is asked.
const EVERY: i64 = 5;
const DAYS: i64 = 4 * 365;

const REPOS: [&str; 8] = ["shop", "billing", "web", "search", "mail", "auth", "data", "infra"];
const ACTORS: [&str; 6] = ["ann", "ben", "cleo", "dan", "eve", "fay"];
const LABELS: [&str; 6] = ["money", "ui", "security", "speed", "docs", "api"];
const WORDS: [&str; 40] = [
    "invoice",
    "total",
    "currency",
    "export",
    "import",
    "login",
    "token",
    "cache",
    "index",
    "query",
    "page",
    "table",
    "report",
    "filter",
    "search",
    "upload",
    "mail",
    "queue",
    "retry",
    "timeout",
    "schema",
    "contract",
    "version",
    "migration",
    "rollback",
    "deploy",
    "metric",
    "alert",
    "limit",
    "quota",
    "session",
    "cookie",
    "header",
    "payload",
    "order",
    "refund",
    "customer",
    "address",
    "tax",
    "discount",
];

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap_or_default()]
    }

    fn text(&mut self, words: u64) -> String {
        (0..words).map(|_| self.of(&WORDS)).collect::<Vec<_>>().join(" ")
    }
}

struct Generator {
    choices: Choices,
    workflow: Workflow,
    writer: Writer,
    recent: Vec<RequestId>,
    budget: Budget,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { requests, events, seed, root } = Arguments::parse();
    let store = FsStore::open(&root)?;
    let mut generator = Generator {
        choices: Choices(seed),
        workflow: Workflow::default(),
        // The same in every run.
        writer: "generate".parse()?,
        recent: Vec::new(),
        budget: Budget::endless(),
    };
    let (mut made, mut written) = (0, 0);
    while made < requests {
        let batch = store.batch(&generator.budget)?;
        for at in made..(made + BATCH).min(requests) {
            // Whatever is left over is shared out evenly.
            let share = (events * (at + 1) / requests.max(1)).saturating_sub(events * at / requests.max(1)).max(1);
            written += generator.request(batch.as_ref(), at, requests, share)?;
        }
        batch.commit()?;
        made = (made + BATCH).min(requests);
        writeln!(std::io::stderr(), "{made} requests, {written} events")?;
    }
    Ok(())
}

impl Generator {
    /// Makes a request with so many events; answers with how many it got.
    fn request(&mut self, batch: &dyn Batch, at: u64, of: u64, share: u64) -> Result<u64, Box<dyn Error>> {
        let slot = i64::try_from(at * u64::try_from(DAYS / EVERY)? / of.max(1))?;
        let mut now = BEGIN_MS + slot * EVERY * DAY_MS + i64::try_from(self.choices.below(8 * 3_600_000))?;
        let created_at = Timestamp::from_unix_ms(now);
        let by: Actor = self.choices.of(&ACTORS).parse()?;
        let draft = Draft::from_json(self.packet(), &by)?;
        let mut random = [0; 10];
        for byte in &mut random {
            *byte = u8::try_from(self.choices.below(256))?;
        }
        let data = CreatedData { workflow: self.workflow.digest().to_owned(), occurred_at: None };
        let clock = Hybrid { at: created_at, tick: 0 };
        let genesis = Genesis { clock, writer: self.writer.clone(), to: self.workflow.initial().clone(), data };
        let created = batch.create(&NewRequest { id: None, draft, created_at, random, genesis }, &self.budget)?;
        let Created::New(packet, _) = created else { return Err("a request was there before".into()) };
        let id = packet.request_id;
        if self.choices.below(10) == 0 {
            self.recent.push(id);
        }
        let is_left_open = self.choices.below(10) == 0;
        let end = if self.choices.below(12) == 0 { "REJECTED" } else { "CLOSED" };
        let mut written = 1;
        while written < share {
            let history = batch.history(id)?.ok_or("a request is gone")?;
            now += i64::try_from(self.choices.below(36 * 3_600_000))?;
            let left = share - written;
            let command = self.command(&history, left, is_left_open, end)?;
            let by: Actor = self.choices.of(&ACTORS).parse()?;
            let event = self.event(&history, &command, &by, Timestamp::from_unix_ms(now))?;
            batch.append(id, history.heads(), &event, &self.budget)?;
            written += 1;
        }
        Ok(written)
    }

    fn packet(&mut self) -> Map<String, serde_json::Value> {
        let length = 3 + self.choices.below(5);
        let (title, description) = (self.choices.text(length), self.choices.text(30));
        let from = self.choices.of(&REPOS);
        let to = self.choices.of(&REPOS);
        let request_type = self.choices.of(&["bug", "bug", "feature", "incident"]);
        let details = match request_type {
            "feature" => json!({"goal": "g", "metric": "m", "scope": "s", "trade_offs": "t"}),
            _ => json!({"impact": self.choices.text(3)}),
        };
        let mut packet = json!({
            "title": title,
            "description": description,
            "origin_repo_id": from,
            "target_repo_ids": [to],
            "request_type": request_type,
            "priority": self.choices.of(&["P0", "P1", "P2", "P2", "P3"]),
            "labels": [self.choices.of(&LABELS)],
            "details": details,
        });
        if self.choices.below(5) == 0
            && let Some(other) = self.recent.last()
        {
            packet["dependencies"] = json!([other.to_string()]);
        }
        packet.as_object().cloned().unwrap_or_default()
    }

    /// The next step of a history that has so many events left.
    fn command(
        &mut self,
        history: &History,
        left: u64,
        is_left_open: bool,
        end: &str,
    ) -> Result<Command, Box<dyn Error>> {
        let state = coordination_ledger::domain::state::State::replay(history, &self.workflow);
        let at = match &state.status {
            coordination_ledger::domain::state::Status::At(name) => name.to_string(),
            coordination_ledger::domain::state::Status::Diverged(_) => return Err("it has diverged".into()),
        };
        // How many transitions are still to come, if it is to get to its end.
        let to = match at.as_str() {
            "PROPOSED" if end == "REJECTED" && !is_left_open => Some(("REJECTED", 1)),
            "PROPOSED" => Some(("ACCEPTED", 5)),
            "ACCEPTED" => Some(("IN_PROGRESS", 4)),
            "IN_PROGRESS" => Some(("DELIVERED", 3)),
            "DELIVERED" if !is_left_open => Some(("VERIFIED", 2)),
            "VERIFIED" if history.packet().request_type.as_str() != "incident" => Some(("CLOSED", 1)),
            _ => None,
        };
        match to {
            Some((to, steps)) if left <= steps || self.choices.below(3) == 0 => Ok(Command::Transition(Transition {
                to: to.parse()?,
                reason: (to == "REJECTED").then(|| self.choices.text(4)),
                evidence: if to == "DELIVERED" { vec![Evidence::parse("commit=1a2b3c4")?] } else { Vec::new() },
                details: Map::new(),
                occurred_at: None,
            })),
            Some(_) | None => Ok(Command::Note(Noted { text: self.choices.text(8), kind: None, occurred_at: None })),
        }
    }

    fn event(&self, history: &History, command: &Command, by: &Actor, at: Timestamp) -> Result<Event, Box<dyn Error>> {
        let roles = Roles::new();
        let context = Context {
            workflow: &self.workflow,
            roles: &roles,
            by,
            contract_check: &ContractCheck::NotPassed(Vec::new()),
            signatures: Signatures::Optional,
            worthless: &std::collections::BTreeSet::new(),
            now: at,
            first_of_key: None,
        };
        let body: Body = decide(history, command, context)?;
        Ok(Event::seal(Unsealed {
            stream: Stream::Request(history.packet().request_id),
            clock: Hybrid::after(at, history.clock()),
            writer: self.writer.clone(),
            by: by.clone(),
            key: None,
            body,
            n: history.version() + 1,
            parents: history.next_parents(),
        })?)
    }
}

//! What must hold of a ledger after the power was cut.

use std::fmt;

use crate::device::{self, Ground, Mounted};
use crate::found::Found;
use crate::image::Image;
use crate::ledger::Ledger;
use crate::workload::{Parts, Step};

/// What does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Finding {
    /// Something that was acknowledged is not there.
    Lost(String),
    /// A part of what was not acknowledged is there.
    Part(String),
    /// A command does not do what it should.
    Stuck(String),
    /// The file system itself is out of order.
    FileSystem(String),
}

/// Which of the documented ways to go on is taken first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum First {
    /// Somebody writes.
    Writing,
    /// Somebody mends.
    Mending,
}

/// What was done, and how far it is known to have come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached<'a> {
    /// What was acknowledged.
    done: &'a [Step],
    /// What may have been under way.
    next: Option<&'a Step>,
}

impl<'a> Reached<'a> {
    /// What must be there after so many entries of the device's log.
    pub(crate) fn after(steps: &'a [Step], entries: usize) -> Self {
        let done = steps.iter().take_while(|step| step.acknowledged <= entries).count();
        Self { done: &steps[..done], next: steps.get(done) }
    }

    fn found(&self) -> Found {
        self.done.last().map(|step| step.found.clone()).unwrap_or_default()
    }

    /// Whether something with this in its line was acknowledged.
    fn has(&self, part: &str) -> bool {
        self.done.iter().any(|step| step.line.as_ref().is_some_and(|line| line.contains(part)))
    }
}

impl fmt::Display for Reached<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn line(step: Option<&Step>) -> &str {
            step.and_then(|step| step.line.as_deref()).unwrap_or("nothing")
        }
        write!(f, "done: {}, under way: {}", line(self.done.last()), line(self.next))
    }
}

/// What next ones write.
const NEXT_NOTE: &str = "note key:one --text next --key next";
const NEXT_REQUEST: &str = "new --title Next --from shop --to billing --type bug --set details.impact=x --key next";

/// Lets a file system recover what a device holds, and looks at the ledger on it.
pub(crate) fn check(
    ground: &Ground,
    image: &Image,
    ledger: &Ledger,
    reached: Reached<'_>,
    first: First,
) -> Result<(), Finding> {
    let folder = device::quick_folder();
    let file = folder.path().join("device");
    image.write(&file);
    let mounted = Mounted::of(&file, ground.mount).map_err(Finding::FileSystem)?;
    let found = look(&ledger.at(&mounted.root()), reached, first);
    drop(mounted);
    device::check(ground, &file).map_err(Finding::FileSystem)?;
    found
}

fn look(ledger: &Ledger, reached: Reached<'_>, first: First) -> Result<(), Finding> {
    let known = reached.found();
    // Nobody needs to mend anything for it to be there.
    nothing_is_lost(&known, &Found::below(ledger.root()))?;
    go_on(ledger, reached, first)?;
    let adds = reached.next.map(|step| step.found.beyond(&known)).unwrap_or_default();
    let added = added(ledger, &known)?;
    let may_be_parts = reached.next.is_some_and(|step| step.parts == Parts::OneByOne);
    let is_part = !added.is_empty() && added != adds;
    if is_part && !(may_be_parts && added.iter().all(|thing| adds.contains(thing))) {
        return Err(Finding::Part(format!("{added:?} of {adds:?}")));
    }
    again(ledger, reached, &known, &adds)
}

/// The documented ways to go on: the next ones write, somebody has the doctor mend what was cut short, a registration
/// that was cut short is repeated.
fn go_on(ledger: &Ledger, reached: Reached<'_>, first: First) -> Result<(), Finding> {
    if !reached.has("init --name") {
        done(ledger, "init --name acme")?;
    }
    if first == First::Mending {
        done(ledger, "doctor --fix --quiet")?;
    }
    if reached.has("--key one") {
        done(ledger, NEXT_NOTE)?;
    }
    done(ledger, NEXT_REQUEST)?;
    if !ledger.run("verify").is_done() {
        done(ledger, "doctor --fix --quiet")?;
        let verified = ledger.run("verify");
        match reached.next.and_then(|step| step.line.as_deref()) {
            Some(line) if !verified.is_done() && verified.said.contains("version-unregistered") => done(ledger, line)?,
            Some(_) | None => {}
        }
    }
    done(ledger, "verify")
}

/// What was under way is done again, and is there once then.
fn again(ledger: &Ledger, reached: Reached<'_>, known: &Found, adds: &[String]) -> Result<(), Finding> {
    if let Some(line) = reached.next.and_then(|step| step.line.as_deref()) {
        done(ledger, line)?;
        let added = added(ledger, known)?;
        if added != adds {
            return Err(Finding::Part(format!("again: {added:?} instead of {adds:?}")));
        }
    }
    if reached.has("checkpoint") {
        done(ledger, "verify --checkpoint latest --signers IN/signers")?;
    }
    done(ledger, "verify")
}

/// What is there beyond what was known, without what next ones wrote.
fn added(ledger: &Ledger, known: &Found) -> Result<Vec<String>, Finding> {
    let found = Found::below(ledger.root());
    nothing_is_lost(known, &found)?;
    let mut added = found.beyond(known);
    added.retain(|thing| !thing.ends_with(" next"));
    // Another checkpoint covers what next ones wrote.
    added.dedup_by(|one, other| one == other && one.ends_with(" of main"));
    Ok(added)
}

fn nothing_is_lost(known: &Found, found: &Found) -> Result<(), Finding> {
    let lost = known.beyond(found);
    if lost.is_empty() { Ok(()) } else { Err(Finding::Lost(lost.join(", "))) }
}

fn done(ledger: &Ledger, line: &str) -> Result<(), Finding> {
    let ended = ledger.run(line);
    if ended.is_done() { Ok(()) } else { Err(Finding::Stuck(format!("{line}: {ended:?}"))) }
}

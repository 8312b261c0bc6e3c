//! Making proofs that can be carried away.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::{AppError, Ledger};
use super::{Given, name_of};
use crate::domain::checkpoint::Checkpoint;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Origin, RequestId, Stream};
use crate::domain::leaf::Leaf;
use crate::domain::merkle::{consistency_path, inclusion_path};
use crate::domain::proof::{Consistency, FORMAT, Included, Inclusion, PROVEN_MAX, Proof, TreeHash, Witnessed};
use crate::store::StoreError;

/// What is to be proved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// A request as the checkpoint covers it.
    Request(RequestId),
    /// The event whose hash begins with these digits.
    Event(String),
}

/// A proof, and the name of what it shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proven {
    /// The proof.
    pub proof: Proof,
}

/// The leaves that a checkpoint covers.
struct Covered {
    checkpoint: Checkpoint,
    hashes: Vec<Hash>,
    /// Those that were looked for, with their places.
    wanted: Vec<(u64, Leaf)>,
}

impl Ledger<'_> {
    /// The newest checkpoint of an origin: of the one that is named, else of this clone's, else of the only one.
    ///
    /// # Errors
    /// There is none, or there are several to choose from.
    pub fn newest_checkpoint(&self, origin: Option<&Origin>) -> Result<Given, AppError> {
        let own = self.own_origin()?;
        let origins = self.store.origins()?;
        let chosen = match (origin, origins.as_slice()) {
            (Some(origin), _) => origin.clone(),
            (None, all) if all.contains(&own) => own,
            (None, [only]) => only.clone(),
            (None, []) => return Err(AppError::NoCheckpoint(None)),
            (None, several) => {
                let names: Vec<&str> = several.iter().map(Origin::as_str).collect();
                return Err(AppError::Usage(format!(
                    "whose newest checkpoint? --origin {}",
                    names.join(" or --origin ")
                )));
            }
        };
        let newest = self.store.checkpoint_sizes(&chosen)?.last().copied();
        let size = newest.ok_or(AppError::NoCheckpoint(Some(chosen.clone())))?;
        self.kept(&chosen, size)
    }

    /// Proves that a checkpoint covers a request or an event.
    ///
    /// # Errors
    /// It does not, or it does not belong to this ledger.
    pub fn prove(&self, which: &Which, given: &Given) -> Result<Proven, AppError> {
        let is_wanted = |leaf: &Leaf| match (which, leaf) {
            (Which::Request(id), Leaf::Event(Stream::Request(of), _)) => id == of,
            (Which::Event(digits), Leaf::Event(_, hash)) => hash.starts_with(digits),
            (Which::Request(_) | Which::Event(_), _) => false,
        };
        let covered = self.covered(given, &is_wanted)?;
        let of = self.witnessed(given, &covered.checkpoint)?;
        let inclusion = match which {
            Which::Request(id) => self.prove_request(*id, &covered, of)?,
            Which::Event(digits) => self.prove_event(digits, &covered, of)?,
        };
        Ok(Proven { proof: Proof::Inclusion(inclusion) })
    }

    /// Proves that one checkpoint goes on from another.
    ///
    /// # Errors
    /// They are of different lists, or the ledger's list is not theirs.
    pub fn prove_consistent(&self, from: &Given, to: &Given) -> Result<Proven, AppError> {
        let earlier = self.read_own(from)?;
        let later = self.covered(to, &|_| false)?;
        if earlier.origin() != later.checkpoint.origin() {
            let (from, to) = (name_of(&earlier), name_of(&later.checkpoint));
            return Err(AppError::Usage(format!("{from} and {to} are checkpoints of different lists")));
        }
        let path = consistency_path(&later.hashes, earlier.size()).ok_or_else(|| {
            let (from, to) = (name_of(&earlier), name_of(&later.checkpoint));
            AppError::Usage(format!("{from} covers more than {to}: give the earlier one as --from"))
        })?;
        let proof = Consistency {
            format: FORMAT,
            from: self.witnessed(from, &earlier)?,
            to: self.witnessed(to, &later.checkpoint)?,
            path: path.into_iter().map(TreeHash).collect(),
        };
        let proof = Proof::Consistency(proof);
        if proof.check().is_err() {
            let list = self.store.checkpoint_place(earlier.origin(), None);
            let what = format!("its first {} leaves are not those that {} covers", earlier.size(), from.path.display());
            return Err(StoreError::damaged(None, &list, None, what).into());
        }
        Ok(Proven { proof })
    }

    /// The heads of what is covered of a request are shown to be in the tree; they vouch for their parents, and those
    /// for theirs, down to the packet.
    fn prove_request(&self, id: RequestId, covered: &Covered, of: Witnessed) -> Result<Inclusion, AppError> {
        let not_covered = || AppError::NotCovered { what: id.to_string(), checkpoint: name_of(&covered.checkpoint) };
        let history = self.store.history(id)?.ok_or_else(not_covered)?;
        let places: BTreeMap<Hash, u64> = covered.wanted.iter().map(|(at, leaf)| (leaf.content(), *at)).collect();
        if places.is_empty() {
            return Err(not_covered());
        }
        let here = |hash: &Hash| history.event(*hash).is_some();
        let gone = places.keys().filter(|hash| !here(hash)).count();
        if gone > 0 {
            return Err(AppError::CoveredLost { checkpoint: name_of(&covered.checkpoint), lost: gone });
        }
        let events: Vec<Event> =
            history.events().iter().filter(|event| places.contains_key(&event.hash())).cloned().collect();
        let lines = events.iter().map(|event| event.line().to_owned()).collect();
        let then = History::new(history.packet().clone(), history.packet_hash(), events).map_err(StoreError::from)?;
        if then.heads().len() > PROVEN_MAX {
            return Err(AppError::Usage(format!("{id} has more than {PROVEN_MAX} newest events: prove one of them")));
        }
        let leaves = then.heads().iter().filter_map(|head| {
            let leaf = Leaf::Event(Stream::Request(id), head.hash);
            Some(included(covered, *places.get(&head.hash)?, leaf))
        });
        let packet = self.packet_text(id, &then)?;
        Ok(Inclusion { format: FORMAT, of, leaves: leaves.collect(), packet: Some(packet), events: lines })
    }

    fn prove_event(&self, digits: &str, covered: &Covered, of: Witnessed) -> Result<Inclusion, AppError> {
        let (at, leaf) = match covered.wanted.as_slice() {
            [one] => one.clone(),
            [] => {
                let what = format!("an event {digits}");
                return Err(AppError::NotCovered { what, checkpoint: name_of(&covered.checkpoint) });
            }
            [_, _, ..] => {
                return Err(AppError::Usage(format!("{digits} could be any of several events: write more digits")));
            }
        };
        let lost = || AppError::CoveredLost { checkpoint: name_of(&covered.checkpoint), lost: 1 };
        let line = match &leaf {
            Leaf::Event(Stream::Request(id), hash) => {
                self.store.history(*id)?.and_then(|history| Some(history.event(*hash)?.line().to_owned()))
            }
            Leaf::Event(Stream::Contract(name), hash) => {
                self.store.contract(name)?.and_then(|graph| Some(graph.event(*hash)?.line().to_owned()))
            }
            Leaf::Packet(..) | Leaf::Version(..) => None,
        };
        let events = vec![line.ok_or_else(lost)?];
        Ok(Inclusion { format: FORMAT, of, leaves: vec![included(covered, at, leaf)], packet: None, events })
    }

    /// The text of a packet's file: it must be the one that was read.
    fn packet_text(&self, id: RequestId, history: &History) -> Result<String, AppError> {
        let path = self.store.places(id).0;
        let bytes = self.store.packet_bytes(id)?.unwrap_or_default();
        let is_it = Hash::of(&[&bytes]) == history.packet_hash();
        let text = String::from_utf8(bytes).ok().filter(|_| is_it);
        Ok(text.ok_or_else(|| StoreError::damaged(Some(id), &path, None, "it was changed while it was read"))?)
    }

    fn read_own(&self, given: &Given) -> Result<Checkpoint, AppError> {
        let bad = |what: String| AppError::Usage(format!("{}: {what}", given.path.display()));
        let checkpoint = Checkpoint::parse(&given.text).map_err(|error| bad(error.to_string()))?;
        if checkpoint.ledger() == self.settings.ledger_id {
            Ok(checkpoint)
        } else {
            Err(bad("it is of another ledger".to_owned()))
        }
    }

    /// The leaves that a checkpoint covers, held against its root.
    fn covered(&self, given: &Given, is_wanted: &dyn Fn(&Leaf) -> bool) -> Result<Covered, AppError> {
        let checkpoint = self.read_own(given)?;
        let (mut hashes, mut wanted) = (Vec::new(), Vec::new());
        let roots = BTreeMap::from([(checkpoint.size(), checkpoint.head().root)]);
        let walked = self.walk(checkpoint.origin(), &roots, &mut |index, line, hash| {
            if index >= checkpoint.size() {
                return;
            }
            hashes.push(hash);
            if let Ok(leaf) = line.parse()
                && is_wanted(&leaf)
            {
                wanted.push((index, leaf));
            }
        })?;
        if !walked.wrong.is_empty() {
            let list: PathBuf = self.store.checkpoint_place(checkpoint.origin(), None);
            let what =
                format!("its first {} leaves are not those that {} covers", checkpoint.size(), given.path.display());
            return Err(StoreError::damaged(None, &list, None, what).into());
        }
        Ok(Covered { checkpoint, hashes, wanted })
    }

    fn witnessed(&self, given: &Given, checkpoint: &Checkpoint) -> Result<Witnessed, AppError> {
        let given = self.with_kept_signatures(given.clone(), checkpoint)?;
        let signatures = given.signatures.into_iter().map(|signature| signature.text).collect();
        Ok(Witnessed { checkpoint: given.text, signatures })
    }
}

fn included(covered: &Covered, index: u64, leaf: Leaf) -> Included {
    let path = inclusion_path(&covered.hashes, index).unwrap_or_default();
    Included { leaf, index, path: path.into_iter().map(TreeHash).collect() }
}

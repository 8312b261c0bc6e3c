//! Taking a checkpoint: what is on record and not covered yet is put after what is.
//!
//! The ledger is read while others write. Then it is held still for as long as it takes to read what has changed
//! meanwhile, to sync it, and to write: nothing is covered that a power cut could still take.

use std::collections::HashSet;
use std::path::PathBuf;

use super::super::approve::Signing;
use super::super::write::{Effect, Novelty};
use super::super::{AppError, Ledger};
use super::leaves::{Fresh, Leaves};
use super::name_of;
use super::trust::fault;
use crate::domain::checkpoint::{Checkpoint, NAMESPACE};
use crate::domain::hash::Hash;
use crate::domain::id::Origin;
use crate::domain::leaf::{LEAVES_MAX, Leaf};
use crate::domain::merkle::{Frontier, Head};
use crate::signing::Who;
use crate::store::checkpoints::{Extent, Kept};
use crate::store::{Budget, StoreError};

/// A checkpoint that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Its file.
    pub path: PathBuf,
    /// How many leaves it covers that the one before did not.
    pub new: u64,
    /// Whether it is new.
    pub novelty: Novelty,
}

/// A signature that was put beside a checkpoint.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Its file.
    pub path: PathBuf,
    /// The key, as OpenSSH tells it.
    pub key: String,
    /// Whether it is new.
    pub novelty: Novelty,
}

/// What a list holds when a checkpoint is taken.
struct Base {
    /// The hashes of the leaves that checkpoints cover, in order.
    covered: Vec<Hash>,
    /// How far they reach.
    extent: Extent,
    /// What stands after them and is a leaf: what a write left that was cut short.
    tail: Vec<Leaf>,
}

impl Base {
    fn known(&self) -> Leaves {
        Leaves::new(self.covered.iter().copied().chain(self.tail.iter().map(Leaf::hash)).collect())
    }

    /// Keeps only the beginning of the tail that is still on record.
    fn drop_what_is_gone(&mut self, known: &Leaves) {
        let stays = self.tail.iter().take_while(|leaf| known.was_seen(&leaf.hash())).count();
        self.tail.truncate(stays);
    }

    fn keep(&self) -> Extent {
        self.tail.iter().fold(self.extent, |extent, leaf| extent.with(&leaf.to_string()))
    }
}

impl Ledger<'_> {
    /// Takes a checkpoint of all that is on record. With nothing new, it is the one before.
    ///
    /// # Errors
    /// Damage, leaves that are gone, and failed machinery.
    pub fn checkpoint(&self, origin: &Origin, effect: Effect, budget: &Budget) -> Result<Taken, AppError> {
        self.writable()?;
        let _held = match effect {
            Effect::Write => Some(self.store.hold_checkpoints(budget)?),
            Effect::DryRun => None,
        };
        let mut base = self.base(origin)?;
        let (mut known, mut fresh) = (base.known(), Fresh::default());
        self.look(&known, &mut fresh)?;
        let is_the_same = fresh.is_empty() && base.tail.is_empty() && !base.covered.is_empty();
        let _still = match effect {
            Effect::Write if !is_the_same => Some(self.store.stand_still(budget)?),
            Effect::Write | Effect::DryRun => None,
        };
        if !is_the_same {
            (known, fresh) = self.look_again(&mut base, known, fresh)?;
        }
        self.refuse_lost(origin, &base, &known)?;
        let new = fresh.into_leaves();
        self.refuse_lost_of_others(origin, &known, &new)?;
        let checkpoint = self.over(origin, &base, &new)?;
        let path = self.store.checkpoint_place(origin, Some(checkpoint.size()));
        let fresh = checkpoint.size() - base.covered.len() as u64;
        let taken = |novelty| Taken { checkpoint: checkpoint.clone(), path: path.clone(), new: fresh, novelty };
        if effect == Effect::DryRun {
            return Ok(taken(Novelty::Tried));
        }
        self.store.make_durable()?;
        match self.store.cover(origin, base.keep(), &new, &checkpoint.to_string(), budget)? {
            Kept::New => Ok(taken(Novelty::New)),
            Kept::Before => Ok(taken(Novelty::Deduplicated)),
            Kept::Unknown(cause) => Err(AppError::Unknown { cause, key: None }),
        }
    }

    /// Reads what has changed, and takes over what is still on record of the tail.
    fn look_again(&self, base: &mut Base, mut known: Leaves, mut fresh: Fresh) -> Result<(Leaves, Fresh), AppError> {
        loop {
            self.look(&known, &mut fresh)?;
            let tail = base.tail.len();
            base.drop_what_is_gone(&known);
            if base.tail.len() == tail {
                return Ok((known, fresh));
            }
            // What was after the part that is gone is to be put in its place anew.
            known = base.known();
            fresh = Fresh::default();
        }
    }

    /// Signs a checkpoint that is kept, and keeps the signature. One of somebody whom the ledger's own signers file does not
    /// name is refused.
    ///
    /// # Errors
    /// The key can't be had, is unknown, or failed machinery. The checkpoint stands.
    pub fn sign_checkpoint(
        &self,
        taken: &Taken,
        Signing { key, asking, trust }: Signing<'_>,
        budget: &Budget,
    ) -> Result<Signed, AppError> {
        let text = taken.checkpoint.to_string();
        let signature = key.sign(&text, NAMESPACE, asking, budget)?;
        if let Some(signers) = trust.signers() {
            let signed = crate::signing::Signed { text: &text, namespace: NAMESPACE, signature: signature.text() };
            let verdict = signers.check(signed, Who::Anybody, self.world.now(), budget)?;
            if let Some((_, what)) = fault(&verdict, Some(&signature.fingerprint())) {
                return Err(AppError::Stranger(what));
            }
        }
        let (origin, size) = (taken.checkpoint.origin(), taken.checkpoint.size());
        let key = signature.key_digits();
        let novelty = match self.store.keep_signature(origin, size, &key, signature.text(), budget)? {
            Kept::New => Novelty::New,
            Kept::Before => Novelty::Deduplicated,
            Kept::Unknown(cause) => return Err(AppError::Unknown { cause, key: None }),
        };
        let path = self.store.signature_place(origin, size, &key);
        Ok(Signed { path, key: signature.fingerprint(), novelty })
    }

    /// Reads a list and holds it against its checkpoints.
    fn base(&self, origin: &Origin) -> Result<Base, AppError> {
        let roots = self.kept_roots(origin)?;
        let size = roots.keys().next_back().copied().unwrap_or(0);
        let mut base = Base { covered: Vec::new(), extent: Extent::default(), tail: Vec::new() };
        let (mut seen, mut is_whole) = (HashSet::new(), true);
        let walked = self.walk(origin, &roots, &mut |index, line, hash| {
            if index < size {
                base.covered.push(hash);
                return;
            }
            match line.parse() {
                Ok(leaf) if is_whole && seen.insert(hash) => base.tail.push(leaf),
                Ok(_) | Err(_) => is_whole = false,
            }
        })?;
        if let Some(size) = walked.wrong.first() {
            let path = self.store.checkpoint_place(origin, None);
            let what = format!("its first {size} leaves are not those that its checkpoint covers");
            return Err(StoreError::damaged(None, &path, None, what).into());
        }
        let covered = Leaves::new(base.covered.clone());
        let fits = base.tail.iter().take_while(|leaf| !covered.has(&leaf.hash())).count();
        base.tail.truncate(fits);
        base.extent = walked.extents.get(&size).copied().unwrap_or_default();
        Ok(base)
    }

    /// A checkpoint goes on from the one before. Where something is gone that was covered, it would hide that.
    fn refuse_lost(&self, origin: &Origin, base: &Base, known: &Leaves) -> Result<(), AppError> {
        let lost = base.covered.iter().filter(|hash| !known.was_seen(hash)).count();
        if lost == 0 {
            return Ok(());
        }
        Err(AppError::CoveredLost { checkpoint: format!("{origin}/{}", base.covered.len()), lost })
    }

    /// The same for what the checkpoints of other origins cover: what is there instead would be covered as if it had always
    /// been so. A list that can't be read covers nothing that could be told.
    fn refuse_lost_of_others(&self, origin: &Origin, known: &Leaves, new: &[Leaf]) -> Result<(), AppError> {
        let others: Vec<Origin> = self.store.origins()?.into_iter().filter(|other| other != origin).collect();
        if others.is_empty() {
            return Ok(());
        }
        let new: HashSet<Hash> = new.iter().map(Leaf::hash).collect();
        for other in others {
            let covered = match self.base(&other) {
                Ok(base) => base.covered,
                Err(AppError::Store(error)) if error.is_of_files() => continue,
                Err(error) => return Err(error),
            };
            let lost = covered.iter().filter(|hash| !known.was_seen(hash) && !new.contains(*hash)).count();
            if lost > 0 {
                return Err(AppError::CoveredLost { checkpoint: format!("{other}/{}", covered.len()), lost });
            }
        }
        Ok(())
    }

    fn over(&self, origin: &Origin, base: &Base, new: &[Leaf]) -> Result<Checkpoint, AppError> {
        let mut frontier = Frontier::default();
        base.covered.iter().for_each(|hash| frontier.push(*hash));
        base.tail.iter().chain(new).for_each(|leaf| frontier.push(leaf.hash()));
        if frontier.size() > LEAVES_MAX {
            let what = format!("a list has at most {LEAVES_MAX} leaves; this one would have {}", frontier.size());
            return Err(StoreError::Unwritable(what).into());
        }
        let head = Head { size: frontier.size(), root: frontier.root() };
        let made = Checkpoint::new(self.settings.ledger_id, origin.clone(), head);
        if new.is_empty() && base.tail.is_empty() && self.store.checkpoint_sizes(origin)?.contains(&made.size()) {
            // As it stands, should somebody have written more lines into it.
            return self.read_kept(origin, made.size());
        }
        Ok(made)
    }
}

impl Taken {
    /// `ORIGIN/SIZE`
    #[must_use]
    pub fn name(&self) -> String {
        name_of(&self.checkpoint)
    }
}

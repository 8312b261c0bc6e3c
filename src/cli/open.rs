//! Finding and opening the ledger that a command is about.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Context;
use super::allow_secret::AllowSecret;
use super::args::Global;
use super::builtin;
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::render::progress::Progress;
use crate::app::checks::Checks;
use crate::app::near::nearest;
use crate::app::verify::Unknown;
use crate::app::{AppError, Ledger, Session, World};
use crate::domain::checkpoint::Checkpoint;
use crate::domain::hash::Hash;
use crate::domain::id::{Actor, RequestId, RequestType, Writer};
use crate::domain::settings::{DefaultSettings, SETTINGS_BYTES_MAX, Settings};
use crate::domain::time::Timestamp;
use crate::domain::workflow::{WORKFLOW_BYTES_MAX, Workflow};
use crate::store::StoreError;
use crate::store::checkpoints::Checkpoints;
use crate::store::fs::FsStore;
use crate::store::fs::log::{self, CONFLICT_MARKER};
use crate::store::memory::MemoryStore;
use crate::sync::remote::published;
use crate::sync::restore::Restoring;

const SCHEMA_BYTES_MAX: usize = 1024 * 1024;
const SCHEMA_SUFFIX: &str = ".schema.json";

/// An opened ledger: what [`Ledger`] borrows from.
pub struct Opened {
    store: Arc<FsStore>,
    settings: Settings,
    workflow: Workflow,
    world: CliWorld,
    checks: Checks,
}

impl Opened {
    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger {
            store: self.store.as_ref(),
            settings: &self.settings,
            workflow: &self.workflow,
            world: &self.world,
            checks: &self.checks,
        }
    }

    /// Shows how far the reading of many requests has got.
    pub fn show_progress(&mut self, bar: Progress) {
        self.world.bar = Some(bar);
    }

    /// The folder that holds `coordination/`.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.store.layout().root()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &FsStore {
        &self.store
    }
}

/// A ledger that is nowhere: what a dry run writes to where there is none yet.
pub(super) struct Nowhere {
    store: MemoryStore,
    settings: Settings,
    workflow: Workflow,
    world: CliWorld,
    checks: Checks,
}

impl Nowhere {
    /// What a ledger would begin with in this folder.
    pub(super) fn new(root: &Path, env: &Environment) -> Self {
        let schemas = TypeSchemas { ledger: None };
        let restoring = Restoring::new(&env.folder, root);
        Self {
            store: MemoryStore::new(Writer::nobody()),
            settings: Settings::standing_in(uuid::Uuid::nil()),
            workflow: Workflow::default(),
            world: CliWorld { now: env.now, random: env.random, schemas, restoring, bar: None },
            checks: Checks::default(),
        }
    }

    /// The ledger.
    pub(super) fn ledger(&self) -> Ledger<'_> {
        Ledger {
            store: &self.store,
            settings: &self.settings,
            workflow: &self.workflow,
            world: &self.world,
            checks: &self.checks,
        }
    }
}

/// Clock, randomness and schemas from the environment and the ledger's folder.
struct CliWorld {
    now: fn() -> Timestamp,
    random: fn(&mut [u8]),
    schemas: TypeSchemas,
    restoring: Restoring,
    /// Where somebody looks on.
    bar: Option<Progress>,
}

impl World for CliWorld {
    fn now(&self) -> Timestamp {
        (self.now)()
    }

    fn random(&self, bytes: &mut [u8]) {
        (self.random)(bytes);
    }

    fn type_schema(&self, request_type: &RequestType) -> Result<Option<String>, AppError> {
        Ok(self.schemas.text(request_type)?)
    }

    fn draft_schema(&self) -> &str {
        builtin::schema("request").unwrap_or("true")
    }

    fn restoring(&self) -> &Restoring {
        &self.restoring
    }

    fn published(&self, events: &[(RequestId, Hash)]) -> Vec<Option<bool>> {
        match &self.schemas.ledger {
            Some(ledger) => published(ledger, events),
            None => vec![None; events.len()],
        }
    }

    fn read(&self, done: usize, total: usize) {
        if let Some(bar) = &self.bar {
            bar.at(done, total);
        }
    }
}

/// The schemas of the request types: the ledger's own, else the built-in ones.
pub struct TypeSchemas {
    /// The ledger that may keep its own; `None` where there is none.
    ledger: Option<Arc<FsStore>>,
}

impl TypeSchemas {
    /// Those of the ledger that the command line, the environment or the current folder names; the built-in ones where
    /// there is none.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn here(global: &Global, env: &Environment) -> Result<Self, Failure> {
        match find_root(global, env).and_then(|root| store_at(&root, env)) {
            Ok(store) => Ok(Self { ledger: Some(Arc::new(store)) }),
            Err(failure) if failure.exit == Exit::NotFound => Ok(Self { ledger: None }),
            Err(failure) => Err(failure),
        }
    }

    /// The folder of the ledger.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        self.ledger.as_ref().map(|store| store.layout().root())
    }

    fn own(&self) -> Option<(&FsStore, PathBuf)> {
        self.ledger.as_ref().map(|store| (store.as_ref(), store.layout().schemas().join("types")))
    }

    /// The text of a type's schema; `None` if it has none.
    ///
    /// # Errors
    /// Failed machinery, and a file that is no plain text.
    pub fn text(&self, request_type: &RequestType) -> Result<Option<String>, StoreError> {
        let name = format!("{request_type}{SCHEMA_SUFFIX}");
        let own = self.own().map(|(store, folder)| store.text(&folder.join(name), SCHEMA_BYTES_MAX));
        let own = own.transpose()?.flatten();
        Ok(own.or_else(|| builtin::schema(&format!("types/{request_type}")).map(str::to_owned)))
    }

    /// The names of all, as `ledger schema` takes them: the built-in ones, then those that only the ledger has.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let builtin = builtin::TYPES.iter().map(|(name, _)| (*name).to_owned());
        // A folder that can't be listed adds no names; its files still say what is wrong with them.
        let names = self.own().and_then(|(store, folder)| store.files().names(&folder).ok());
        let own = names.unwrap_or_default().into_iter().filter_map(|name| {
            let request_type: RequestType = name.to_str()?.strip_suffix(SCHEMA_SUFFIX)?.parse().ok()?;
            Some(format!("types/{request_type}"))
        });
        let own: BTreeSet<String> = own.filter(|name| builtin::schema(name).is_none()).collect();
        builtin.chain(own).collect()
    }
}

/// Opens the ledger that the command line, the environment or the current folder names.
///
/// # Errors
/// No ledger, or one whose settings can't be read.
pub fn open(global: &Global, env: &Environment) -> Result<Opened, Failure> {
    let root = find_root(global, env)?;
    open_store(Arc::new(store_at(&root, env)?), env)
}

/// A ledger that is to be examined: what can be opened of it.
pub(super) struct Patient {
    /// Its files.
    pub(super) store: Arc<FsStore>,
    /// The ledger. Settings and a workflow that can't be read are stood in for.
    pub(super) opened: Opened,
    /// What can't be read, and why.
    pub(super) unknown: Unknown,
}

/// Opens the ledger that the command line, the environment or the current folder names as far as it can be opened.
///
/// # Errors
/// There is no ledger.
pub(super) fn to_examine(global: &Global, env: &Environment) -> Result<Patient, Failure> {
    let root = find_root(global, env)?;
    let missing = |error: std::io::Error| FsStore::unreachable(&root, error);
    let store = Arc::new(FsStore::examine_on(&root, (env.disk)(&root).map_err(missing)?)?);
    let mut unknown = Unknown::default();
    let settings = match settings(&store) {
        Err(AppError::Store(error @ StoreError::NotALedger(_))) => return Err(error.into()),
        Err(error) => {
            unknown.settings = Some(error);
            // What was computed of the ledger names it; which it is, its checkpoints say as well.
            Settings::standing_in(named_by_checkpoints(&store).unwrap_or_default())
        }
        Ok(settings) => settings,
    };
    let workflow = workflow(&store).unwrap_or_else(|error| {
        unknown.workflow = Some(error);
        Workflow::default()
    });
    Ok(Patient { opened: opened(Arc::clone(&store), settings, workflow, env), store, unknown })
}

fn open_store(store: Arc<FsStore>, env: &Environment) -> Result<Opened, Failure> {
    let (settings, workflow) = (settings(&store)?, workflow(&store)?);
    Ok(opened(store, settings, workflow, env))
}

fn opened(store: Arc<FsStore>, settings: Settings, workflow: Workflow, env: &Environment) -> Opened {
    let schemas = TypeSchemas { ledger: Some(Arc::clone(&store)) };
    let restoring = Restoring::new(&env.folder, store.layout().root());
    let world = CliWorld { now: env.now, random: env.random, schemas, restoring, bar: None };
    Opened { store, settings, workflow, world, checks: Checks::default() }
}

fn settings(store: &FsStore) -> Result<Settings, AppError> {
    let path = store.layout().settings();
    let text = store.text(&path, SETTINGS_BYTES_MAX)?.ok_or_else(|| StoreError::NotALedger(path.clone()))?;
    Settings::parse(&text).map_err(|error| bad_file(&path, &text, &error))
}

fn workflow(store: &FsStore) -> Result<Workflow, AppError> {
    let path = store.layout().workflow();
    match store.text(&path, WORKFLOW_BYTES_MAX)? {
        Some(text) => Workflow::parse(&text).map_err(|error| bad_file(&path, &text, &error)),
        None => Ok(Workflow::default()),
    }
}

/// What a merge left is told as that, whatever else is wrong with it.
fn bad_file(path: &Path, text: &str, error: &dyn std::fmt::Display) -> AppError {
    if log::has_markers(text.as_bytes()) {
        return AppError::bad_file(path, CONFLICT_MARKER);
    }
    let told = error.to_string();
    match meant(&told) {
        Some(meant) => AppError::bad_file(path, format!("{told}; did you mean {meant}?")),
        None => AppError::bad_file(path, &told),
    }
}

/// What an unknown member may have been meant to be: the reader names it and those that there are.
fn meant(told: &str) -> Option<&str> {
    let mut quoted = told.split_once("unknown field ")?.1.split('`').skip(1).step_by(2);
    nearest(quoted.next()?, quoted)
}

/// The ledger that the newest checkpoint of some origin is of.
fn named_by_checkpoints(store: &FsStore) -> Option<uuid::Uuid> {
    store.origins().ok()?.iter().find_map(|origin| {
        let newest = *store.checkpoint_sizes(origin).ok()?.last()?;
        let text = store.checkpoint_text(origin, newest).ok()??;
        Checkpoint::parse(&text).ok().map(|checkpoint| checkpoint.ledger())
    })
}

fn store_at(root: &Path, env: &Environment) -> Result<FsStore, Failure> {
    let missing = |error: std::io::Error| FsStore::unreachable(root, error);
    Ok(FsStore::open_on(root, (env.disk)(root).map_err(missing)?)?)
}

/// Who acts and for how long.
///
/// # Errors
/// Nobody says who acts.
pub(super) fn session(context: &Context<'_>, root: &Path, secrets: AllowSecret) -> Result<Session, Failure> {
    let by = actor(&context.cli.global, context.env, root)?;
    Ok(Session { by, budget: context.budget.clone(), secrets: secrets.policy() })
}

/// Who acts: the command line, the environment, the person's configuration, git.
///
/// # Errors
/// Nobody says, or what they say is no name.
pub fn actor(global: &Global, env: &Environment, root: &Path) -> Result<Actor, Failure> {
    let (name, source) = if let Some(name) = &global.actor {
        (name.clone(), "--actor")
    } else if let Some(name) = env.actor.clone().filter(|name| !name.is_empty()) {
        (name, "LEDGER_ACTOR")
    } else if let Some(actor) = global.configured.actor() {
        return Ok(actor.clone());
    } else if let Some(name) = (env.git_email)(root) {
        (name, "git's user.email")
    } else {
        return Err(Failure::new(Exit::Usage, "no-actor", "nobody says who acts")
            .hint("ledger config set actor NAME, once for all; --actor NAME or LEDGER_ACTOR=NAME name somebody for one command"));
    };
    name.parse().map_err(|e| Failure::new(Exit::Usage, "no-actor", format!("{source}: {e}")))
}

/// The folder of the ledger that the command line or the environment names, else of the nearest one upwards.
///
/// # Errors
/// There is none.
pub(super) fn find_root(global: &Global, env: &Environment) -> Result<PathBuf, Failure> {
    if let Some(root) = global.root.as_ref().or(env.root.as_ref()) {
        return Ok(env.folder.join(root));
    }
    env.folder.ancestors().find(holds_one).map(Path::to_owned).ok_or_else(|| {
        let here = env.folder.display();
        let has_lost_it = |folder: &&Path| folder.join("coordination/requests").is_dir();
        if let Some(folder) = env.folder.ancestors().find(has_lost_it) {
            let what = format!("{} has no coordination/ledger.json, which makes it a ledger", folder.display());
            let settings = folder.join("coordination/ledger.json");
            return Failure::new(Exit::NotFound, "no-ledger", what)
                .hint(Restoring::new(&env.folder, folder).newest(&settings));
        }
        Failure::new(Exit::NotFound, "no-ledger", format!("there is no ledger in {here} or above it"))
            .hint("ledger init, or name the folder with --root DIR")
    })
}

/// Whatever stands there: what is no file is told by whoever reads it.
fn holds_one(folder: &&Path) -> bool {
    folder.join("coordination/ledger.json").symlink_metadata().is_ok()
}

/// The folder of the nearest ledger above a folder.
pub(super) fn above(root: &Path) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    root.ancestors().skip(1).find(holds_one).map(Path::to_owned)
}

/// What the settings of the ledger say for its work, where there is one that can be read: who opens it is told the rest.
pub(super) fn defaults(global: &Global, env: &Environment) -> DefaultSettings {
    use std::io::Read;
    let read = || {
        let path = find_root(global, env).ok()?.join("coordination/ledger.json");
        let mut text = String::new();
        let file = std::fs::File::open(Some(path).filter(|path| path.is_file())?).ok()?;
        file.take(SETTINGS_BYTES_MAX as u64 + 1).read_to_string(&mut text).ok()?;
        Settings::parse(&text).ok()
    };
    read().map(|settings| settings.defaults).unwrap_or_default()
}

//! The command line: arguments in, text or JSON and an exit status out.
//!
//! Each command is one file in `commands`; only [`render`] prints; [`failure`] alone turns an error into a code, a
//! message, a hint and an [`exit::Exit`].

pub mod against_args;
pub mod agents;
pub mod allow_secret;
pub mod args;
pub mod builtin;
pub mod checkpoint_args;
pub mod claim_args;
mod claim_failure;
mod commands;
pub mod config;
pub mod config_args;
pub mod contract_args;
pub mod editing;
pub mod environment;
pub mod exit;
pub mod failure;
mod fill;
pub mod formats;
pub mod global_args;
mod input;
pub mod intake_args;
pub mod look_args;
pub mod manual_args;
mod meant;
pub mod merge_args;
pub mod open;
mod outputs;
pub mod pager;
pub mod query_args;
mod refused;
pub mod render;
pub mod search_args;
mod settings_in_force;
pub mod shells;
mod sync_args;
mod sync_failure;
pub mod times;
pub mod topics;
mod trust;
mod tui_args;
mod values;
mod watchdog;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use self::args::{Cli, Color, Format};
use self::config::Config;
use self::exit::Exit;
use self::failure::Failure;
use self::formats::Wanted;
use self::open::{Opened, Patient};
use self::render::Output;
use self::times::Times;
use crate::domain::secret;
use crate::store::budget::Progress;
use crate::store::{Budget, Notice};
use crate::sync::restore::Restoring;

pub use environment::Environment;

/// The budget of commands that write one thing.
const DEFAULT_BUDGET: Duration = Duration::from_secs(10);

/// What a command works with.
struct Context<'a> {
    cli: &'a Cli,
    env: &'a Environment,
    budget: Budget,
    output: Output,
    /// The folder of the ledger that was opened.
    root: Option<PathBuf>,
}

impl Context<'_> {
    /// Opens the ledger that the command line, the environment or the current folder names.
    fn open(&mut self) -> Result<Opened, Failure> {
        let mut opened = open::open(&self.cli.global, self.env)?;
        opened.show_progress(self.reading());
        self.root = Some(opened.root().to_owned());
        Ok(opened)
    }

    /// The same, as far as it can be opened.
    fn examine(&mut self) -> Result<Patient, Failure> {
        let mut patient = open::to_examine(&self.cli.global, self.env)?;
        patient.opened.show_progress(self.reading());
        self.root = Some(patient.store.layout().root().to_owned());
        Ok(patient)
    }

    fn reading(&self) -> render::progress::Progress {
        let is_watched = self.output.err_is_terminal && !self.output.quiet;
        render::progress::Progress::new("reading", &self.budget, is_watched)
    }

    /// A failure with what is known of how files come back.
    fn settle(&self, failure: Failure) -> Failure {
        if failure.remedy.is_none() {
            return failure;
        }
        let root = self.root.clone().or_else(|| open::find_root(&self.cli.global, self.env).ok());
        failure.settle(&Restoring::new(&self.env.folder, root.as_ref().unwrap_or(&self.env.folder)))
    }

    /// Refuses a format in which the command does not print.
    fn no_format(&self) -> Failure {
        let (what, hint) = self.cli.command.formats();
        Failure::usage(what).hint(hint)
    }

    /// Tells which ledger was used and how long it took, if asked to tell more.
    fn tell_more(&mut self) {
        if self.output.verbose {
            let root = self.root.as_ref().map(|root| format!("root {}, ", root.display())).unwrap_or_default();
            self.output.tell(&format!("ledger: {root}{} ms", self.budget.spent().as_millis()));
        }
    }
}

/// Runs the program; answers with how it ended.
#[must_use]
pub fn run(arguments: &[OsString], env: &Environment) -> Exit {
    if let Some(shell) = settings_in_force::variable(env, shells::ASKED) {
        return shells::answer(&shell, arguments, env);
    }
    let (cli, arguments) = match parse(arguments, env) {
        Ok(parsed) => parsed,
        Err(exit) => return exit,
    };
    let budget = budget(&cli, env);
    let choice = match cli.global.color() {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    let out = std::io::BufWriter::with_capacity(64 * 1024, (env.stdout)(choice));
    let mut output = Output::new(Box::new(out), (env.stderr)(choice));
    output.format = cli.global.format();
    output.quiet = cli.global.quiet;
    output.verbose = cli.global.verbose;
    output.width = env.width;
    output.err_is_terminal = env.err_is_terminal;
    output.times = Times::of(cli.global.time(), env.width, (env.now)());
    if let Some(command) = pager::chosen(&cli, env) {
        output.page_with(env.pager, command, choice);
    }
    if let Some(abort) = env.abort.filter(|_| !editing::is_asked(&cli, env)) {
        watchdog::start(&cli, &budget, abort);
    }
    let mut context = Context { cli: &cli, env, budget, output, root: None };
    let result = match cli.global.wanted() {
        wanted if cli.command.prints(wanted) => commands::run(&mut context),
        _ => Err(context.no_format()),
    };
    let wrote = context.budget.progress() == Progress::Settled || matches!(cli.command, args::Command::Apply(_));
    // Whatever is left to do is to tell.
    context.budget.set_progress(Progress::Settled);
    let shown = context.output.show();
    let result = result.and_then(|exit| shown.map(|()| exit));
    let result = result.map_err(|failure| if wrote { failure.as_unanswered() } else { failure });
    context.tell_more();
    match result {
        Ok(exit) => exit,
        // The reader of a pipe has gone away: nothing is wrong.
        Err(failure) if failure.exit == Exit::Done => Exit::Done,
        Err(failure) => {
            let _ = context.output.flush();
            let failure = context.settle(failure).hint_in_general(&meant::named_command(&arguments));
            context.output.fail(&failure);
            failure.exit
        }
    }
}

/// Reads the command line with what the person has set up; an alias stands for its words.
fn parse<'a>(arguments: &'a [OsString], env: &Environment) -> Result<(Cli, Cow<'a, [OsString]>), Exit> {
    let configured = Config::read(env);
    let mut arguments = Cow::Borrowed(arguments);
    let mut parsed = Cli::try_parse_from(arguments.iter());
    if let Err(error) = &parsed
        && error.kind() == ErrorKind::InvalidSubcommand
        && let Some(place) = config::command_place(&arguments, &Cli::command())
    {
        // A name that is none may be an alias of the file that can't be read.
        let configured = configured.as_ref().map_err(|failure| refuse(failure, wants_json(&arguments, None)))?;
        let alias = arguments.get(place).and_then(|word| configured.aliases.get(word.to_str()?));
        if let Some(alias) = alias {
            arguments = Cow::Owned(config::expand(&arguments, place, &alias.words));
            parsed = Cli::try_parse_from(arguments.iter());
        }
    }
    let format = configured.as_ref().ok().and_then(Config::format);
    let mut cli = parsed.map_err(|error| usage(error, &arguments, format))?;
    match configured {
        Ok(configured) => cli.global.configured = Arc::new(configured),
        // Git runs it, and what git is to merge must not wait for somebody's own file.
        Err(_) if !cli.command.is_configured() => {}
        Err(_) if cli.command.mends_configuration() => {
            cli.global.configured = Arc::new(Config::read_as_far_as_it_goes(env));
        }
        Err(failure) => return Err(refuse(&failure, wants_json(&arguments, None))),
    }
    fill::fill(&mut cli, env).map_err(|error| usage(error, &arguments, format))?;
    Ok((cli, arguments))
}

/// Tells of a configuration that can't be used.
fn refuse(failure: &Failure, told: Format) -> Exit {
    let mut output = Output::new(Box::new(std::io::sink()), Box::new(anstream::AutoStream::auto(std::io::stderr())));
    output.format = told;
    output.fail(failure);
    failure.exit
}

fn budget(cli: &Cli, env: &Environment) -> Budget {
    let limit = fill::limit(cli, env);
    let stderr = env.stderr;
    let quiet = cli.global.quiet;
    let format = cli.global.format();
    let said: Mutex<Vec<Notice>> = Mutex::default();
    let listener = move |notice: &Notice| {
        let Ok(mut said) = said.lock() else { return };
        if !quiet && !said.contains(notice) {
            said.push(notice.clone());
            let _ =
                stderr(anstream::ColorChoice::Never).write_all(render::notice(&notice_text(notice), format).as_bytes());
        }
    };
    Budget::new(limit, Arc::new(listener)).patient(limit.unwrap_or(DEFAULT_BUDGET))
}

fn notice_text(notice: &Notice) -> String {
    let text = match notice {
        Notice::Waiting { what, holder } => {
            let holder = holder.as_ref().map(|holder| format!(", held by {holder}")).unwrap_or_default();
            format!("waiting for {what}{holder}")
        }
        Notice::Repaired { log, kept, bytes } => format!(
            "repaired {}: {bytes} bytes of a write that was cut short are kept in {}",
            log.display(),
            kept.display()
        ),
        Notice::Completed { what } => format!("completed {what}"),
    };
    format!("ledger: {text}")
}

/// What clap has to say: help and version are data, the rest is a wrong command line.
fn usage(mut error: clap::Error, arguments: &[OsString], configured: Option<Wanted>) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Done;
    }
    meant::mend(&mut error, arguments);
    let mut output = Output::new(Box::new(std::io::stdout()), Box::new(std::io::stderr()));
    if wants_json(arguments, configured) == Format::Json {
        output.format = Format::Json;
        output.fail(&usage_failure(&error).hint_in_general(&meant::named_command(arguments)));
    } else if arguments.iter().any(|argument| argument.to_string_lossy().contains(render::safe::is_unsafe))
        || secret::find(&error.to_string()).is_some()
    {
        // Clap repeats what was typed as it was typed.
        output.tell(render::safe::block(&secret::masked(&error.to_string()), "").trim_end());
    } else {
        let _ = error.print();
    }
    Exit::Usage
}

/// Whether errors are told as JSON, as far as one can tell from a command line that can't be read.
fn wants_json(arguments: &[OsString], configured: Option<Wanted>) -> Format {
    let told = |format: &std::ffi::OsStr| match format.to_str() {
        Some("json" | "jsonl") => Format::Json,
        _ => Format::Text,
    };
    let is_json = matches!(configured, Some(Wanted::Json | Wanted::Jsonl));
    let mut format = if is_json { Format::Json } else { Format::Text };
    for (at, argument) in arguments.iter().enumerate() {
        match argument.to_str() {
            Some("--json") => return Format::Json,
            Some("--format") => format = arguments.get(at + 1).map_or(format, |next| told(next)),
            Some(other) => format = other.strip_prefix("--format=").map_or(format, |next| told(next.as_ref())),
            None => {}
        }
    }
    format
}

/// The same as data: the first paragraph is the message, a tip is the hint.
fn usage_failure(error: &clap::Error) -> Failure {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("no command was given");
    }
    let text = error.to_string();
    let mut paragraphs = text.split("\n\n").map(|paragraph| {
        paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned()
    });
    let failure = Failure::usage(paragraphs.next().unwrap_or_default());
    match paragraphs.find_map(|paragraph| paragraph.strip_prefix("tip: ").map(str::to_owned)) {
        Some(tip) => failure.hint(tip),
        None => failure,
    }
}

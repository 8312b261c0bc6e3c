//! The commands, one file each.

mod adopt;
mod apply;
mod checkpoint;
mod claim;
mod completions;
mod config;
mod conflicts;
mod contract;
mod demo;
mod doctor;
mod export;
mod fields;
mod graph;
mod help;
mod ids;
mod import;
mod index;
mod init;
mod intake;
mod list;
mod log;
mod man;
mod merge_driver;
mod new;
mod prime;
mod prove;
mod repair_merge;
mod resolve_id;
mod rows;
mod schema;
mod search;
mod setup_git;
mod show;
mod sql;
mod stats;
mod sync;
mod tui;
mod verify;
mod watch;
mod write;

pub(super) use rows::FIELDS;

use super::Context;
use super::args::Command;
use super::exit::Exit;
use super::failure::Failure;

/// Runs the command that was asked for.
pub(super) fn run(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let cli = context.cli;
    match &cli.command {
        Command::Init(args) => init::run(context, args),
        Command::New(args) => new::run(context, args),
        Command::Transition(args) => write::transition(context, args),
        Command::Respond(args) => write::respond(context, args),
        Command::Approve(args) => write::approve(context, args),
        Command::Note(args) => write::note(context, args),
        Command::Evidence(args) => write::evidence(context, args),
        Command::Conflicts(args) => conflicts::run(context, args),
        Command::Resolve(args) => write::resolve(context, args),
        Command::Claim(args) => claim::claim(context, args),
        Command::Heartbeat(args) => claim::heartbeat(context, args),
        Command::Release(args) => claim::release(context, args),
        Command::Show(args) => show::run(context, args),
        Command::Log(args) => log::run(context, args),
        Command::Watch(args) => watch::run(context, args),
        Command::Prime(args) => prime::run(context, args),
        Command::List(args) => list::run(context, args),
        Command::Search(args) => search::run(context, args),
        Command::Ready(args) => list::ready(context, args),
        Command::Blocked(args) => list::blocked(context, args),
        Command::Graph(args) => graph::run(context, args),
        Command::Export(args) => export::run(context, args),
        Command::Sql(args) => sql::run(context, args),
        Command::Stats(args) => stats::run(context, args),
        Command::Index(args) => index::run(context, args),
        Command::Verify(args) => verify::run(context, args),
        Command::Doctor(args) => doctor::run(context, args),
        Command::Checkpoint(args) => checkpoint::run(context, args),
        Command::Prove(args) => prove::run(context, args),
        Command::Sync(args) => sync::run(context, args),
        Command::Ids(args) => ids::run(context, args),
        Command::SetupGit(args) => setup_git::run(context, args),
        Command::MergeDriver(args) => merge_driver::run(context, args),
        Command::RepairMerge(args) => repair_merge::run(context, args),
        Command::ResolveId(args) => resolve_id::run(context, args),
        Command::Apply(args) => apply::run(context, args),
        Command::Adopt(args) => adopt::run(context, args),
        Command::Import(args) => import::run(context, args),
        Command::Contract(args) => contract::run(context, args),
        Command::Config(args) => config::run(context, args),
        Command::Completions(args) => completions::run(context, args),
        Command::Man(args) => man::run(context, args),
        Command::Help(args) => help::run(context, args),
        Command::Schema(args) => schema::run(context, args),
        Command::Tui(args) => tui::run(context, args),
        Command::Demo => demo::run(context),
    }
}

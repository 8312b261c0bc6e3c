//! The program as people, CI and agents use it: transcripts of the real binary.
//!
//! Each command has its module; what concerns all of them has its own: who acts ([`actor`]), what a request is called
//! ([`references`]), retries ([`keys`]), wrong command lines ([`usage`]), other people's text ([`untrusted`]), files that
//! somebody else changed ([`damage`], [`formats`]), processes in each other's way ([`locks`], [`pipes`]).

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails, and says where")]
#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]

#[path = "../common/mod.rs"]
mod common;

mod actor;
mod adopt;
mod against;
mod apply;
mod approve;
mod bounds;
mod checkpoint;
mod claim;
mod completions;
mod config;
mod conflicts;
mod contract;
mod damage;
mod demo;
mod doctor;
mod drafts;
mod editing;
mod errors;
mod everywhere;
mod evidence;
mod export;
mod formats;
mod gate;
mod governed;
mod graph;
mod import;
mod index;
mod init;
mod keys;
mod list;
mod locks;
mod log;
mod manual;
mod meant;
mod new;
mod note;
mod output_schemas;
mod pipes;
mod prime;
mod ready;
mod references;
mod repair;
mod resolve;
mod respond;
mod schema;
mod search;
mod secrets;
mod show;
mod sql;
mod stats;
mod terminal;
mod transition;
mod twins;
mod untrusted;
mod usage;
mod verify;
mod watch;

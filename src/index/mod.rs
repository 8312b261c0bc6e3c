//! The index: a projection of packets and events that can be thrown away and rebuilt byte for byte.
//!
//! [`project`] folds one history into an entry; [`cache`] keeps entries with the tokens of the bytes they came from, so
//! that only changed requests are read again; [`snapshot`] is the text of `coordination/index.json`; [`refresh`] says
//! when that file is brought up to date, and [`remembered`] what it knows that is gone; [`search`] knows what words are,
//! and which texts a request has. Nothing here is a source: what is damaged or stale is made anew.

pub mod cache;
pub mod check;
pub mod project;
pub mod refresh;
pub mod remembered;
pub mod search;
pub mod snapshot;

pub use cache::{edges, list, sql, stats, then};
pub use project::Entry;

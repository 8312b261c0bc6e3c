//! The terminal that stays open: a board by state, a request with its timeline, searches, transitions.
//!
//! Model, update, view. [`model::Model`] is all that there is to see, [`update::update`] makes a new one from it and from
//! what happened and says what is to be done, [`view::view`] draws it: none of them does I/O or knows the time.
//! `driver` reads keys and draws, `worker` carries out what is to be done by the use cases of [`crate::app`].
//!
//! A sibling of the command line that knows nothing of it: the words in which things are told are handed in. A request is
//! brought on only from the version that somebody saw; what was written since is a conflict, shown and read again.

mod board;
mod driver;
pub mod editor;
pub mod filter;
pub mod form;
mod keys;
pub mod layout;
pub mod model;
mod pages;
mod press;
pub mod text;
pub mod update;
pub mod view;
mod worker;

#[cfg(test)]
mod tests;

pub use board::columns;
pub use driver::run;

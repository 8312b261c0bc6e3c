//! Contracts, for people and programs.

pub mod event;

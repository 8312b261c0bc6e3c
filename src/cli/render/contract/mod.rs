//! Contracts, for people and programs.

pub mod changes;
pub mod check;
pub mod event;
pub mod matrix;
pub mod text;
pub mod told;
pub mod views;

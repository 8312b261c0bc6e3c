//! Clones that exchange by way of real git: what comes in and goes out, what is refused, and that nothing is lost,
//! whatever else git is used for meanwhile.

#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]
#![expect(clippy::disallowed_macros, reason = "what is skipped, and what was counted, must show")]

mod beside_code;
mod carriers;
mod claims;
mod clashes;
mod clones;
mod cut_short;
mod keys;
mod leases;
mod numbers;
mod ordinary;
mod rewritten;
mod simulation;

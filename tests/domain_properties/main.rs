//! The domain's promises, held against simulated clones: what a request means depends on the set of its events alone,
//! nothing is picked silently, and the workflow's guards hold.
//!
//! - [`replica`]: clones of one request and what people do on them; the language of the tests.
//! - [`scenario`]: random doings of two to four clones, on the built-in workflow and on random ones.
//! - [`definition`]: what a history means, once more and in the plainest way, to compare with.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails, and says where")]

mod claims;
mod damage;
mod definition;
mod divergence;
mod guards;
mod judging;
mod keys;
mod merging;
mod merkle;
mod outlook;
mod parts;
mod relations;
mod replica;
mod scenario;
mod secrets;
mod times;
mod workflows;

//! What every parser of outside bytes must keep to, whatever the bytes.
//!
//! [`checks`] is shared with `tests/fuzz_corpus.rs`, which replays the kept inputs with the ordinary tests.

pub mod checks;

//! Full-text search, as far as it needs no tables: what a word is, what is asked for, which texts a request has, and
//! which of them to show.
//!
//! Pure: the tables of [`super::cache`] are filled with words as they are told apart here, so what they find can be held
//! against [`Wanted::fits`].

mod excerpt;
mod query;
mod texts;
pub mod words;

pub use excerpt::{Excerpt, excerpts};
pub use query::{BadWanted, Phrase, WORDS_MAX, Wanted};
pub use texts::{Field, Place, Text, texts};

//! The arguments of `search`.

use clap::Args;

use super::query_args::Filters;

/// The most requests of an answer.
const LIMIT_MAX: usize = 1_000;

/// Search the texts of requests: titles, descriptions, notes, evidence
#[derive(Args, Debug)]
#[command(after_help = "\
All words are required, in any order, in any text of a request. \"two words\" in quotes (in quotes of the shell) stand one
after the other, as does what is written without blanks: max_len. eur* stands for every word that begins so. Case and
accents make no difference. There is nothing else: no operators.

  ledger search refund 'invoic*' --open
  ledger search '\"exchange rate\" billing' --to shop --limit 5

A match in the title counts for more than one in the description, in notes or in evidence. Where more than 1,000 match, the
newest of them are ranked.")]
pub struct Search {
    /// What to look for: words, \"a phrase\", prefix*
    #[arg(required = true, value_name = "WORDS")]
    pub words: Vec<String>,
    /// Only those that something can still follow
    #[arg(long)]
    pub open: bool,
    /// Which.
    #[command(flatten)]
    pub filters: Filters,
    /// The most requests to show
    #[arg(long, value_name = "N", value_parser = limit, default_value_t = 20)]
    pub limit: usize,
    /// Only these members of each request, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub fields: Vec<String>,
}

fn limit(text: &str) -> Result<usize, String> {
    let fits = |number: &usize| (1..=LIMIT_MAX).contains(number);
    text.parse().ok().filter(fits).ok_or_else(|| format!("expected a number from 1 to {LIMIT_MAX}"))
}

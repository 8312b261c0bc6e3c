//! Claims, for people.

use super::safe;
use super::text::moment;
use crate::app::claim::{ClaimSeen, ClaimsSeen};
use crate::domain::claim::{Claimed, Expiry, Released};
use crate::domain::hash::Hash;
use crate::domain::time::Timestamp;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What an event says that claims.
pub(super) fn claimed(claimed: &Claimed) -> String {
    let verb = match (claimed.renews.is_empty(), claimed.stolen) {
        (_, true) => "stolen",
        (true, false) => "claimed",
        (false, false) => "claim prolonged",
    };
    let over = if claimed.takes.is_empty() { String::new() } else { format!(", over {}", names(&claimed.takes)) };
    format!("{verb} until {}{over}{}", moment(claimed.until), reason(claimed.reason.as_ref()))
}

/// What an event says that releases.
pub(super) fn released(released: &Released) -> String {
    let lost = released.lost_to.map(|hash| format!(", lost to {}", hash.short())).unwrap_or_default();
    format!("released{lost}{}", reason(released.reason.as_ref()))
}

fn names(claims: &[Hash]) -> String {
    claims.iter().map(Hash::short).collect::<Vec<_>>().join(", ")
}

fn reason(reason: Option<&String>) -> String {
    reason.map(|text| format!(": {}", safe::line(text))).unwrap_or_default()
}

/// Who has claimed it, until when, and how long that is.
pub(super) fn held(claim: &ClaimSeen, at: Timestamp) -> String {
    let until = claim.line.until;
    let span = span(until.unix_ms() - at.unix_ms());
    let how_long = match claim.expiry {
        Expiry::Ahead => format!("in {span}"),
        Expiry::Past => format!("expired {span} ago"),
    };
    format!("{}, until {} ({how_long}){}", safe::line(claim.line.by.as_str()), moment(until), provisional(claim))
}

/// The same for a table.
pub(in crate::cli) fn cell(claims: &ClaimsSeen) -> String {
    let one = |claim: &ClaimSeen| {
        let expired = match claim.expiry {
            Expiry::Ahead => "",
            Expiry::Past => ", expired",
        };
        format!("{} until {}{expired}{}", claim.line.by, moment(claim.line.until), provisional(claim))
    };
    match claims {
        ClaimsSeen::Held(claim) => one(claim),
        ClaimsSeen::Contested(claims) => {
            format!("contested: {}", claims.iter().map(one).collect::<Vec<_>>().join("; "))
        }
    }
}

/// What is said of a claim that was just made and that others are not sure to see.
pub(in crate::cli) fn unpublished(claims: &ClaimsSeen) -> &'static str {
    match claims {
        ClaimsSeen::Held(ClaimSeen { firm: Some(false), .. }) => ", provisional until it is published (ledger sync)",
        ClaimsSeen::Held(_) | ClaimsSeen::Contested(_) => "",
    }
}

/// That somebody went past others' claims.
pub(in crate::cli) fn passed_over(claims: &ClaimsSeen) -> String {
    let one = |claim: &ClaimSeen| format!("{} until {}", safe::line(claim.line.by.as_str()), moment(claim.line.until));
    let all: Vec<String> = match claims {
        ClaimsSeen::Held(claim) => vec![one(claim)],
        ClaimsSeen::Contested(claims) => claims.iter().map(one).collect(),
    };
    format!("claimed by {}", all.join(" and by "))
}

fn provisional(claim: &ClaimSeen) -> &'static str {
    if claim.firm == Some(false) { ", provisional" } else { "" }
}

/// A length of time in one unit.
fn span(ms: i64) -> String {
    let ms = ms.abs();
    let of = |unit: i64, name: &str| format!("{} {name}", (ms + unit / 2) / unit);
    if ms < MINUTE_MS {
        "less than a minute".to_owned()
    } else if ms < 2 * HOUR_MS {
        of(MINUTE_MS, "min")
    } else if ms < 2 * DAY_MS {
        of(HOUR_MS, "h")
    } else {
        of(DAY_MS, "days")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_one_unit() {
        let told = |ms: i64| span(ms);
        assert_eq!(told(-59_999), "less than a minute");
        assert_eq!(told(29 * MINUTE_MS + 59_000), "30 min");
        assert_eq!(told(2 * HOUR_MS), "2 h");
        assert_eq!(told(-3 * DAY_MS), "3 days");
    }
}

//! What is told of claims that are in the way.

use super::failure::{Detail, Failure};
use crate::domain::claim::Claim;
use crate::domain::id::RequestId;
use crate::index::project::ClaimLine;

/// The failure with who has claimed the request, somebody else or several at once, and what to do.
pub(super) fn in_the_way(failure: Failure, id: RequestId, claims: &[Claim]) -> Failure {
    let steal = format!("ledger claim {id} --steal --reason TEXT");
    let hint = match claims {
        [one] => format!("wait until {}, or {steal}", one.until),
        _ => format!("one of them: ledger release {id}; or {steal}"),
    };
    let claims = claims.iter().map(ClaimLine::from).collect();
    failure.detail(Detail { claims, ..Detail::default() }).hint(hint)
}

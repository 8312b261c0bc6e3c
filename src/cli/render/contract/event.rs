//! What happened to a contract, in a line.

use super::super::safe;
use super::text::found;
use crate::domain::body::ContractBody;

/// An event of a contract, in words.
#[must_use]
pub fn happened(body: &ContractBody) -> String {
    match body {
        ContractBody::Registered(r) => format!("registered v{}: {} ({})", r.version, found(r), r.mode),
        ContractBody::ModeSet(m) => format!("mode {}", m.mode),
        ContractBody::OwnerSet(o) => format!("owner {}", safe::line(o.repo.as_str())),
        ContractBody::FormatsSet(f) => format!("formats {}", if f.asserted { "asserted" } else { "not asserted" }),
        ContractBody::Pinned(p) => {
            let needs = if p.needs.is_some() { ", needs a part of it" } else { "" };
            format!("{} uses v{}{needs}", safe::line(p.repo.as_str()), p.version)
        }
        ContractBody::Unpinned(u) => format!("{} uses it no more", safe::line(u.repo.as_str())),
        ContractBody::Activated(v) => format!("v{} active", v.version),
        ContractBody::Deprecated(v) => format!("v{} deprecated", v.version),
        ContractBody::Retired(v) => format!("v{} retired", v.version),
        ContractBody::Waived(w) => {
            format!("v{} may break until {} ({}): {}", w.version, w.until, w.request, safe::line(&w.reason))
        }
    }
}

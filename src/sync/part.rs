//! Which of the ledger's files a path of git names.

use crate::store::fs::carried::CarriedFile;

/// A file of the ledger, as far as merging is concerned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// What clones hand on to each other.
    Carried(CarriedFile),
    /// `index.json`: computed.
    Index,
    /// `compatibility_matrix.json`: computed.
    Matrix,
}

/// `index.json`, below the root.
pub const INDEX: &str = "coordination/index.json";
/// `compatibility_matrix.json`, below the root.
pub const MATRIX: &str = "coordination/compatibility_matrix.json";

impl Part {
    /// The part at a path below the ledger's root, with `/` between its names.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        match path {
            INDEX => Some(Self::Index),
            MATRIX => Some(Self::Matrix),
            path => CarriedFile::parse(path).map(Self::Carried),
        }
    }

    /// The part at the end of a path: the ledger may be in any folder of its repository.
    #[must_use]
    pub fn at_end_of(path: &str) -> Option<Self> {
        let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
        starts.filter_map(|start| path.get(start..)).find_map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_part_wherever_the_ledger_is() {
        for path in [
            "coordination/requests/REQ-20261120-0001.json",
            "coordination/events/REQ-20261120-0001.jsonl",
            "schemas/contracts/billing.invoice/events.jsonl",
            "coordination/checkpoints/main/leaves",
            "coordination/ledger.json",
        ] {
            let file = CarriedFile::parse(path).unwrap();
            for before in ["", "sub dir/", "coordination/", "a/coordination/events/"] {
                assert_eq!(Part::at_end_of(&format!("{before}{path}")), Some(Part::Carried(file.clone())));
            }
        }
        assert_eq!(Part::at_end_of("x/coordination/index.json"), Some(Part::Index));
        assert_eq!(Part::at_end_of("coordination/compatibility_matrix.json"), Some(Part::Matrix));
        for path in ["", "README.md", "xcoordination/index.json", "coordination/allowed_signers", "index.json"] {
            assert_eq!(Part::at_end_of(path), None, "{path}");
        }
    }
}

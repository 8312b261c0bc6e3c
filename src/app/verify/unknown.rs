//! What a ledger goes by, where it can't be read.

use crate::app::AppError;

/// What the ledger goes by and can't be read, and why. What needs it is not checked; everything else is.
#[derive(Debug, Default)]
pub struct Unknown {
    /// `ledger.json`: which ledger it is, and what its approvals must be like.
    pub settings: Option<AppError>,
    /// `workflow.json`: which steps are allowed.
    pub workflow: Option<AppError>,
    /// The ledger's own files of signers: whose signatures count.
    pub signers: Option<AppError>,
}

impl Unknown {
    /// Whether what is computed from packets and events can be computed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.settings.is_none() && self.workflow.is_none()
    }
}

//! `--allow-secret`, as all commands have it that write text.

use clap::Args;

use crate::app::Secrets;

/// What to do with text that holds a credential.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct AllowSecret {
    /// Write text that holds a credential, and record that it was allowed: nothing here can be erased
    #[arg(long)]
    pub allow_secret: bool,
}

impl AllowSecret {
    /// The same as a use case takes it.
    #[must_use]
    pub fn policy(self) -> Secrets {
        if self.allow_secret { Secrets::Allow } else { Secrets::Refuse }
    }
}

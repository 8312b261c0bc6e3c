//! The arguments of `ledger config`.

use clap::{Args, Subcommand};

/// Tell and change what is set up for you
#[derive(Args, Debug)]
#[command(after_help = "\
Settings come from the command line, else the environment, else your file, else the ledger (what is about the work only),
else they are built in. Your file is $XDG_CONFIG_HOME/ledger/config.toml, else ~/.config/ledger/config.toml.")]
pub struct Config {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What `ledger config` does.
#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// List all settings
    List(ConfigList),
    /// Print one setting
    Get(ConfigGet),
    /// Set one in your file
    Set(ConfigSet),
    /// Take one out of your file
    Unset(ConfigUnset),
    /// Print where your file is
    Path,
}

/// List all settings
#[derive(Args, Debug)]
pub struct ConfigList {
    /// Tell where each comes from
    #[arg(long)]
    pub origin: bool,
}

/// Print one setting
#[derive(Args, Debug)]
pub struct ConfigGet {
    /// The setting, or alias.NAME
    #[arg(value_name = "KEY")]
    pub key: String,
}

/// Set one in your file
#[derive(Args, Debug)]
pub struct ConfigSet {
    /// The setting, or alias.NAME
    #[arg(value_name = "KEY")]
    pub key: String,
    /// To what
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    pub value: String,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Take one out of your file
#[derive(Args, Debug)]
pub struct ConfigUnset {
    /// The setting, or alias.NAME
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

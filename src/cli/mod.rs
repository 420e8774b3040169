//! The command line: its flags, what they mean, and what the terminal can do.
//!
//! Owns the flags and every read of the environment that is about printing. It
//! does not know how anything is done that they ask for.

mod app;
pub mod args;
mod asked;
pub mod config;
mod find;
mod lint;
mod look;
mod overrides;
pub mod pages;
pub mod parse;
mod place;
pub mod profile;
pub mod select;
pub mod snakemake;
mod strangers;
pub mod terminal;
pub mod units;
mod written;

pub use app::main;
pub use args::{Args, Mode};
pub use config::doubtful;
pub use parse::{Parsed, parse};
pub use snakemake::translate;
pub use strangers::needless;

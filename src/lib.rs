//! Rulemake: a build tool for data-analysis pipelines.
//!
//! A Rulefile's rules of input and output patterns become jobs; jobs whose
//! outputs are up to date by content are skipped; the rest run in parallel.
//! `docs/design.md` tells the way of the data; a module imports only from the
//! floors below its own (`tests/it/layers.rs` holds that).

pub mod cli;
pub mod command;
pub mod diag;
pub mod digest;
pub mod eval;
pub mod event;
pub mod exec;
pub mod files;
pub mod graph;
pub mod lint;
pub mod memo;
pub mod path;
pub mod pattern;
pub mod plan;
pub mod record;
pub mod report;
pub mod rule;
pub mod run;
pub mod schedule;
pub mod settle;
pub mod span;
pub mod stale;
pub mod state;
pub mod suggest;
pub mod syntax;
pub mod template;
pub mod units;
pub mod value;
pub mod yaml;

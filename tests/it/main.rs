//! Tests of the built program: stories told through the command line, the
//! examples, the lessons, the documents, and the shape of the source itself.

mod beside;
mod checkpoints;
mod differential;
mod docs;
mod edges;
mod edits;
mod errors;
mod examples;
mod failures;
mod grown;
mod idioms;
mod language;
mod layers;
mod lessons;
mod lints;
mod model;
mod notebooks;
mod options;
mod output;
mod parts;
mod plans;
mod pyload;
mod python;
mod pythonic;
mod reuse;
mod scripts;
mod select;
mod shadows;
mod sheets;
mod snakefile;
mod story;
mod surroundings;
mod together;
mod trouble;
mod trust;

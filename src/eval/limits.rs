//! How long and how large an evaluation may become.
//!
//! Owns the limits, and what is said where one is passed: a loop that never ends would
//! take all memory.

use super::fault::hinted;
use starlark::eval::Evaluator;

/// Calls and turns of loops.
const TICKS: u64 = 500_000_000;
/// Bytes of values.
const BYTES: usize = 2 << 30;

/// Sets the limit of an evaluation beyond which it ends in any case. What [`check`]
/// finds is found before, and has a place.
pub(super) fn set(eval: &mut Evaluator) -> starlark::Result<()> {
    eval.set_max_heap_size(BYTES + BYTES / 2).map_err(starlark::Error::new_other)
}

/// Fails where a limit is passed; each turn of a `while` asks.
///
/// # Errors
/// At the place of the call.
pub(super) fn check(eval: &mut Evaluator) -> starlark::Result<()> {
    let how = match () {
        () if eval.heap().peak_allocated_bytes() > BYTES => LARGE,
        () if eval.get_total_tick_count() > TICKS => "goes on for too long",
        () => return Ok(()),
    };
    Err(hinted(format!("this {how}"), HINT))
}

/// What is said of Starlark's own limit that was passed, and the way out.
pub(super) fn worded(text: &str) -> Option<(String, &'static str)> {
    let passed = text.contains("limit") && text.contains("exceeded");
    passed.then(|| (format!("this {LARGE}"), HINT))
}

const LARGE: &str = "takes more than 2 GiB of memory";
const HINT: &str = "a loop or a generator must come to an end";

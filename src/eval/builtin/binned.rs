//! `pd.cut`: numbers by the bins that they lie in.
//!
//! Owns where a bin begins and ends. Labels are given; intervals are no cells here.

use super::column::Column;
use super::column_counts::number;
use super::frame::{cell_of, cells_of};
use super::sheet::{NOTHING, is_empty, settled};
use crate::eval::convert::elements;
use crate::eval::exception::thrown;
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};

/// The edges of the bins, upwards.
fn edges<'v>(bins: Value<'v>, heap: Heap<'v>) -> starlark::Result<Vec<f64>> {
    let hint = "write the edges: `bins=[0, 10, 100]`";
    let bins = elements(bins, heap).ok_or_else(|| hinted("`cut` wants a list of edges for `bins` here", hint))?;
    let edge = |one: Value<'v>| number(&cell_of(one).ok_or_else(|| fault("an edge of a bin is a number"))?);
    let edges: Vec<f64> = bins.into_iter().map(edge).collect::<starlark::Result<_>>()?;
    if edges.windows(2).any(|pair| pair[0] > pair[1]) {
        return Err(thrown("ValueError", "bins must increase monotonically."));
    }
    if edges.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(thrown("ValueError", "Bin edges must be unique"));
    }
    Ok(edges)
}

#[starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    /// The label of the bin that each number lies in, or the bin's number; empty where it lies in none.
    fn cut<'v>(
        x: Value<'v>,
        bins: Value<'v>,
        #[starlark(default = true)] right: bool,
        #[starlark(default = NoneOr::None)] labels: NoneOr<Value<'v>>,
        #[starlark(require = named, default = false)] include_lowest: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Column> {
        let cells = cells_of(x).ok_or_else(|| thrown("ValueError", "Input array must be 1 dimensional"))?;
        let edges = edges(bins, heap)?;
        let count = edges.len().saturating_sub(1);
        let names: Vec<Val> = match labels.into_option() {
            Some(no) if no.unpack_bool() == Some(false) => (0..count as i64).map(Val::Int).collect(),
            Some(labels) => cells_of(labels).ok_or_else(|| fault("`labels` of `cut` are a list, or False"))?,
            None => {
                let hint = "name the bins: `labels=[\"low\", \"high\"]`, or take their numbers: `labels=False`";
                return Err(hinted("intervals are no cells here, which `cut` without `labels` gives", hint));
            }
        };
        if names.len() != count {
            return Err(thrown("ValueError", "Bin labels must be one fewer than the number of bin edges"));
        }
        let lies = |figure: f64, at: usize| {
            let (low, high) = (edges[at], edges[at + 1]);
            match right {
                true => (low < figure && figure <= high) || (include_lowest && at == 0 && figure == low),
                false => (low <= figure && figure < high) || (include_lowest && at + 1 == count && figure == high),
            }
        };
        let label = |cell: &Val| {
            if is_empty(cell) {
                return Ok(NOTHING);
            }
            let figure = number(cell)?;
            Ok((0..count).find(|at| lies(figure, *at)).map_or(NOTHING, |at| names[at].clone()))
        };
        let made = settled(cells.iter().map(label).collect::<starlark::Result<_>>()?);
        Ok(match Column::from_value(x) {
            Some(column) => column.with(made),
            None => Column::plain(made),
        })
    }
}

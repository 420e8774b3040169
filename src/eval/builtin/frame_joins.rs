//! What makes one sheet of several, or of one a longer one, named as in pandas.
//!
//! Owns what may be asked for, and what pandas refuses. Which rows come out is `join`'s.

use super::column::Column;
use super::frame::{Now, named};
use super::frame_counts::kind;
use super::join::{By, Keep, check_size, exploded, has_repeats, melted, merged};
use super::name::Name;
use super::sheet::{Sheet, is_empty};
use crate::eval::convert::elements;
use crate::eval::exception::{thrown, thrown_with};
use crate::eval::fault::{fault, hinted};
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, MethodsBuilder};
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// What a merge is asked for.
struct Asked<'v> {
    on: Option<Value<'v>>,
    left_on: Option<Value<'v>>,
    right_on: Option<Value<'v>>,
    left_index: bool,
    right_index: bool,
    how: String,
    suffixes: (String, String),
    /// How many rows of one side may be found by one of the other.
    validate: Option<String>,
    /// The name of a column that says which sides a row is of.
    indicator: Option<Name>,
}

fn keep(how: &str) -> starlark::Result<Keep> {
    match how {
        "inner" => Ok(Keep::Neither),
        "left" => Ok(Keep::Left),
        "right" => Ok(Keep::Right),
        "outer" => Ok(Keep::Both),
        other => {
            Err(hinted(format!("`how=\"{other}\"` is not served"), "write \"inner\", \"left\", \"right\" or \"outer\""))
        }
    }
}

impl<'v> Asked<'v> {
    /// Of the arguments behind the sheets.
    fn of(
        how: &str,
        on: Option<Value<'v>>,
        given: &SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Asked<'v>> {
        const KNOWN: [&str; 7] =
            ["indicator", "left_on", "right_on", "left_index", "right_index", "suffixes", "validate"];
        if let Some(other) = given.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(fault(format!("`merge` does not take `{other}` here")));
        }
        let value = |name: &str| given.get(name).copied().filter(|value| !value.is_none());
        let holds = |name: &str| value(name).is_some_and(|value| value.to_bool());
        Ok(Asked {
            on,
            left_on: value("left_on"),
            right_on: value("right_on"),
            left_index: holds("left_index"),
            right_index: holds("right_index"),
            how: how.to_owned(),
            suffixes: value("suffixes").map_or_else(|| Ok(("_x".into(), "_y".into())), |pair| pair_of(pair, heap))?,
            indicator: match value("indicator") {
                Some(name) if name.unpack_str().is_some() => name.unpack_str().map(Into::into),
                Some(holds) => holds.to_bool().then(|| "_merge".into()),
                None => None,
            },
            validate: value("validate").map(|how| how.to_str()),
        })
    }

    /// What the rows of one side are found by.
    fn by(&self, sheet: &Sheet, own: Option<Value<'v>>, index: bool, heap: Heap<'v>) -> starlark::Result<Option<By>> {
        if index {
            return Ok(Some(By::Labels));
        }
        own.or(self.on).map(|names| Ok(By::Columns(named(sheet, names, heap)?))).transpose()
    }

    fn merge(&self, left: &Sheet, right: &Sheet, heap: Heap<'v>) -> starlark::Result<Sheet> {
        let ways = (
            self.by(left, self.left_on, self.left_index, heap)?,
            self.by(right, self.right_on, self.right_index, heap)?,
        );
        let (by_left, by_right) = match ways {
            (Some(left), Some(right)) => (left, right),
            (None, None) => common(left, right)?,
            _ => return Err(fault("`merge` wants to know for both sheets what their rows are found by")),
        };
        let parts = |sheet: &Sheet, by: &By| match by {
            By::Columns(columns) => columns.len(),
            By::Labels => sheet.index.names.len().max(1),
        };
        if parts(left, &by_left) != parts(right, &by_right) {
            return Err(fault("`merge` wants as many columns of one sheet as of the other"));
        }
        check_kinds((left, &by_left), (right, &by_right))?;
        if let Some(how) = &self.validate {
            check_counts(how, (left, &by_left), (right, &by_right))?;
        }
        if self.suffixes.0 == self.suffixes.1 {
            check_names((left, &by_left), (right, &by_right))?;
        }
        let suffixes = (&*self.suffixes.0, &*self.suffixes.1);
        check_size((left, &by_left), (right, &by_right))?;
        Ok(merged((left, &by_left), (right, &by_right), keep(&self.how)?, suffixes, self.indicator.as_ref()))
    }
}

/// Whether keys come once where they have to.
fn check_counts(how: &str, left: (&Sheet, &By), right: (&Sheet, &By)) -> starlark::Result<()> {
    let (left_once, right_once) = match how {
        "one_to_one" | "1:1" => (true, true),
        "one_to_many" | "1:m" => (true, false),
        "many_to_one" | "m:1" => (false, true),
        "many_to_many" | "m:m" => (false, false),
        other => {
            return Err(thrown("ValueError", format!("\"{other}\" is not a valid argument for `validate`")));
        }
    };
    for (side, once, (sheet, by)) in [("left", left_once, left), ("right", right_once, right)] {
        if once && has_repeats(sheet, by) {
            let why = format!("Merge keys are not unique in {side} dataset; not a {how} merge");
            return Err(thrown("ValueError", why));
        }
    }
    Ok(())
}

/// Numbers are found by numbers, and texts by texts.
fn check_kinds(left: (&Sheet, &By), right: (&Sheet, &By)) -> starlark::Result<()> {
    let keys = |(sheet, by): (&Sheet, &By)| -> Vec<Column> {
        match by {
            By::Columns(columns) => columns.iter().map(|at| sheet.values(*at)).collect(),
            By::Labels => {
                (0..sheet.index.names.len().max(1)).map(|level| Column::plain(sheet.index.level(level))).collect()
            }
        }
    };
    let is_number = |kind: &str| matches!(kind, "int64" | "float64");
    for (left, right) in keys(left).iter().zip(&keys(right)) {
        let (l, r) = (kind(left), kind(right));
        let held = |column: &Column| column.values.iter().any(|cell| !is_empty(cell));
        let apart = (is_number(l) && r == "str") || (l == "str" && is_number(r));
        if apart && held(left) && held(right) {
            let name = left.name.as_ref().map_or_else(String::new, |name| format!(" for key '{name}'"));
            let why = format!("You are trying to merge on {l} and {r} columns{name}");
            return Err(thrown_with("ValueError", why, "make one of them as the other: `.astype(str)`"));
        }
    }
    Ok(())
}

/// Columns of one name want to be told apart.
fn check_names(left: (&Sheet, &By), right: (&Sheet, &By)) -> starlark::Result<()> {
    let by = |by: &By, at: usize| matches!(by, By::Columns(columns) if columns.contains(&at));
    let shared = left.0.columns.iter().enumerate().find(|(at, name)| {
        let other = right.0.columns.iter().position(|known| known == *name);
        other.is_some_and(|other| !(by(left.1, *at) && by(right.1, other)))
    });
    match shared {
        Some((_, name)) => {
            let hint = "give suffixes: `rsuffix=\"_other\"` to `join`, `suffixes=(\"_x\", \"_y\")` to `merge`";
            let why = format!("columns overlap but no suffix specified: `{name}`");
            Err(thrown_with("ValueError", why, hint))
        }
        None => Ok(()),
    }
}

fn pair_of<'v>(suffixes: Value<'v>, heap: Heap<'v>) -> starlark::Result<(String, String)> {
    let text = |value: &Value| if value.is_none() { String::new() } else { value.to_str() };
    match elements(suffixes, heap).as_deref() {
        Some([left, right]) => Ok((text(left), text(right))),
        _ => Err(fault("`suffixes` are two texts")),
    }
}

/// The columns that both have.
fn common(left: &Sheet, right: &Sheet) -> starlark::Result<(By, By)> {
    let both = left.columns.iter().enumerate().filter_map(|(at, name)| Some((at, right.column(name)?)));
    let (l, r): (Vec<usize>, Vec<usize>) = both.unzip();
    if l.is_empty() {
        let hint = "name the columns: `left_on=\"a\", right_on=\"b\"`";
        return Err(hinted("the sheets have no column of one name", hint));
    }
    Ok((By::Columns(l), By::Columns(r)))
}

#[starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    /// The rows of two sheets that hold the same, side by side.
    fn merge<'v>(
        left: Value<'v>,
        right: Value<'v>,
        #[starlark(default = "inner")] how: &str,
        #[starlark(default = NoneOr::None)] on: NoneOr<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        Asked::of(how, on.into_option(), &given, heap)?.merge(&*sheet_of(left)?, &*sheet_of(right)?, heap)
    }
}

/// A sheet; of a column, one of that alone.
pub(super) fn sheet_of(value: Value) -> starlark::Result<Arc<Sheet>> {
    if let Some(column) = Column::from_value(value) {
        return Ok(Arc::new(column.sheet()));
    }
    let now = Now::of(value).ok_or_else(|| fault(format!("a sheet is wanted here, this is a {}", value.get_type())))?;
    Ok(Arc::new((*now).clone()))
}

#[starlark_module]
pub(super) fn methods(builder: &mut MethodsBuilder) {
    fn merge<'v>(
        this: Now,
        right: Value<'v>,
        #[starlark(default = "inner")] how: &str,
        #[starlark(default = NoneOr::None)] on: NoneOr<Value<'v>>,
        #[starlark(kwargs)] given: SmallMap<String, Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        Asked::of(how, on.into_option(), &given, heap)?.merge(&this, &*sheet_of(right)?, heap)
    }

    /// By the labels of the other sheet, and its own or a column.
    fn join<'v>(
        this: Now,
        other: Value<'v>,
        #[starlark(default = NoneOr::None)] on: NoneOr<Value<'v>>,
        #[starlark(default = "left")] how: &str,
        #[starlark(require = named, default = "")] lsuffix: &str,
        #[starlark(require = named, default = "")] rsuffix: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let on = on.into_option();
        let asked = Asked {
            on: None,
            left_on: on,
            right_on: None,
            left_index: on.is_none(),
            right_index: true,
            how: how.to_owned(),
            suffixes: (lsuffix.to_owned(), rsuffix.to_owned()),
            indicator: None,
            validate: None,
        };
        asked.merge(&this, &*sheet_of(other)?, heap)
    }

    /// A row for each element of the lists in a column.
    fn explode(
        this: Now,
        column: &str,
        #[starlark(require = named, default = false)] ignore_index: bool,
    ) -> starlark::Result<Sheet> {
        Ok(exploded(&this, this.column_at(column)?, ignore_index))
    }

    /// A row for each cell of some columns.
    fn melt<'v>(
        this: Now,
        #[starlark(default = NoneOr::None)] id_vars: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] value_vars: NoneOr<Value<'v>>,
        #[starlark(default = "variable")] var_name: &str,
        #[starlark(default = "value")] value_name: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Sheet> {
        let columns = |names: Option<Value<'v>>| names.map(|names| named(&this, names, heap)).transpose();
        let kept = columns(id_vars.into_option())?.unwrap_or_default();
        let rest = || (0..this.columns.len()).filter(|at| !kept.contains(at)).collect();
        let cells = columns(value_vars.into_option())?.unwrap_or_else(rest);
        Ok(melted(&this, &kept, &cells, (var_name, value_name)))
    }
}

//! What `column.str` has that texts have not, or have otherwise, named as in pandas.
//!
//! Owns what these methods take. It does not know how regular expressions match.

use super::aligned::beside;
use super::assigned::Given;
use super::column::Column;
use super::column_texts::Texts;
use super::name::Name;
use super::replaced::of_re;
use super::sheet::{NOTHING, Sheet, is_empty};
use crate::eval::convert::{elements, from_val};
use crate::eval::fault::{fault, hinted};
use crate::value::Val;
use starlark::environment::MethodsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::none::NoneOr;
use starlark::values::{Heap, Value};

/// A pattern that goes for capitals and small letters alike, or a plain text as one.
fn pattern(text: &str, case: bool, regex: bool) -> String {
    let text = if regex { text.to_owned() } else { regex::escape(text) };
    if case { text } else { format!("(?i){text}") }
}

/// A pattern with flags of `re`.
///
/// # Errors
/// If there is one that cannot stand in a pattern.
fn flagged(text: &str, flags: i32) -> starlark::Result<String> {
    const KNOWN: [(i32, char); 4] = [(2, 'i'), (8, 'm'), (16, 's'), (64, 'x')];
    let letters: String = KNOWN.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, letter)| *letter).collect();
    if flags & !(2 | 8 | 16 | 64) != 0 {
        let why = "`flags` are `re.IGNORECASE`, `re.MULTILINE`, `re.DOTALL` and `re.VERBOSE` here";
        return Err(hinted(why, "use a file for `pyload`"));
    }
    Ok(if letters.is_empty() { text.to_owned() } else { format!("(?{letters}){text}") })
}

pub(super) fn methods(builder: &mut MethodsBuilder) {
    joining(builder);
    searching(builder);
    parting(builder);
}

#[starlark_module]
fn joining(builder: &mut MethodsBuilder) {
    /// Each text joined to that of another column; without one, all to one text.
    fn cat<'v>(
        this: &Texts,
        #[starlark(default = NoneOr::None)] others: NoneOr<Value<'v>>,
        #[starlark(default = "")] sep: &str,
        #[starlark(require = named, default = NoneOr::None)] na_rep: NoneOr<&str>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let (own, empty) = (&this.0, na_rep.into_option());
        this.check()?;
        let text = |cell: &Val| if is_empty(cell) { empty.map(str::to_owned) } else { Some(cell.display()) };
        let Some(others) = others.into_option() else {
            let all: Vec<String> = own.values.iter().filter_map(text).collect();
            return Ok(heap.alloc(all.join(sep)));
        };
        let others = match Given::of(others)? {
            Given::Column(others) => beside(own, &others)?,
            Given::Cells(cells) if cells.len() == own.values.len() => cells,
            _ => return Err(fault("`cat` wants a column or a list with as many cells")),
        };
        let joined = |(a, b): (&Val, &Val)| match (text(a), text(b)) {
            (Some(a), Some(b)) => Val::str(format!("{a}{sep}{b}")),
            _ if is_empty(a) => a.clone(),
            _ => b.clone(),
        };
        Ok(heap.alloc(own.with(own.values.iter().zip(&others).map(joined).collect())))
    }

    /// The texts of each list, or the letters of each text, joined.
    fn join<'v>(this: &Texts, sep: Value<'v>, heap: Heap<'v>) -> starlark::Result<Column> {
        this.check()?;
        // What stands in a call of a method `join` comes as its letters.
        let sep = &match elements(sep, heap) {
            Some(letters) => letters.iter().map(|letter| letter.to_str()).collect(),
            None => sep.to_str(),
        };
        let joined = |value: &Val| match value {
            Val::Str(text) => Val::str(text.chars().map(String::from).collect::<Vec<_>>().join(sep)),
            list => match list.items().map(|items| items.iter().map(Val::as_str).collect::<Option<Vec<_>>>()) {
                Some(Some(texts)) => Val::str(texts.join(sep)),
                _ => NOTHING,
            },
        };
        Ok(this.0.with(this.0.values.iter().map(joined).collect()))
    }

    fn len(this: &Texts) -> starlark::Result<Column> {
        this.check()?;
        let floats = this.0.values.iter().any(is_empty);
        let number = |count: usize| if floats { Val::Float(count as f64) } else { Val::Int(count as i64) };
        let cell = |value: &Val| match value {
            Val::Str(text) => number(text.chars().count()),
            Val::List(items) | Val::Tuple(items) => number(items.len()),
            empty => empty.clone(),
        };
        Ok(this.0.with(this.0.values.iter().map(cell).collect()))
    }

    fn get<'v>(this: &Texts, i: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        heap.alloc(Texts(this.0.clone())).at(i, heap)
    }

    fn slice<'v>(
        this: &Texts,
        #[starlark(default = NoneOr::None)] start: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] stop: NoneOr<Value<'v>>,
        #[starlark(default = NoneOr::None)] step: NoneOr<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        heap.alloc(Texts(this.0.clone())).slice(start.into_option(), stop.into_option(), step.into_option(), heap)
    }
}

#[starlark_module]
fn searching(builder: &mut MethodsBuilder) {
    /// Whether a regular expression is found in each; a plain text with `regex=False`.
    fn contains<'v>(
        this: &Texts,
        pat: &str,
        #[starlark(default = true)] case: bool,
        #[starlark(default = 0)] flags: i32,
        #[starlark(default = NoneOr::None)] na: NoneOr<Value<'v>>,
        #[starlark(default = true)] regex: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        this.found(("search", &flagged(&pattern(pat, case, regex), flags)?), na, eval)
    }

    fn r#match<'v>(
        this: &Texts,
        #[starlark(require = pos)] pat: &str,
        #[starlark(default = true)] case: bool,
        #[starlark(require = named, default = NoneOr::None)] na: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        this.found(("match", &pattern(pat, case, true)), na, eval)
    }

    fn fullmatch<'v>(
        this: &Texts,
        pat: &str,
        #[starlark(default = true)] case: bool,
        #[starlark(require = named, default = NoneOr::None)] na: NoneOr<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        this.found(("fullmatch", &pattern(pat, case, true)), na, eval)
    }

    /// How often a regular expression is found in each.
    fn count<'v>(this: &Texts, pat: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
        let heap = eval.heap();
        let count = |text| {
            let found = of_re("findall", &[pat, text], eval)?;
            Ok(heap.alloc(found.length()?))
        };
        Ok(this.0.filled(this.asked(count, heap)?))
    }

    fn findall<'v>(this: &Texts, pat: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Column> {
        let heap = eval.heap();
        Ok(this.0.with(this.asked(|text| of_re("findall", &[pat, text], eval), heap)?))
    }

    /// What the groups of a regular expression match: a column for each; of one group, with
    /// `expand=False`, a column alone.
    fn extract<'v>(
        this: &Texts,
        pat: &str,
        #[starlark(default = 0)] flags: i32,
        #[starlark(default = true)] expand: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let groups = regex::Regex::new(pat).map_err(|e| fault(format!("this is no regular expression: {e}")))?;
        let name = |(at, name): (usize, Option<&str>)| name.map_or_else(|| Name::number(at as i64), Name::from);
        let names: Vec<Name> = groups.capture_names().skip(1).enumerate().map(name).collect();
        let told = heap.alloc_str(&flagged(pat, flags)?).to_value();
        let matched = |text| {
            let found = of_re("search", &[told, text], eval)?;
            match found.is_none() {
                true => Ok(found),
                false => eval.eval_function(found.get_attr_error("groups", heap)?, &[], &[]),
            }
        };
        let found = this.asked(matched, heap)?;
        let part = |found: &Val, at: usize| match found.items().and_then(|parts| parts.get(at)) {
            Some(part) if *part != Val::None => part.clone(),
            _ => NOTHING,
        };
        let column = |at: usize| found.iter().map(|found| part(found, at)).collect();
        let columns: Vec<Vec<Val>> = (0..names.len()).map(column).collect();
        let sheet = Sheet { index: this.0.index.clone(), ..Sheet::of_columns(names, &columns) };
        Ok(if expand || sheet.columns.len() != 1 { heap.alloc(sheet) } else { heap.alloc(sheet.values(0)) })
    }
}

#[starlark_module]
fn parting(builder: &mut MethodsBuilder) {
    /// With another text in the place of one, or with `regex=True` of what a regular expression matches.
    fn replace<'v>(
        this: &Texts,
        pat: &str,
        repl: Value<'v>,
        #[starlark(require = named, default = -1)] n: i32,
        #[starlark(require = named, default = true)] case: bool,
        #[starlark(require = named, default = false)] regex: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Column> {
        let heap = eval.heap();
        let told = heap.alloc_str(&pattern(pat, case, regex)).to_value();
        let by = match (regex, repl.unpack_str()) {
            (false, Some(text)) => from_val(&Val::str(text.replace('\\', "\\\\")), heap),
            _ => repl,
        };
        let most = heap.alloc(n.max(0));
        Ok(this.0.with(this.asked(|text| of_re("sub", &[told, by, text, most], eval), heap)?))
    }

    fn split<'v>(
        this: &Texts,
        #[starlark(default = NoneOr::None)] pat: NoneOr<&str>,
        #[starlark(default = -1)] n: i32,
        #[starlark(default = false)] expand: bool,
        #[starlark(require = named, default = NoneOr::None)] regex: NoneOr<bool>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        this.parted(("split", pat.into_option(), n), (expand, regex.into_option()), eval)
    }

    /// What stands before another text, this, and what stands behind it, as columns.
    fn partition<'v>(
        this: &Texts,
        #[starlark(default = " ")] sep: &str,
        #[starlark(default = true)] expand: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        this.parted_once("partition", sep, expand, eval)
    }

    /// The same, of the last one.
    fn rpartition<'v>(
        this: &Texts,
        #[starlark(default = " ")] sep: &str,
        #[starlark(default = true)] expand: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        this.parted_once("rpartition", sep, expand, eval)
    }

    fn rsplit<'v>(
        this: &Texts,
        #[starlark(default = NoneOr::None)] pat: NoneOr<&str>,
        #[starlark(default = -1)] n: i32,
        #[starlark(default = false)] expand: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        this.parted(("rsplit", pat.into_option(), n), (expand, Some(false)), eval)
    }
}

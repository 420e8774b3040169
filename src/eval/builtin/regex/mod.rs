//! Python's `re`: functions over strings.
//!
//! Owns the functions and what `re.compile` gives. What a pattern is to the engine, what a
//! match is and what a replacement is have files of their own.

mod dialect;
mod found;
mod pattern;
mod template;

use crate::eval::exception::thrown;
use crate::value::Val;
use allocative::Allocative;
use fancy_regex::Captures;
use found::{Subject, text};
use pattern::{Pattern, Way};
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::ops::Range;
use std::rc::Rc;
use template::Template;

/// A pattern that is given as a text, or compiled.
fn known(pattern: Value, flags: i32) -> starlark::Result<Rc<Pattern>> {
    match Compiled::from_value(pattern) {
        Some(compiled) => Pattern::of(&compiled.given, compiled.flags | flags),
        None => Pattern::of(pattern.unpack_str().map_or_else(|| pattern.to_str(), str::to_owned).as_str(), flags),
    }
}

/// Every match of a pattern, with a text in the place of each.
fn replaced<'v>(
    pattern: &Pattern,
    by: Value<'v>,
    string: &str,
    count: usize,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<(String, i32)> {
    let template = by.unpack_str().map(|template| Template::of(template, &pattern.shape)).transpose()?;
    let mut subject = template.is_none().then(|| Subject::new(string));
    let (mut out, mut at, mut done) = (String::new(), 0, 0);
    for captures in pattern.all(string, 0..string.len())? {
        let Some(whole) = captures.get(0) else { continue };
        if count > 0 && done as usize == count {
            break;
        }
        out.push_str(&string[at..whole.start()]);
        match (&template, &mut subject) {
            (Some(template), _) => template.fill(&captures, &mut out),
            (None, Some(subject)) => {
                let found = eval.heap().alloc(subject.found(&pattern.shape, &captures));
                out.push_str(&given(eval.eval_function(by, &[found], &[])?)?);
            }
            (None, None) => {}
        }
        (at, done) = (whole.end(), done + 1);
    }
    out.push_str(&string[at..]);
    Ok((out, done))
}

/// What a function gives for a match: a text, or nothing.
fn given(value: Value) -> starlark::Result<String> {
    match value.unpack_str() {
        Some(text) => Ok(text.to_owned()),
        None if value.is_none() => Ok(String::new()),
        None => {
            let why =
                format!("the function of `re.sub` is to give a text, this is a value of type `{}`", value.get_type());
            Err(thrown("TypeError", why))
        }
    }
}

/// What one match is to `findall`.
fn in_findall<'v>(captures: &Captures, heap: Heap<'v>) -> Value<'v> {
    let groups: Vec<Value> = captures.iter().map(|g| text(Some(g.map_or("", |m| m.as_str())), heap)).collect();
    match groups.as_slice() {
        [_, one] => *one,
        [_, several @ ..] if !several.is_empty() => heap.alloc(AllocTuple(several.iter().copied())),
        groups => groups.first().copied().unwrap_or_else(Value::new_none),
    }
}

/// What a function of `re` that only looks gives for some bytes of a text.
fn looked<'v>(
    function: &str,
    pattern: &Pattern,
    string: &str,
    within: Range<usize>,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    let way = match function {
        "findall" => {
            let all = pattern.all(string, within)?;
            return Ok(heap.alloc(AllocList(all.iter().map(|captures| in_findall(captures, heap)))));
        }
        "finditer" => {
            let mut subject = Subject::new(string);
            let all = pattern.all(string, within)?;
            let all: Vec<Value> = all.iter().map(|one| heap.alloc(subject.found(&pattern.shape, one))).collect();
            return Ok(heap.alloc(AllocList(all)));
        }
        "match" => Way::Match,
        "fullmatch" => Way::Whole,
        _ => Way::Search,
    };
    let found = pattern.first(way, string, within)?;
    Ok(found.map_or_else(Value::new_none, |captures| heap.alloc(Subject::new(string).found(&pattern.shape, &captures))))
}

/// The same for a whole text.
fn looked_up<'v>(
    function: &str,
    pattern: Value<'v>,
    string: &str,
    flags: i32,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    looked(function, &*known(pattern, flags)?, string, 0..string.len(), heap)
}

/// What `re.compile` gives: a pattern whose methods are the functions of `re`.
#[derive(Clone, Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("re.compile({})", Val::str(given.as_str()).repr())]
struct Compiled {
    given: String,
    flags: i32,
}

starlark_simple_value!(Compiled);

const LOOKS: [&str; 5] = ["search", "match", "fullmatch", "findall", "finditer"];

#[starlark_value(type = "pattern")]
impl<'v> StarlarkValue<'v> for Compiled {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "pattern" => Some(heap.alloc_str(&self.given).to_value()),
            "groups" => {
                let pattern = Pattern::of(&self.given, self.flags).ok()?;
                Some(heap.alloc(pattern.shape.closed.len() as i32))
            }
            "sub" | "split" | "subn" => Some(heap.alloc(Bound { pattern: self.clone(), function: name.to_owned() })),
            _ if LOOKS.contains(&name) => Some(heap.alloc(Bound { pattern: self.clone(), function: name.to_owned() })),
            _ => None,
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        ["pattern", "search", "match", "fullmatch", "sub", "split", "findall"].map(str::to_owned).to_vec()
    }
}

/// A function of `re` with its pattern.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<{function} of a pattern>")]
struct Bound {
    pattern: Compiled,
    function: String,
}

starlark_simple_value!(Bound);

/// The bytes of the characters from one place to another.
fn bytes(text: &str, from: Option<i64>, to: Option<i64>) -> Option<Range<usize>> {
    let place = |at: i64| {
        let at = usize::try_from(at).unwrap_or(0);
        text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte)
    };
    let (from, to) = (from.map_or(0, place), to.map_or(text.len(), place));
    (from <= to).then_some(from..to)
}

impl Bound {
    /// `pattern.search(text, from, to)`.
    fn look<'v>(
        &self,
        given: &[Value<'v>],
        named: &[(&str, Value<'v>)],
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let wrong =
            || thrown("TypeError", format!("`{}` of a pattern wants a text, and perhaps two places", self.function));
        let takes = ["string", "pos", "endpos"];
        if given.len() > takes.len() || named.iter().any(|(name, _)| !takes.contains(name)) {
            return Err(wrong());
        }
        let argument = |at: usize| {
            let named = || named.iter().find(|(name, _)| *name == takes[at]).map(|(_, value)| *value);
            given.get(at).copied().or_else(named)
        };
        let place = |at| argument(at).map(|value| value.unpack_i32().map(i64::from).ok_or_else(wrong)).transpose();
        let string = argument(0).and_then(|string| string.unpack_str()).ok_or_else(wrong)?;
        let pattern = Pattern::of(&self.pattern.given, self.pattern.flags)?;
        match bytes(string, place(1)?, place(2)?) {
            Some(within) => looked(&self.function, &pattern, string, within, heap),
            // Nothing is there, not even nothing.
            None if self.function.starts_with("find") => Ok(heap.alloc(AllocList::EMPTY)),
            None => Ok(Value::new_none()),
        }
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Bound {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let named = args.names_map()?;
        let named: Vec<(&str, Value)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let heap = eval.heap();
        if LOOKS.contains(&self.function.as_str()) {
            let given: Vec<Value> = args.positions(heap)?.collect();
            return self.look(&given, &named, heap);
        }
        let pattern = heap.alloc(self.pattern.clone());
        let given: Vec<Value> = std::iter::once(pattern).chain(args.positions(heap)?).collect();
        let re = super::global("re").expect("bug: `re` is a global");
        let own = re.get_attr(&self.function, heap)?;
        let function = own.or_else(|| super::extras::member("re", &self.function, heap));
        eval.eval_function(function.expect("bug: `re` has the functions of a pattern"), &given, &named)
    }
}

/// All of `re`.
pub(super) fn register(builder: &mut GlobalsBuilder) {
    matching(builder);
    rewriting(builder);
}

#[starlark_module]
fn matching(builder: &mut GlobalsBuilder) {
    const IGNORECASE: i32 = 2;
    const I: i32 = 2;

    fn compile<'v>(pattern: Value<'v>, #[starlark(default = 0)] flags: i32) -> starlark::Result<Compiled> {
        known(pattern, flags)?;
        Ok(match Compiled::from_value(pattern) {
            Some(compiled) => Compiled { flags: compiled.flags | flags, ..compiled.clone() },
            None => Compiled { given: pattern.to_str(), flags },
        })
    }

    fn search<'v>(
        pattern: Value<'v>,
        string: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        looked_up("search", pattern, string, flags, heap)
    }

    fn r#match<'v>(
        pattern: Value<'v>,
        string: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        looked_up("match", pattern, string, flags, heap)
    }

    fn fullmatch<'v>(
        pattern: Value<'v>,
        string: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        looked_up("fullmatch", pattern, string, flags, heap)
    }

    fn findall<'v>(
        pattern: Value<'v>,
        string: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        looked_up("findall", pattern, string, flags, heap)
    }
}

/// What Python's `re.escape` puts a backslash before.
const SPECIAL: &str = "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}";

/// The functions of `re` that take texts apart, or write them anew.
#[starlark_module]
fn rewriting(builder: &mut GlobalsBuilder) {
    fn sub<'v>(
        pattern: Value<'v>,
        repl: Value<'v>,
        string: &str,
        #[starlark(default = 0)] count: u32,
        #[starlark(default = 0)] flags: i32,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (text, _) = replaced(&*known(pattern, flags)?, repl, string, count as usize, eval)?;
        Ok(eval.heap().alloc(text))
    }

    fn split<'v>(
        pattern: Value<'v>,
        string: &str,
        #[starlark(default = 0)] maxsplit: u32,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let (mut pieces, mut at) = (Vec::new(), 0);
        for (done, captures) in known(pattern, flags)?.all(string, 0..string.len())?.into_iter().enumerate() {
            let Some(whole) = captures.get(0) else { continue };
            if maxsplit > 0 && done == maxsplit as usize {
                break;
            }
            pieces.push(heap.alloc_str(&string[at..whole.start()]).to_value());
            pieces.extend(captures.iter().skip(1).map(|g| text(g.map(|m| m.as_str()), heap)));
            at = whole.end();
        }
        pieces.push(heap.alloc_str(&string[at..]).to_value());
        Ok(heap.alloc(AllocList(pieces)))
    }

    fn escape<'v>(pattern: &str, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let special = |c: char| if SPECIAL.contains(c) { vec!['\\', c] } else { vec![c] };
        Ok(heap.alloc_str(&pattern.chars().flat_map(special).collect::<String>()).to_value())
    }
}

/// What is less often asked of `re`.
#[starlark_module]
pub(super) fn extras(builder: &mut GlobalsBuilder) {
    const M: i32 = 8;
    const MULTILINE: i32 = 8;
    const S: i32 = 16;
    const DOTALL: i32 = 16;
    const X: i32 = 64;
    const VERBOSE: i32 = 64;
    const A: i32 = 256;
    const ASCII: i32 = 256;
    const U: i32 = 32;
    const UNICODE: i32 = 32;

    fn finditer<'v>(
        pattern: Value<'v>,
        string: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        looked_up("finditer", pattern, string, flags, heap)
    }

    fn subn<'v>(
        pattern: Value<'v>,
        repl: Value<'v>,
        string: &str,
        #[starlark(default = 0)] count: u32,
        #[starlark(default = 0)] flags: i32,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (text, done) = replaced(&*known(pattern, flags)?, repl, string, count as usize, eval)?;
        let heap = eval.heap();
        Ok(heap.alloc(AllocTuple([heap.alloc(text), heap.alloc(done)])))
    }
}

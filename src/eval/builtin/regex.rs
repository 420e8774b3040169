//! The plain part of Python's `re`: functions over strings.

use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use allocative::Allocative;
use fancy_regex::{Captures, Regex};
use rustc_hash::FxHashMap;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::cell::RefCell;
use std::rc::Rc;

/// A match: the whole and its groups, with their names.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<match of {:?}>", groups.first().and_then(|g| g.as_deref()).unwrap_or(""))]
struct Match {
    groups: Vec<Option<String>>,
    names: Vec<Option<String>>,
    /// Where each group begins and ends, in characters.
    spans: Vec<Option<(i32, i32)>>,
    subject: String,
}

starlark_simple_value!(Match);

#[starlark_value(type = "match")]
impl<'v> StarlarkValue<'v> for Match {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.find(index, heap)
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "string" => Some(heap.alloc_str(&self.subject).to_value()),
            "lastindex" => {
                let last = (1..self.groups.len()).rev().find(|i| self.groups[*i].is_some());
                Some(last.map_or_else(Value::new_none, |i| heap.alloc(i as i32)))
            }
            _ => None,
        }
    }
}

impl Match {
    fn new(regex: &Regex, captures: &Captures, subject: &str) -> Match {
        let chars = |at: usize| subject[..at].chars().count() as i32;
        Match {
            groups: captures.iter().map(|g| g.map(|m| m.as_str().to_owned())).collect(),
            names: regex.capture_names().map(|n| n.map(str::to_owned)).collect(),
            spans: captures.iter().map(|g| g.map(|m| (chars(m.start()), chars(m.end())))).collect(),
            subject: subject.to_owned(),
        }
    }

    /// Where a group begins and ends; -1 if it took no part.
    fn span(&self, group: Option<u32>) -> (i32, i32) {
        self.spans.get(group.unwrap_or(0) as usize).copied().flatten().unwrap_or((-1, -1))
    }

    fn find<'v>(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let at = match index.unpack_str() {
            Some(name) => self.names.iter().position(|n| n.as_deref() == Some(name)),
            None => index.unpack_i32().and_then(|i| usize::try_from(i).ok()),
        };
        let group = at.and_then(|i| self.groups.get(i));
        group
            .map(|g| heap.alloc(text(g.as_deref(), heap)))
            .ok_or_else(|| thrown("IndexError", format!("the regular expression has no group `{}`", index.to_str())))
    }
}

fn text<'v>(group: Option<&str>, heap: Heap<'v>) -> Value<'v> {
    group.map_or_else(Value::new_none, |g| heap.alloc_str(g).to_value())
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn group<'v>(
        this: &Match,
        #[starlark(args)] indices: UnpackTuple<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match indices.items.as_slice() {
            [] => this.find(heap.alloc(0), heap),
            [one] => this.find(*one, heap),
            several => {
                let all = several.iter().map(|i| this.find(*i, heap)).collect::<starlark::Result<Vec<_>>>()?;
                Ok(heap.alloc(AllocTuple(all)))
            }
        }
    }

    fn start(this: &Match, #[starlark(require = pos)] group: Option<u32>) -> starlark::Result<i32> {
        Ok(this.span(group).0)
    }

    fn end(this: &Match, #[starlark(require = pos)] group: Option<u32>) -> starlark::Result<i32> {
        Ok(this.span(group).1)
    }

    fn span(this: &Match, #[starlark(require = pos)] group: Option<u32>) -> starlark::Result<(i32, i32)> {
        Ok(this.span(group))
    }

    fn groupdict<'v>(this: &Match, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let named = this.names.iter().zip(&this.groups).filter_map(|(n, g)| Some((n.as_deref()?, g)));
        let all: Vec<(&str, Value)> = named.map(|(n, g)| (n, text(g.as_deref(), heap))).collect();
        Ok(heap.alloc(AllocDict(all)))
    }

    fn groups<'v>(this: &Match, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let all: Vec<Value> = this.groups.iter().skip(1).map(|g| text(g.as_deref(), heap)).collect();
        Ok(heap.alloc(AllocTuple(all)))
    }
}

/// Python's numbers of the flags.
const IGNORE_CASE: i32 = 2;
const MULTI_LINE: i32 = 8;
const DOT_ALL: i32 = 16;
const UNICODE: i32 = 32;
const VERBOSE: i32 = 64;
const ASCII: i32 = 256;

/// Patterns that are kept compiled, as in Python.
const KEPT: usize = 200;

/// A pattern, compiled once a thread.
fn regex(pattern: &str) -> starlark::Result<Rc<Regex>> {
    thread_local! {
        static COMPILED: RefCell<FxHashMap<String, Rc<Regex>>> = RefCell::default();
    }
    if let Some(known) = COMPILED.with_borrow(|all| all.get(pattern).cloned()) {
        return Ok(known);
    }
    let no_pattern = |e| thrown("re.error", format!("`{pattern}` is no regular expression: {e}"));
    let compiled = Rc::new(Regex::new(pattern).map_err(no_pattern)?);
    COMPILED.with_borrow_mut(|all| {
        if all.len() == KEPT {
            all.clear();
        }
        all.insert(pattern.to_owned(), compiled.clone());
    });
    Ok(compiled)
}

/// The text of a pattern, compiled or not.
fn source(pattern: Value) -> String {
    Compiled::from_value(pattern).map_or_else(|| pattern.to_str(), |compiled| compiled.pattern.clone())
}

/// A pattern with Python's flags written into it.
fn flagged(pattern: &str, flags: i32) -> starlark::Result<String> {
    let known = [(IGNORE_CASE, 'i'), (MULTI_LINE, 'm'), (DOT_ALL, 's'), (VERBOSE, 'x')];
    let letters: String = known.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, letter)| *letter).collect();
    let rest = known.iter().fold(flags, |rest, (flag, _)| rest & !flag) & !(ASCII | UNICODE);
    if rest != 0 {
        return Err(hinted("of flags, `I`, `M`, `S` and `X` are served", "write others in the pattern"));
    }
    Ok(if letters.is_empty() { pattern.to_owned() } else { format!("(?{letters}:{pattern})") })
}

/// Every match of a pattern, with a text in the place of each.
fn replaced<'v>(
    pattern: &str,
    by: Value<'v>,
    subject: &str,
    count: usize,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<(String, i32)> {
    let regex = regex(pattern)?;
    let (mut out, mut at, mut done) = (String::new(), 0, 0);
    for captures in matches(pattern, subject)? {
        let Some(whole) = captures.get(0) else { continue };
        if count > 0 && done as usize == count {
            break;
        }
        out.push_str(&subject[at..whole.start()]);
        match by.unpack_str() {
            Some(template) => out.push_str(&replacement(template, &captures)?),
            None => {
                let found = eval.heap().alloc(Match::new(&regex, &captures, subject));
                out.push_str(&eval.eval_function(by, &[found], &[])?.to_str());
            }
        }
        (at, done) = (whole.end(), done + 1);
    }
    out.push_str(&subject[at..]);
    Ok((out, done))
}

/// All matches of a pattern, as Python finds them: where one ends, an empty one may
/// follow, but none at the same place as an empty one.
fn matches<'t>(pattern: &str, subject: &'t str) -> starlark::Result<Vec<Captures<'t>>> {
    let whole = regex(pattern)?;
    let (mut all, mut at, mut was_empty) = (Vec::new(), 0, false);
    while at <= subject.len() {
        let found = match was_empty {
            // What begins here is longer than nothing.
            true => regex(&format!("(?:{pattern})(?!\\G)"))?.captures_from_pos(subject, at),
            false => whole.captures_from_pos(subject, at),
        };
        let Some(captures) = found.map_err(failed)? else { break };
        let (start, end) = captures.get(0).map_or((0, 0), |m| (m.start(), m.end()));
        (at, was_empty) = (end, start == end);
        all.push(captures);
    }
    Ok(all)
}

fn failed(error: fancy_regex::Error) -> starlark::Error {
    hinted(format!("the regular expression gave up: {error}"), "write it with fewer nested repetitions")
}

fn find<'v>(pattern: &str, subject: &str, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let regex = regex(pattern)?;
    let Some(captures) = regex.captures(subject).map_err(failed)? else { return Ok(Value::new_none()) };
    Ok(heap.alloc(Match::new(&regex, &captures, subject)))
}

/// Python's replacement syntax (`\1`, `\g<name>`) filled.
fn replacement(template: &str, captures: &Captures) -> starlark::Result<String> {
    if !template.contains('\\') {
        return Ok(template.to_owned());
    }
    let reference = regex(r"\\(?:g<(\w+)>|(\d+)|(.))")?;
    let mut out = String::new();
    let mut at = 0;
    for found in reference.captures_iter(template) {
        let found = found.map_err(failed)?;
        let (Some(whole), name) = (found.get(0), found.get(1).or(found.get(2))) else { continue };
        out.push_str(&template[at..whole.start()]);
        at = whole.end();
        match name {
            Some(name) => {
                let group = match name.as_str().parse::<usize>() {
                    Ok(index) => captures.get(index),
                    Err(_) => captures.name(name.as_str()),
                };
                out.push_str(group.map_or("", |g| g.as_str()));
            }
            None => out.push_str(match found.get(3).map_or("", |c| c.as_str()) {
                "n" => "\n",
                "t" => "\t",
                "\\" => "\\",
                _ => whole.as_str(),
            }),
        }
    }
    out.push_str(&template[at..]);
    Ok(out)
}

/// What `re.compile` gives: a pattern whose methods are the functions of `re`.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("re.compile({given:?})")]
struct Compiled {
    /// With the flags written into it.
    pattern: String,
    given: String,
}

starlark_simple_value!(Compiled);

#[starlark_value(type = "pattern")]
impl<'v> StarlarkValue<'v> for Compiled {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let pattern = self.pattern.clone();
        match name {
            "pattern" => Some(heap.alloc_str(&self.given).to_value()),
            "search" | "match" | "fullmatch" | "sub" | "split" | "findall" | "finditer" | "subn" => {
                Some(heap.alloc(Bound { pattern, function: name.to_owned() }))
            }
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
    pattern: String,
    function: String,
}

starlark_simple_value!(Bound);

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
        let pattern = heap.alloc_str(&self.pattern).to_value();
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
    const IGNORECASE: i32 = IGNORE_CASE;
    const I: i32 = IGNORE_CASE;

    fn compile<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(default = 0)] flags: i32,
    ) -> starlark::Result<Compiled> {
        let given = source(pattern);
        let pattern = flagged(&given, flags)?;
        regex(&pattern)?;
        Ok(Compiled { pattern, given })
    }

    fn search<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(require = pos)] subject: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let pattern = flagged(&source(pattern), flags)?;
        find(&pattern, subject, heap)
    }

    fn r#match<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(require = pos)] subject: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let pattern = flagged(&source(pattern), flags)?;
        find(&format!("\\A(?:{pattern})"), subject, heap)
    }

    fn fullmatch<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(require = pos)] subject: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let pattern = flagged(&source(pattern), flags)?;
        find(&format!("\\A(?:{pattern})\\z"), subject, heap)
    }
}

/// The functions of `re` that take texts apart, or write them anew.
#[starlark_module]
fn rewriting(builder: &mut GlobalsBuilder) {
    fn sub<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(require = pos)] by: Value<'v>,
        #[starlark(require = pos)] subject: &str,
        #[starlark(default = 0)] count: u32,
        #[starlark(default = 0)] flags: i32,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (text, _) = replaced(&flagged(&source(pattern), flags)?, by, subject, count as usize, eval)?;
        Ok(eval.heap().alloc(text))
    }

    fn split<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(require = pos)] subject: &str,
        #[starlark(default = 0)] maxsplit: u32,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let pattern = flagged(&source(pattern), flags)?;
        let (mut pieces, mut at) = (Vec::new(), 0);
        for (done, captures) in matches(&pattern, subject)?.into_iter().enumerate() {
            let Some(whole) = captures.get(0) else { continue };
            if maxsplit > 0 && done == maxsplit as usize {
                break;
            }
            pieces.push(heap.alloc_str(&subject[at..whole.start()]).to_value());
            pieces.extend(captures.iter().skip(1).map(|g| text(g.map(|m| m.as_str()), heap)));
            at = whole.end();
        }
        pieces.push(heap.alloc_str(&subject[at..]).to_value());
        Ok(heap.alloc(AllocList(pieces)))
    }

    fn findall<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(require = pos)] subject: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let mut all = Vec::new();
        for captures in matches(&flagged(&source(pattern), flags)?, subject)? {
            let groups: Vec<Value> = captures.iter().map(|g| text(Some(g.map_or("", |m| m.as_str())), heap)).collect();
            all.push(match groups.as_slice() {
                [whole] => *whole,
                [_, one] => *one,
                [_, several @ ..] => heap.alloc(AllocTuple(several.iter().copied())),
                [] => continue,
            });
        }
        Ok(heap.alloc(AllocList(all)))
    }

    fn escape<'v>(#[starlark(require = pos)] subject: &str, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc_str(&fancy_regex::escape(subject)).to_value())
    }
}

/// What is less often asked of `re`.
#[starlark_module]
pub(super) fn extras(builder: &mut GlobalsBuilder) {
    const M: i32 = MULTI_LINE;
    const MULTILINE: i32 = MULTI_LINE;
    const S: i32 = DOT_ALL;
    const DOTALL: i32 = DOT_ALL;
    const X: i32 = VERBOSE;
    const VERBOSE: i32 = VERBOSE;
    const A: i32 = ASCII;
    const ASCII: i32 = ASCII;
    const U: i32 = UNICODE;
    const UNICODE: i32 = UNICODE;

    fn finditer<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(require = pos)] subject: &str,
        #[starlark(default = 0)] flags: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let pattern = flagged(&source(pattern), flags)?;
        let regex = regex(&pattern)?;
        let mut all = Vec::new();
        for captures in matches(&pattern, subject)? {
            all.push(heap.alloc(Match::new(&regex, &captures, subject)));
        }
        Ok(heap.alloc(AllocList(all)))
    }

    fn subn<'v>(
        #[starlark(require = pos)] pattern: Value<'v>,
        #[starlark(require = pos)] by: Value<'v>,
        #[starlark(require = pos)] subject: &str,
        #[starlark(default = 0)] count: u32,
        #[starlark(default = 0)] flags: i32,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (text, done) = replaced(&flagged(&source(pattern), flags)?, by, subject, count as usize, eval)?;
        let heap = eval.heap();
        Ok(heap.alloc(AllocTuple([heap.alloc(text), heap.alloc(done)])))
    }
}

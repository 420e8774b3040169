//! The plain part of Python's `re`: functions over strings.

use crate::eval::fault::{fault, hinted};
use allocative::Allocative;
use fancy_regex::{Captures, Regex};
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// A match: the whole and its groups, with their names.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<match of {:?}>", groups.first().and_then(|g| g.as_deref()).unwrap_or(""))]
struct Match {
    groups: Vec<Option<String>>,
    names: Vec<Option<String>>,
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
}

impl Match {
    fn find<'v>(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let at = match index.unpack_str() {
            Some(name) => self.names.iter().position(|n| n.as_deref() == Some(name)),
            None => index.unpack_i32().and_then(|i| usize::try_from(i).ok()),
        };
        let group = at.and_then(|i| self.groups.get(i));
        group
            .map(|g| heap.alloc(text(g.as_deref(), heap)))
            .ok_or_else(|| fault(format!("the regular expression has no group `{}`", index.to_str())))
    }
}

fn text<'v>(group: Option<&str>, heap: Heap<'v>) -> Value<'v> {
    group.map_or_else(Value::new_none, |g| heap.alloc_str(g).to_value())
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn group<'v>(
        this: &Match,
        #[starlark(require = pos)] index: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        this.find(index.unwrap_or_else(|| heap.alloc(0)), heap)
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

/// Python's number of the flag.
const IGNORE_CASE: i32 = 2;

fn regex(pattern: &str) -> starlark::Result<Regex> {
    Regex::new(pattern).map_err(|e| fault(format!("`{pattern}` is no regular expression: {e}")))
}

fn failed(error: fancy_regex::Error) -> starlark::Error {
    hinted(format!("the regular expression gave up: {error}"), "write it with fewer nested repetitions")
}

fn find<'v>(pattern: &str, subject: &str, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let regex = regex(pattern)?;
    let Some(captures) = regex.captures(subject).map_err(failed)? else { return Ok(Value::new_none()) };
    let groups = captures.iter().map(|g| g.map(|m| m.as_str().to_owned())).collect();
    let names = regex.capture_names().map(|n| n.map(str::to_owned)).collect();
    Ok(heap.alloc(Match { groups, names }))
}

/// Python's replacement syntax (`\1`, `\g<name>`) filled.
fn replacement(template: &str, captures: &Captures) -> starlark::Result<String> {
    let reference = Regex::new(r"\\(?:g<(\w+)>|(\d+)|(.))").map_err(failed)?;
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
#[display("re.compile({pattern:?})")]
struct Compiled {
    pattern: String,
}

starlark_simple_value!(Compiled);

#[starlark_value(type = "pattern")]
impl<'v> StarlarkValue<'v> for Compiled {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let pattern = self.pattern.clone();
        match name {
            "pattern" => Some(heap.alloc_str(&pattern).to_value()),
            "search" | "match" | "fullmatch" | "sub" | "split" | "findall" => {
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
        args.no_named_args()?;
        let heap = eval.heap();
        let pattern = heap.alloc_str(&self.pattern).to_value();
        let given: Vec<Value> = std::iter::once(pattern).chain(args.positions(heap)?).collect();
        let re = super::global("re").expect("bug: `re` is a global");
        let function = re.get_attr_error(&self.function, heap)?;
        eval.eval_function(function, &given, &[])
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
        #[starlark(require = pos)] pattern: &str,
        #[starlark(default = 0)] flags: i32,
    ) -> starlark::Result<Compiled> {
        let pattern = match flags {
            0 => pattern.to_owned(),
            IGNORE_CASE => format!("(?i:{pattern})"),
            _ => return Err(hinted("of flags, `re.IGNORECASE` alone is served", "write them in the pattern: `(?m)`")),
        };
        regex(&pattern)?;
        Ok(Compiled { pattern })
    }

    fn search<'v>(
        #[starlark(require = pos)] pattern: &str,
        #[starlark(require = pos)] subject: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        find(pattern, subject, heap)
    }

    fn r#match<'v>(
        #[starlark(require = pos)] pattern: &str,
        #[starlark(require = pos)] subject: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        find(&format!("\\A(?:{pattern})"), subject, heap)
    }

    fn fullmatch<'v>(
        #[starlark(require = pos)] pattern: &str,
        #[starlark(require = pos)] subject: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        find(&format!("\\A(?:{pattern})\\z"), subject, heap)
    }
}

/// The functions of `re` that take texts apart, or write them anew.
#[starlark_module]
fn rewriting(builder: &mut GlobalsBuilder) {
    fn sub<'v>(
        #[starlark(require = pos)] pattern: &str,
        #[starlark(require = pos)] template: &str,
        #[starlark(require = pos)] subject: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let regex = regex(pattern)?;
        let mut out = String::new();
        let mut at = 0;
        for captures in regex.captures_iter(subject) {
            let captures = captures.map_err(failed)?;
            let Some(whole) = captures.get(0) else { continue };
            out.push_str(&subject[at..whole.start()]);
            out.push_str(&replacement(template, &captures)?);
            at = whole.end();
        }
        out.push_str(&subject[at..]);
        Ok(heap.alloc_str(&out).to_value())
    }

    fn split<'v>(
        #[starlark(require = pos)] pattern: &str,
        #[starlark(require = pos)] subject: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let pieces = regex(pattern)?.split(subject).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(heap.alloc(AllocList(pieces)))
    }

    fn findall<'v>(
        #[starlark(require = pos)] pattern: &str,
        #[starlark(require = pos)] subject: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let mut all = Vec::new();
        for captures in regex(pattern)?.captures_iter(subject) {
            let captures = captures.map_err(failed)?;
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

//! Classes: fields and methods, and what is a data class.
//!
//! Owns their lowering to a function that gives the members, what of a class Python
//! calls by itself, and why a class is left to Python. What a class does is the
//! evaluation's.

use super::attempt::{bytes, colon, tokens_of, word_of};
use super::build::{Builder, Pair, Rule};
use super::cells::{Stands, member};
use super::edit::Edit;
use super::keys::{LOAD, as_written};
use super::python::{defined_name, definition_length, first_word, indent};
use crate::diag::Diag;

/// Methods by Python's own names that are served.
const SERVED: [&str; 16] = [
    "__init__",
    "__bool__",
    "__next__",
    "__le__",
    "__gt__",
    "__ge__",
    "__post_init__",
    "__str__",
    "__repr__",
    "__len__",
    "__getitem__",
    "__eq__",
    "__lt__",
    "__contains__",
    "__iter__",
    "__call__",
];

/// Methods that operators call.
const OPERATORS: [&str; 16] = [
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "or", "and", "xor", "lshift", "rshift", "neg", "pos",
    "invert", "matmul",
];

/// Whether a method by Python's own name is served.
fn is_served(name: &str) -> bool {
    let bare = name.trim_matches('_');
    let of_operator = |bare: &str| OPERATORS.contains(&bare);
    SERVED.contains(&name) || of_operator(bare) || bare.strip_prefix(['r', 'i']).is_some_and(of_operator)
}

/// Decorators of methods that are served.
const DECORATORS: [&str; 10] = [
    "property",
    "staticmethod",
    "classmethod",
    "cached_property",
    "functools.cached_property",
    "cache",
    "functools.cache",
    "lru_cache",
    "abstractmethod",
    "abc.abstractmethod",
];

/// What the classes of a file have that Python calls by itself, for which lines of
/// the file are written otherwise.
#[derive(Default)]
pub(super) struct Called {
    /// Names of properties.
    pub(super) properties: Vec<String>,
    /// Names of properties that are given values.
    pub(super) setters: Vec<String>,
    /// `x + y` and its like may call a method, ...
    pub(super) operates: bool,
    /// ... and whether `x` is true, ...
    pub(super) truths: bool,
    /// ... and `x[i]`, ...
    pub(super) items: bool,
    /// ... `x == y` and `x < y` (named tuples know tuples, and frozen sets sets, which do not know them; sets
    /// have no order here; columns of sheets are compared cell by cell), ...
    pub(super) compares: bool,
    /// ... and `x in y`.
    pub(super) contains: bool,
}

impl Called {
    /// What a file's text says of its classes, and of what the files that it
    /// includes may bring it; with `sheets`, files before brought sheets of pandas.
    pub(super) fn of(source: &str, sheets: bool) -> Called {
        let enumerates =
            source.contains("Enum)") && ["StrEnum", "IntEnum", "str, ", "int, "].iter().any(|w| source.contains(w));
        let words = ["namedtuple(", "NamedTuple", "set(", "pandas", "numpy", "include:"];
        let tuples = sheets || enumerates || words.iter().any(|word| source.contains(word));
        // A column of a sheet is neither true nor false, which only a call can say.
        let columns = sheets || source.contains("pandas") || source.contains("numpy");
        // What a number and an array make, no number knows, nor what it makes with a member that is one.
        let numbers = enumerates && (source.contains("IntEnum") || source.contains("int, "));
        let arrays = source.contains("numpy") || numbers;
        // The type of a column's cells is the same as texts and classes, which do not know it.
        let dtypes = columns && source.contains("dtype");
        if !source.contains("class ") {
            return Called {
                compares: tuples,
                truths: columns,
                operates: arrays,
                contains: dtypes,
                ..Called::default()
            };
        }
        let has = |name: &str| source.contains(&format!("def {name}("));
        let (mut properties, mut setters) = (Vec::new(), Vec::new());
        let mut is_property = false;
        for line in source.lines().map(str::trim) {
            let setter = line.strip_prefix('@').and_then(|name| name.split(['#', ' ']).next()?.strip_suffix(".setter"));
            setters.extend(setter.map(str::to_owned));
            if is_property && line.starts_with("def ") {
                properties.extend(defined_name(line).map(str::to_owned));
            }
            is_property = match line.strip_prefix('@') {
                Some(decorator) => {
                    is_property || matches!(decorator.rsplit('.').next(), Some("property" | "cached_property"))
                }
                None => false,
            };
        }
        Called {
            properties,
            setters,
            operates: arrays
                || OPERATORS.iter().any(|name| ["", "r", "i"].iter().any(|side| has(&format!("__{side}{name}__")))),
            truths: columns || has("__bool__") || has("__len__"),
            items: numbers || has("__getitem__"),
            compares: tuples || ["eq", "ne", "lt", "le", "gt", "ge"].iter().any(|name| has(&format!("__{name}__"))),
            contains: dtypes || enumerates || has("__contains__") || has("__eq__"),
        }
    }
}

/// The class whose lines are being read.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    /// Its name.
    name: String,
    /// Methods that keep their names: lines of the class itself ask for them.
    kept: Vec<String>,
}

/// The names that the lines of a class give, and those of its fields.
#[derive(Default)]
struct Members {
    names: Vec<String>,
    /// Those of them that are methods.
    methods: Vec<String>,
    /// Those of them that lines of the class give values to.
    given: Vec<String>,
    fields: Vec<String>,
}

/// The name of a line such as `x: Type`, which is read as one that names no section.
pub(super) fn annotation(line: &str) -> Option<&str> {
    let (name, kind) = line.trim().split_once(':')?;
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    let kind = kind.split('#').next().unwrap_or("").trim();
    (is_name(name.trim()) && !kind.is_empty() && !kind.ends_with(':')).then(|| name.trim())
}

/// A name and whether a type follows, of a line such as `x: int = 3`.
fn assigned(item: &Pair) -> Option<(String, bool, bool)> {
    if item.as_rule() == Rule::bad_line {
        return annotation(item.as_str()).map(|name| (name.to_owned(), true, false));
    }
    let tokens = tokens_of(item);
    let name = tokens.first().filter(|t| matches!(t.as_rule(), Rule::word | Rule::targets))?;
    let second = tokens.get(1)?.as_str();
    let value = tokens.iter().any(|t| t.as_rule() == Rule::sep && t.as_str() == "=");
    (second == ":" || (second == "=" && value)).then(|| (name.as_str().trim().to_owned(), second == ":", value))
}

fn members(body: &[Pair]) -> Members {
    let mut members = Members::default();
    let mut rest = body;
    while let [item, after @ ..] = rest {
        if let Some(length) = definition_length(rest) {
            let head = rest[..length].iter().find(|i| defined_name(i.as_str()).is_some());
            let name = head.and_then(|head| defined_name(head.as_str())).map(str::to_owned);
            members.names.extend(name.clone());
            members.methods.extend(name.filter(|_| head.is_some_and(|head| word_of(head) == "def")));
            rest = &rest[length..];
            continue;
        }
        if let Some((name, typed, value)) = assigned(item) {
            let is_class_var = item.as_str().contains("ClassVar");
            members.fields.extend(Some(name.clone()).filter(|_| typed && !is_class_var));
            members.names.extend(Some(name.clone()).filter(|_| value));
            members.given.extend(Some(name).filter(|_| value));
        }
        rest = after;
    }
    members
}

/// The name that a class on one line gives a value: `class A: x = 1`.
fn inline_name(tokens: &[Pair]) -> Option<String> {
    let sign = tokens.get(1).filter(|t| t.as_rule() == Rule::sep && t.as_str() == "=");
    let name = tokens.first().filter(|t| matches!(t.as_rule(), Rule::word | Rule::targets))?;
    sign.map(|_| name.as_str().trim().to_owned())
}

/// The property that `@x.setter` names, as the lines of a class have it.
pub(super) fn setter_of(decorator: &str, inside: &Inside) -> Option<String> {
    decorator.strip_suffix(".setter").map(|name| method_name(name, inside))
}

/// Whether a text has a word.
fn mentions(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}

/// Those of the methods that lines of the class itself ask for.
fn asked_for(body: &[Pair], methods: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut rest = body;
    while let [item, after @ ..] = rest {
        if let Some(length) = definition_length(rest) {
            rest = &rest[length..];
            continue;
        }
        kept.extend(methods.iter().filter(|name| mentions(item.as_str(), name)).cloned());
        rest = after;
    }
    kept
}

/// The names that a class gives its objects: `x` of `self.x`.
fn own_names(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (at, word) in text.match_indices("self.") {
        let rest = &text[at + word.len()..];
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What a method is called while the lines of its class are read: other methods
/// that use a built-in function of its name mean that one.
fn method_name(name: &str, inside: &Inside) -> String {
    if inside.kept.iter().any(|kept| kept == name) { name.to_owned() } else { format!("{name}__of") }
}

impl<'s> Builder<'s> {
    /// Why a class is Python's only; nothing for a function.
    pub(super) fn python_class(&self, items: &[Pair<'s>]) -> Vec<Diag> {
        let decorators = items.iter().take_while(|p| first_word(p.as_str()) == "@").count();
        let Some(head) = items.get(decorators).filter(|p| word_of(p) == "class") else { return Vec::new() };
        let mut found = Vec::new();
        let mut refuse = |item: &Pair, what: &str, instead: &str| {
            found.push(Diag::at(self.line_span(item), what.to_owned()).hint(instead));
        };
        let plain = "write `struct(name=value)` or a dict, and functions of it";
        if head.as_str().contains("metaclass") {
            refuse(head, "a class with a `metaclass` is not served: what that makes of it is Python's own", plain);
        } else if head.as_str().contains('=') || head.as_str().contains("Protocol") {
            refuse(head, "a class of this kind is not served", plain);
        }
        for item in &items[decorators + 1..] {
            let text = item.as_str().trim_start();
            let name = defined_name(text).filter(|n| text.starts_with("def") && n.starts_with("__"));
            let decorator = text.strip_prefix('@').map(|d| d.split(['(', ' ', '#', '\n']).next().unwrap_or("").trim());
            if decorator.is_some_and(|d| !DECORATORS.contains(&d) && !d.ends_with(".setter")) {
                refuse(item, "this decorator of a method is not served", "call the function in the method");
            } else if let Some(name) = name.filter(|name| !is_served(name) && name.ends_with("__")) {
                let what = format!("`{name}` is not called by itself here");
                refuse(item, &what, "write a method with a name of its own, and call it");
            }
        }
        found
    }

    /// `class A(B):` becomes `def _class():`, which gives the members, and
    /// `A = _class_of("A", lambda: [B], _class, fields, names, data)`.
    pub(super) fn class(&mut self, items: &[Pair<'s>], decorators: usize) {
        let head = &items[decorators];
        let tokens = tokens_of(head);
        let (Some(name), Some(end)) = (tokens.get(1), colon(&tokens)) else {
            let span = self.line_span(head);
            return self.fail(Diag::at(span, "`:` is missing at the end of this line"));
        };
        let (start, name) = (bytes(&tokens[0]).start, name.as_str().to_owned());
        let bases = tokens.get(2).filter(|t| t.as_rule() == Rule::bracket).map_or("", |t| t.as_str());
        let bases = bases.trim_start_matches('(').trim_end_matches(')').trim();
        let bases = if bases == "object" { String::new() } else { bases.to_owned() };
        let mut data = "None".to_owned();
        let mut around_it = Vec::new();
        for item in &items[..decorators] {
            if !item.as_str().contains("dataclass") {
                around_it.push(self.decorator(item));
                continue;
            }
            let options = tokens_of(item).into_iter().find(|t| t.as_rule() == Rule::bracket);
            data = format!("lambda: dict{}", options.map_or("()", |options| self.slice(bytes(&options))));
            let span = self.line_span(item);
            self.emit.replace(span.range(), "pass");
        }
        let own = indent(head.as_str()).replace('\t', " ");
        let inline = end + 1 < tokens.len();
        let deeper = if inline { format!("{own} ") } else { self.block_indent(bytes(&tokens[end]).end) };
        self.emit.replace(start..bytes(&tokens[end]).start, &format!("def _class{start}()"));
        self.suite(tokens[end..].to_vec(), &own);
        let body = &items[decorators + 1..];
        let Members { mut names, methods, given, fields } = members(body);
        let mut seen = Vec::new();
        // A property and what sets it have one name.
        names.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        if inline {
            names.extend(inline_name(&tokens[end + 1..]));
        }
        let inside = Inside { name: name.clone(), kept: asked_for(body, &methods) };
        let around = self.inside.replace(inside.clone());
        let cells = self.cells.clone();
        self.cells.extend(given.iter().map(|name| (name.clone(), Stands::Member)));
        self.lines(body, false);
        self.cells = cells;
        self.inside = around;
        let value = |name: &String| match methods.contains(name) {
            true => method_name(name, &inside),
            false if given.contains(name) => member(name),
            false => name.clone(),
        };
        let pairs: Vec<String> = names.iter().map(|name| format!("{name:?}: {}", value(name))).collect();
        let more = deeper.strip_prefix(own.as_str()).unwrap_or(" ").to_owned();
        let own_names = own_names(self.slice(start..items[items.len() - 1].as_span().end()));
        let made = format!(
            "{name} = _class_of({name:?}, lambda: [{bases}], _class{start}, {fields:?}, {own_names:?}, {data})"
        );
        let mut lines = vec![format!("{more}return {{{}}}", pairs.join(", ")), made];
        lines.extend(around_it.iter().rev().map(|decorator| format!("{name} = {decorator}({name})")));
        self.behind(items, &lines);
    }

    /// The name of a definition, with that of the class if it is one of its methods,
    /// whose lines follow.
    pub(super) fn begin_method(&mut self, head: &Pair<'s>, name: &str) -> String {
        let parameters = tokens_of(head).into_iter().find(|t| t.as_rule() == Rule::bracket);
        let object = parameters.and_then(|p| p.into_inner().find(|t| t.as_rule() == Rule::word));
        match self.inside.take() {
            Some(inside) => {
                self.above = object.map(|object| format!("_super({}, {})", inside.name, object.as_str()));
                self.method = Some(method_name(name, &inside));
                self.method.clone().unwrap_or_default()
            }
            None => name.to_owned(),
        }
    }

    /// `super()` in a method becomes a call that names the class and the object.
    pub(super) fn supers(&self, tokens: &[Pair<'s>]) -> Vec<Edit> {
        let Some(above) = &self.above else { return Vec::new() };
        let is_super = |at: &usize| {
            tokens[*at].as_rule() == Rule::word
                && tokens[*at].as_str() == "super"
                && tokens.get(at + 1).is_some_and(|t| t.as_rule() == Rule::bracket)
        };
        let call = |at: usize| {
            let (word, arguments) = (bytes(&tokens[at]), bytes(&tokens[at + 1]));
            match tokens[at + 1].clone().into_inner().next() {
                None => Edit::replace(word.start..arguments.end, above.clone()),
                Some(_) => Edit::replace(word, "_super"),
            }
        };
        (0..tokens.len()).filter(is_super).map(call).collect()
    }

    /// `a.b.name`, where `name` is a property of some class of the file, or `load`.
    pub(super) fn with_properties(&self, word: &str) -> Option<String> {
        let mut steps = word.split('.');
        let mut text = steps.next()?.to_owned();
        let mut found = false;
        for step in steps {
            // Starlark takes `load` for a word of its own, wherever it stands.
            let asked = self.called.properties.iter().any(|p| p == step) || step == as_written(LOAD);
            found |= asked;
            text = if asked { format!("_get({text}, {step:?})") } else { format!("{text}.{step}") };
        }
        found.then_some(text)
    }
}

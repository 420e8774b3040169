//! A pattern with its flags, compiled for each way in which it is asked.
//!
//! Owns what is kept compiled, and the walk over a text. What is made of the matches is
//! not its.

use super::dialect::{Translated, translated};
use crate::eval::exception::thrown;
use crate::eval::fault::hinted;
use fancy_regex::{Captures, Regex};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// Python's numbers of the flags, and their letters.
pub(super) const FLAGS: [(i32, char); 6] = [(2, 'i'), (8, 'm'), (16, 's'), (64, 'x'), (256, 'a'), (32, 'u')];

/// Patterns that are kept compiled, as in Python.
const KEPT: usize = 200;

/// How a pattern is to fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// Anywhere.
    Search,
    /// From the place on where the search begins.
    Match,
    /// From there to the end.
    Whole,
    /// Anywhere, and not empty at the place where the search begins.
    Longer,
}

/// What the groups of a pattern are.
#[derive(Debug)]
pub(super) struct Shape {
    /// The name of each, the whole first.
    pub(super) names: Vec<Option<String>>,
    /// Their numbers, in the order in which they close.
    pub(super) closed: Vec<usize>,
}

/// What an engine is asked, from the start of a text or not, where the text ends in a line break or not.
type Asked = (Way, bool, bool);

/// A pattern, compiled as far as it was asked.
pub(super) struct Pattern {
    source: String,
    flags: String,
    pub(super) shape: Arc<Shape>,
    has_end: bool,
    engines: RefCell<FxHashMap<Asked, Rc<Regex>>>,
}

fn failed(error: fancy_regex::Error) -> starlark::Error {
    hinted(format!("the regular expression gave up: {error}"), "write it with fewer nested repetitions")
}

impl Pattern {
    /// A pattern, compiled once a thread.
    ///
    /// # Errors
    /// What is no regular expression, and flags that are not served.
    pub(super) fn of(source: &str, flags: i32) -> starlark::Result<Rc<Pattern>> {
        thread_local! {
            static KNOWN: RefCell<FxHashMap<String, Rc<Pattern>>> = RefCell::default();
        }
        let key = format!("{flags} {source}");
        if let Some(known) = KNOWN.with_borrow(|all| all.get(&key).cloned()) {
            return Ok(known);
        }
        let pattern = Rc::new(Pattern::new(source, flags)?);
        KNOWN.with_borrow_mut(|all| {
            if all.len() == KEPT {
                all.clear();
            }
            all.insert(key, pattern.clone());
        });
        Ok(pattern)
    }

    fn new(source: &str, flags: i32) -> starlark::Result<Pattern> {
        let rest = FLAGS.iter().fold(flags, |rest, (flag, _)| rest & !flag);
        if rest != 0 {
            return Err(hinted("of flags, `I`, `M`, `S`, `X` and `A` are served", "write others in the pattern"));
        }
        let flags: String = FLAGS.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, letter)| *letter).collect();
        let Translated { text, has_end, closed } = translated(source, &flags, false).map_err(|e| wrong(source, &e))?;
        let engine = Regex::new(&text).map_err(|e| wrong(source, &e.to_string()))?;
        let names = engine.capture_names().map(|name| name.map(str::to_owned)).collect();
        let engines = FxHashMap::from_iter([((Way::Search, true, false), Rc::new(engine))]);
        let shape = Arc::new(Shape { names, closed });
        Ok(Pattern { source: source.to_owned(), flags, shape, has_end, engines: RefCell::new(engines) })
    }

    fn engine(&self, way: Way, at_start: bool, broken: bool) -> starlark::Result<Rc<Regex>> {
        // Only these care for where the search begins.
        let at_start = at_start || matches!(way, Way::Search | Way::Longer);
        let asked = (way, at_start, broken && self.has_end);
        if let Some(known) = self.engines.borrow().get(&asked) {
            return Ok(known.clone());
        }
        let text = translated(&self.source, &self.flags, asked.2).map_err(|e| wrong(&self.source, &e))?.text;
        let start = if at_start { "\\A" } else { "\\G" };
        let text = match way {
            Way::Search => text,
            Way::Match => format!("{start}(?:{text})"),
            Way::Whole => format!("{start}(?:{text})\\z"),
            Way::Longer => format!("(?:{text})(?!\\G)"),
        };
        let engine = Rc::new(Regex::new(&text).map_err(|e| wrong(&self.source, &e.to_string()))?);
        self.engines.borrow_mut().insert(asked, engine.clone());
        Ok(engine)
    }

    /// The first match within some bytes of a text.
    pub(super) fn first<'t>(
        &self,
        way: Way,
        text: &'t str,
        within: Range<usize>,
    ) -> starlark::Result<Option<Captures<'t>>> {
        let text = &text[..within.end];
        let engine = self.engine(way, within.start == 0, text.ends_with('\n'))?;
        engine.captures_from_pos(text, within.start).map_err(failed)
    }

    /// All matches, as Python finds them: where one ends, an empty one may follow, but
    /// none at the same place as an empty one.
    pub(super) fn all<'t>(&self, text: &'t str, within: Range<usize>) -> starlark::Result<Vec<Captures<'t>>> {
        let (mut all, mut at, mut way) = (Vec::new(), within.start, Way::Search);
        while at <= within.end {
            let Some(captures) = self.first(way, text, at..within.end)? else { break };
            let (start, end) = captures.get(0).map_or((0, 0), |m| (m.start(), m.end()));
            (at, way) = (end, if start == end { Way::Longer } else { Way::Search });
            all.push(captures);
        }
        Ok(all)
    }
}

fn wrong(source: &str, why: &str) -> starlark::Error {
    thrown("re.error", format!("`{source}` is no regular expression: {why}"))
}

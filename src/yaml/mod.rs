//! YAML: a text becomes a plain value.
//!
//! Owns how events become values: anchors, merge keys, tags, and faults with
//! their places. It does not know where the text came from, nor what the values
//! are for. Words and numbers are typed as PyYAML's `safe_load` types them, which
//! Snakemake reads its files with; what differs on purpose stands in [`scalar`].

mod scalar;

pub use scalar::{number, python_number};

use crate::value::Val;
use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, Tag};
use rustc_hash::FxHashMap;
use scalar::Word;
use std::ops::Range;

/// Values that aliases may copy in one text; more is taken for an attack.
const MOST_COPIED: usize = 1_000_000;

/// What is wrong in a text, and where: bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place.
    pub range: Range<usize>,
    /// One line.
    pub message: String,
    /// Another place that belongs to it, with what to say of it.
    pub other: Option<(Range<usize>, &'static str)>,
    /// The way out.
    pub hint: Option<String>,
}

impl Fault {
    fn new(range: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { range, message: message.into(), other: None, hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Fault {
        Fault { hint: Some(hint.into()), ..self }
    }
}

/// Reads one document; an empty text is `None`.
///
/// # Errors
/// The first fault.
pub fn parse(text: &str) -> Result<Val, Fault> {
    read(text, false)
}

/// Reads one document whose words and numbers all stay texts, as PyYAML's
/// `BaseLoader` does.
///
/// # Errors
/// The first fault.
pub fn parse_texts(text: &str) -> Result<Val, Fault> {
    read(text, true)
}

fn read(text: &str, texts: bool) -> Result<Val, Fault> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        anchors: FxHashMap::default(),
        open: Vec::new(),
        copied: 0,
        whole: None,
        texts,
    };
    while let Some(event) = reader.parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
            Fault::new(at..at, format!("this is no YAML: {}", error.kind()))
        })?;
        reader.event(event, bytes(&span))?;
    }
    Ok(reader.whole.unwrap_or_default())
}

fn bytes(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or(0..0)
}

/// A value with its place.
#[derive(Clone)]
struct Node {
    value: Val,
    at: Range<usize>,
    /// A plain `<<`, which merges as a key.
    merges: bool,
}

/// A list or dict that has not ended.
struct Open {
    at: Range<usize>,
    anchor: usize,
    is_set: bool,
    kind: Kind,
}

enum Kind {
    List(Vec<Val>),
    Dict(Entries),
}

/// The entries of a dict, and the key that waits for its value.
#[derive(Default)]
struct Entries {
    items: Vec<(Val, Val)>,
    places: Vec<Range<usize>>,
    /// By the key's text, for those that were written here.
    known: FxHashMap<String, usize>,
    merged: Vec<(Val, Val)>,
    key: Option<Node>,
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: FxHashMap<usize, Val>,
    open: Vec<Open>,
    copied: usize,
    whole: Option<Val>,
    /// Words and numbers are texts.
    texts: bool,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, at: Range<usize>) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !self.texts;
                // The parser writes `~` for nothing at all.
                let text = if self.texts && at.is_empty() { "".into() } else { text };
                let mut node = scalar(&text, plain, tag.as_deref(), at)?;
                if self.at_key() && matches!(node.value, Val::Bool(_)) && !scalar::is_plain_bool(&text) {
                    node.value = Val::str(&*text);
                }
                self.add(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.tagged(tag.as_deref(), &["seq"], &at)?;
                self.open.push(Open { at, anchor, is_set: false, kind: Kind::List(Vec::new()) });
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.tagged(tag.as_deref(), &["map", "set"], &at)?;
                let is_set = tag.is_some_and(|t| t.suffix() == "set");
                self.open.push(Open { at, anchor, is_set, kind: Kind::Dict(Entries::default()) });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::DocumentStart(..) if self.whole.is_some() => {
                Err(Fault::new(at, "there is a second document").hint("keep one document in a file: leave out `---`"))
            }
            _ => Ok(()),
        }
    }

    /// Whether the next value is a dict's key.
    fn at_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: Kind::Dict(entries), .. }) if entries.wants_key())
    }

    /// Refuses a tag that is none of some core ones.
    fn tagged(&self, tag: Option<&Tag>, known: &[&str], at: &Range<usize>) -> Result<(), Fault> {
        match tag {
            Some(tag) if !core(tag).is_some_and(|name| known.contains(&name)) => Err(odd_tag(tag, at.clone())),
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), Fault> {
        let open = self.open.pop().expect("the parser closes what it opened");
        let value = match open.kind {
            Kind::List(items) => Val::List(items),
            Kind::Dict(entries) if open.is_set => Val::List(entries.finish().into_iter().map(|(k, _)| k).collect()),
            Kind::Dict(entries) => Val::Dict(entries.finish()),
        };
        self.add(Node { value, at: open.at, merges: false }, open.anchor)
    }

    fn alias(&mut self, anchor: usize, at: Range<usize>) -> Result<(), Fault> {
        let Some(value) = self.anchors.get(&anchor) else {
            return Err(Fault::new(at, "this alias stands inside of what it names"));
        };
        self.copied += size(value);
        if self.copied > MOST_COPIED {
            return Err(Fault::new(at, format!("aliases copy more than {MOST_COPIED} values")));
        }
        let value = value.clone();
        self.add(Node { value, at, merges: false }, 0)
    }

    /// Puts a value where it belongs.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.value.clone());
        }
        match self.open.last_mut().map(|o| &mut o.kind) {
            None => self.whole = Some(node.value),
            Some(Kind::List(items)) => items.push(node.value),
            Some(Kind::Dict(entries)) => return entries.add(node),
        }
        Ok(())
    }
}

impl Entries {
    fn add(&mut self, node: Node) -> Result<(), Fault> {
        let Some(key) = self.key.take() else {
            if matches!(node.value, Val::List(_) | Val::Dict(_)) {
                return Err(Fault::new(node.at, format!("a key cannot be {}", node.value.kind())));
            }
            self.key = Some(node);
            return Ok(());
        };
        if key.merges {
            return self.merge(node);
        }
        let name = key.value.repr();
        if let Some(first) = self.known.get(&name) {
            let fault = Fault::new(key.at, format!("the key `{}` is given twice", key.value.display()));
            return Err(Fault { other: Some((self.places[*first].clone(), "first given here")), ..fault });
        }
        self.known.insert(name, self.items.len());
        self.places.push(key.at);
        self.items.push((key.value, node.value));
        Ok(())
    }

    /// The entries behind `<<`: of a dict, or of a list of them, the first first.
    fn merge(&mut self, node: Node) -> Result<(), Fault> {
        match node.value {
            Val::Dict(entries) => self.merged.extend(entries),
            Val::List(items) if items.iter().all(|v| matches!(v, Val::Dict(_))) => {
                for item in items {
                    let Val::Dict(entries) = item else { continue };
                    self.merged.extend(entries);
                }
            }
            other => {
                let message = format!("`<<` merges dicts, this is {}", other.kind());
                return Err(Fault::new(node.at, message).hint("write `\"<<\"` in quotes for a key of that name"));
            }
        }
        Ok(())
    }

    /// What was merged comes first, and of it the first counts; what was written
    /// here beats it.
    fn finish(self) -> Vec<(Val, Val)> {
        if self.merged.is_empty() {
            return self.items;
        }
        let mut all: Vec<(Val, Val)> = Vec::with_capacity(self.merged.len() + self.items.len());
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        for (key, value) in self.merged {
            known.entry(key.repr()).or_insert_with(|| {
                all.push((key, value));
                all.len() - 1
            });
        }
        for (key, value) in self.items {
            match known.get(&key.repr()) {
                Some(at) => all[*at].1 = value,
                None => all.push((key, value)),
            }
        }
        all
    }

    fn wants_key(&self) -> bool {
        self.key.is_none()
    }
}

/// How many values a value is made of.
fn size(value: &Val) -> usize {
    match value {
        Val::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Val::Dict(entries) => 1 + entries.iter().map(|(k, v)| size(k) + size(v)).sum::<usize>(),
        _ => 1,
    }
}

/// The name of a tag of YAML's own.
fn core(tag: &Tag) -> Option<&str> {
    (tag.handle() == "tag:yaml.org,2002:").then(|| tag.suffix())
}

fn odd_tag(tag: &Tag, at: Range<usize>) -> Fault {
    let name = match core(tag) {
        Some(name) => format!("!!{name}"),
        None => format!("{}{}", tag.handle(), tag.suffix()),
    };
    Fault::new(at, format!("the tag `{name}` is not supported here")).hint("leave the tag out")
}

fn scalar(text: &str, plain: bool, tag: Option<&Tag>, at: Range<usize>) -> Result<Node, Fault> {
    let node = |value| Node { value, at: at.clone(), merges: false };
    let Some(tag) = tag else {
        return match plain.then(|| scalar::word(text)) {
            None => Ok(node(Val::str(text))),
            Some(Word::Value(value)) => Ok(node(value)),
            Some(Word::Merge) => Ok(Node { merges: true, ..node(Val::str(text)) }),
            Some(Word::TooLarge) => Err(too_large(text, at)),
        };
    };
    let wrong = |what: &str| Fault::new(at.clone(), format!("`{text}` is no {what}"));
    let typed = match core(tag) {
        Some("str") => return Ok(node(Val::str(text))),
        // `!` alone: not to be typed.
        None if tag.handle().is_empty() && tag.suffix() == "!" => return Ok(node(Val::str(text))),
        Some(name @ ("int" | "float" | "bool" | "null")) => (name, scalar::word(text)),
        _ => return Err(odd_tag(tag, at)),
    };
    match typed {
        ("int", Word::Value(value @ Val::Int(_)))
        | ("float", Word::Value(value @ Val::Float(_)))
        | ("bool", Word::Value(value @ Val::Bool(_)))
        | ("null", Word::Value(value @ Val::None)) => Ok(node(value)),
        ("float", Word::Value(Val::Int(n))) => Ok(node(Val::Float(n as f64))),
        ("float", _) => text.parse().map(|f| node(Val::Float(f))).map_err(|_| wrong("float")),
        ("int", Word::TooLarge) => Err(too_large(text, at)),
        (name, _) => Err(wrong(name)),
    }
}

fn too_large(text: &str, at: Range<usize>) -> Fault {
    Fault::new(at, format!("the number `{text}` is too large: it would lose digits"))
        .hint(format!("write it as a string, `\"{text}\"`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}")).repr()
    }

    fn fault(text: &str) -> (String, &str) {
        let fault = parse(text).expect_err(text);
        (fault.message.clone(), &text[fault.range])
    }

    #[test]
    fn documents() {
        let cases = [
            ("", "None"),
            ("# nothing\n", "None"),
            ("a: 1\nb: [x, 'y', \"z\\n\"]\nc:\n  d: ~\n", "{'a': 1, 'b': ['x', 'y', 'z\\n'], 'c': {'d': None}}"),
            ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{'a': 'x\\ny\\n', 'b': 'x y'}"),
            ("- &a {x: 1}\n- *a\n", "[{'x': 1}, {'x': 1}]"),
            ("a: &a {p: 1, q: 2}\nb: {<<: *a, q: 3}\n", "{'a': {'p': 1, 'q': 2}, 'b': {'p': 1, 'q': 3}}"),
            ("{<<: [{a: 1}, {a: 2, c: 3}], a: 9}", "{'a': 9, 'c': 3}"),
            ("{on: no, yes: [off], true: 1}", "{'on': False, 'yes': [False], True: 1}"),
            ("[!!str 5, !!int '5', !!float 5, ! 5]", "['5', 5, 5.0, '5']"),
            ("!!set {a, b}", "['a', 'b']"),
            ("1: x\n007: y\n", "{1: 'x', 7: 'y'}"),
            ("--- {a: 1}\n...\n", "{'a': 1}"),
        ];
        for (text, want) in cases {
            assert_eq!(value(text), want, "{text}");
        }
    }

    #[test]
    fn faults_have_places() {
        assert_eq!(fault("a: 1\nb: 2\na: 3\n"), ("the key `a` is given twice".into(), "a"));
        let twice = parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!((twice.range, twice.other), (10..11, Some((0..1, "first given here"))));
        let (message, at) = fault("x: 123456789012345678901234567890\n");
        assert!(message.contains("would lose digits") && at.starts_with("1234567890"), "{message} {at}");
        assert_eq!(fault("[1, 2]: x\n").0, "a key cannot be a list");
        assert_eq!(fault("x: !foo y\n").0, "the tag `!foo` is not supported here");
        assert_eq!(fault("x: !!int y\n"), ("`y` is no int".into(), "y"));
        assert_eq!(fault("a\n---\nb\n").0, "there is a second document");
        assert_eq!(fault("<<: 5\n").0, "`<<` merges dicts, this is an int");
        assert_eq!(parse("a: 1\nb: [1\nc: 2\n").map_err(|f| f.range.start > 5), Err(true));
    }

    #[test]
    fn aliases_cannot_grow_without_end() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..9 {
            let again = format!("*a{}", i - 1);
            text += &format!("a{i}: &a{i} [{}]\n", vec![again; 10].join(", "));
        }
        assert!(fault(&text).0.starts_with("aliases copy more than"));
    }
}

//! What becomes of the paths of a rule before they are patterns: pathvars are
//! filled, and those of a module are moved.
//!
//! Owns `<name>` and its order of precedence, `prefix:` and `replace_prefix:`.
//! It does not know sections or modules.

use crate::suggest::did_you_mean;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// `prefix:` and `replace_prefix:` of one module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rewrite {
    /// Put before every relative path; ends in `/`.
    pub(super) prefix: Option<Box<str>>,
    /// Beginnings of paths and what stands in their place.
    pub(super) replace: Vec<(Box<str>, Box<str>)>,
}

impl Rewrite {
    fn apply<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let longest = self.replace.iter().filter(|(from, _)| path.starts_with(&**from)).max_by_key(|(f, _)| f.len());
        match (longest, &self.prefix) {
            (Some((from, to)), _) => Cow::Owned(format!("{to}{}", &path[from.len()..])),
            (None, Some(prefix)) if !path.starts_with('/') => Cow::Owned(format!("{prefix}{path}")),
            _ => Cow::Borrowed(path),
        }
    }
}

/// Those of a module and of the modules it stands in, innermost first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rewrites(Arc<[Rewrite]>);

impl Rewrites {
    /// With one more inside.
    pub(super) fn within(&self, inner: Rewrite) -> Rewrites {
        Rewrites(std::iter::once(inner).chain(self.0.iter().cloned()).collect())
    }

    /// Whether no path is moved.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A path as the rest of the Rulefile sees it.
    pub(super) fn apply<'p>(&self, path: &'p str) -> Cow<'p, str> {
        self.0.iter().fold(Cow::Borrowed(path), |path, rewrite| match path {
            Cow::Borrowed(path) => rewrite.apply(path),
            Cow::Owned(path) => Cow::Owned(rewrite.apply(&path).into_owned()),
        })
    }
}

/// Names and values, the last of a name holds.
pub(super) type Named = Vec<(Box<str>, Box<str>)>;

/// The pathvars of one file's rules, but for those of single rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Pathvars {
    /// Given to the module or to those around it, which beat all but a rule's own:
    /// innermost first.
    pub(super) given: Vec<Named>,
    /// `config["pathvars"]` of the files around.
    pub(super) around: Named,
    /// `pathvars:` at the top level, behind those of the files around.
    pub(super) own: Named,
}

/// What all rules of one file may name, as it was when a rule was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub(super) file: Pathvars,
    /// `config["pathvars"]`.
    pub(super) config: Named,
}

/// What becomes of the paths that a function gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Placing {
    pub(super) rewrites: Rewrites,
    /// The rule's own pathvars.
    pub(super) rule: Named,
    pub(super) around: Arc<Around>,
}

impl Placing {
    /// A path with its pathvars filled.
    ///
    /// # Errors
    /// As [`Filling::fill`].
    pub(super) fn fill<'p>(&self, path: &'p str) -> Result<Cow<'p, str>, PathvarError> {
        Filling { rule: &self.rule, around: &self.around }.fill(path)
    }
}

/// Those that there always are: each stands for its own name.
const DEFAULTS: [&str; 7] = ["results", "stats", "reports", "temp", "resources", "logs", "benchmarks"];

/// Why a path cannot be filled.
#[derive(Debug, PartialEq)]
pub(super) enum PathvarError {
    /// There is no such pathvar.
    Unknown { name: Range<usize>, hint: Option<String> },
    /// It stands for itself in the end; the names on the way.
    Cycle { name: Range<usize>, way: Vec<String> },
}

impl PathvarError {
    /// What is wrong with the text that cannot be filled, and a way out.
    pub(super) fn words(self, text: &str) -> (String, Option<String>) {
        match self {
            PathvarError::Unknown { name, hint } => {
                let hint = hint.unwrap_or_else(|| "give it a value under `pathvars:`".into());
                (format!("there is no pathvar `{}`", &text[name]), Some(hint))
            }
            PathvarError::Cycle { name, way } => {
                (format!("the pathvar `{}` stands for itself: {}", &text[name], way.join(" > ")), None)
            }
        }
    }

    /// Which part of the text it is about.
    pub(super) fn range(&self) -> Range<usize> {
        let (PathvarError::Unknown { name, .. } | PathvarError::Cycle { name, .. }) = self;
        name.clone()
    }
}

/// The `<name>`s of a text, angle brackets and all.
fn holes(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let name = |s: &str| {
        s.starts_with(|c: char| c.is_alphabetic() || c == '_') && s.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    text.match_indices('<').filter_map(move |(at, _)| {
        let length = text[at + 1..].find('>')?;
        name(&text[at + 1..at + 1 + length]).then_some(at..at + length + 2)
    })
}

/// All that a rule's paths may name.
pub(super) struct Filling<'a> {
    /// The rule's own.
    pub(super) rule: &'a Named,
    /// All others.
    pub(super) around: &'a Around,
}

impl Filling<'_> {
    fn layers(&self) -> impl Iterator<Item = &Named> {
        let Around { file, config } = self.around;
        std::iter::once(self.rule).chain(&file.given).chain([config, &file.around, &file.own])
    }

    fn find(&self, name: &str) -> Option<&str> {
        let found = self.layers().filter_map(|l| l.iter().rev().find(|(n, _)| **n == *name)).map(|(_, v)| &**v).next();
        found.or_else(|| DEFAULTS.iter().find(|d| **d == name).copied())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.layers().flat_map(|l| l.iter().map(|(n, _)| &**n)).chain(DEFAULTS)
    }

    /// A path without pathvars.
    ///
    /// # Errors
    /// The first name that has no value or no end, by its place in the text.
    pub(super) fn fill<'p>(&self, text: &'p str) -> Result<Cow<'p, str>, PathvarError> {
        if !text.contains('<') {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::new();
        let mut at = 0;
        for hole in holes(text) {
            out.push_str(&text[at..hole.start]);
            let name = &text[hole.start + 1..hole.end - 1];
            self.value(name, &mut Vec::new(), &mut out).map_err(|e| match e {
                PathvarError::Unknown { hint, .. } => PathvarError::Unknown { name: hole.clone(), hint },
                PathvarError::Cycle { way, .. } => PathvarError::Cycle { name: hole.clone(), way },
            })?;
            at = hole.end;
        }
        out.push_str(&text[at..]);
        Ok(Cow::Owned(out))
    }

    /// Adds what a name stands for, with the names in it filled too.
    fn value(&self, name: &str, way: &mut Vec<String>, out: &mut String) -> Result<(), PathvarError> {
        way.push(name.to_owned());
        if way[..way.len() - 1].iter().any(|n| n == name) {
            return Err(PathvarError::Cycle { name: 0..0, way: std::mem::take(way) });
        }
        let Some(value) = self.find(name) else {
            return Err(PathvarError::Unknown { name: 0..0, hint: did_you_mean(name, self.names()) });
        };
        let mut at = 0;
        for hole in holes(value) {
            out.push_str(&value[at..hole.start]);
            self.value(&value[hole.start + 1..hole.end - 1], way, out)?;
            at = hole.end;
        }
        out.push_str(&value[at..]);
        way.pop();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pairs: &[(&str, &str)]) -> Named {
        pairs.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect()
    }

    #[test]
    fn modules_within_modules_move_paths_step_by_step() {
        let outer = Rewrite { prefix: Some("a/".into()), ..Rewrite::default() };
        let inner = Rewrite { prefix: Some("b/".into()), ..Rewrite::default() };
        let both = Rewrites::default().within(outer).within(inner);
        assert_eq!(both.apply("x"), "a/b/x");
        assert_eq!(both.apply("/x"), "/x");
        let replace = vec![("r/".into(), "s/".into()), ("r/q/".into(), "t/".into())];
        let replaced = Rewrites::default().within(Rewrite { prefix: Some("p/".into()), replace });
        assert_eq!(replaced.apply("r/q/x"), "t/x", "the longest beginning");
        assert_eq!(replaced.apply("r/x"), "s/x");
        assert_eq!(replaced.apply("x"), "p/x");
    }

    #[test]
    fn pathvars_are_filled_by_precedence() {
        let (rule, config) = (named(&[("a", "rule")]), named(&[("a", "config"), ("b", "config"), ("c", "config")]));
        let file = Pathvars {
            given: vec![named(&[("b", "module")])],
            around: Named::new(),
            own: named(&[("c", "own"), ("d", "<a>-{x}")]),
        };
        let around = Around { file, config };
        let filling = Filling { rule: &rule, around: &around };
        assert_eq!(filling.fill("<a>/<b>/<c>/<d>/<logs>/< e>").unwrap(), "rule/module/config/rule-{x}/logs/< e>");
        let unknown = filling.fill("x/<resluts>").unwrap_err();
        let hint = Some("did you mean `results`?".to_owned());
        assert_eq!(unknown, PathvarError::Unknown { name: 2..11, hint });
    }

    #[test]
    fn a_cycle_is_found() {
        let rule = named(&[("a", "<b>"), ("b", "x/<a>")]);
        let filling = Filling { rule: &rule, around: &Around::default() };
        let way = ["a", "b", "a"].map(str::to_owned).to_vec();
        assert_eq!(filling.fill("<a>").unwrap_err(), PathvarError::Cycle { name: 0..3, way });
    }
}

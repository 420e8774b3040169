//! Named lists: what `input`, `wildcards` and their like are once they are values.
//!
//! Owns their parts and texts. It does not know whose files or wildcards they hold.

use super::{Object, Val};

/// A list, some of which has names.
pub const NAMED_LIST: &str = "Namedlist";
/// A named list of files with sizes.
pub const FILES: &str = "InputFiles";
/// The values of wildcards.
pub const WILDCARDS: &str = "Wildcards";

/// What makes such lists, of items and a dict of what has a name.
const MAKERS: [&str; 3] = [NAMED_LIST, FILES, WILDCARDS];

/// The parts of a named list.
#[derive(Clone, Copy, Debug)]
pub struct NamedList<'v> {
    /// All of it, as a list.
    pub items: &'v Val,
    /// What has a name, as a dict.
    pub names: &'v Val,
    is_wildcards: bool,
}

impl Object {
    /// The parts, if it is a named list.
    pub fn named_list(&self) -> Option<NamedList<'_>> {
        let is_wildcards = self.maker == WILDCARDS;
        match &*self.given {
            [items, names] if MAKERS.contains(&self.maker) => Some(NamedList { items, names, is_wildcards }),
            _ => None,
        }
    }
}

impl NamedList<'_> {
    /// Python's `str(x)`.
    pub(super) fn text(&self) -> String {
        self.items.display()
    }

    /// As Snakemake's placeholders print it: wildcards with their names.
    pub(super) fn display(&self) -> String {
        let Some(mut pairs) = self.pairs() else { return self.text() };
        pairs.sort_unstable();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
    }

    /// Its elements, each of which has the format of a placeholder; none of wildcards,
    /// which have none.
    pub fn elements(&self) -> Option<&[Val]> {
        self.items.items().filter(|_| !self.is_wildcards)
    }

    fn pairs(&self) -> Option<Vec<(&str, &str)>> {
        match self.names {
            Val::Dict(entries) if self.is_wildcards => {
                Some(entries.iter().filter_map(|(name, value)| Some((name.as_str()?, value.as_str()?))).collect())
            }
            _ => None,
        }
    }
}

impl Val {
    /// The named lists in a value that have names which their elements do not tell.
    pub fn names_within(&self) -> Vec<&Val> {
        let mut all = Vec::new();
        self.each_object(&mut |object| {
            let list = object.named_list().filter(|list| !list.is_wildcards);
            all.extend(list.map(|list| list.names).filter(|names| **names != Val::Dict(Vec::new())));
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(maker: &'static str, pairs: &[(&str, &str)], plain: Val) -> Val {
        let items = Val::List(pairs.iter().map(|(_, value)| Val::str(*value)).collect());
        let names = Val::Dict(pairs.iter().map(|(name, value)| (Val::str(*name), Val::str(*value))).collect());
        Val::Object(Box::new(Object { maker, given: vec![items, names], plain }))
    }

    #[test]
    fn texts_are_snakemakes() {
        let files = named(FILES, &[("b", "x y"), ("a", "z")], Val::List(vec![Val::str("x y"), Val::str("z")]));
        let values = Val::Dict(vec![(Val::str("t"), Val::str("1")), (Val::str("s"), Val::str("2"))]);
        let wildcards = named(WILDCARDS, &[("t", "1"), ("s", "2")], values);
        let texts = |value: &Val| [value.text(), value.display(), value.repr(), value.recorded()];
        assert_eq!(texts(&files), ["x y z", "x y z", "['x y', 'z']", "['x y', 'z']"]);
        assert_eq!(texts(&wildcards), ["1 2", "s=2,t=1", "['1', '2']", "{'t': '1', 's': '2'}"]);
        let both = Val::List(vec![files, wildcards]);
        assert_eq!(both.display(), "x y z 1 2");
        assert_eq!(both.repr(), "[['x y', 'z'], ['1', '2']]");
        assert_eq!(both.recorded(), "[['x y', 'z'], {'t': '1', 's': '2'}]");
        assert_eq!(both.names_within().len(), 1, "wildcards tell their own names");
    }
}

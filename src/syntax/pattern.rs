//! The patterns of `match`.
//!
//! Owns what each asks, as the text of a value that `_matched` goes by, and the names
//! that it gives. It does not know the statement around it.

use super::build::{Pair, Rule, parsed};
use std::collections::BTreeSet;

/// A pattern, lowered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What `_matched` is to ask.
    pub(super) text: String,
    /// The names that it gives.
    pub(super) names: BTreeSet<String>,
}

impl Pattern {
    /// None if the text is no pattern, or one that is not served.
    pub(super) fn of(text: &str) -> Option<Pattern> {
        let whole = parsed(Rule::case_whole, text)?.next()?;
        let mut pattern = Pattern::default();
        let parts: Vec<Pair> = whole.into_inner().filter(|part| part.as_rule() != Rule::EOI).collect();
        pattern.text = match parts.as_slice() {
            [one] if one.as_rule() != Rule::case_star => pattern.item(one),
            several => pattern.sequence(several),
        };
        Some(pattern)
    }

    fn name(&mut self, name: &str) -> String {
        if name == "_" {
            return "(\"any\",)".to_owned();
        }
        self.names.insert(name.to_owned());
        format!("(\"name\", {name:?})")
    }

    fn sequence(&mut self, items: &[Pair]) -> String {
        let items: Vec<&Pair> = items.iter().filter(|item| item.as_rule() != Rule::comma).collect();
        let star = items.iter().position(|item| item.as_rule() == Rule::case_star);
        let texts: String = items.iter().map(|item| format!("{}, ", self.item(item))).collect();
        format!("(\"list\", ({texts}), {})", star.map_or("None".to_owned(), |at| at.to_string()))
    }

    fn item(&mut self, item: &Pair) -> String {
        let inner: Vec<Pair> = item.clone().into_inner().collect();
        match item.as_rule() {
            Rule::case_star | Rule::case_name => self.name(inner[0].as_str()),
            Rule::case_as => match inner.as_slice() {
                [one, name] => {
                    let one = self.item(one);
                    format!("(\"both\", {one}, {})", self.name(name.as_str()))
                }
                one => self.item(&one[0]),
            },
            Rule::case_or if inner.len() > 1 => {
                let texts: String = inner.iter().map(|one| format!("{}, ", self.item(one))).collect();
                format!("(\"or\", ({texts}))")
            }
            Rule::case_or => self.item(&inner[0]),
            Rule::case_paren => match inner.as_slice() {
                [one] if one.as_rule() != Rule::case_star => self.item(one),
                several => self.sequence(several),
            },
            Rule::case_list => self.sequence(&inner),
            Rule::case_map => self.map(&inner),
            Rule::case_class => self.class(&inner),
            _ => format!("(\"value\", {})", item.as_str()),
        }
    }

    fn map(&mut self, entries: &[Pair]) -> String {
        let (mut pairs, mut rest) = (String::new(), "None".to_owned());
        for entry in entries {
            let inner: Vec<Pair> = entry.clone().into_inner().collect();
            match inner.as_slice() {
                [name] => rest = self.name(name.as_str()),
                [key, value] => pairs += &format!("({}, {}), ", key.as_str(), self.item(value)),
                _ => {}
            }
        }
        format!("(\"dict\", ({pairs}), {rest})")
    }

    fn class(&mut self, parts: &[Pair]) -> String {
        let (mut places, mut named) = (String::new(), String::new());
        for part in &parts[1..] {
            if part.as_rule() == Rule::case_named {
                let inner: Vec<Pair> = part.clone().into_inner().collect();
                named += &format!("({:?}, {}), ", inner[0].as_str(), self.item(&inner[1]));
            } else {
                places += &format!("{}, ", self.item(part));
            }
        }
        format!("(\"class\", {}, ({places}), ({named}))", parts[0].as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_values_for_the_asking() {
        let text = |source: &str| Pattern::of(source).map(|pattern| pattern.text);
        assert_eq!(text("(x)").as_deref(), Some(r#"("name", "x")"#));
        assert_eq!(text("1 | 'a'").as_deref(), Some(r#"("or", (("value", 1), ("value", 'a'), ))"#));
        let list = r#"("list", (("name", "x"), ("any",), ), 1)"#;
        assert_eq!(text("[x, *_]").as_deref(), Some(list));
        assert_eq!(text("x, *_").as_deref(), Some(list));
        let dict = r#"("dict", (("k", ("both", ("class", str, (), ()), ("name", "v"))), ), ("name", "rest"))"#;
        assert_eq!(text(r#"{"k": str() as v, **rest}"#).as_deref(), Some(dict));
        let class = r#"("class", a.B, (("value", 1), ), (("y", ("value", a.C)), ))"#;
        assert_eq!(text("a.B(1, y=a.C)").as_deref(), Some(class));
        assert_eq!(Pattern::of("{x, *y}"), None);
    }

    #[test]
    fn names_are_told_once() {
        let names = Pattern::of("[a, b] | {'k': a, **b}").expect("a pattern").names;
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}

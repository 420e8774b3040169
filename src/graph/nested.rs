//! Files within a rule's `directory()`: which may be outputs too, what is said of one that is missing.
//! It does not know who reads it.

use crate::path;
use crate::rule::{Flags, Rule, Rulefile};

/// Which rule makes a directory that a file would lie in, and the way out.
pub(super) fn in_directory(name: &str, book: &Rulefile) -> Option<(String, String)> {
    let mut captures = Vec::new();
    path::above(name).find_map(|above| {
        let mut makes = |rule: &&Rule| {
            let mut trees = rule.outputs.items.iter().filter(|o| o.flags.contains(Flags::DIRECTORY));
            trees.any(|o| {
                let literal = o.pattern.as_literal();
                literal.map_or_else(|| o.pattern.captures(above, &mut captures), |own| path::normal(own) == above)
            })
        };
        let rule = &book.rules.iter().find(|rule| makes(rule))?.name;
        let note = format!("rule `{rule}` makes the directory `{above}`, and says nothing of the files in it");
        let hint = format!(
            "read `{above}` as the input, and the file in the command; or make the files outputs of rule `{rule}` in place of the directory; \
             or write `checkpoint {rule}:`"
        );
        Some((note, hint))
    })
}

/// Whether outputs of a rule's job may lie within a directory that it makes: all of them
/// come and go together.
pub(super) fn may_nest(rule: &Rule) -> bool {
    let plain = |flags: Flags| (flags - Flags::DIRECTORY).is_empty();
    rule.shadow.is_none() && rule.outputs.items.iter().all(|output| plain(output.flags))
}

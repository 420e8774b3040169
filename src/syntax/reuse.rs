//! `use rule`: rules of a module, or of this file, taken over with changes.
//!
//! Owns lowering the statement to a call. It does not know what the rules are.

use super::build::{Builder, Pair, Rule};
use super::tree::{Kind, Placed, RuleDecl, UseDecl};
use crate::diag::Diag;

impl<'s> Builder<'s> {
    /// `use rule ... with:` becomes `_use(id, key=_args(...), ...)`.
    pub(super) fn use_rule(&mut self, pair: Pair<'s>) {
        let mut parts = pair.into_inner();
        let Some(head) = parts.next() else { return };
        let (start, mut end) = (head.as_span().start(), head.as_span().end());
        let id = self.base.uses + self.uses.len();
        let mut decl = self.use_head(head);
        let title = "this `use rule`";
        self.before.rule = Some((title.to_owned(), String::new()));
        let rest: Vec<Pair> = parts.collect();
        let changed = rest.iter().find(|p| p.as_rule() == Rule::changes).map(|p| p.as_span().end());
        end = changed.unwrap_or(end);
        self.emit.replace(start..end, &format!("_use({id},"));
        for part in rest {
            match part.as_rule() {
                Rule::changes => {}
                Rule::body => part.into_inner().for_each(|e| self.entry(e, &mut decl.with, title, &mut end)),
                _ => self.entry(part, &mut decl.with, title, &mut end),
            }
        }
        if changed.is_some() && decl.with.sections.is_empty() && self.diags.is_empty() {
            let diag = Diag::at(decl.with.head, "nothing stands below `with:`");
            self.fail(diag.hint("write the sections to replace below it, indented, or leave `with:` out"));
        }
        self.emit.insert(end, ")");
        self.check_use(&decl, changed.is_some());
        self.uses.push(decl);
    }

    fn use_head(&mut self, head: Pair<'s>) -> UseDecl {
        let with = RuleDecl { kind: Kind::Use, name: None, head: self.span_of(&head), doc: None, sections: Vec::new() };
        let mut decl = UseDecl { rules: None, module: None, exclude: Vec::new(), alias: None, with };
        for part in head.into_inner() {
            let which = part.as_rule();
            let names: Vec<Placed> = part
                .into_inner()
                .filter(|p| p.as_rule() != Rule::star)
                .map(|p| (p.as_str().into(), self.span_of(&p)))
                .collect();
            match which {
                Rule::used => decl.rules = Some(names).filter(|n| !n.is_empty()),
                Rule::from_module => decl.module = names.into_iter().next(),
                Rule::exclude => decl.exclude = names,
                _ => decl.alias = names.into_iter().next(),
            }
        }
        decl
    }

    /// What can be said of the statement without knowing the rules.
    fn check_use(&mut self, decl: &UseDecl, changed: bool) {
        let head = decl.with.head;
        let several = decl.rules.as_ref().is_none_or(|r| r.len() > 1);
        let diag = match (&decl.module, &decl.alias) {
            (None, _) if decl.rules.is_none() || !decl.exclude.is_empty() => {
                Diag::at(head, "`use rule` with `*` or `exclude` takes rules of a module")
                    .hint("name the module: `use rule * from NAME`")
            }
            (None, None) => Diag::at(head, "a rule of this file is used again without a name of its own")
                .hint("write `use rule A as B with:`"),
            (None, Some(_)) if !changed => Diag::at(head, "a rule of this file is used again without a change")
                .hint("write `use rule A as B with:` and the sections to replace below it"),
            (_, Some((alias, span))) if several && !alias.contains('*') && decl.rules.is_some() => {
                Diag::at(*span, "several rules cannot all have this name").hint(format!("write `as {alias}_*`"))
            }
            (_, Some((alias, span))) if alias.matches('*').count() > 1 => {
                Diag::at(*span, "a name holds one `*` at most")
            }
            _ => return,
        };
        self.fail(diag);
    }

    pub(super) fn bad_use(&mut self, pair: &Pair) {
        let diag = Diag::at(self.line_span(pair), "this `use rule` is not understood");
        let hint = "write `use rule A, B from MODULE exclude C as prefix_* with:`, or `use rule A as B with:`";
        self.fail(diag.hint(hint));
    }
}

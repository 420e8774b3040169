//! `template_engine:`: a body of ours that renders the input by one of two
//! packages of Python.
//!
//! Owns which engines there are, and what a template is given.

use super::Assembler;
use super::python::absolute;
use crate::diag::Diag;
use crate::rule::{Action, Body, Python};
use crate::value::Val;
use std::sync::Arc;

/// Renders by the package `jinja2`.
const JINJA2: &str = "    import jinja2
    with open(input.get(\"template\", input[0])) as source, open(output[0], \"w\") as rendered:
        rendered.write(jinja2.Template(source.read()).render(params=params, wildcards=wildcards, config=config, input=input))
";

/// Renders by the package `yte`.
const YTE: &str = "    import yte
    with open(input.get(\"template\", input[0])) as source, open(output[0], \"w\") as rendered:
        names = dict(params=params, wildcards=wildcards, config=config, input=input)
        yte.process_yaml(source, outfile=rendered, variables=names)
";

impl Assembler<'_, '_, '_, '_, '_> {
    /// What a rule with `template_engine:` does; nothing if it has none.
    pub(super) fn engine(&mut self) -> Option<Action> {
        let (value, slot) = self.single("template_engine")?;
        let text = match value.unpack_str() {
            Some("jinja2") => JINJA2,
            Some("yte") => YTE,
            _ => {
                let diag = Diag::at(slot.span(), format!("there is no template engine {}", value.to_repr()));
                self.fail(diag.hint("write `\"jinja2\"` or `\"yte\"`"));
                return None;
            }
        };
        let sources = self.session.sources.borrow();
        let shown = sources.get(self.decl.head.file).path.as_str();
        let (line, _) = sources.line_col(self.decl.head);
        let python =
            Python { shown: shown.into(), path: absolute(shown).into(), line: line as u32 + 1, text: text.into() };
        let (pieces, variables, rules) = (Vec::new(), Vec::new(), Val::None);
        let body = Body { python, inline: false, pieces, variables, rules, spaces: Vec::new(), recorded: text.into() };
        Some(Action::Run(Arc::new(body)))
    }
}

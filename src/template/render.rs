//! A template's text with its placeholders filled.
//!
//! Owns which kinds of values are quoted. It does not know where they come from.

use super::quote::{Place, is_plain, quote, shlex};
use super::{Filled, Hole, RenderError, Scope, Spec, Style, Template};
use crate::value::Val;

/// See [`Template::render`].
pub(super) fn template<'a>(template: &Template, scope: &dyn Scope<'a>, out: &mut String) -> Result<(), RenderError> {
    let mut at = 0;
    for (end, hole) in &template.holes {
        out.push_str(&template.text[at..*end as usize]);
        at = *end as usize;
        let writer = Writer { template, hole };
        let filled = scope.lookup(hole).map_err(|message| writer.error(message, None))?;
        writer.fill(filled, out)?;
    }
    out.push_str(&template.text[at..]);
    Ok(())
}

struct Writer<'t> {
    template: &'t Template,
    hole: &'t Hole,
}

impl Writer<'_> {
    fn error(&self, message: String, hint: Option<String>) -> RenderError {
        RenderError { range: self.hole.range.start as usize..self.hole.range.end as usize, message, hint }
    }

    fn fill(&self, filled: Filled<'_>, out: &mut String) -> Result<(), RenderError> {
        match filled {
            Filled::Path(text) | Filled::Word(text) => self.repr_or(&[text], true, out),
            Filled::Paths(paths) => self.repr_or(&paths, false, out),
            Filled::Value(value) => self.value(&value, out),
            Filled::Text(text) => self.text(&text, out),
            Filled::Name(name) => {
                self.name(&name, out);
                Ok(())
            }
        }
    }

    /// Words, each quoted for the place.
    fn repr_or(&self, words: &[&str], single: bool, out: &mut String) -> Result<(), RenderError> {
        if !self.hole.repr {
            return self.words(words, out);
        }
        let value = match (single, words) {
            (true, [word]) => Val::str(*word),
            _ => Val::List(words.iter().map(|w| Val::str(*w)).collect()),
        };
        let repr = value.repr();
        match self.hole.place {
            Place::Bare(_) | Place::Plain => self.text(&repr, out),
            Place::Refused(_) if words.iter().all(|w| is_plain(w)) => self.text(&repr, out),
            Place::Refused(_) => words.iter().try_for_each(|w| self.place(w, out)),
            _ => self.words(&[&repr], out),
        }
    }

    fn words(&self, words: &[&str], out: &mut String) -> Result<(), RenderError> {
        for (i, word) in words.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            match &self.hole.style {
                Style::Natural => self.place(word, out)?,
                Style::Quoted => shlex(word, out),
                Style::Raw => out.push_str(word),
                Style::Spec(spec) => self.place(&self.format(spec, word)?, out)?,
            }
        }
        Ok(())
    }

    fn place(&self, word: &str, out: &mut String) -> Result<(), RenderError> {
        quote(word, self.hole.place, &self.template.delimiters, out).map_err(|unfit| {
            let name = self.hole.to_string();
            let message = format!("`{name}` is {}, {}", Val::str(word).repr(), unfit.cause());
            self.error(message, Some(unfit.hint(&name)))
        })
    }

    fn format(&self, spec: &Spec, text: &str) -> Result<String, RenderError> {
        spec.text(text).map_err(|message| self.error(message, None))
    }

    /// A value, which only `:q` quotes.
    fn value(&self, value: &Val, out: &mut String) -> Result<(), RenderError> {
        if self.hole.repr {
            return self.text(&value.repr(), out);
        }
        let list = match value {
            Val::Object(object) => object.named_list().filter(|list| list.elements().is_some()),
            _ => None,
        };
        match (&self.hole.style, list.map_or(value, |list| list.items)) {
            (Style::Natural | Style::Raw, Val::Str(text) | Val::Path(text)) => out.push_str(text),
            (Style::Natural | Style::Raw, value) => out.push_str(&value.display()),
            (Style::Quoted, Val::List(items) | Val::Tuple(items) | Val::Set(items)) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(' ');
                    }
                    shlex(&item.text(), out);
                }
            }
            (Style::Quoted, value) => shlex(&value.display(), out),
            (Style::Spec(spec), value) => {
                out.push_str(&spec.apply(value).map_err(|message| self.error(message, None))?);
            }
        }
        Ok(())
    }

    fn name(&self, name: &str, out: &mut String) {
        match &self.hole.style {
            Style::Quoted => shlex(name, out),
            _ => out.push_str(name),
        }
    }

    fn text(&self, text: &str, out: &mut String) -> Result<(), RenderError> {
        match &self.hole.style {
            Style::Natural | Style::Raw => out.push_str(text),
            Style::Quoted => shlex(text, out),
            Style::Spec(spec) => out.push_str(&self.format(spec, text)?),
        }
        Ok(())
    }
}

//! From a text's tokens to a template: which candidates are placeholders.
//!
//! Owns the rules about names. Braces, places and formats are others' work.

use super::braces::{Braces, Candidate, pair};
use super::parse::{Form, tokens};
use super::quote::Place;
use super::{Access, Hole, Language, Names, Root, Spec, Style, Template, TemplateError, dedent, shell};
use crate::suggest::did_you_mean;
use std::ops::Range;

/// See [`Template::parse`].
pub(super) fn template(text: &str, language: Language, names: &dyn Names) -> Result<Template, Vec<TemplateError>> {
    let braces = pair(text, tokens(text));
    let cuts = match language {
        Language::Shell => dedent::cuts(text),
        Language::Plain => Vec::new(),
    };
    let (literal, spots) = without_cuts(text, &braces, &cuts);
    let mut judge = Judge { text, names, holes: Vec::new(), errors: Vec::new() };
    let mut decide = |i: usize, place: Place, inert: bool| judge.decide(i, &braces.candidates[i], place, inert);
    let delimiters = match language {
        Language::Shell => shell::scan(&literal, &spots, &mut decide),
        Language::Plain => {
            for i in 0..spots.len() {
                decide(i, Place::Plain, false);
            }
            Vec::new()
        }
    };
    match judge.errors.is_empty() {
        true => Ok(assemble(&literal, &spots, judge.holes, delimiters)),
        false => Err(judge.errors),
    }
}

/// The text without its cuts and dropped braces, and the candidates' bytes in it.
fn without_cuts(text: &str, braces: &Braces<'_>, cuts: &[Range<usize>]) -> (String, Vec<(usize, usize)>) {
    let mut out = String::with_capacity(text.len());
    let mut cuts: Vec<Range<usize>> = cuts.iter().cloned().chain(braces.dropped.iter().map(|&at| at..at + 1)).collect();
    cuts.sort_unstable_by_key(|cut| cut.start);
    let mut cuts = cuts.into_iter().peekable();
    let mut spots = Vec::with_capacity(braces.candidates.len());
    let mut at = 0;
    let mut copy_to = |end: usize, out: &mut String| {
        while let Some(cut) = cuts.next_if(|cut| cut.start < end) {
            out.push_str(&text[at..cut.start]);
            at = cut.end;
        }
        out.push_str(&text[at..end]);
        at = end;
    };
    for candidate in &braces.candidates {
        copy_to(candidate.start(), &mut out);
        let start = out.len();
        copy_to(candidate.end(), &mut out);
        spots.push((start, out.len()));
    }
    copy_to(text.len(), &mut out);
    (out, spots)
}

fn assemble(
    literal: &str,
    spots: &[(usize, usize)],
    found: Vec<(usize, Hole)>,
    delimiters: Vec<super::Delimiter>,
) -> Template {
    let mut text = String::with_capacity(literal.len());
    let mut holes = Vec::with_capacity(found.len());
    let mut at = 0;
    for (spot, hole) in found {
        let (start, end) = spots[spot];
        text.push_str(&literal[at..start]);
        holes.push((text.len() as u32, hole));
        at = end;
    }
    text.push_str(&literal[at..]);
    Template { text: text.into(), holes: holes.into(), delimiters: delimiters.into() }
}

/// Decides which candidates are placeholders, and collects them or their errors.
struct Judge<'t> {
    text: &'t str,
    names: &'t dyn Names,
    /// With the candidate's position.
    holes: Vec<(usize, Hole)>,
    errors: Vec<TemplateError>,
}

impl Judge<'_> {
    /// Whether a candidate is a placeholder. `inert`: braces are mere text to
    /// the shell where it stands.
    fn decide(&mut self, i: usize, candidate: &Candidate<'_>, place: Place, inert: bool) -> bool {
        let name = match candidate {
            Candidate::Form(form) => form.name,
            Candidate::Broken(_, name) => name,
        };
        let root = self.root(name);
        match (candidate, root) {
            (Candidate::Form(form), Some(root)) => match hole(form, root, place) {
                Ok(hole) => {
                    self.holes.push((i, hole));
                    return true;
                }
                Err(error) => self.errors.push(error),
            },
            (Candidate::Broken(..), None) => {}
            (Candidate::Broken(..), Some(Root::Variable(_))) if inert => {}
            (Candidate::Broken(at, _), Some(_)) => self.errors.push(self.broken(*at, name)),
            (Candidate::Form(form), None) => self.unknown(form, inert),
        }
        false
    }

    fn root(&self, name: &str) -> Option<Root> {
        let fixed = ROOTS.iter().find(|root| root.name() == name).cloned();
        fixed.or_else(|| self.names.is_variable(name).then(|| Root::Variable(name.into())))
    }

    fn broken(&self, at: usize, name: &str) -> TemplateError {
        let end = self.text[at..].find(['}', '\n']).map_or(self.text.len(), |i| at + i);
        let end = end + usize::from(self.text[end..].starts_with('}'));
        TemplateError {
            range: at..end,
            message: format!("`{}` begins like the placeholder `{{{name}}}` and is none", &self.text[at..end]),
            hint: Some(format!(
                "placeholders are `{{{name}}}`, `{{{name}.part}}`, `{{{name}[0]}}`, with `!r` and `:format`; \
                 for braces that stay, write `{{{{` and `}}}}`"
            )),
        }
    }

    /// A form whose name is neither a root nor a variable: an error where it is
    /// likely meant as a placeholder, else plain text.
    fn unknown(&mut self, form: &Form<'_>, inert: bool) {
        let name = form.name;
        let stays = format!("`{{{}}}`", &self.text[form.range.clone()]);
        let (message, hint) = if self.names.is_wildcard(name) {
            let message = format!("`{name}` is a wildcard, which a command reaches by `wildcards`");
            (message, format!("write `{{wildcards.{name}}}`, or {stays} for braces that stay"))
        } else if inert || self.follows_identifier(form.range.start) {
            return;
        } else {
            let known = did_you_mean(name, ROOTS.iter().map(Root::name));
            let stays = format!("write {stays} for braces that stay");
            let hint = known.map_or_else(|| stays.clone(), |known| format!("{known} Otherwise {stays}"));
            (format!("there is no `{name}` to put here"), hint)
        };
        self.errors.push(TemplateError { range: form.range.clone(), message, hint: Some(hint) });
    }

    fn follows_identifier(&self, at: usize) -> bool {
        self.text[..at].ends_with(|c: char| c == '_' || c.is_alphanumeric())
    }
}

const ROOTS: [Root; 12] = [
    Root::Input,
    Root::Output,
    Root::Params,
    Root::Wildcards,
    Root::Threads,
    Root::Resources,
    Root::Log,
    Root::Benchmark,
    Root::Config,
    Root::Rule,
    Root::Jobid,
    Root::BenchIteration,
];

fn hole(form: &Form<'_>, root: Root, place: Place) -> Result<Hole, TemplateError> {
    let error = |message: String, hint: Option<String>| TemplateError { range: form.range.clone(), message, hint };
    for step in &form.access {
        if let Access::Key(key) = step
            && key.starts_with(['"', '\''])
        {
            let bare = key.trim_matches(['"', '\'']);
            let hint = format!("write `[{bare}]`");
            return Err(error(format!("the key `{key}` has quotes, which placeholders do without"), Some(hint)));
        }
    }
    let repr = match form.conversion {
        None | Some("s") => false,
        Some("r") => true,
        Some(other) => {
            return Err(error(format!("there is no conversion `!{other}`"), Some("there are `!r` and `!s`".into())));
        }
    };
    let style = style(form.format.unwrap_or("")).map_err(|message| {
        error(message, Some("formats are Python's (`:.2f`, `:04d`, `:>10`), and `:q`, `:raw`".into()))
    })?;
    let range = form.range.start as u32..form.range.end as u32;
    Ok(Hole { root, access: form.access.clone().into(), repr, style, place, range })
}

fn style(format: &str) -> Result<Style, String> {
    match format {
        "" => Ok(Style::Natural),
        "q" => Ok(Style::Quoted),
        "raw" | "u" => Ok(Style::Raw),
        spec => Spec::parse(spec).map(Style::Spec),
    }
}

//! Diagnostics: what went wrong, where, and the way out.
//!
//! Owns the shape of a message and its picture with snippets. It does not know
//! what the messages are about, and it prints nothing: it makes text.
//!
//! Style: lower case, names in backticks, no full stop; every hint says what to
//! do and stands on a line of its own.

use crate::span::{Sources, Span};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// What sort of fault: alone sets the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line.
    Usage,
    /// The Rulefile, or a file it reads.
    Rulefile,
    /// The graph or the plan: missing inputs, cycles, ambiguity.
    Plan,
    /// `.rulemake/` or the operating system.
    System,
    /// A job failed.
    Job,
    /// The Rulefile ended itself, with this code: `sys.exit(3)`.
    Ended(u8),
}

impl Kind {
    /// The exit code of a run that ended with this fault.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Job => 1,
            Kind::Ended(code) => code,
            Kind::Usage | Kind::Rulefile | Kind::Plan | Kind::System => 2,
        }
    }
}

/// How grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The run cannot go on.
    Error,
    /// The run goes on; something is likely not as meant.
    Warning,
}

/// A place with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty for the main place.
    pub text: String,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diag {
    /// What sort of fault.
    pub kind: Kind,
    /// How grave.
    pub severity: Severity,
    /// One line: what is wrong.
    pub message: String,
    /// Places; the first is the main one.
    pub labels: Vec<Label>,
    /// Facts that help to understand, a line or more each.
    pub notes: Vec<String>,
    /// Ways out, a line each.
    pub hints: Vec<String>,
}

/// One or more diagnostics: the error type of everything a user can get wrong.
pub type Diags = Vec<Diag>;

impl Diag {
    /// An error of some kind.
    pub fn error(kind: Kind, message: impl Into<String>) -> Diag {
        Diag {
            kind,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A warning.
    pub fn warning(kind: Kind, message: impl Into<String>) -> Diag {
        Diag { severity: Severity::Warning, ..Diag::error(kind, message) }
    }

    /// An error in a Rulefile, at a place.
    pub fn at(span: Span, message: impl Into<String>) -> Diag {
        Diag::error(Kind::Rulefile, message).label(span, "")
    }

    /// Adds a place.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diag {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    pub fn note(mut self, text: impl Into<String>) -> Diag {
        self.notes.push(text.into());
        self
    }

    /// Adds a way out.
    pub fn hint(mut self, text: impl Into<String>) -> Diag {
        self.hints.push(text.into());
        self
    }

    /// Adds a way out, if there is one.
    pub fn maybe_hint(mut self, text: Option<String>) -> Diag {
        self.hints.extend(text);
        self
    }

    /// The message with its snippets, ending in a newline. `sources` must hold
    /// every file its places lie in.
    pub fn render(&self, sources: &Sources, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let message = printable(&self.message);
        let mut group = Group::with_title(level.primary_title(message.as_str()));
        for snippet in self.snippets(sources) {
            group = group.element(snippet);
        }
        let lines = |texts: &[String]| texts.iter().map(|t| printable(t)).collect::<Vec<_>>();
        let (notes, hints) = (lines(&self.notes), lines(&self.hints));
        for note in &notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        for hint in &hints {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        format!("{}\n", renderer.decor_style(DecorStyle::Ascii).render(&[group]))
    }

    /// One snippet for each file, in the order of the labels.
    fn snippets<'s>(&'s self, sources: &'s Sources) -> Vec<Snippet<'s, annotate_snippets::Annotation<'s>>> {
        let mut files = Vec::new();
        for label in &self.labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        let kind_of = |i: usize| if i == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let in_file = |file| {
            let source = sources.get(file);
            let marks = self.labels.iter().enumerate().filter(move |(_, l)| l.span.file == file).map(|(i, l)| {
                let end = (l.span.end as usize).min(source.text.len());
                let start = (l.span.start as usize).min(end);
                kind_of(i).span(start..end).label(l.text.as_str())
            });
            Snippet::source(source.text.as_str()).path(source.path.as_str()).fold(true).annotations(marks)
        };
        files.into_iter().map(in_file).collect()
    }
}

/// Renders several diagnostics, a blank line between them.
pub fn render_all(diags: &[Diag], sources: &Sources, color: bool) -> String {
    diags.iter().map(|d| d.render(sources, color)).collect::<Vec<_>>().join("\n")
}

/// Text from outside made safe to print: control characters (but newline and
/// tab) as escapes.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_places_and_a_hint() {
        let mut sources = Sources::default();
        let file = sources.add("Rulefile", "rule a:\n    inptu: \"x\"\n");
        let diag = Diag::at(Span::new(file, 12, 17), "unknown section `inptu`")
            .label(Span::new(file, 0, 6), "in this rule")
            .hint("did you mean `input`?");
        let text = diag.render(&sources, false);
        assert!(text.starts_with("error: unknown section `inptu`\n --> Rulefile:2:5\n"), "{text}");
        assert!(text.contains("in this rule") && text.contains("= help: did you mean `input`?"), "{text}");
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(printable("a\u{1b}[31mb\n"), "a\\u{1b}[31mb\n");
    }
}

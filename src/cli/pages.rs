//! Flags that ask for a page about the plan, or to delete what it made.
//!
//! Owns their names, and which of them is meant.

use crate::report::Form;
use clap::ValueEnum;

/// What a list of changed files goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Change {
    /// The command or a script.
    Code,
    /// The set of inputs or their content.
    Input,
    /// Params.
    Params,
}

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// A line for each file of the plan.
    Summary {
        /// With inputs and commands.
        detailed: bool,
    },
    /// Files whose jobs changed so.
    Changes(Change),
    /// Files that the plan does not know.
    Untracked,
    /// A page of HTML, into a file.
    Report,
    /// The jobs as a drawing.
    Jobs(Form),
    /// The rules as a drawing.
    Rules(Form),
    /// The rules with their files as a drawing.
    Files(Form),
    /// None: outputs are deleted.
    Delete {
        /// Only those of `temp()`.
        temp: bool,
    },
}

/// See the module.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Instead of running jobs")]
pub struct Pages {
    /// List the plan's files with what is known of them
    #[arg(short = 'S', long, group = "page")]
    pub summary: bool,

    /// The same with inputs and commands
    #[arg(short = 'D', long, group = "page")]
    pub detailed_summary: bool,

    /// List files whose code, input or params changed
    #[arg(long, alias = "lc", value_name = "WHAT", hide_possible_values = true, group = "page")]
    pub list_changes: Option<Change>,

    #[arg(long, alias = "li", hide = true, group = "page")]
    list_input_changes: bool,

    #[arg(long, alias = "lp", hide = true, group = "page")]
    list_params_changes: bool,

    /// List files here that the plan does not know
    #[arg(long, alias = "lu", group = "page")]
    pub list_untracked: bool,

    /// Draw the jobs: for dot, mermaid or as json
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "dot", group = "page")]
    pub dag: Option<String>,

    /// Draw the rules
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "dot", group = "page")]
    pub rulegraph: Option<String>,

    /// Draw the rules with their files
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "dot", group = "page")]
    pub filegraph: Option<String>,

    /// Write a page of HTML about results and runs
    ///
    /// It shows the files that `report()` marks, the rules, and how long jobs took, in
    /// one FILE (report.html) that needs no other. Nothing is run.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "report.html", group = "page")]
    pub report: Option<String>,

    /// Look for likely mistakes in the Rulefile
    ///
    /// Each finding has the name of its lint, its place, and what to write instead:
    /// as `text`, or as `json`, one a line. Exits with 1 if there is any.
    /// A word that is neither is a target.
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "text", group = "page")]
    pub lint: Option<String>,

    /// Print the Starlark that the Rulefile becomes
    #[arg(long, group = "page")]
    pub print_compilation: bool,

    /// Delete all that the plan's jobs make
    ///
    /// With -n: only say what. What is write-protected stays.
    #[arg(long, group = "page")]
    pub delete_all_output: bool,

    /// Delete the plan's `temp()` files
    #[arg(long, group = "page")]
    pub delete_temp_output: bool,
}

impl Pages {
    /// What is asked for, if anything is.
    pub fn page(&self) -> Option<Page> {
        let form = |word: &Option<String>| word.as_deref().map(|w| form(w).unwrap_or(Form::Dot));
        match self {
            Pages { summary: true, .. } => Some(Page::Summary { detailed: false }),
            Pages { detailed_summary: true, .. } => Some(Page::Summary { detailed: true }),
            Pages { list_changes: Some(change), .. } => Some(Page::Changes(*change)),
            Pages { list_input_changes: true, .. } => Some(Page::Changes(Change::Input)),
            Pages { list_params_changes: true, .. } => Some(Page::Changes(Change::Params)),
            Pages { list_untracked: true, .. } => Some(Page::Untracked),
            Pages { report: Some(_), .. } => Some(Page::Report),
            Pages { delete_all_output: true, .. } => Some(Page::Delete { temp: false }),
            Pages { delete_temp_output: true, .. } => Some(Page::Delete { temp: true }),
            _ => (form(&self.dag).map(Page::Jobs))
                .or_else(|| form(&self.rulegraph).map(Page::Rules))
                .or_else(|| form(&self.filegraph).map(Page::Files)),
        }
    }

    /// Words after a drawing's flag that name no form are targets.
    pub(super) fn settle(&mut self, targets: &mut Vec<String>) {
        for word in [&mut self.dag, &mut self.rulegraph, &mut self.filegraph] {
            if let Some(target) = word.take_if(|w| form(w).is_none()) {
                targets.push(target);
                *word = Some("dot".into());
            }
        }
        if let Some(target) = self.lint.take_if(|w| !matches!(w.as_str(), "text" | "json")) {
            targets.push(target);
            self.lint = Some("text".into());
        }
    }
}

/// The form of a drawing by its name, also Snakemake's.
fn form(word: &str) -> Option<Form> {
    match word {
        "dot" => Some(Form::Dot),
        "mermaid" | "mermaid-js" => Some(Form::Mermaid),
        "json" => Some(Form::Json),
        _ => None,
    }
}

//! Threads, resources and marks of rules that the command line sets, and the jobs that
//! it names.
//!
//! Owns the words of `--default-resources`, `--set-resources`, `--set-threads`,
//! `--max-threads`, `--consider-ancient` and `--target-jobs`.

use super::args::Args;
use super::config::parse_pair;
use super::parse::usage;
use crate::diag::{Diag, Severity};
use crate::eval::Expression;
use crate::rule::{Flags, Param, Rule, RuleId, Rulefile, SHELL};
use crate::suggest::did_you_mean;
use crate::units;
use crate::value::{FnId, Val};
use std::slice::Iter;

/// Names that an expression of Snakemake's `--default-resources` may use.
const NAMES: [&str; 4] = ["input", "threads", "attempt", "wildcards"];

/// What `--default-resources` gives besides what it names, as Snakemake does.
const IMPLIED: [(&str, &str); 2] = [
    ("mem_mb", "min(max(2*input.size_mb, 1000), 8000)"),
    ("disk_mb", "max(2*input.size_mb, 1000) if input else 50000"),
];

/// The words of `--default-resources`, and those of what it implies: never more than the
/// run has, for nobody asked for it.
fn defaults(args: &Args) -> Result<Vec<String>, Diag> {
    let Some(given) = &args.default_resources else { return Ok(Vec::new()) };
    let mut words = given.clone();
    let names = given.iter().map(|word| Ok(parse_pair("--default-resources", word)?.0));
    let names = names.collect::<Result<Vec<String>, Diag>>()?;
    let limits = args.resources()?;
    for (name, text) in IMPLIED {
        if names.iter().any(|given| units::counted(given) == name) {
            continue;
        }
        words.push(match limits.iter().find(|(limited, _)| *limited == *name) {
            Some((_, limit)) => format!("{name}=min({limit}, {text})"),
            None => format!("{name}={text}"),
        });
    }
    Ok(words)
}

/// The words of the command line that hold expressions, in the order in which
/// [`apply`] wants the functions made of them.
///
/// # Errors
/// If a word has no name.
pub fn expressions(args: &Args) -> Result<Vec<Expression>, Diag> {
    let threads = args.set_threads.iter().map(|word| ("--set-threads", word, Some(word.as_str())));
    let set =
        args.set_resources.iter().map(|word| ("--set-resources", word, word.split_once(':').map(|(_, pair)| pair)));
    let defaults = defaults(args)?;
    let defaults = defaults.iter().map(|word| ("--default-resources", word, Some(word.as_str())));
    let mut all = Vec::new();
    for (flag, word, pair) in threads.chain(set).chain(defaults) {
        if let Some(pair) = pair
            && let (_, Val::Str(text)) = parse_pair(flag, pair)?
            && is_expression(&text)
        {
            all.push(Expression { text: text.to_string(), shown: format!("{flag} {word}") });
        }
    }
    Ok(all)
}

/// Changes the rules as the command line asks. `functions` are those of its
/// [`expressions`]. Gives warnings of rules that are not there: profiles serve
/// more workflows than one, and rules may be left out by an `if`.
///
/// # Errors
/// If a word holds no amount.
pub fn apply(args: &Args, book: &mut Rulefile, functions: &[FnId]) -> Result<Vec<Diag>, Diag> {
    let mut functions = functions.iter();
    let mut unknown = Vec::new();
    for word in &args.set_threads {
        let (name, value) = threads(word, &mut functions)?;
        match rule(book, "--set-threads", word, &name) {
            Ok(rule) => rule.threads.value = value,
            Err(diag) => unknown.push(Diag { severity: Severity::Warning, ..diag }),
        }
    }
    for word in &args.set_resources {
        let Some((name, pair)) = word.split_once(':').filter(|(name, _)| !name.contains('=')) else {
            return Err(usage(format!("`--set-resources {word}`: there is no rule before the `:`"))
                .hint("write `--set-resources RULE:NAME=VALUE`"));
        };
        let (resource, value) = amount("--set-resources", word, pair, &mut functions)?;
        no_shell("--set-resources", word, &resource)?;
        match rule(book, "--set-resources", word, name) {
            Ok(rule) => {
                rule.resources.retain(|given| !is_same(given, &resource));
                give(rule, resource, value);
            }
            Err(diag) => unknown.push(Diag { severity: Severity::Warning, ..diag }),
        }
    }
    for word in &defaults(args)? {
        let (resource, value) = amount("--default-resources", word, word, &mut functions)?;
        no_shell("--default-resources", word, &resource)?;
        for rule in &mut book.rules {
            if !rule.resources.iter().any(|given| is_same(given, &resource)) {
                give(rule, resource.clone(), value.clone());
            }
        }
    }
    for word in &args.consider_ancient {
        unknown
            .extend(consider_ancient(book, word).into_iter().map(|diag| Diag { severity: Severity::Warning, ..diag }));
    }
    Ok(unknown)
}

/// The shell of a rule says how its command is read, before the command line is looked at.
fn no_shell(flag: &str, word: &str, resource: &str) -> Result<(), Diag> {
    match resource == SHELL {
        true => Err(usage(format!("`{flag} {word}`: the shell of a rule is named in the rule"))
            .hint(format!("write `resources: {SHELL}=…` there, or `shell.executable(…)` for all"))),
        false => Ok(()),
    }
}

/// The rule and the threads in a word of `--set-threads`.
fn threads(word: &str, functions: &mut Iter<'_, FnId>) -> Result<(String, Val), Diag> {
    if word.split(|c: char| !c.is_alphanumeric() && c != '_').skip(1).any(|word| word == "threads") {
        return Err(usage(format!("`--set-threads {word}`: what the rule's own threads are is not known there"))
            .hint("write an expression of `input`, `attempt` and `wildcards`"));
    }
    let (name, value) = amount("--set-threads", word, word, functions)?;
    match value {
        Val::Int(threads) if threads < 0 => {
            Err(usage(format!("`--set-threads {word}`: a job has no fewer than 0 threads")))
        }
        Val::Int(_) | Val::Func(_) => Ok((name, value)),
        _ => Err(usage(format!("`--set-threads {word}`: threads are a whole number"))),
    }
}

/// `RULE=INPUTS`. Gives what is not there.
fn consider_ancient(book: &mut Rulefile, word: &str) -> Vec<Diag> {
    const FLAG: &str = "--consider-ancient";
    let (name, items) = word.split_once('=').unwrap_or((word, ""));
    let rule = match rule(book, FLAG, word, name) {
        Ok(rule) => rule,
        Err(diag) => return vec![diag],
    };
    let mut unknown = Vec::new();
    for item in items.split(',').map(str::trim) {
        let named = || rule.inputs.names.iter().find(|name| *name.name == *item);
        let range = match item.parse::<usize>() {
            Ok(at) if let Some(range) = rule.inputs.unnamed.get(at) => range.clone(),
            Err(_) if let Some(name) = named() => name.range.clone(),
            _ => {
                let names = rule.inputs.names.iter().map(|name| &*name.name);
                let message = format!("`{FLAG} {word}`: rule `{name}` has no input `{item}`");
                unknown.push(usage(message).maybe_hint(did_you_mean(item, names)));
                continue;
            }
        };
        let range = range.start as usize..range.end as usize;
        rule.inputs.items[range].iter_mut().for_each(|input| input.flags |= Flags::ANCIENT);
    }
    unknown
}

/// The files that the jobs of `--target-jobs` make.
///
/// # Errors
/// If a word names no rule, or not just the wildcards that it has.
pub fn target_jobs(args: &Args, book: &Rulefile) -> Result<Vec<String>, Diag> {
    args.target_jobs.iter().map(|word| target_job(book, word)).collect()
}

fn target_job(book: &Rulefile, word: &str) -> Result<String, Diag> {
    const FLAG: &str = "--target-jobs";
    let (name, values) = word.split_once(':').unwrap_or((word, ""));
    let rule = book.rule(found(book, FLAG, word, name)?);
    let pairs =
        values.split(',').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let pairs: Vec<(&str, &str)> = pairs.collect();
    if let Some((odd, _)) = pairs.iter().find(|(name, _)| rule.wildcards.iter().all(|known| **known != **name)) {
        let known = rule.wildcards.iter().map(|name| &**name);
        let message = format!("`{FLAG} {word}`: rule `{name}` has no wildcard `{odd}`");
        return Err(usage(message).maybe_hint(did_you_mean(odd, known)));
    }
    let Some(output) = rule.outputs.items.first() else { return Ok(name.to_owned()) };
    let value = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let mut path = String::new();
    output.pattern.fill_with(&mut path, &value).map_err(|lacks| {
        usage(format!("`{FLAG} {word}`: there is no value for the wildcard `{lacks}`"))
            .hint(format!("write `{FLAG} {name}:{lacks}=VALUE`"))
    })?;
    Ok(path)
}

fn is_same(given: &Param, name: &str) -> bool {
    given.name.as_deref().is_some_and(|given| units::counted(given) == units::counted(name))
}

fn give(rule: &mut Rule, name: String, value: Val) {
    rule.resources.push(Param { name: Some(name.into()), value, filled: false, fixed: false, span: rule.places.head });
}

/// The rule of a name. `flag` and `word` are for the message.
fn found(book: &Rulefile, flag: &str, word: &str, name: &str) -> Result<RuleId, Diag> {
    book.find(name).ok_or_else(|| {
        let known = book.rules.iter().map(|rule| &*rule.name);
        usage(format!("`{flag} {word}`: there is no rule `{name}`")).maybe_hint(did_you_mean(name, known))
    })
}

fn rule<'b>(book: &'b mut Rulefile, flag: &str, word: &str, name: &str) -> Result<&'b mut Rule, Diag> {
    let id = found(book, flag, word, name)?;
    Ok(&mut book.rules[id.index()])
}

/// The name and value in `NAME=VALUE`; an expression is the next of the functions.
fn amount(flag: &str, word: &str, pair: &str, functions: &mut Iter<'_, FnId>) -> Result<(String, Val), Diag> {
    let (name, value) = parse_pair(flag, pair)?;
    let wrong = |why: String| usage(format!("`{flag} {word}`: {why}"));
    if let Val::Str(text) = &value
        && is_expression(text)
    {
        let function = functions.next().expect("bug: each expression became a function");
        return Ok((name, Val::Func(*function)));
    }
    units::amount(&name, value.clone()).map_err(wrong)?;
    match value {
        Val::Int(_) | Val::Float(_) | Val::Str(_) => Ok((name, value)),
        other => Err(wrong(format!("a resource is a number or a text, not {}", other.repr()))),
    }
}

/// Whether Snakemake would call it.
fn is_expression(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    text.contains(['(', '*']) || words.into_iter().any(|word| NAMES.contains(&word))
}

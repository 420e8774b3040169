//! Profiles: options written down in a YAML or TOML file.
//!
//! Owns where profiles lie and how their entries become words of a command
//! line. What the words mean is for clap and `args`, as if they had been typed;
//! an option that was typed beats the profile's.

use super::parse::usage;
use crate::diag::Diag;
use crate::eval;
use crate::value::Val;
use crate::yaml;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The release of Snakemake that a file of a profile's directory may ask for, as in `profile.v8+.yaml`.
const RELEASE: u32 = 9;

/// Where the profiles of a workflow lie.
const OWN: [&str; 2] = ["profiles", "workflow/profiles"];

/// The variable that names the profile that is read where none is named.
pub const USUAL: &str = "SNAKEMAKE_PROFILE";

/// One option of a profile, with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key as it stands there, and in which file: for messages.
    pub place: String,
    /// Its long name, without dashes.
    pub name: String,
    /// What follows it; none for a switch.
    pub values: Vec<String>,
}

impl Entry {
    /// As words of a command line.
    pub fn words(&self) -> impl Iterator<Item = OsString> {
        std::iter::once(format!("--{}", self.name)).chain(self.values.iter().cloned()).map(OsString::from)
    }
}

/// Reads the profile of a name: a file, a directory, or the name of one in the
/// user's configuration.
///
/// # Errors
/// If it is not there, or cannot be read.
pub fn named(name: &str) -> Result<Vec<Entry>, Diag> {
    found(name, &[])
}

/// The same for a profile of the workflow, which may lie beside its Rulefile.
///
/// # Errors
/// If it is not there, or cannot be read.
pub fn of_workflow(name: &str, rulefile: Option<&Path>) -> Result<Vec<Entry>, Diag> {
    found(name, &own_places(rulefile))
}

fn found(name: &str, places: &[PathBuf]) -> Result<Vec<Entry>, Diag> {
    let beside: String = places.iter().map(|place| format!("in `{}`, ", place.display())).collect();
    let first = places.first().cloned().unwrap_or_default();
    let path = file_of(Path::new(name))
        .or_else(|| places.iter().cloned().chain(homes()).find_map(|place| file_of(&place.join(name))))
        .ok_or_else(|| {
            usage(format!("there is no profile `{name}`"))
                .note(format!(
                    "looked here, {beside}and in the user's configuration (`~/.config/rulemake`, `~/.config/snakemake`)"
                ))
                .hint(format!("write one as `{}/profile.yaml`, such as `cores: 4`", first.join(name).display()))
        })?;
    read(&path)
}

/// Reads the workflow's own profile; nothing if it has none.
///
/// # Errors
/// If it cannot be read.
pub fn own(rulefile: Option<&Path>) -> Result<Vec<Entry>, Diag> {
    match own_places(rulefile).iter().find_map(|place| file_of(&place.join("default"))) {
        Some(path) => read(&path),
        None => Ok(Vec::new()),
    }
}

/// Where profiles of the workflow are looked for.
fn own_places(rulefile: Option<&Path>) -> Vec<PathBuf> {
    let beside = rulefile.and_then(Path::parent).map(|dir| dir.join(OWN[0]));
    OWN.iter().map(PathBuf::from).chain(beside).collect()
}

fn file_of(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let of_release = (1..=RELEASE).rev().map(|release| format!(".v{release}+"));
    let parts = of_release.chain([String::new()]);
    let names = parts.flat_map(|part| {
        let names = |ending| ["profile", "config"].map(|name| format!("{name}{part}.{ending}"));
        ["yaml", "yml", "toml"].map(names).concat()
    });
    // Most directories hold none of them.
    path.is_dir().then(|| names.map(|name| path.join(name)).find(|file| file.is_file())).flatten()
}

fn homes() -> Vec<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")));
    config.map(|dir| vec![dir.join("rulemake"), dir.join("snakemake")]).unwrap_or_default()
}

fn read(path: &Path) -> Result<Vec<Entry>, Diag> {
    let shown = path.display();
    let fault = |why: String| usage(format!("the profile `{shown}` cannot be used: {why}"));
    let text = std::fs::read_to_string(path).map_err(|e| fault(e.to_string()))?;
    let value = match path.extension().is_some_and(|ending| ending == "toml") {
        true => {
            toml::from_str::<toml::Table>(&text).map(|t| from_toml(toml::Value::Table(t))).map_err(|e| e.to_string())
        }
        false => yaml::parse(&text).map_err(|f| {
            let line = 1 + text[..f.range.start.min(text.len())].matches('\n').count();
            format!("line {line}: {}", f.message)
        }),
    };
    let first = |mut diags: Vec<Diag>| diags.remove(0);
    let value = eval::template(&shown.to_string(), value.map_err(&fault)?).map_err(first)?;
    entries(&value, &shown.to_string()).map_err(fault)
}

fn from_toml(value: toml::Value) -> Val {
    match value {
        toml::Value::String(text) => Val::str(text),
        toml::Value::Integer(n) => Val::Int(n),
        toml::Value::Float(n) => Val::Float(n),
        toml::Value::Boolean(on) => Val::Bool(on),
        toml::Value::Datetime(when) => Val::str(when.to_string()),
        toml::Value::Array(items) => Val::List(items.into_iter().map(from_toml).collect()),
        toml::Value::Table(table) => {
            Val::Dict(table.into_iter().map(|(key, value)| (Val::str(key), from_toml(value))).collect())
        }
    }
}

/// The options of a profile, each key one; those with an empty list say nothing.
fn entries(value: &Val, file: &str) -> Result<Vec<Entry>, String> {
    let pairs = match value {
        Val::Dict(pairs) => pairs,
        Val::None => return Ok(Vec::new()),
        other => return Err(format!("it holds {}, not options with values", other.kind())),
    };
    let mut all = Vec::new();
    for (key, value) in pairs {
        let name = key.as_str().ok_or_else(|| format!("`{}` is no name of an option", key.display()))?;
        let values = match value {
            Val::Bool(false) | Val::None => continue,
            Val::Bool(true) => Vec::new(),
            Val::Dict(pairs) if pairs.is_empty() => continue,
            Val::List(items) if items.is_empty() => continue,
            Val::Dict(pairs) => pairs.iter().flat_map(|(inner, value)| pair(name, inner, value)).collect(),
            Val::List(items) => items.iter().map(Val::display).collect(),
            single => vec![single.display()],
        };
        let place = format!("`{name}` of the profile `{file}`");
        all.push(Entry { place, name: option(name), values });
    }
    Ok(all)
}

/// The long name of an option, of a key.
fn option(key: &str) -> String {
    key.trim_start_matches('-').replace('_', "-")
}

/// `KEY=VALUE`: for `--set-resources` `KEY:INNER=VALUE` for each of a dict, for
/// `--config` as if it had been typed, as in Snakemake.
fn pair(name: &str, key: &Val, value: &Val) -> Vec<String> {
    let key = key.display();
    match (option(name).as_str(), value) {
        ("set-resources", Val::Dict(inner)) => {
            inner.iter().map(|(k, v)| format!("{key}:{}={}", k.display(), v.display())).collect()
        }
        ("config", value) => vec![format!("{key}={}", setting(value))],
        (_, value) => vec![format!("{key}={}", value.display())],
    }
}

/// A value as `--config` reads it.
fn setting(value: &Val) -> String {
    match value {
        Val::List(_) | Val::Dict(_) => flow(value),
        plain => plain.display(),
    }
}

/// A value as YAML in brackets and quotes.
fn flow(value: &Val) -> String {
    match value {
        Val::Str(text) => serde_json::to_string(&**text).expect("a text is JSON"),
        Val::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Val::Dict(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{}: {}", flow(k), flow(v))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => other.display(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let entries = entries(&yaml::parse(text).expect("YAML"), "p.yaml").expect("options");
        entries.iter().flat_map(Entry::words).map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn entries_are_words_of_a_command_line() {
        let text = "cores: 4\nkeep-going: true\nforce: false\nconfig: [aa=1, bb=x]\nset-threads:\n  sort: 3\n\
                    set-resources:\n  sort:\n    mem_mb: 10\n";
        let wanted = [
            "--cores",
            "4",
            "--keep-going",
            "--config",
            "aa=1",
            "bb=x",
            "--set-threads",
            "sort=3",
            "--set-resources",
            "sort:mem_mb=10",
        ];
        assert_eq!(words(text), wanted);
    }

    #[test]
    fn toml_is_read_too() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("config.toml");
        std::fs::write(&file, "cores = 2\n[set-threads]\nsort = 3\n").expect("a file");
        let entries = read(&file).expect("a profile");
        assert_eq!((entries[0].name.as_str(), entries[0].values.as_slice()), ("cores", &["2".to_owned()][..]));
        assert_eq!(entries[1].values, ["sort=3"]);
    }

    #[test]
    fn what_is_no_profile_says_so() {
        assert!(entries(&Val::Int(3), "p.yaml").is_err());
        assert!(named("surely/not/there").is_err());
    }
}

//! Members of Python's modules that are made when one of them is first asked for.
//!
//! Owns what no Starlark text can do: questions to the machine, which are tracked
//! where they are about files or variables, YAML, and constants of the system.

use super::abstraction::Abstract;
use super::environment::{home, listed_size, make_dir};
use super::record::Record;
use super::{logger, regex};
use crate::eval::convert::{elements, from_val};
use crate::eval::exception::thrown;
use crate::eval::session::Session;
use crate::eval::show;
use crate::yaml;
use starlark::environment::{Globals, GlobalsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::list::AllocList;
use starlark::values::none::NoneType;
use starlark::values::structs::AllocStruct;
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, Value};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

/// The release of Snakemake whose language is served.
const SNAKEMAKE: &str = "9.27.1";
/// The release of Python that a Rulefile is taken to be read by.
const PYTHON: [i32; 3] = [3, 12, 0];

/// Texts of modules.
pub(super) const CONSTANTS: [(&str, &str, &str); 6] = [
    ("os", "name", "posix"),
    ("os", "sep", "/"),
    ("os", "linesep", "\n"),
    ("os", "pardir", ".."),
    ("os", "curdir", "."),
    ("os", "pathsep", ":"),
];

/// The functions, made once.
fn extras() -> &'static Globals {
    static EXTRAS: OnceLock<Globals> = OnceLock::new();
    EXTRAS.get_or_init(|| {
        GlobalsBuilder::new()
            .with_namespace("os", os)
            .with_namespace("os_path", os_path)
            .with_namespace("shutil", shutil)
            .with_namespace("tempfile", tempfile)
            .with_namespace("platform", platform)
            .with_namespace("yaml", yaml_module)
            .with_namespace("re", regex::extras)
            .with_namespace("base64", super::bytes::coded)
            .with_namespace("multiprocessing", multiprocessing)
            .with_namespace("logging", logger::register)
            .with_namespace("snakemake_utils", utils)
            .with_namespace("hashlib", super::hashes::register)
            .with_namespace("numpy", super::numpy::register)
            .with_namespace("calendar", super::datetime::calendar)
            .with_namespace("dataclasses", super::class::data_register)
            .build()
    })
}

/// A member of a module.
pub(super) fn member<'v>(module: &str, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
    if let Some((.., value)) = CONSTANTS.iter().find(|(of, own, _)| (*of, *own) == (module, name)) {
        return Some(heap.alloc(*value));
    }
    match (module, name) {
        ("sys", _) => return of_sys(name, heap),
        ("datetime", _) => return super::datetime::member(module, name, heap),
        ("collections.abc" | "numbers" | "typing", _) => return Abstract::named(name).map(|class| heap.alloc(class)),
        ("snakemake", "__version__") => return Some(heap.alloc(SNAKEMAKE)),
        ("snakemake.logging", "logger") => return Some(heap.alloc(logger::Logger::of_snakemake())),
        ("yaml", "FullLoader" | "SafeLoader" | "Loader" | "BaseLoader" | "CLoader" | "CSafeLoader") => {
            return Some(Value::new_none());
        }
        _ => {}
    }
    if module == "numpy"
        && let Some(found) = super::numpy::member(name, heap)
    {
        return Some(found);
    }
    if module == "logging"
        && let Some(found) = heap.alloc(logger::Logger::root()).get_attr(name, heap).ok().flatten()
        && name != "name"
    {
        return Some(found);
    }
    if let Some(found) = super::datetime::member(module, name, heap) {
        return Some(found);
    }
    if (module, name) == ("dataclasses", "FrozenInstanceError") {
        return super::global(name);
    }
    let module = module.replace('.', "_");
    let namespace = extras().iter().find(|(n, _)| *n == module).map(|(_, v)| v.to_value())?;
    namespace.get_attr(name, heap).ok().flatten()
}

/// The names of functions that are made for a module.
pub(super) fn names(module: &str) -> Vec<String> {
    let module = module.replace('.', "_");
    let namespace = extras().iter().find(|(n, _)| *n == module).map(|(_, v)| v.to_value());
    namespace.map(|own| own.dir_attr()).unwrap_or_default()
}

/// What `sys` is, but for `sys.path`.
fn of_sys<'v>(name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
    let function = |name: &str| super::global(name).expect("bug: it is a global");
    // What is written is told as what is printed.
    let stream = || heap.alloc(AllocStruct([("write", function("print")), ("flush", function("_args"))]));
    Some(match name {
        "version_info" => {
            let names = ["major", "minor", "micro", "releaselevel", "serial"].map(str::to_owned);
            let [major, minor, micro] = PYTHON.map(|n| heap.alloc(n));
            Record::alloc(
                "sys.version_info",
                &names,
                vec![major, minor, micro, heap.alloc("final"), heap.alloc(0)],
                heap,
            )
        }
        "version" => heap.alloc(PYTHON.map(|n| n.to_string()).join(".")),
        "platform" => heap.alloc(if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS }),
        "maxsize" => heap.alloc(i64::MAX),
        "argv" => {
            let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
            heap.alloc(AllocList(std::iter::once("snakemake".to_owned()).chain(words)))
        }
        "executable" => heap.alloc("python3"),
        "byteorder" => heap.alloc(if cfg!(target_endian = "big") { "big" } else { "little" }),
        "stderr" | "stdout" => stream(),
        _ => return None,
    })
}

/// A text with `$NAME` and `${NAME}` filled, where there are such variables.
fn with_variables(text: &str, of: impl Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let braced = after.strip_prefix('{').and_then(|inner| Some((&inner[..inner.find('}')?], 2)));
        let bare =
            || (&after[..after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len())], 0);
        let (name, braces) = braced.unwrap_or_else(bare);
        let whole = 1 + name.len() + braces;
        match of(name).filter(|_| !name.is_empty()) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&rest[at..at + whole]),
        }
        rest = &rest[at + whole..];
    }
    out + rest
}

fn cores() -> i32 {
    std::thread::available_parallelism().map_or(1, |n| n.get() as i32)
}

#[starlark_module]
fn os(builder: &mut GlobalsBuilder) {
    fn cpu_count() -> starlark::Result<i32> {
        Ok(cores())
    }

    fn stat<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        super::environment::stat(&path.to_str(), eval)
    }

    fn fspath(#[starlark(require = pos)] path: Value<'_>) -> starlark::Result<String> {
        Ok(path.to_str())
    }
}

#[starlark_module]
fn multiprocessing(builder: &mut GlobalsBuilder) {
    fn cpu_count() -> starlark::Result<i32> {
        Ok(cores())
    }
}

#[starlark_module]
fn os_path(builder: &mut GlobalsBuilder) {
    fn getsize<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<i64> {
        listed_size(&path.to_str(), eval)
    }

    fn expandvars<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<String> {
        let system = Session::of(eval).map(|session| session.system.clone()).unwrap_or_default();
        Ok(with_variables(&path.to_str(), |name| system.variable(name)))
    }

    fn islink<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        let session = Session::loading(eval, "os.path.islink")?;
        Ok(std::fs::symlink_metadata(session.in_workdir(&path.to_str())).is_ok_and(|m| m.is_symlink()))
    }

    fn expanduser<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<String> {
        home(&path.to_str(), eval)
    }
}

#[starlark_module]
fn shutil(builder: &mut GlobalsBuilder) {
    /// The program of a name on the `PATH`.
    fn which<'v>(
        #[starlark(require = pos)] name: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let session = Session::loading(eval, "shutil.which")?;
        let dirs = session.system.variable("PATH").unwrap_or_default();
        let runs = |path: &String| {
            Path::new(path).metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
        };
        let found = match name.contains('/') {
            true => Some(name.to_owned()).filter(runs),
            false => dirs.split(':').map(|dir| format!("{dir}/{name}")).find(runs),
        };
        Ok(found.map_or_else(Value::new_none, |path| eval.heap().alloc(path)))
    }
}

#[starlark_module]
fn tempfile(builder: &mut GlobalsBuilder) {
    /// As the first of the variables that Python asks for says.
    fn gettempdir<'v>(eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<String> {
        let system = Session::of(eval).map(|session| session.system.clone()).unwrap_or_default();
        let given = ["TMPDIR", "TEMP", "TMP"].into_iter().filter_map(|name| system.variable(name));
        let there = given.filter(|path| Path::new(path).is_dir()).map(|path| super::environment::absolute(&path));
        Ok(there.into_iter().next().unwrap_or_else(|| "/tmp".to_owned()))
    }
}

#[starlark_module]
fn platform(builder: &mut GlobalsBuilder) {
    fn system() -> starlark::Result<String> {
        Ok(if cfg!(target_os = "macos") { "Darwin" } else { "Linux" }.to_owned())
    }

    fn machine() -> starlark::Result<String> {
        let arch = std::env::consts::ARCH;
        Ok(if cfg!(target_os = "macos") && arch == "aarch64" { "arm64" } else { arch }.to_owned())
    }

    fn python_version() -> starlark::Result<String> {
        Ok(PYTHON.map(|n| n.to_string()).join("."))
    }
}

fn parsed<'v>(source: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    let text = match super::reading::Opened::from_value(source) {
        Some(file) => file.rest().to_owned(),
        None => show::text(source, eval)?,
    };
    let value = yaml::parse(&text).map_err(|e| thrown("ValueError", format!("this is no YAML: {}", e.message)))?;
    Ok(from_val(&value, eval.heap()))
}

#[starlark_module]
fn yaml_module(builder: &mut GlobalsBuilder) {
    fn safe_load<'v>(
        #[starlark(require = pos)] source: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        parsed(source, eval)
    }

    /// `yaml.load`; the loader says nothing more.
    fn loads<'v>(
        #[starlark(require = pos)] source: Value<'v>,
        #[starlark(args)] _args: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] _named: starlark::collections::SmallMap<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        parsed(source, eval)
    }
}

#[starlark_module]
fn utils(builder: &mut GlobalsBuilder) {
    fn available_cpu_count() -> starlark::Result<i32> {
        Ok(cores())
    }

    fn listfiles<'v>(
        #[starlark(require = pos)] pattern: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        super::glob::with_wildcards(pattern, eval)
    }

    /// A run makes them before its first job.
    fn makedirs<'v>(
        #[starlark(require = pos)] dirnames: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let names = elements(dirnames, eval.heap()).unwrap_or_else(|| vec![dirnames]);
        names.into_iter().try_for_each(|name| make_dir(name, eval).map(|_| ()))?;
        Ok(NoneType)
    }
}

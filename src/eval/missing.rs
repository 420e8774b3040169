//! Names of Python that have no value while the Rulefile is read: errors only
//! where used.
//!
//! Owns the stand-in value. It does not know which modules are served.

use super::builtin::python_module;
use super::exception::{Class, Exception, plain, raise};
use super::fault::hinted;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::typing::Ty;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::cmp::Ordering;

/// Something of Python's, by its dotted name.
#[derive(Clone, Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<{name} of Python>")]
pub(super) struct Missing {
    name: Box<str>,
    message: Box<str>,
    hint: Box<str>,
    /// Its members are refused in words of their own.
    has_members: bool,
}

starlark_simple_value!(Missing);

impl Missing {
    /// Something of a module, by its dotted name.
    pub(super) fn of_module(name: &str) -> Missing {
        let root = name.split('.').next().unwrap_or("");
        let hint = match root {
            "datetime" | "time" => {
                "there is no clock: hand the date over, as by `--config date=$(date +%F)`, or ask for it in a `run:` body or a command"
            }
            "os" if name.ends_with("time") || name.contains(".st_") => {
                "what a plan depends on is the content of files, not their time stamps: ask for them in a `run:` body or a command"
            }
            "subprocess" => {
                "no command runs while the Rulefile is read: run it in a Python file for `pyload(\"FILE.py\")`"
            }
            "socket" | "getpass" => "the plan depends on no machine: ask for it in a `run:` body or a command",
            "snakemake" if name.contains(".remote") || name.contains("storage") => {
                "nothing is fetched from the network: fetch the files in a rule of their own"
            }
            "gzip" | "bz2" | "lzma" => {
                "unpack the file in a rule, or read it in a Python file for `pyload(\"FILE.py\")`"
            }
            "numpy" if name.contains(".random") => {
                "the same files give the same plan: choose at random in a `run:` body, or hand a seed over by `--config`"
            }
            "numpy" => "write it with lists, or use numpy in a Python file for `pyload(\"FILE.py\")`",
            "random" | "uuid" => {
                "the same files give the same plan: choose at random in a `run:` body, or hand a seed over by `--config`"
            }
            "shutil" => {
                "no file is written while the Rulefile is read: copy it once by hand, or do it in a rule or in `onstart:`"
            }
            "tempfile" => "make it in a `run:` body or a command, where `resources.tmpdir` is the directory for it",
            "pandas" if name.contains(".read_") => {
                "save the sheet as TSV or CSV, which `pd.read_csv` reads, or use pandas in a file for `pyload(\"FILE.py\")`"
            }
            "pandas" => "use pandas itself in a Python file, and ask for what it makes by `pyload(\"FILE.py\")`",
            _ => "use it in a Python file, whose names `pyload(\"FILE.py\")` hands over, or in a rule's script",
        };
        let message = match python_module::is_served(root) || matches!(root, "pandas" | "numpy") {
            true => format!("Python's `{name}` is not available while the Rulefile is read"),
            false => {
                format!("`{name}` cannot be used here: Python's `{root}` is not available while the Rulefile is read")
            }
        };
        Missing { has_members: true, ..Missing::said(name, message, hint) }
    }

    /// The same, which may be a slip of the pen.
    pub(super) fn meaning(self, near: Option<String>) -> Missing {
        let hint = near.map_or_else(|| self.hint.clone(), |near| format!("{near} Else {}", self.hint).into());
        Missing { hint, ..self }
    }

    /// With words of its own.
    pub(super) fn said(name: &str, message: String, hint: &str) -> Missing {
        Missing { name: name.into(), message: message.into(), hint: hint.into(), has_members: false }
    }

    /// Its dotted name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is something of a module.
    pub(super) fn is_of(&self, module: &str) -> bool {
        self.name.split('.').next() == Some(module)
    }

    /// The error at the place of the call.
    pub(super) fn refuse(&self) -> starlark::Error {
        hinted(&*self.message, &*self.hint)
    }
}

#[starlark_value(type = "python")]
impl<'v> StarlarkValue<'v> for Missing {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let member = match self.has_members {
            true => Missing::of_module(&format!("{}.{name}", self.name)),
            false => self.clone(),
        };
        Some(heap.alloc(member))
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if &*self.name == "sys.exit" {
            let code = args.positions(eval.heap())?.map(|code| plain(code, eval)).collect::<starlark::Result<_>>()?;
            return Err(raise(Exception::given(Class::of("SystemExit"), code)));
        }
        Err(self.refuse())
    }

    fn at(&self, _index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        // `Optional[str]` of an annotation, which nobody asks.
        if self.name.starts_with("typing.") { Ok(heap.alloc(self.clone())) } else { Err(self.refuse()) }
    }

    fn eval_type(&self) -> Option<Ty> {
        Some(Ty::any())
    }

    fn length(&self) -> starlark::Result<i32> {
        Err(self.refuse())
    }

    fn iterate_collect(&self, _heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Err(self.refuse())
    }

    fn equals(&self, _other: Value<'v>) -> starlark::Result<bool> {
        Err(self.refuse())
    }

    fn compare(&self, _other: Value<'v>) -> starlark::Result<Ordering> {
        Err(self.refuse())
    }

    fn add(&self, _other: Value<'v>, _heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Err(self.refuse()))
    }

    fn radd(&self, _other: Value<'v>, _heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Err(self.refuse()))
    }
}

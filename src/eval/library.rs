//! Pure modules of Python that are written in Starlark.
//!
//! Owns their texts, and evaluates each when something of it is first asked for. It
//! does not know who asks.

use super::builtin;
use starlark::environment::{FrozenModule, Module};
use starlark::eval::Evaluator;
use starlark::syntax::AstModule;
use starlark::values::{FrozenHeapName, Heap, Value};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

const TEXTS: [(&str, &str); 24] = [
    ("itertools", include_str!("library/itertools.star")),
    ("functools", include_str!("library/functools.star")),
    ("operator", include_str!("library/operator.star")),
    ("textwrap", include_str!("library/textwrap.star")),
    ("copy", include_str!("library/copy.star")),
    ("statistics", include_str!("library/statistics.star")),
    ("string", include_str!("library/string.star")),
    ("dataclasses", include_str!("library/dataclasses.star")),
    ("os.path", include_str!("library/os_path.star")),
    ("enum", include_str!("library/enum.star")),
    ("abc", include_str!("library/abc.star")),
    ("math", include_str!("library/math.star")),
    ("logging", include_str!("library/logging.star")),
    ("typing", include_str!("library/typing.star")),
    ("collections", include_str!("library/collections.star")),
    ("shlex", include_str!("library/shlex.star")),
    ("glob", include_str!("library/glob.star")),
    ("fnmatch", include_str!("library/fnmatch.star")),
    ("bisect", include_str!("library/bisect.star")),
    ("heapq", include_str!("library/heapq.star")),
    ("pprint", include_str!("library/pprint.star")),
    ("urllib.parse", include_str!("library/urllib_parse.star")),
    ("warnings", include_str!("library/warnings.star")),
    ("snakemake.utils", include_str!("library/snakemake_utils.star")),
];

/// The modules that were evaluated.
fn modules() -> &'static Mutex<HashMap<&'static str, FrozenModule>> {
    static MODULES: OnceLock<Mutex<HashMap<&'static str, FrozenModule>>> = OnceLock::new();
    MODULES.get_or_init(Mutex::default)
}

fn evaluated(name: &str, text: &str) -> FrozenModule {
    let ast = AstModule::parse(name, text.to_owned(), &super::load::DIALECT);
    let ast = ast.unwrap_or_else(|e| panic!("bug: the library of `{name}`: {e}"));
    Module::with_temp_heap(|module| {
        {
            let mut eval = Evaluator::new(&module);
            eval.eval_module(ast, builtin::globals()).unwrap_or_else(|e| panic!("bug: the library of `{name}`: {e}"));
        }
        let frozen = module.freeze_named(FrozenHeapName::User(Box::new(name.to_owned())));
        frozen.unwrap_or_else(|e| panic!("bug: the library of `{name}`: {}", e.err_msg))
    })
}

/// A member of a module.
pub(super) fn member<'v>(module: &str, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
    let (module, text) = TEXTS.iter().find(|(own, _)| *own == module).filter(|_| !name.starts_with('_'))?;
    let mut modules = modules().lock().unwrap_or_else(PoisonError::into_inner);
    let evaluated = modules.entry(module).or_insert_with(|| evaluated(module, text));
    let value = evaluated.get_option(name).ok()??;
    Some(heap.access_owned_frozen_value(&value))
}

/// The names that a module of these gives to `import *`.
pub(super) fn names(module: &str) -> Vec<String> {
    let Some((module, text)) = TEXTS.iter().find(|(own, _)| *own == module) else { return Vec::new() };
    let mut modules = modules().lock().unwrap_or_else(PoisonError::into_inner);
    let evaluated = modules.entry(module).or_insert_with(|| evaluated(module, text));
    let names = evaluated.names().map(|name| name.as_str().to_owned());
    names.filter(|name| !name.starts_with('_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_evaluated() {
        Module::with_temp_heap(|module| {
            for (name, _) in TEXTS {
                assert!(member(name, "nothing", module.heap()).is_none());
            }
        });
    }
}

//! Marks on files: `temp`, `directory`, `touch`, `ancient`, `protected`,
//! `unpack`.

use crate::eval::convert::{elements, is_function};
use crate::eval::fault::{fault, hinted};
use crate::eval::files::Files;
use crate::eval::mark::{Mark, Marks};
use crate::eval::other_inputs::WRAPPED;
use crate::eval::pure_path::path_text;
use crate::rule::Flags;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::list::AllocList;
use starlark::values::structs::{AllocStruct, StructRef};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// A function with marks: a struct whose field names no Rulefile can write.
fn wrap<'v>(function: Value<'v>, flags: Flags, unpack: bool, heap: Heap<'v>) -> Value<'v> {
    let bits = heap.alloc(i32::from(flags.bits()));
    heap.alloc(AllocStruct([(WRAPPED[0], function), (WRAPPED[1], bits), (WRAPPED[2], Value::new_bool(unpack))]))
}

/// What [`wrap`] made, taken apart.
fn unwrap(value: Value) -> Option<(Value, Flags, bool)> {
    let fields = StructRef::from_value(value)?;
    let field = |name: &str| fields.iter().find(|(k, _)| k.as_str() == name).map(|(_, v)| v);
    let flags = Flags::from_bits_truncate(field(WRAPPED[1])?.unpack_i32()? as u16);
    Some((field(WRAPPED[0])?, flags, field(WRAPPED[2])?.unpack_bool()?))
}

/// Whether a value is a function under `unpack()`.
pub(in crate::eval) fn is_unpacked(value: Value) -> bool {
    unwrap(value).is_some_and(|(_, _, unpacked)| unpacked)
}

/// Marks paths, or a function that gives them.
pub(super) fn flagged<'v>(
    value: Value<'v>,
    flags: Flags,
    name: &str,
    marks: &Marks,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    if is_function(value) {
        return Ok(wrap(value, flags, false, heap));
    }
    match unwrap(value) {
        Some((function, old, unpack)) => Ok(wrap(function, old | flags, unpack, heap)),
        None => mark_all(value, &|mark| mark.with(flags), name, marks, heap),
    }
}

/// Marks a path, or each of a list of them.
pub(super) fn mark_all<'v>(
    value: Value<'v>,
    change: &dyn Fn(Mark) -> Mark,
    name: &str,
    marks: &Marks,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    if let Some(text) = path_text(value) {
        return Ok(marks.alloc(text, change(marks.get(text)), heap));
    }
    if let Some(items) = elements(value, heap) {
        let all = items.into_iter().map(|v| match is_function(v) || unwrap(v).is_some() {
            true => flagged(v, change(Mark::default()).flags, name, marks, heap),
            false => mark_all(v, change, name, marks, heap),
        });
        return Ok(heap.alloc(AllocList(all.collect::<starlark::Result<Vec<_>>>()?)));
    }
    if let Some(files) = Files::from_value(value) {
        return Ok(heap.alloc(Files { mark: change(files.mark), ..files.clone() }));
    }
    Err(fault(format!("`{name}()` marks paths, this is a value of type `{}`", value.get_type())))
}

/// A function that marks paths.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<function {name}>")]
#[allocative(skip)]
struct Marker {
    name: &'static str,
    flags: Flags,
}

starlark_simple_value!(Marker);

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Marker {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        self.name.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        // `temp(..., group_jobs=True)`: the jobs of one machine are one group.
        let grouped = self.flags == Flags::TEMP && args.names_map()?.keys().all(|k| k.as_str() == "group_jobs");
        if !grouped {
            args.no_named_args()?;
        }
        let value = args.positional1(eval.heap())?;
        match Marks::of(eval) {
            Some(marks) => flagged(value, self.flags, self.name, marks, eval.heap()),
            None => Ok(value),
        }
    }
}

/// The marks by their names.
const MARKERS: [(&str, Flags); 10] = [
    ("temp", Flags::TEMP),
    ("temporary", Flags::TEMP),
    ("directory", Flags::DIRECTORY),
    ("touch", Flags::TOUCH),
    ("ancient", Flags::ANCIENT),
    ("protected", Flags::PROTECTED),
    ("pipe", Flags::PIPE),
    ("service", Flags::SERVICE),
    ("update", Flags::UPDATE),
    ("before_update", Flags::BEFORE_UPDATE),
];

pub(super) fn register(builder: &mut GlobalsBuilder) {
    for (name, flags) in MARKERS {
        builder.set(name, Marker { name, flags });
    }
    functions(builder);
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    fn unpack<'v>(#[starlark(require = pos)] value: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match unwrap(value) {
            Some((function, flags, _)) => Ok(wrap(function, flags, true, heap)),
            None if is_function(value) => Ok(wrap(value, Flags::empty(), true, heap)),
            None => Err(hinted(
                format!("`unpack()` takes a function, this is a value of type `{}`", value.get_type()),
                "a dict of inputs is given with `**`",
            )),
        }
    }
}

//! Marks on files: `temp`, `directory`, `touch`, `ancient`, `protected`,
//! `unpack`.

use crate::eval::assemble::WRAPPED;
use crate::eval::convert::{elements, is_function};
use crate::eval::fault::{fault, hinted};
use crate::eval::files::Files;
use crate::eval::mark::Marks;
use crate::rule::Flags;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::list::AllocList;
use starlark::values::structs::{AllocStruct, StructRef};
use starlark::values::{Heap, Value};

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

/// A value with a mark.
fn flag<'v>(value: Value<'v>, name: &str, flags: Flags, eval: &Evaluator<'v, '_, '_>) -> starlark::Result<Value<'v>> {
    match Marks::of(eval) {
        Some(marks) => flagged(value, flags, name, marks, eval.heap()),
        None => Ok(value),
    }
}

fn flagged<'v>(
    value: Value<'v>,
    flags: Flags,
    name: &str,
    marks: &Marks,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    if let Some(text) = value.unpack_str() {
        return Ok(marks.alloc(text, marks.get(text).with(flags), heap));
    }
    if let Some(items) = elements(value, heap) {
        let all = items.into_iter().map(|v| flagged(v, flags, name, marks, heap));
        return Ok(heap.alloc(AllocList(all.collect::<starlark::Result<Vec<_>>>()?)));
    }
    if let Some(files) = Files::from_value(value) {
        let all = files.texts().map(|t| marks.alloc(t, files.mark.with(flags), heap));
        return Ok(heap.alloc(AllocList(all.collect::<Vec<_>>())));
    }
    if is_function(value) {
        return Ok(wrap(value, flags, false, heap));
    }
    match unwrap(value) {
        Some((function, old, unpack)) => Ok(wrap(function, old | flags, unpack, heap)),
        None => Err(fault(format!("`{name}()` marks paths, this is a value of type `{}`", value.get_type()))),
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn temp<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        flag(value, "temp", Flags::TEMP, eval)
    }

    fn temporary<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        flag(value, "temporary", Flags::TEMP, eval)
    }

    fn directory<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        flag(value, "directory", Flags::DIRECTORY, eval)
    }

    fn touch<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        flag(value, "touch", Flags::TOUCH, eval)
    }

    fn ancient<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        flag(value, "ancient", Flags::ANCIENT, eval)
    }

    fn protected<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        flag(value, "protected", Flags::PROTECTED, eval)
    }

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

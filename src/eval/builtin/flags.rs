//! Marks on files: `temp`, `directory`, `touch`, `ancient`, `protected`, `pipe`,
//! `service`, `update`, `ensure`, `repeat`, `unpack`.

use crate::eval::assemble::WRAPPED;
use crate::eval::convert::{elements, is_function};
use crate::eval::fault::{fault, hinted};
use crate::eval::files::Files;
use crate::eval::mark::{Mark, Marks};
use crate::eval::pure_path::path_text;
use crate::rule::{Checksum, Ensure, Flags};
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::list::AllocList;
use starlark::values::structs::{AllocStruct, StructRef};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::Arc;

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

fn flagged<'v>(
    value: Value<'v>,
    flags: Flags,
    name: &str,
    marks: &Marks,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    if let Some(text) = path_text(value) {
        return Ok(marks.alloc(text, marks.get(text).with(flags), heap));
    }
    if let Some(items) = elements(value, heap) {
        let all = items.into_iter().map(|v| flagged(v, flags, name, marks, heap));
        return Ok(heap.alloc(AllocList(all.collect::<starlark::Result<Vec<_>>>()?)));
    }
    if let Some(files) = Files::from_value(value) {
        return Ok(heap.alloc(Files { mark: files.mark.clone().with(flags), ..files.clone() }));
    }
    if is_function(value) {
        return Ok(wrap(value, flags, false, heap));
    }
    match unwrap(value) {
        Some((function, old, unpack)) => Ok(wrap(function, old | flags, unpack, heap)),
        None => Err(fault(format!("`{name}()` marks paths, this is a value of type `{}`", value.get_type()))),
    }
}

/// Paths with their marks changed; `name` is the call's, for the message.
fn marked<'v>(
    value: Value<'v>,
    name: &str,
    change: &dyn Fn(Mark) -> Mark,
    eval: &Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let (Some(marks), heap) = (Marks::of(eval), eval.heap()) else { return Ok(value) };
    if let Some(text) = value.unpack_str() {
        return Ok(marks.alloc(text, change(marks.get(text)), heap));
    }
    if let Some(items) = elements(value, heap) {
        let all = items.into_iter().map(|v| marked(v, name, change, eval));
        return Ok(heap.alloc(AllocList(all.collect::<starlark::Result<Vec<_>>>()?)));
    }
    Err(fault(format!("`{name}()` marks paths, this is a value of type `{}`", value.get_type())))
}

/// A checksum as it was given.
fn checksum(kind: Checksum, text: &str) -> starlark::Result<(Checksum, Box<str>)> {
    let text = text.trim().to_ascii_lowercase();
    if text.len() == kind.digits() && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok((kind, text.into()));
    }
    let (name, digits) = (kind.name(), kind.digits());
    Err(hinted(
        format!("`{text}` is no {name} checksum"),
        format!("it has {digits} digits from 0 to 9 and a to f, as `{name}sum FILE` prints them"),
    ))
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
        args.no_named_args()?;
        let value = args.positional1(eval.heap())?;
        match Marks::of(eval) {
            Some(marks) => flagged(value, self.flags, self.name, marks, eval.heap()),
            None => Ok(value),
        }
    }
}

/// The marks by their names.
const MARKERS: [(&str, Flags); 9] = [
    ("temp", Flags::TEMP),
    ("temporary", Flags::TEMP),
    ("directory", Flags::DIRECTORY),
    ("touch", Flags::TOUCH),
    ("ancient", Flags::ANCIENT),
    ("protected", Flags::PROTECTED),
    ("pipe", Flags::PIPE),
    ("service", Flags::SERVICE),
    ("update", Flags::UPDATE),
];

pub(super) fn register(builder: &mut GlobalsBuilder) {
    for (name, flags) in MARKERS {
        builder.set(name, Marker { name, flags });
    }
    functions(builder);
}

#[starlark_module]
fn functions(builder: &mut GlobalsBuilder) {
    fn ensure<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = named, default = false)] non_empty: bool,
        #[starlark(require = named)] sha256: Option<&str>,
        #[starlark(require = named)] sha1: Option<&str>,
        #[starlark(require = named)] md5: Option<&str>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let given = [(Checksum::Sha256, sha256), (Checksum::Sha1, sha1), (Checksum::Md5, md5)];
        let checksums = given.into_iter().filter_map(|(kind, text)| Some(checksum(kind, text?)));
        let ensure = Arc::new(Ensure { non_empty, checksums: checksums.collect::<starlark::Result<_>>()? });
        marked(value, "ensure", &|mark| Mark { ensure: Some(ensure.clone()), ..mark }, eval)
    }

    fn repeat<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = pos)] times: i32,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let times = u32::try_from(times).ok().filter(|n| *n > 0);
        let times = times.ok_or_else(|| fault("`repeat()` wants the number of runs, 1 or more".to_owned()))?;
        marked(value, "repeat", &|mark| Mark { repeat: Some(times), ..mark }, eval)
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

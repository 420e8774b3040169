//! `open(path)`: a text is read, while the Rulefile is read or in functions.
//!
//! Owns the file object: its text, and how far it was read. Nothing is written.

use super::stream::Stream;
use crate::eval::TrackedRead;
use crate::eval::convert::from_val;
use crate::eval::deferred::Reader;
use crate::eval::exception::unread;
use crate::eval::fault::{fault, hinted};
use crate::eval::pure_path::path_text;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An open file: its text, of which the first bytes were read.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<open file>")]
pub(super) struct Opened {
    /// The path that it was opened by.
    name: Box<str>,
    text: Box<str>,
    at: AtomicUsize,
}

starlark_simple_value!(Opened);

impl Opened {
    /// The path that it was opened by.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What was not read yet; it is read now.
    pub(super) fn rest(&self) -> &str {
        &self.text[self.at.swap(self.text.len(), Ordering::Relaxed)..]
    }

    /// The next line with its line break; empty at the end.
    pub(super) fn line(&self) -> &str {
        let at = self.at.load(Ordering::Relaxed);
        let line = self.text[at..].split_inclusive('\n').next().unwrap_or("");
        self.at.store(at + line.len(), Ordering::Relaxed);
        line
    }
}

#[starlark_value(type = "file")]
impl<'v> StarlarkValue<'v> for Opened {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        (name == "name").then(|| heap.alloc(&*self.name))
    }

    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.rest().split_inclusive('\n').map(|line| heap.alloc_str(line).to_value()).collect())
    }
}

/// Rows that are read one after the other.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<rows of a file>")]
#[allocative(skip)]
pub(super) struct Ahead {
    rows: Vec<Val>,
    /// The names of a `DictReader`'s columns.
    names: Vec<String>,
    at: AtomicUsize,
}

starlark_simple_value!(Ahead);

impl Ahead {
    pub(super) fn new(rows: Vec<Val>, names: Vec<String>) -> Ahead {
        Ahead { rows, names, at: AtomicUsize::new(0) }
    }

    /// The next row, if there is one.
    pub(super) fn next<'v>(&self, heap: Heap<'v>) -> Option<Value<'v>> {
        self.rows.get(self.at.fetch_add(1, Ordering::Relaxed)).map(|row| from_val(row, heap))
    }
}

#[starlark_value(type = "rows of a file")]
impl<'v> StarlarkValue<'v> for Ahead {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        (name == "fieldnames").then(|| heap.alloc(AllocList(self.names.iter().map(String::as_str))))
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(std::iter::from_fn(|| self.next(heap)).collect())
    }
}

/// Whether a value is read bit by bit.
pub(super) fn is_ahead(value: Value) -> bool {
    matches!(value.get_type(), "generator" | "rows of a file" | "file")
}

/// The next of a value that is read bit by bit, if there is one; none of other values.
pub(super) fn next<'v>(value: Value<'v>, heap: Heap<'v>) -> Option<Option<Value<'v>>> {
    if let Some(ahead) = Ahead::from_value(value) {
        return Some(ahead.next(heap));
    }
    if let Some(stream) = Stream::from_value(value) {
        return Some(stream.next(heap));
    }
    let line = Opened::from_value(value)?.line();
    Some((!line.is_empty()).then(|| heap.alloc_str(line).to_value()))
}

/// Whether there is more of a value that is read bit by bit; none of other values.
pub(super) fn has_more(value: Value) -> Option<bool> {
    if let Some(ahead) = Ahead::from_value(value) {
        return Some(ahead.at.load(Ordering::Relaxed) < ahead.rows.len());
    }
    if let Some(stream) = Stream::from_value(value) {
        return Some(stream.has_more());
    }
    let file = Opened::from_value(value)?;
    Some(file.at.load(Ordering::Relaxed) < file.text.len())
}

/// Bytes of a file that is read while the Rulefile is.
const LARGEST: u64 = 1 << 30;

fn only_text() -> starlark::Error {
    hinted("only UTF-8 text can be read here: write `open(path)`", "write files in a rule's `shell:`")
}

/// Opens a file for `open(path)` and `path.open()`; the read is tracked.
pub(super) fn opened(name: &str, mode: &str, newline: Option<&str>, eval: &Evaluator) -> starlark::Result<Opened> {
    let reader = Reader::of(eval, "open")?;
    if mode.contains(['w', 'a', 'x', '+']) {
        let hint = "make it the output of a rule, or write it in `onstart:`";
        return Err(hinted("no file is written while the Rulefile is read", hint));
    }
    if !matches!(mode, "r" | "rt" | "rb") {
        return Err(only_text());
    }
    let as_is = mode.contains('b') || newline.is_some();
    tracked(name, &reader, |path| if as_is { texts_of(path, Ends::AsTheyAre, |file| file) } else { read(path) })
}

/// Opens a file in some way; the read is tracked.
fn tracked(
    name: &str,
    reader: &Reader,
    how: impl FnOnce(&str) -> starlark::Result<Opened>,
) -> starlark::Result<Opened> {
    let path = reader.in_workdir(name);
    let file = Opened { name: name.into(), ..how(&path).inspect_err(|_| reader.missed(&path))? };
    reader.read(TrackedRead::File(name.into()));
    Ok(file)
}

/// The text of a file, as an open one.
pub(super) fn read(path: &str) -> starlark::Result<Opened> {
    texts_of(path, Ends::Plain, |file| file)
}

/// The same of a file that is packed by gzip.
fn unpacked(path: &str, ends: Ends) -> starlark::Result<Opened> {
    texts_of(path, ends, flate2::read::MultiGzDecoder::new)
}

/// What becomes of the ends of lines.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    /// Each is `\n`.
    Plain,
    AsTheyAre,
}

fn texts_of<R: Read>(path: &str, ends: Ends, through: impl FnOnce(std::fs::File) -> R) -> starlark::Result<Opened> {
    let failed = |e: std::io::Error| unread(&e, format!("`{path}` cannot be read: {e}"));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    // A device may have no end.
    through(file).take(LARGEST + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LARGEST {
        return Err(hinted(format!("`{path}` is larger than 1 GiB"), "read it in a rule's command or `run:`"));
    }
    let plain = ends == Ends::Plain && text.contains('\r');
    let text = if plain { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    Ok(Opened { name: path.into(), text: text.into(), at: AtomicUsize::new(0) })
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn read<'v>(this: &Opened, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc_str(this.rest()).to_value())
    }

    fn readline<'v>(this: &Opened, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc_str(this.line()).to_value())
    }

    fn readlines<'v>(this: &Opened, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.rest().split_inclusive('\n'))))
    }

    fn close(#[starlark(this)] _this: Value<'_>) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// `gzip.open(path, "rt")`.
    fn _gzip_open<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        #[starlark(default = "rb")] mode: &str,
        #[starlark(default = 9)] compresslevel: i32,
        #[starlark(default = "utf-8")] encoding: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let _ = (compresslevel, encoding);
        let reader = Reader::of(eval, "gzip.open")?;
        if !matches!(mode, "rt" | "r" | "rb") {
            let hint = "make it the output of a rule, or write it in `onstart:`";
            return Err(hinted("no file is written while the Rulefile is read", hint));
        }
        let Some(name) = path_text(path) else {
            return Err(fault(format!("`gzip.open` wants a path, this is a value of type `{}`", path.get_type())));
        };
        let ends = if mode == "rt" { Ends::Plain } else { Ends::AsTheyAre };
        Ok(eval.heap().alloc(tracked(name, &reader, |path| unpacked(path, ends))?))
    }

    fn open<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        #[starlark(default = "r")] mode: &str,
        #[starlark(default = "utf-8")] encoding: &str,
        #[starlark(require = named, default = NoneOr::None)] newline: NoneOr<&str>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let Some(name) = path_text(path) else {
            return Err(fault(format!("`open` wants a path, this is a value of type `{}`", path.get_type())));
        };
        let newline = newline.into_option();
        if newline.is_some_and(|n| !matches!(n, "" | "\n")) {
            return Err(only_text());
        }
        if !matches!(encoding.to_ascii_lowercase().as_str(), "utf-8" | "utf8") {
            return Err(only_text());
        }
        Ok(eval.heap().alloc(opened(name, mode, newline, eval)?))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ends, unpacked};
    use std::io::Write;

    #[test]
    fn what_gzip_packed_is_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.gz");
        let mut file =
            flate2::write::GzEncoder::new(std::fs::File::create(&path).expect("a file"), flate2::Compression::fast());
        file.write_all(b"one\r\ntwo\n").and_then(|()| file.finish().map(drop)).expect("packed");
        let opened = unpacked(&path.to_string_lossy(), Ends::Plain).expect("unpacked");
        assert_eq!(opened.rest(), "one\ntwo\n");
        let opened = unpacked(&path.to_string_lossy(), Ends::AsTheyAre).expect("unpacked");
        assert_eq!(opened.rest(), "one\r\ntwo\n");
    }
}

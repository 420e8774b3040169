//! `open(path)`: a text that was read, tracked. Nothing is ever written.

use crate::eval::TrackedRead;
use crate::eval::fault::{fault, hinted};
use crate::eval::load::unreadable;
use crate::eval::session::Session;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::none::NoneType;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// An open file: all its text.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<open file {path:?}>")]
pub(super) struct TextFile {
    path: Box<str>,
    text: Box<str>,
}

starlark_simple_value!(TextFile);

impl TextFile {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split_inclusive('\n')
    }
}

#[starlark_value(type = "file")]
impl<'v> StarlarkValue<'v> for TextFile {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.lines().map(|line| heap.alloc_str(line).to_value()).collect())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn read<'v>(this: &TextFile) -> starlark::Result<String> {
        Ok(this.text.to_string())
    }

    fn readlines<'v>(this: &TextFile, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.lines())))
    }

    fn close(#[starlark(this)] _this: &TextFile) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn open<'v>(
        #[starlark(require = pos)] path: Value<'v>,
        #[starlark(default = "r")] mode: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<TextFile> {
        let session = Session::loading(eval, "open")?;
        if !matches!(mode, "r" | "rt") {
            return Err(hinted("a Rulefile writes no files while it is read", "write them in a rule's `shell:`"));
        }
        let path = path.to_str();
        let place = session.in_workdir(&path);
        let text = std::fs::read_to_string(&place).map_err(|e| fault(unreadable("file", &place, &e).message))?;
        session.read(TrackedRead::File(path.as_str().into()));
        Ok(TextFile { path: path.into(), text: text.into() })
    }
}

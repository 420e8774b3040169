//! Where a `for` is, in files with a `try`: an error that ends Starlark's own loop
//! early leaves what it goes over locked.
//!
//! Owns going over a list as it is at each turn, as Python does, and noticing a
//! dict or set that changes its size. It does not know the text that was lowered.

use super::class::iterated;
use super::operators::each;
use super::reading;
use crate::eval::fault::hinted;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::{
    Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike, starlark_value,
};
use starlark::{coerce::Coerce, starlark_complex_value, starlark_module, values::Freeze};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a loop goes over, and how far it is.
#[derive(Debug, Coerce, Trace, Freeze, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[repr(C)]
pub(super) struct CursorGen<V: ValueLifetimeless> {
    /// What the text names.
    whole: V,
    /// What elements are given of: `whole` itself if they have numbers or are read
    /// bit by bit, else a list of them.
    items: V,
    at: At,
}

/// The number of the next element, and the size at the start.
#[derive(Debug, Trace, Freeze, Allocative)]
struct At {
    #[freeze(identity)]
    next: AtomicUsize,
    size: usize,
}

starlark_complex_value!(pub(super) Cursor);

impl<V: ValueLifetimeless> fmt::Display for CursorGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<loop>")
    }
}

#[starlark_value(type = "loop")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for CursorGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }
}

/// The size of a dict or set.
fn size(value: Value) -> usize {
    let counted = matches!(value.get_type(), "dict" | "set");
    counted.then(|| value.length().ok()).flatten().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    /// Whether there is one more element.
    fn _more<'v>(this: Value<'v>) -> starlark::Result<bool> {
        let cursor = Cursor::from_value(this).expect("bug: a loop that is none");
        if size(cursor.whole.to_value()) != cursor.at.size {
            let why = format!("this {} changed while it was looped over", cursor.whole.to_value().get_type());
            return Err(hinted(why, "loop over a copy: `for x in list(xs):`"));
        }
        let items = cursor.items.to_value();
        if let Some(more) = reading::has_more(items) {
            return Ok(more);
        }
        Ok(cursor.at.next.load(Ordering::Relaxed) < usize::try_from(items.length()?).unwrap_or(0))
    }

    /// The next element.
    fn _next<'v>(this: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let cursor = Cursor::from_value(this).expect("bug: a loop that is none");
        let items = cursor.items.to_value();
        if let Some(Some(item)) = reading::next(items, heap) {
            return Ok(item);
        }
        let at = cursor.at.next.fetch_add(1, Ordering::Relaxed);
        items.at(heap.alloc(at), heap)
    }
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    /// What a `for` goes over.
    fn _cursor<'v>(
        #[starlark(require = pos)] whole: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let whole = if whole.get_type() == "object" { iterated(whole, eval)? } else { whole };
        let heap = eval.heap();
        let by_number = matches!(whole.get_type(), "list" | "tuple" | "range");
        let items = match by_number || reading::is_ahead(whole) {
            true => whole,
            false => heap.alloc(AllocList(each(whole, heap).iterate(heap)?.collect::<Vec<_>>())),
        };
        let at = At { next: AtomicUsize::new(0), size: size(whole) };
        Ok(heap.alloc(Cursor { whole, items, at }))
    }
}

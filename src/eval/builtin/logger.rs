//! Snakemake's `logger`: what it is told is told of the load.

use crate::eval::session::Session;
use crate::eval::show;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::none::NoneType;
use starlark::values::tuple::UnpackTuple;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

/// The one logger.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<logger>")]
pub(super) struct Logger;

starlark_simple_value!(Logger);

#[starlark_value(type = "logger")]
impl<'v> StarlarkValue<'v> for Logger {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }
}

/// Tells a message with a word before it.
fn tell<'v>(before: &str, parts: &[Value<'v>], eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<NoneType> {
    if let (Some(session), Some(message)) = (Session::of(eval), parts.first()) {
        let text = show::text(*message, eval)?;
        session.notes.borrow_mut().push(format!("{before}{text}"));
    }
    Ok(NoneType)
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn info<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(args)] parts: UnpackTuple<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        tell("", &parts.items, eval)
    }

    fn warning<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(args)] parts: UnpackTuple<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        tell("warning: ", &parts.items, eval)
    }

    fn error<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(args)] parts: UnpackTuple<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        tell("error: ", &parts.items, eval)
    }

    /// Nobody asked for so much.
    fn debug<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(args)] _parts: UnpackTuple<Value<'v>>,
    ) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }

    /// `logging.basicConfig` and `setLevel` change nothing.
    fn basicConfig<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(kwargs)] _named: SmallMap<String, Value<'v>>,
    ) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }

    fn setLevel<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(require = pos)] _level: Value<'v>,
    ) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }
}

//! Loggers, Snakemake's `logger` and those of Python's `logging`: what they are told is
//! told of the load.
//!
//! Owns which messages are told. Levels and handlers are accepted, and change nothing.

use super::printf;
use crate::eval::session::Session;
use crate::eval::show;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::{Arguments, Evaluator};
use starlark::values::list::AllocList;
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::tuple::{AllocTuple, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};

/// A logger, by its name.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<Logger {_0}>")]
pub(super) struct Logger(Box<str>);

starlark_simple_value!(Logger);

/// A method that tells a message, by its name.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<method {_0} of a logger>")]
struct Told(&'static str);

starlark_simple_value!(Told);

/// The methods that tell, and what stands before their messages.
const TOLD: [(&str, &str); 7] = [
    ("info", ""),
    ("warning", "warning: "),
    ("warn", "warning: "),
    ("error", "error: "),
    ("critical", "error: "),
    ("fatal", "error: "),
    ("exception", "error: "),
];

/// The level from which `log` tells something, which nobody asked for below.
const INFO: i32 = 20;
const WARNING: i32 = 30;
const ERROR: i32 = 40;

impl Logger {
    /// Snakemake's own.
    pub(super) fn of_snakemake() -> Logger {
        Logger("snakemake".into())
    }

    /// The one that `logging.info` tells.
    pub(super) fn root() -> Logger {
        Logger("root".into())
    }
}

/// Tells a message with a word before it; values behind it go in by `%`.
fn tell<'v>(before: &str, parts: &[Value<'v>], eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<NoneType> {
    let Some((message, values)) = parts.split_first() else { return Ok(NoneType) };
    let text = show::text(*message, eval)?;
    let text = match values {
        [] => text,
        [one] if one.get_type() == "dict" => printf::filled(&text, *one, eval)?,
        several => {
            let several = eval.heap().alloc(AllocTuple(several.iter().copied()));
            printf::filled(&text, several, eval)?
        }
    };
    if let Some(session) = Session::of(eval) {
        session.notes.borrow_mut().push(format!("{before}{text}"));
    }
    Ok(NoneType)
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Told {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let parts: Vec<Value> = args.positions(eval.heap())?.collect();
        tell(self.0, &parts, eval)?;
        Ok(Value::new_none())
    }
}

#[starlark_value(type = "logger")]
impl<'v> StarlarkValue<'v> for Logger {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        if let Some((_, before)) = TOLD.iter().find(|(own, _)| *own == name) {
            return Some(heap.alloc(Told(before)));
        }
        Some(match name {
            "name" => heap.alloc(&*self.0),
            "handlers" | "filters" => heap.alloc(AllocList::EMPTY),
            "level" => heap.alloc(0),
            "propagate" => Value::new_bool(true),
            "disabled" => Value::new_bool(false),
            _ => return None,
        })
    }

    /// `logger.propagate = False` and its like.
    fn set_attr(&self, _name: &str, _value: Value<'v>) -> starlark::Result<()> {
        Ok(())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    /// Nobody asked for so much.
    fn debug<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(args)] _parts: UnpackTuple<Value<'v>>,
        #[starlark(kwargs)] _named: SmallMap<String, Value<'v>>,
    ) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }

    fn log<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(require = pos)] level: i32,
        #[starlark(args)] parts: UnpackTuple<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        match level {
            ..INFO => Ok(NoneType),
            ..WARNING => tell("", &parts.items, eval),
            ..ERROR => tell("warning: ", &parts.items, eval),
            _ => tell("error: ", &parts.items, eval),
        }
    }

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

    fn addHandler<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(require = pos)] _handler: Value<'v>,
    ) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }

    fn removeHandler<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(require = pos)] _handler: Value<'v>,
    ) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }

    fn addFilter<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(require = pos)] _filter: Value<'v>,
    ) -> starlark::Result<NoneType> {
        Ok(NoneType)
    }

    fn hasHandlers<'v>(#[starlark(this)] _this: Value<'v>) -> starlark::Result<bool> {
        Ok(false)
    }

    fn isEnabledFor<'v>(
        #[starlark(this)] _this: Value<'v>,
        #[starlark(require = pos)] level: i32,
    ) -> starlark::Result<bool> {
        Ok(level >= WARNING)
    }

    fn getEffectiveLevel<'v>(#[starlark(this)] _this: Value<'v>) -> starlark::Result<i32> {
        Ok(WARNING)
    }

    fn getChild<'v>(this: &Logger, #[starlark(require = pos)] name: &str) -> starlark::Result<Logger> {
        Ok(Logger(format!("{}.{name}", this.0).into()))
    }
}

/// What makes loggers.
#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn getLogger<'v>(#[starlark(default = NoneOr::None)] name: NoneOr<Value<'v>>) -> starlark::Result<Logger> {
        Ok(name.into_option().map_or_else(Logger::root, |name| Logger(name.to_str().into())))
    }
}

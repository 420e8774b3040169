//! Arguments that are handed on to another function.

use starlark::collections::SmallMap;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::{Heap, StringValue, Value};

/// Positional and named arguments of a call.
pub(super) struct Passed<'v> {
    positions: Vec<Value<'v>>,
    named: SmallMap<StringValue<'v>, Value<'v>>,
}

impl<'v> Passed<'v> {
    /// Those that a function was given.
    ///
    /// # Errors
    /// If `**x` is given what is no dict of texts.
    pub(super) fn of(args: &Arguments<'v, '_>, heap: Heap<'v>) -> starlark::Result<Passed<'v>> {
        Ok(Passed { positions: args.positions(heap)?.collect(), named: args.names_map()? })
    }

    /// A named argument, which is handed on no more.
    pub(super) fn take(&mut self, name: &str) -> Option<Value<'v>> {
        let name = self.named.keys().find(|known| known.as_str() == name).copied()?;
        self.named.shift_remove(&name)
    }

    /// The first positional argument, which is handed on no more.
    pub(super) fn shift(&mut self) -> Option<Value<'v>> {
        (!self.positions.is_empty()).then(|| self.positions.remove(0))
    }

    /// Those by place and those by name.
    pub(super) fn parts(self) -> (Vec<Value<'v>>, SmallMap<StringValue<'v>, Value<'v>>) {
        (self.positions, self.named)
    }

    /// Calls a function with some arguments and these behind them.
    ///
    /// # Errors
    /// What the function fails with.
    pub(super) fn on_to(
        &self,
        function: Value<'v>,
        first: &[Value<'v>],
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let positions: Vec<Value> = first.iter().chain(&self.positions).copied().collect();
        let named: Vec<(&str, Value)> = self.named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        eval.eval_function(function, &positions, &named)
    }
}

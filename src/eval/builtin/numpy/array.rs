//! An array of one dimension.
//!
//! Owns the value, its operators and its methods. Its elements are Python's numbers.

use super::cells::{Cells, compared, operated, refused};
use super::reckon::{self, changed, reduced};
use crate::eval::convert::{elements, from_val};
use crate::eval::exception::thrown;
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::fmt;
use std::sync::Arc;

/// An array.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(in crate::eval) struct Array {
    pub(super) cells: Arc<Cells>,
}

starlark_simple_value!(Array);

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "array({})", Val::List(self.cells.vals()).repr())
    }
}

impl Array {
    pub(super) fn new(cells: Cells) -> Array {
        Array { cells: Arc::new(cells) }
    }

    /// Each element compared; none if neither side is an array.
    pub(in crate::eval::builtin) fn compared<'v>(
        left: Value<'v>,
        operator: &str,
        right: Value<'v>,
        heap: Heap<'v>,
    ) -> Option<starlark::Result<Value<'v>>> {
        Array::from_value(left).or_else(|| Array::from_value(right))?;
        let cells = || compared(&Cells::of(left, heap)?.0, operator, &Cells::of(right, heap)?.0);
        Some(cells().map(|cells| heap.alloc(Array::new(cells))))
    }

    /// `a OP b`; none if neither side is an array.
    pub(in crate::eval::builtin) fn operated<'v>(
        left: Value<'v>,
        operator: &str,
        right: Value<'v>,
        heap: Heap<'v>,
    ) -> Option<starlark::Result<Value<'v>>> {
        Array::from_value(left).or_else(|| Array::from_value(right))?;
        let cells = || operated(&Cells::of(left, heap)?.0, operator, &Cells::of(right, heap)?.0);
        Some(cells().map(|cells| heap.alloc(Array::new(cells))))
    }

    fn with<'v>(&self, operator: &str, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let cells = operated(&self.cells, operator, &Cells::of(other, heap)?.0)?;
        Ok(heap.alloc(Array::new(cells)))
    }

    /// The place of an index.
    fn place(&self, index: i64) -> starlark::Result<usize> {
        let len = self.cells.len() as i64;
        let at = if index < 0 { index + len } else { index };
        match (0..len).contains(&at) {
            true => Ok(at as usize),
            false => {
                let why = format!("index {index} is out of bounds for axis 0 with size {len}");
                Err(thrown("IndexError", why))
            }
        }
    }

    /// The places that an array or a list of bools or of numbers names.
    fn places<'v>(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Vec<usize>> {
        match Cells::of(index, heap)? {
            (Cells::Bools(fits), false) if fits.len() == self.cells.len() => {
                Ok((0..fits.len()).filter(|at| fits[*at]).collect())
            }
            (Cells::Bools(_), false) => Err(thrown("IndexError", "boolean index did not match indexed array")),
            (Cells::Ints(places), false) => places.iter().map(|at| self.place(*at)).collect(),
            _ => Err(refused("this index of an array is not served here")),
        }
    }
}

#[starlark_value(type = "ndarray")]
impl<'v> StarlarkValue<'v> for Array {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "size" => Some(heap.alloc(self.cells.len() as i64)),
            "ndim" => Some(heap.alloc(1)),
            "shape" => Some(heap.alloc(AllocTuple([self.cells.len() as i64]))),
            _ => None,
        }
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match index.unpack_i32() {
            Some(at) => Ok(from_val(&self.cells.one(self.place(at.into())?), heap)),
            None => Ok(heap.alloc(Array::new(self.cells.at(&self.places(index, heap)?)))),
        }
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        step: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let all = heap.alloc(AllocList((0..self.cells.len() as i64).collect::<Vec<_>>()));
        let taken = all.slice(start, stop, step, heap)?;
        let places = elements(taken, heap).unwrap_or_default();
        let places: Vec<usize> = places.iter().filter_map(|at| at.unpack_i32()).map(|at| at as usize).collect();
        Ok(heap.alloc(Array::new(self.cells.at(&places))))
    }

    /// Of one element, its own; numpy asks of no others.
    fn to_bool(&self) -> bool {
        self.cells.len() != 1 || self.cells.floats().is_ok_and(|cells| cells[0] != 0.0)
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(self.cells.len() as i32)
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.cells.vals().iter().map(|cell| from_val(cell, heap)).collect())
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        let fits = |cell: &Val| match (cell, other.unpack_str(), other.unpack_bool()) {
            (Val::Str(cell), Some(text), _) => Ok(**cell == *text),
            (Val::Bool(cell), _, Some(bool)) => Ok(*cell == bool),
            (Val::Int(_) | Val::Float(_), None, None) => {
                let number = if let Val::Float(x) = cell { *x } else { cell.repr().parse().unwrap_or(f64::NAN) };
                let other: Option<starlark::values::float::UnpackFloat> =
                    starlark::values::UnpackValue::unpack_value(other)?;
                Ok(other.is_some_and(|other| other.0 == number))
            }
            _ => Err(refused("numpy looks for another kind of value in another way")),
        };
        self.cells.vals().iter().try_fold(false, |found, cell| Ok(found || fits(cell)?))
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.with("+", other, heap))
    }

    fn radd(&self, left: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Array::operated(left, "+", heap.alloc(self.clone()), heap)
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.with("-", other, heap)
    }

    fn mul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.with("*", other, heap))
    }

    fn rmul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(self.with("*", other, heap))
    }

    fn div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.with("/", other, heap)
    }

    fn floor_div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.with("//", other, heap)
    }

    fn percent(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.with("%", other, heap)
    }

    fn bit_and(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.with("&", other, heap)
    }

    fn bit_or(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.with("|", other, heap)
    }

    fn bit_xor(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        self.with("^", other, heap)
    }

    fn bit_not(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match &*self.cells {
            Cells::Bools(cells) => Ok(heap.alloc(Array::new(Cells::Bools(cells.iter().map(|b| !b).collect())))),
            _ => Err(refused("`~` is served for arrays of bools alone")),
        }
    }

    fn minus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let cells = match &*self.cells {
            Cells::Floats(cells) => Cells::Floats(cells.iter().map(|x| -x).collect()),
            Cells::Ints(_) => operated(&self.cells, "*", &Cells::Ints(vec![-1]))?,
            _ => return Err(thrown("TypeError", "`-` wants an array of numbers")),
        };
        Ok(heap.alloc(Array::new(cells)))
    }

    fn equals(&self, _other: Value<'v>) -> starlark::Result<bool> {
        Err(refused("whether arrays are equal is asked for each element, not of a whole"))
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn tolist<'v>(this: &Array, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(AllocList(this.cells.vals().iter().map(|cell| from_val(cell, heap)))))
    }

    fn copy(this: &Array) -> starlark::Result<Array> {
        Ok(this.clone())
    }

    fn astype<'v>(this: &Array, #[starlark(require = pos)] kind: Value<'v>) -> starlark::Result<Array> {
        reckon::as_type(&this.cells, kind).map(Array::new)
    }

    fn round(this: &Array, #[starlark(default = 0)] decimals: i32) -> starlark::Result<Array> {
        changed(&this.cells, "round", decimals).map(Array::new)
    }

    fn mean<'v>(this: &Array, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&reduced(&this.cells, "mean", 0)?, heap))
    }

    fn min<'v>(this: &Array, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&reduced(&this.cells, "min", 0)?, heap))
    }

    fn max<'v>(this: &Array, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&reduced(&this.cells, "max", 0)?, heap))
    }

    fn sum<'v>(this: &Array, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(from_val(&reduced(&this.cells, "sum", 0)?, heap))
    }

    fn std<'v>(
        this: &Array,
        #[starlark(require = named, default = 0)] ddof: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(from_val(&reduced(&this.cells, "std", ddof)?, heap))
    }

    fn any(this: &Array) -> starlark::Result<bool> {
        Ok(this.cells.floats()?.iter().any(|x| *x != 0.0))
    }

    fn all(this: &Array) -> starlark::Result<bool> {
        Ok(this.cells.floats()?.iter().all(|x| *x != 0.0))
    }

    fn item<'v>(
        this: &Array,
        #[starlark(default = NoneOr::None)] at: NoneOr<i32>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match (at.into_option(), this.cells.len()) {
            (Some(at), _) => Ok(from_val(&this.cells.one(this.place(at.into())?), heap)),
            (None, 1) => Ok(from_val(&this.cells.one(0), heap)),
            (None, _) => Err(thrown("ValueError", "can only convert an array of size 1 to a Python scalar")),
        }
    }
}

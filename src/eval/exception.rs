//! Python's exceptions: their classes, their values, and how they are raised.
//!
//! Owns the tree of classes. An error that is ours rather than Python's, such as
//! a refusal or a checkpoint that is waited for, is no exception: no `try` takes it.

use super::convert::{from_val, to_val};
use super::fault::fault;
use super::show;
use crate::diag::{Diag, Kind};
use crate::value::Val;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::StarlarkHasher;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::typing::Ty;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

/// The classes that are served, each with the one above it.
pub(super) const CLASSES: [(&str, &str); 51] = [
    ("BaseException", ""),
    ("Exception", "BaseException"),
    ("SystemExit", "BaseException"),
    ("KeyboardInterrupt", "BaseException"),
    ("ArithmeticError", "Exception"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("OverflowError", "ArithmeticError"),
    ("AssertionError", "Exception"),
    ("AttributeError", "Exception"),
    ("FrozenInstanceError", "AttributeError"),
    ("EOFError", "Exception"),
    ("ImportError", "Exception"),
    ("ModuleNotFoundError", "ImportError"),
    ("LookupError", "Exception"),
    ("IndexError", "LookupError"),
    ("KeyError", "LookupError"),
    ("FloatingPointError", "ArithmeticError"),
    ("NameError", "Exception"),
    ("UnboundLocalError", "NameError"),
    ("OSError", "Exception"),
    ("IOError", "OSError"),
    ("FileNotFoundError", "OSError"),
    ("FileExistsError", "OSError"),
    ("IsADirectoryError", "OSError"),
    ("NotADirectoryError", "OSError"),
    ("PermissionError", "OSError"),
    ("TimeoutError", "OSError"),
    ("ConnectionError", "OSError"),
    ("BlockingIOError", "OSError"),
    ("ChildProcessError", "OSError"),
    ("RuntimeError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("RecursionError", "RuntimeError"),
    ("StopIteration", "Exception"),
    ("TypeError", "Exception"),
    ("MemoryError", "Exception"),
    ("Warning", "Exception"),
    ("UserWarning", "Warning"),
    ("DeprecationWarning", "Warning"),
    ("FutureWarning", "Warning"),
    ("RuntimeWarning", "Warning"),
    ("ValueError", "Exception"),
    ("UnicodeError", "ValueError"),
    ("UnicodeDecodeError", "UnicodeError"),
    ("UnicodeEncodeError", "UnicodeError"),
    ("JSONDecodeError", "ValueError"),
    ("re.error", "Exception"),
    ("EmptyDataError", "ValueError"),
    ("ParserError", "ValueError"),
    ("WorkflowError", "Exception"),
    ("WildcardError", "WorkflowError"),
];

/// A class: one of Python's own by its number in the tree, or one of the
/// Rulefile's with the class below which it is.
#[derive(Clone, Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
#[display("<class '{}'>", self.name())]
pub(super) enum Class {
    Own(usize),
    Below(Arc<(Box<str>, Class)>),
}

starlark_simple_value!(Class);

impl Class {
    /// A class of Python's own.
    pub(super) fn of(name: &str) -> Class {
        let at = CLASSES.iter().position(|(own, _)| *own == name);
        Class::Own(at.unwrap_or_else(|| panic!("bug: `{name}` is no class of exceptions")))
    }

    /// A class of the Rulefile's below another.
    pub(super) fn below(&self, name: &str) -> Class {
        Class::Below(Arc::new((name.into(), self.clone())))
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Class::Own(at) => CLASSES[*at].0,
            Class::Below(own) => &own.0,
        }
    }

    /// The class of an error of the system's with a number.
    fn of_number(self, number: i64) -> Class {
        match number {
            _ if !matches!(self.name(), "OSError" | "IOError") => self,
            2 => Class::of("FileNotFoundError"),
            13 => Class::of("PermissionError"),
            17 => Class::of("FileExistsError"),
            20 => Class::of("NotADirectoryError"),
            21 => Class::of("IsADirectoryError"),
            _ => self,
        }
    }

    /// Whether it is the same class; one of the Rulefile's is known by its name and those above it.
    fn is_same(&self, other: &Class) -> bool {
        match (self, other) {
            (Class::Own(own), Class::Own(other)) => own == other,
            (Class::Below(own), Class::Below(other)) => own.0 == other.0 && own.1.is_same(&other.1),
            _ => false,
        }
    }

    fn above(&self) -> Option<Class> {
        match self {
            Class::Own(at) => Some(CLASSES[*at].1).filter(|name| !name.is_empty()).map(Class::of),
            Class::Below(own) => Some(own.1.clone()),
        }
    }

    /// Whether it is another class or below it.
    pub(super) fn is(&self, other: &Class) -> bool {
        // `IOError` is another name of `OSError`.
        let name = if other.name() == "IOError" { "OSError" } else { other.name() };
        self.name() == name || self.above().is_some_and(|above| above.is(other))
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Class {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        (name == "__name__").then(|| heap.alloc_str(self.name()).to_value())
    }

    fn eval_type(&self) -> Option<Ty> {
        Some(Ty::any())
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let given: Vec<Value> = args.positions(heap)?.collect();
        let args = given.into_iter().map(|arg| plain(arg, eval)).collect::<starlark::Result<_>>()?;
        Ok(heap.alloc(Exception::given(self.clone(), args)))
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(Class::from_value(other).is_some_and(|other| self.is_same(other)))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.name().hash(hasher);
        Ok(())
    }
}

/// What an error keeps of a value: one that is no plain value is kept as its text.
pub(super) fn plain<'v>(value: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<Val> {
    match to_val(value, eval.heap(), &mut |_| Err(fault("no function"))) {
        Ok(plain) => Ok(plain),
        Err(_) => show::text(value, eval).map(Val::str),
    }
}

/// What is raised.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[allocative(skip)]
pub(super) struct Exception {
    class: Class,
    args: Vec<Val>,
    /// What its class of the Rulefile's gave it.
    fields: Vec<(Box<str>, Val)>,
    /// Its text, if that class says it.
    said: Option<Box<str>>,
    /// What stands behind `from` where it was raised.
    cause: Option<Box<Exception>>,
    /// Where the object is kept that it is, if it is one of a class with members.
    kept: Option<Box<str>>,
}

starlark_simple_value!(Exception);

impl Exception {
    pub(super) fn new(class: &str, message: &str) -> Exception {
        Exception::given(Class::of(class), vec![Val::str(message)])
    }

    /// An error of a class that is called with `args`.
    pub(super) fn given(class: Class, args: Vec<Val>) -> Exception {
        let of_system = class.is(&Class::of("OSError"));
        let class = match args.as_slice() {
            [Val::Int(number), _, ..] if of_system => class.of_number(*number),
            _ => class,
        };
        let (fields, said) = match args.as_slice() {
            [number @ Val::Int(_), why @ Val::Str(_)] if of_system => of_system_error(number, why, &Val::None),
            [number @ Val::Int(_), why @ Val::Str(_), file] if of_system => of_system_error(number, why, file),
            _ => (Vec::new(), None),
        };
        let args = if fields.is_empty() { args } else { args.into_iter().take(2).collect() };
        Exception { class, args, fields, said, cause: None, kept: None }
    }

    /// The same, raised from another.
    pub(super) fn caused_by(self, cause: Exception) -> Exception {
        Exception { cause: Some(Box::new(cause)), ..self }
    }

    /// The same, which stands for an object that is kept under a name.
    pub(super) fn keeps(self, name: String) -> Exception {
        Exception { kept: Some(name.into()), ..self }
    }

    /// The name under which the object is kept that it is.
    pub(super) fn kept(&self) -> Option<&str> {
        self.kept.as_deref()
    }

    /// An error with members of its own, and how it is told.
    pub(super) fn with_members(class: Class, fields: Vec<(Box<str>, Val)>, said: String) -> Exception {
        let given = fields.iter().find(|(name, _)| &**name == "args").and_then(|(_, args)| args.items());
        let args = given.unwrap_or_default().to_vec();
        Exception { class, args, fields, said: Some(said.into()), cause: None, kept: None }
    }

    pub(super) fn class(&self) -> &Class {
        &self.class
    }

    /// `repr(e)`.
    pub(super) fn repr(&self) -> String {
        let args: Vec<String> = self.args.iter().map(Val::repr).collect();
        format!("{}({})", self.class.name(), args.join(", "))
    }

    /// What is said where nobody takes it.
    fn told(&self) -> String {
        let text = self.to_string();
        // These are raised to say no more than their text.
        let plain = matches!(self.class.name(), "WorkflowError" | "SystemExit");
        if self.code().is_some() {
            return "the Rulefile ends itself here".to_owned();
        }
        match text.as_str() {
            "" => self.class.name().to_owned(),
            _ if plain && text.contains(' ') => text,
            _ => format!("{}: {text}", self.class.name()),
        }
    }

    /// The exit code of what ends the program, unless it says why by a text.
    fn code(&self) -> Option<u8> {
        let ends = self.class.is(&Class::of("SystemExit"));
        match self.args.first() {
            _ if !ends => None,
            None | Some(Val::None) => Some(0),
            Some(Val::Bool(failed)) => Some(u8::from(*failed)),
            Some(Val::Int(code)) => Some((code & 0xff) as u8),
            Some(_) => None,
        }
    }

    /// What Python knows of errors of this class alone.
    fn attribute(&self, name: &str) -> Option<Val> {
        let is = |class: &str| self.class.is(&Class::of(class));
        let first = || self.args.first().cloned().unwrap_or(Val::None);
        match name {
            "code" if is("SystemExit") => Some(first()),
            "value" if is("StopIteration") => Some(first()),
            "errno" | "strerror" | "filename" if is("OSError") => Some(Val::None),
            "name" if is("ImportError") => {
                let text = self.to_string();
                Some(
                    text.strip_prefix("No module named '")
                        .map_or(Val::None, |name| Val::str(name.trim_end_matches('\''))),
                )
            }
            _ => None,
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(said) = &self.said {
            return f.write_str(said);
        }
        match self.args.as_slice() {
            [] => Ok(()),
            [Val::Str(text)] if !self.class.is(&Class::of("KeyError")) => f.write_str(text),
            [one] => f.write_str(&one.repr()),
            several => {
                let all: Vec<String> = several.iter().map(Val::repr).collect();
                write!(f, "({})", all.join(", "))
            }
        }
    }
}

#[starlark_value(type = "exception")]
impl<'v> StarlarkValue<'v> for Exception {
    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match name {
            "args" => Some(heap.alloc(AllocTuple(self.args.iter().map(|v| from_val(v, heap))))),
            "__class__" => Some(heap.alloc(self.class.clone())),
            "__cause__" | "__context__" => {
                Some(self.cause.as_ref().map_or_else(Value::new_none, |cause| heap.alloc((**cause).clone())))
            }
            _ => {
                let own = self.fields.iter().find(|(own, _)| &**own == name).map(|(_, value)| value.clone());
                own.or_else(|| self.attribute(name)).map(|value| from_val(&value, heap))
            }
        }
    }
}

/// What an error has besides its arguments, by name.
type Members = Vec<(Box<str>, Val)>;

/// The members and the text of an error of the system's.
fn of_system_error(number: &Val, why: &Val, file: &Val) -> (Members, Option<Box<str>>) {
    let whose = if *file == Val::None { String::new() } else { format!(": {}", file.repr()) };
    let said = format!("[Errno {}] {}{whose}", number.repr(), why.as_str().unwrap_or(""));
    let fields = [("errno", number), ("strerror", why), ("filename", file)];
    (fields.into_iter().map(|(name, value)| (name.into(), value.clone())).collect(), Some(said.into()))
}

/// An exception on its way through Starlark's error type.
#[derive(Debug)]
pub(super) struct Thrown {
    pub(super) exception: Exception,
    pub(super) diag: Diag,
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diag.message)
    }
}

impl std::error::Error for Thrown {}

/// The error that an exception is, at the place of the call.
pub(super) fn raise(exception: Exception) -> starlark::Error {
    let kind = exception.code().map_or(Kind::Rulefile, Kind::Ended);
    let diag = Diag::error(kind, exception.told());
    starlark::Error::new_other(Thrown { exception, diag })
}

/// An error without a value of its own: `assert x`.
pub(super) fn bare(class: &str, message: &str) -> starlark::Error {
    let exception = Exception::given(Class::of(class), Vec::new());
    starlark::Error::new_other(Thrown { exception, diag: Diag::error(Kind::Rulefile, message) })
}

/// An error that Python would raise as a class of its own.
pub(super) fn throw(class: &str, diag: Diag) -> starlark::Error {
    let exception = Exception::new(class, &super::wording::of_python(class, &diag.message));
    starlark::Error::new_other(Thrown { exception, diag })
}

/// An error of a class, at the place of the call.
pub(super) fn thrown(class: &str, message: impl Into<String>) -> starlark::Error {
    throw(class, Diag::error(Kind::Rulefile, message))
}

/// The same, with a way out.
pub(super) fn thrown_with(class: &str, message: impl Into<String>, hint: impl Into<String>) -> starlark::Error {
    throw(class, Diag::error(Kind::Rulefile, message).hint(hint))
}

/// An error whose text is another than what is said where nobody takes it.
pub(super) fn told_as(class: &str, text: &str, message: String) -> starlark::Error {
    let exception = Exception::new(class, text);
    starlark::Error::new_other(Thrown { exception, diag: Diag::error(Kind::Rulefile, message) })
}

/// A key that is not there, with what is said where nobody takes it.
pub(super) fn unfound(key: &str, diag: Diag) -> starlark::Error {
    starlark::Error::new_other(Thrown { exception: Exception::new("KeyError", key), diag })
}

/// An error of reading a file.
pub(super) fn unread(error: &std::io::Error, message: impl Into<String>) -> starlark::Error {
    let class = match error.kind() {
        std::io::ErrorKind::NotFound => "FileNotFoundError",
        std::io::ErrorKind::PermissionDenied => "PermissionError",
        std::io::ErrorKind::IsADirectory => "IsADirectoryError",
        std::io::ErrorKind::InvalidData => "UnicodeDecodeError",
        _ => "OSError",
    };
    let message = message.into();
    let why = error.to_string();
    let (why, number) = why.split_once(" (os error ").unwrap_or((&why, ""));
    let exception = match number.trim_end_matches(')').parse() {
        Ok(number) => {
            let file = Val::str(super::wording::quoted(&message, 0));
            Exception::given(Class::of(class), vec![Val::Int(number), Val::str(why), file])
        }
        Err(_) => Exception::new(class, &message),
    };
    starlark::Error::new_other(Thrown { exception, diag: Diag::error(Kind::Rulefile, message) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_those_above_them() {
        let is = |name: &str, above: &str| Class::of(name).is(&Class::of(above));
        assert!(is("KeyError", "LookupError") && is("KeyError", "Exception") && is("FileNotFoundError", "IOError"));
        assert!(!is("SystemExit", "Exception") && !is("KeyError", "ValueError"));
        let own = Class::of("ValueError").below("Odd");
        assert!(own.is(&Class::of("ValueError")) && !Class::of("ValueError").is(&own));
    }

    #[test]
    fn exceptions_are_told_as_in_python() {
        let key = Exception::new("KeyError", "a");
        assert_eq!(
            (key.to_string(), key.repr(), key.told()),
            ("'a'".into(), "KeyError('a')".into(), "KeyError: 'a'".into())
        );
        let args = vec![Val::str("a"), Val::Int(1)];
        let two = Exception::given(Class::of("ValueError"), args);
        assert_eq!((two.to_string(), two.repr()), ("('a', 1)".into(), "ValueError('a', 1)".into()));
    }
}

//! `hashlib`: digests of texts.

use super::reading::Opened;
use allocative::Allocative;
use sha2::Digest;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::values::none::NoneType;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use starlark::{starlark_module, starlark_simple_value};
use std::sync::{Mutex, PoisonError};

/// The methods that are served.
#[derive(Clone, Copy, Debug)]
enum Method {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// A digest of what it was given so far.
#[derive(Debug, derive_more::Display, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
#[display("<{method:?} of hashlib>")]
#[allocative(skip)]
struct Hash {
    method: Method,
    /// Bytes stand as texts here.
    given: Mutex<String>,
}

starlark_simple_value!(Hash);

#[starlark_value(type = "hash")]
impl<'v> StarlarkValue<'v> for Hash {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = methods);
        Some(METHODS.methods())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Hash {
    fn digest(&self) -> String {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let given = given.as_bytes();
        match self.method {
            Method::Md5 => hex(&md5::Md5::digest(given)),
            Method::Sha1 => hex(&sha1::Sha1::digest(given)),
            Method::Sha224 => hex(&sha2::Sha224::digest(given)),
            Method::Sha256 => hex(&sha2::Sha256::digest(given)),
            Method::Sha384 => hex(&sha2::Sha384::digest(given)),
            Method::Sha512 => hex(&sha2::Sha512::digest(given)),
        }
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn update(this: &Hash, #[starlark(require = pos)] more: &str) -> starlark::Result<NoneType> {
        this.given.lock().unwrap_or_else(PoisonError::into_inner).push_str(more);
        Ok(NoneType)
    }

    fn hexdigest(this: &Hash) -> starlark::Result<String> {
        Ok(this.digest())
    }
}

fn hash<'v>(method: Method, given: Option<Value<'v>>, heap: Heap<'v>) -> Value<'v> {
    let text = |given: Value<'v>| match Opened::from_value(given) {
        Some(file) => file.rest().to_owned(),
        None => given.unpack_str().map_or_else(|| given.to_str(), str::to_owned),
    };
    heap.alloc(Hash { method, given: Mutex::new(given.map(text).unwrap_or_default()) })
}

#[starlark_module]
pub(super) fn register(builder: &mut GlobalsBuilder) {
    fn md5<'v>(#[starlark(require = pos)] given: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(hash(Method::Md5, given, heap))
    }

    fn sha1<'v>(#[starlark(require = pos)] given: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(hash(Method::Sha1, given, heap))
    }

    fn sha224<'v>(#[starlark(require = pos)] given: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(hash(Method::Sha224, given, heap))
    }

    fn sha256<'v>(#[starlark(require = pos)] given: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(hash(Method::Sha256, given, heap))
    }

    fn sha384<'v>(#[starlark(require = pos)] given: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(hash(Method::Sha384, given, heap))
    }

    fn sha512<'v>(#[starlark(require = pos)] given: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(hash(Method::Sha512, given, heap))
    }
}

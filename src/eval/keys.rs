//! Which keys the dicts of a file have that are a number where another is asked by its
//! text, or the other way round.
//!
//! Owns what is remembered of them for messages. It looks nothing up for the program.

use rustc_hash::{FxHashMap, FxHashSet};
use starlark::environment::Module;
use starlark::values::dict::DictRef;

/// The keys of top-level dicts, as errors write them: numbers, and texts of digits.
#[derive(Default)]
pub(super) struct Keys(FxHashMap<Box<str>, FxHashSet<Box<str>>>);

impl Keys {
    /// What a file has by now.
    pub(super) fn of(module: &Module) -> Keys {
        let keys = |name: &str| {
            let value = module.get(name)?;
            let dict = DictRef::from_value(value)?;
            let own = dict.keys().filter(|key| key.unpack_i32().is_some() || key.unpack_str().is_some_and(is_number));
            let own: FxHashSet<Box<str>> = own.map(|key| key.to_repr().into()).collect();
            (!own.is_empty()).then_some(own)
        };
        Keys(module.names().filter_map(|name| Some((name.as_str().into(), keys(name.as_str())?))).collect())
    }

    /// The message and the way out where a dict has the key, but of the other type; `key`
    /// is as an error writes it, `asked` the text of what was asked by.
    pub(super) fn other_type(&self, dict: &str, key: &str, asked: &str) -> Option<(String, String)> {
        let bare = key.trim_matches('"');
        let (other, there, convert) = match key.starts_with('"') {
            true => (bare.to_owned(), format!("the number {bare}"), "int"),
            false => (format!("\"{key}\""), format!("the text \"{key}\""), "str"),
        };
        self.0.get(dict).filter(|keys| keys.contains(&*other))?;
        Some((format!("`{dict}` has no key `{key}`, but {there}"), format!("write `{dict}[{convert}({asked})]`")))
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

//! The steps of a placeholder from a value to a part of it.

use super::Access;
use crate::suggest::did_you_mean;
use crate::value::Val;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

/// The part of a value that a placeholder's steps lead to; the error is one
/// line that names what is not there, with the nearest key.
pub fn access<'v>(value: &'v Val, steps: &[Access]) -> Result<Cow<'v, Val>, String> {
    let mut at = value;
    for (number, one) in steps.iter().enumerate() {
        if let (Val::Path(path), Access::Attr(name)) = (at, one) {
            let part = part_of_path(Path::new(&**path), name)?;
            return access(&part, &steps[number + 1..]).map(|found| Cow::Owned(found.into_owned()));
        }
        at = step(at, one)?;
    }
    Ok(Cow::Borrowed(at))
}

/// What `pathlib` names of a path.
fn part_of_path(path: &Path, name: &str) -> Result<Val, String> {
    let text = |part: Option<&OsStr>| part.map_or_else(String::new, |part| part.to_string_lossy().into_owned());
    Ok(match name {
        "name" => Val::str(text(path.file_name())),
        "stem" => Val::str(text(path.file_stem())),
        "suffix" => Val::str(path.extension().map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()))),
        "parent" => {
            let parent = path.parent().map_or_else(|| path.to_string_lossy(), Path::to_string_lossy);
            Val::Path(if parent.is_empty() { "." } else { &*parent }.into())
        }
        _ => return Err(format!("a path has no `.{name}` here, only `name`, `stem`, `suffix` and `parent`")),
    })
}

fn step<'v>(value: &'v Val, step: &Access) -> Result<&'v Val, String> {
    match (value, step) {
        (Val::Dict(_), Access::Attr(key) | Access::Key(key)) => by_key(value, key),
        (Val::Dict(entries), Access::Index(index)) => {
            let number = entries.iter().find(|(k, _)| *k == Val::Int(*index)).map(|(_, v)| v);
            match (number, value.get("")) {
                (Some(found), _) => Ok(found),
                // A list, some stretches of which have names.
                (None, Some(all @ Val::List(_))) => self::step(all, step),
                (None, _) => by_key(value, &index.to_string()),
            }
        }
        (Val::List(items) | Val::Tuple(items), Access::Index(index)) => {
            let from_end = |i: i64| usize::try_from(i + items.len() as i64).ok();
            let at = usize::try_from(*index).ok().or_else(|| from_end(*index));
            at.and_then(|at| items.get(at)).ok_or_else(|| no_item(*index, items.len()))
        }
        (Val::List(_) | Val::Tuple(_), Access::Key(key)) => {
            Err(format!("{} has no key `{key}`, only numbers from 0", value.kind()))
        }
        (Val::Object(object), access) => match (object.named_list(), access) {
            (Some(list), Access::Index(_)) => self::step(list.items, access),
            (Some(list), _) => self::step(list.names, access),
            (None, _) => self::step(&object.plain, access),
        },
        (_, Access::Attr(name)) => Err(format!("{} has no `.{name}`", value.kind())),
        (_, Access::Key(key)) => Err(format!("{} has no key `{key}`", value.kind())),
        (_, Access::Index(index)) => Err(format!("{} has no item {index}", value.kind())),
    }
}

fn by_key<'v>(dict: &'v Val, key: &str) -> Result<&'v Val, String> {
    dict.get(key).ok_or_else(|| {
        let Val::Dict(entries) = dict else { unreachable!("only dicts are asked for keys") };
        let hint = did_you_mean(key, entries.iter().filter_map(|(k, _)| k.as_str()));
        hint.map_or_else(|| format!("there is no key `{key}`"), |hint| format!("there is no key `{key}`, {hint}"))
    })
}

fn no_item(index: i64, len: usize) -> String {
    match len {
        0 => format!("there is no item {index}: the list is empty"),
        1 => format!("there is no item {index}: the list has one item, 0"),
        n => format!("there is no item {index}: the list has {n} items, from 0 to {}", n - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_their_faults() {
        let inner = Val::List(vec![Val::Int(7), Val::str("x")]);
        let value = Val::Dict(vec![(Val::str("items"), inner), (Val::Int(3), Val::Bool(true))]);
        let key = |k: &str| Access::Key(k.into());
        let attr = |k: &str| Access::Attr(k.into());
        assert_eq!(access(&value, &[key("items"), Access::Index(1)]), Ok(Cow::Owned(Val::str("x"))));
        assert_eq!(access(&value, &[attr("items"), Access::Index(-2)]), Ok(Cow::Owned(Val::Int(7))));
        assert_eq!(access(&value, &[Access::Index(3)]), Ok(Cow::Owned(Val::Bool(true))));
        let fault = |steps: &[Access]| access(&value, steps).unwrap_err();
        assert_eq!(fault(&[key("itmes")]), "there is no key `itmes`, did you mean `items`?");
        assert_eq!(fault(&[attr("items"), Access::Index(2)]), "there is no item 2: the list has 2 items, from 0 to 1");
        assert_eq!(fault(&[attr("items"), Access::Index(0), key("k")]), "an int has no key `k`");
    }
}

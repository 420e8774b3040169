//! Values checked against a JSON Schema, and its defaults filled in.
//!
//! Owns the keywords that configs and sample sheets use: types, properties,
//! required, items, enumerations, bounds, patterns, combinations, and references
//! within the file. It does not know where schema or value come from.

use super::config::merge;
use crate::suggest::did_you_mean;
use crate::value::Val;
use fancy_regex::Regex;

/// What does not fit: the way to the value, and what is wrong with it.
#[derive(Debug, PartialEq)]
pub(super) struct Misfit {
    /// `a.b[0]`; empty for the whole.
    pub(super) path: String,
    pub(super) message: String,
    /// It may fit: the schema says something that nobody knows.
    pub(super) doubt: bool,
}

/// Keywords that are understood or say nothing about values.
const KNOWN: [&str; 42] = [
    "$schema",
    "$id",
    "id",
    "$ref",
    "$defs",
    "definitions",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "enum",
    "const",
    "pattern",
    "minLength",
    "maxLength",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "deprecated",
    "readOnly",
    "writeOnly",
];
/// Keywords that say something and are not understood. All others are notes of the author's.
const LACKING: [&str; 17] = [
    "$anchor",
    "$dynamicRef",
    "$recursiveRef",
    "additionalItems",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "extends",
    "if",
    "maxContains",
    "minContains",
    "prefixItems",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "disallow",
];
/// References in references.
const DEEPEST: usize = 60;

/// A schema file.
pub(super) struct Schema<'a> {
    pub(super) root: &'a Val,
}

impl Schema<'_> {
    /// Everything that does not fit; missing values that have a default are
    /// filled in first.
    pub(super) fn check(&self, value: &mut Val) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        self.value(value, self.root, "", 0, &mut misfits);
        misfits
    }

    fn value(&self, value: &mut Val, schema: &Val, path: &str, depth: usize, out: &mut Vec<Misfit>) {
        let misfit = |message: String| Misfit { path: path.to_owned(), message, doubt: false };
        if depth > DEEPEST {
            return out.push(misfit("the schema refers to itself without end".into()));
        }
        let Val::Dict(keywords) = schema else {
            if *schema == Val::Bool(false) {
                out.push(misfit("is not allowed".into()));
            }
            return;
        };
        for keyword in keywords.iter().filter_map(|(k, _)| k.as_str()).filter(|k| !KNOWN.contains(k)) {
            if LACKING.contains(&keyword) {
                let why = format!("cannot be checked: the keyword `{keyword}` of the schema is not served here");
                out.push(misfit(why));
            } else if let Some(hint) = did_you_mean(keyword, KNOWN) {
                let message =
                    format!("is checked without the keyword `{keyword}` of the schema, which says nothing; {hint}");
                out.push(Misfit { path: path.to_owned(), message, doubt: true });
            }
        }
        if let Some(reference) = schema.get("$ref").and_then(Val::as_str) {
            match self.find(reference) {
                Some(target) => self.value(value, target, path, depth + 1, out),
                None => out.push(misfit(format!("the schema has no `{reference}`"))),
            }
        }
        out.extend(scalar(value, schema).into_iter().map(misfit));
        match value {
            Val::Dict(_) => self.dict(value, schema, path, depth, out),
            Val::List(_) => self.list(value, schema, path, depth, out),
            _ => {}
        }
        self.combined(value, schema, path, depth, out);
    }

    /// `#/definitions/x` of this file.
    fn find(&self, reference: &str) -> Option<&Val> {
        let way = reference.strip_prefix('#')?;
        way.split('/').filter(|s| !s.is_empty()).try_fold(self.root, |value, step| value.get(step))
    }

    fn dict(&self, value: &mut Val, schema: &Val, path: &str, depth: usize, out: &mut Vec<Misfit>) {
        let properties = match schema.get("properties") {
            Some(Val::Dict(properties)) => properties.as_slice(),
            _ => &[],
        };
        for (name, inner) in properties {
            if let (None, Some(default)) = (name.as_str().and_then(|n| value.get(n)), inner.get("default")) {
                merge(value, &Val::Dict(vec![(name.clone(), default.clone())]));
            }
        }
        let Val::Dict(entries) = value else { return };
        let fail = |message: String| Misfit { path: path.to_owned(), message, doubt: false };
        if let Some(Val::List(required)) = schema.get("required") {
            let missing = required.iter().filter(|r| !entries.iter().any(|(k, _)| k == *r));
            out.extend(missing.map(|r| fail(format!("lacks the key `{}`", r.display()))));
        }
        out.extend(bounds(entries.len(), schema, ["minProperties", "maxProperties"], "keys").map(fail));
        for (key, inner) in entries.iter_mut() {
            let name = key.display();
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let own = properties.iter().find(|(k, _)| k == key).map(|(_, s)| s);
            let mut known = own.is_some();
            if let Some(own) = own {
                self.value(inner, own, &at, depth + 1, out);
            }
            if let Some(Val::Dict(patterns)) = schema.get("patternProperties") {
                for (pattern, schema) in patterns {
                    match matches(&pattern.display(), &name) {
                        Ok(false) => {}
                        Ok(true) => {
                            known = true;
                            self.value(inner, schema, &at, depth + 1, out);
                        }
                        Err(why) => out.push(fail(why)),
                    }
                }
            }
            if let Some(names) = schema.get("propertyNames") {
                self.value(&mut Val::str(name.as_str()), names, &at, depth + 1, out);
            }
            match schema.get("additionalProperties").filter(|_| !known) {
                Some(Val::Bool(false)) => {
                    let names = properties.iter().filter_map(|(k, _)| k.as_str());
                    let hint = crate::suggest::did_you_mean(&name, names).map_or(String::new(), |h| format!("; {h}"));
                    out.push(fail(format!("has the key `{name}`, which the schema does not allow{hint}")));
                }
                Some(other) => self.value(inner, other, &at, depth + 1, out),
                None => {}
            }
        }
    }

    fn list(&self, value: &mut Val, schema: &Val, path: &str, depth: usize, out: &mut Vec<Misfit>) {
        let Val::List(items) = value else { return };
        let fail = |message: String| Misfit { path: path.to_owned(), message, doubt: false };
        out.extend(bounds(items.len(), schema, ["minItems", "maxItems"], "elements").map(fail));
        if schema.get("uniqueItems") == Some(&Val::Bool(true))
            && let Some(twice) = (1..items.len()).find(|i| items[..*i].contains(&items[*i]))
        {
            out.push(fail(format!("holds {} twice", items[twice].repr())));
        }
        if let Some(wanted) = schema.get("contains")
            && !items.iter_mut().any(|i| self.fits(i, wanted, depth))
        {
            out.push(fail("holds nothing of the kind that the schema asks for".into()));
        }
        for (i, item) in items.iter_mut().enumerate() {
            let inner = match schema.get("items") {
                Some(Val::List(each)) => each.get(i),
                other => other,
            };
            if let Some(inner) = inner {
                self.value(item, inner, &format!("{path}[{i}]"), depth + 1, out);
            }
        }
    }

    fn fits(&self, value: &mut Val, schema: &Val, depth: usize) -> bool {
        let mut misfits = Vec::new();
        self.value(value, schema, "", depth + 1, &mut misfits);
        misfits.is_empty()
    }

    fn combined(&self, value: &mut Val, schema: &Val, path: &str, depth: usize, out: &mut Vec<Misfit>) {
        let each = |key: &str| match schema.get(key) {
            Some(Val::List(all)) => Some(all),
            _ => None,
        };
        for inner in each("allOf").into_iter().flatten() {
            self.value(value, inner, path, depth + 1, out);
        }
        let mut fail =
            |message: &str| out.push(Misfit { path: path.to_owned(), message: message.to_owned(), doubt: false });
        if let Some(all) = each("anyOf")
            && !all.iter().any(|s| self.fits(value, s, depth))
        {
            fail("fits none of the ways that the schema allows");
        }
        if let Some(all) = each("oneOf")
            && all.iter().filter(|s| self.fits(&mut value.clone(), s, depth)).count() != 1
        {
            fail("fits none or several of the ways of which the schema allows one");
        }
        if let Some(not) = schema.get("not")
            && self.fits(&mut value.clone(), not, depth)
        {
            fail("is what the schema does not allow");
        }
    }
}

fn number(value: &Val) -> Option<f64> {
    match value {
        Val::Int(i) => Some(*i as f64),
        Val::Float(f) => Some(*f),
        _ => None,
    }
}

/// Whether a value is of a type as schemas name them.
fn is_type(value: &Val, name: &str) -> bool {
    match name {
        "null" => *value == Val::None,
        "boolean" => matches!(value, Val::Bool(_)),
        "integer" => matches!(value, Val::Int(_)) || matches!(value, Val::Float(f) if f.fract() == 0.0),
        "number" => matches!(value, Val::Int(_) | Val::Float(_)),
        "string" => matches!(value, Val::Str(_)),
        "array" => matches!(value, Val::List(_)),
        "object" => matches!(value, Val::Dict(_)),
        _ => true,
    }
}

/// Faults of a count by its two bounds.
fn bounds<'a>(count: usize, schema: &'a Val, keys: [&'a str; 2], what: &'a str) -> impl Iterator<Item = String> + 'a {
    let least = schema.get(keys[0]).and_then(number).filter(|n| (count as f64) < *n);
    let most = schema.get(keys[1]).and_then(number).filter(|n| (count as f64) > *n);
    let least = least.map(|n| format!("has {count} {what}, the schema asks for {n} or more"));
    least.into_iter().chain(most.map(move |n| format!("has {count} {what}, the schema allows {n} at most")))
}

/// Whether a pattern is found in a text; what is wrong if that cannot be told.
fn matches(pattern: &str, text: &str) -> Result<bool, String> {
    let unknown = || format!("cannot be checked: the pattern `{pattern}` of the schema is not one that is known here");
    let regex = Regex::new(pattern).map_err(|_| unknown())?;
    regex.is_match(text).map_err(|_| unknown())
}

/// What can be said of a value without looking into it.
fn scalar(value: &Val, schema: &Val) -> Vec<String> {
    let mut faults = Vec::new();
    let shown = value.repr();
    let types: Vec<&str> = match schema.get("type") {
        Some(Val::Str(one)) => vec![one],
        Some(Val::List(all)) => all.iter().filter_map(Val::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|t| is_type(value, t)) {
        faults.push(format!("is {}, not of type `{}`", value.kind(), types.join("` or `")));
    }
    if let Some(Val::List(all)) = schema.get("enum")
        && !all.contains(value)
    {
        let allowed: Vec<String> = all.iter().map(Val::repr).collect();
        faults.push(format!("is {shown}, not one of {}", allowed.join(", ")));
    }
    if let Some(only) = schema.get("const").filter(|c| *c != value) {
        faults.push(format!("is {shown}, not {}", only.repr()));
    }
    if let Some(n) = number(value) {
        let bound = |key: &str| schema.get(key).and_then(number);
        let checks = [
            (bound("minimum").filter(|b| n < *b), "the least is"),
            (bound("maximum").filter(|b| n > *b), "the most is"),
            (bound("exclusiveMinimum").filter(|b| n <= *b), "it must be more than"),
            (bound("exclusiveMaximum").filter(|b| n >= *b), "it must be less than"),
            (bound("multipleOf").filter(|b| *b > 0.0 && (n / b).fract() != 0.0), "it must be a multiple of"),
        ];
        let broken = checks.into_iter().filter_map(|(bound, words)| Some((bound?, words)));
        faults.extend(broken.map(|(bound, words)| format!("is {shown}, {words} {bound}")));
    }
    if let Val::Str(text) = value {
        faults.extend(bounds(text.chars().count(), schema, ["minLength", "maxLength"], "characters"));
        if let Some(pattern) = schema.get("pattern").and_then(Val::as_str) {
            let wrong = || format!("is {shown}, which does not match `{pattern}`");
            faults.extend(matches(pattern, text).map_or_else(Some, |fits| (!fits).then(wrong)));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn val(text: &str) -> Val {
        fn convert(json: &serde_json::Value) -> Val {
            match json {
                serde_json::Value::Null => Val::None,
                serde_json::Value::Bool(b) => Val::Bool(*b),
                serde_json::Value::Number(n) => {
                    n.as_i64().map_or_else(|| Val::Float(n.as_f64().unwrap_or(0.0)), Val::Int)
                }
                serde_json::Value::String(s) => Val::str(s.as_str()),
                serde_json::Value::Array(a) => Val::List(a.iter().map(convert).collect()),
                serde_json::Value::Object(o) => {
                    Val::Dict(o.iter().map(|(k, v)| (Val::str(k.as_str()), convert(v))).collect())
                }
            }
        }
        convert(&serde_json::from_str(text).expect(text))
    }

    /// The faults as `path: message`, and the value with its defaults.
    fn check(schema: &str, value: &str) -> (Vec<String>, String) {
        let mut value = val(value);
        let misfits = Schema { root: &val(schema) }.check(&mut value);
        (misfits.iter().map(|m| format!("{}: {}", m.path, m.message)).collect(), value.repr())
    }

    #[test]
    fn defaults_are_filled_in_at_every_level() {
        let schema =
            r#"{"properties": {"a": {"default": {}, "properties": {"b": {"default": 3}}}, "c": {"default": 1}}}"#;
        assert_eq!(check(schema, r#"{"c": 2}"#), (vec![], "{'c': 2, 'a': {'b': 3}}".into()));
    }

    #[test]
    fn every_keyword_can_fail() {
        for (schema, value, fault) in [
            (r#"{"type": "string"}"#, "1", ": is an int, not of type `string`"),
            (r#"{"type": ["null", "boolean"]}"#, "1", ": is an int, not of type `null` or `boolean`"),
            (r#"{"enum": ["a", 1]}"#, "2", ": is 2, not one of 'a', 1"),
            (r#"{"const": 1}"#, "2", ": is 2, not 1"),
            (r#"{"minimum": 3}"#, "2", ": is 2, the least is 3"),
            (r#"{"exclusiveMaximum": 2}"#, "2", ": is 2, it must be less than 2"),
            (r#"{"multipleOf": 2}"#, "3", ": is 3, it must be a multiple of 2"),
            (r#"{"pattern": "^a"}"#, "\"b\"", ": is 'b', which does not match `^a`"),
            (r#"{"pattern": "^(?!b)"}"#, "\"b\"", ": is 'b', which does not match `^(?!b)`"),
            (
                r#"{"pattern": "(a"}"#,
                "\"b\"",
                ": cannot be checked: the pattern `(a` of the schema is not one that is known here",
            ),
            (r#"{"minLength": 2}"#, "\"b\"", ": has 1 characters, the schema asks for 2 or more"),
            (r#"{"required": ["x"]}"#, "{}", ": lacks the key `x`"),
            (r#"{"maxItems": 1}"#, "[1, 2]", ": has 2 elements, the schema allows 1 at most"),
            (r#"{"uniqueItems": true}"#, "[1, 1]", ": holds 1 twice"),
            (r#"{"contains": {"const": 3}}"#, "[1]", ": holds nothing of the kind that the schema asks for"),
            (r#"{"items": {"type": "string"}}"#, "[\"a\", 1]", "[1]: is an int, not of type `string`"),
            (r#"{"anyOf": [{"const": 1}, {"const": 2}]}"#, "3", ": fits none of the ways that the schema allows"),
            (
                r#"{"oneOf": [{"minimum": 1}, {"minimum": 2}]}"#,
                "3",
                ": fits none or several of the ways of which the schema allows one",
            ),
            (r#"{"allOf": [{"minimum": 5}]}"#, "3", ": is 3, the least is 5"),
            (r#"{"not": {"const": 3}}"#, "3", ": is what the schema does not allow"),
            (r##"{"$ref": "#/$defs/x", "$defs": {"x": {"type": "null"}}}"##, "3", ": is an int, not of type `null`"),
            (
                r#"{"properties": {"a": {"properties": {"b": {"type": "null"}}}}}"#,
                r#"{"a": {"b": 1}}"#,
                "a.b: is an int, not of type `null`",
            ),
            (
                r#"{"properties": {"size": {}}, "additionalProperties": false}"#,
                r#"{"siez": 1}"#,
                ": has the key `siez`, which the schema does not allow; did you mean `size`?",
            ),
            (r#"{"patternProperties": {"^s": {"type": "null"}}}"#, r#"{"s1": 1}"#, "s1: is an int, not of type `null`"),
            (
                r#"{"dependentSchemas": {}}"#,
                "1",
                ": cannot be checked: the keyword `dependentSchemas` of the schema is not served here",
            ),
            (
                r#"{"requird": ["a"]}"#,
                "1",
                ": is checked without the keyword `requird` of the schema, which says nothing; did you mean `required`?",
            ),
        ] {
            assert_eq!(check(schema, value).0, [fault], "{schema}");
        }
    }
}

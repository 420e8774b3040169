//! Tests of patterns.

use super::*;
use proptest::prelude::*;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn captured(pattern: &Pattern, path: &str) -> Option<Vec<String>> {
    let mut out = vec![3..4, 5..6];
    let matched = pattern.captures(path, &mut out);
    matched.then(|| out.iter().map(|r| path[r.start as usize..r.end as usize].to_string()).collect())
}

#[test]
fn matches_as_snakemake_does() {
    let cases: &[(&str, &str, Option<&[&str]>)] = &[
        ("o/{a}_{b}.{ext}", "o/1_2_3.t.gz", Some(&["1_2", "3.t", "gz"])),
        ("{x}", "a/b", Some(&["a/b"])),
        ("{x}", "", None),
        ("{x}", "a\nb", None),
        ("a\n{x}", "a\nb", Some(&["b"])),
        ("{a}{b}", "xyz", Some(&["xy", "z"])),
        ("{a}{b}", "x", None),
        ("{a}{b}", "é", None),
        ("{a}é{b}", "éééé", Some(&["éé", "é"])),
        ("{a}/{a}.txt", "x/x.txt", Some(&["x"])),
        ("{a}/{a}.txt", "x/y.txt", None),
        ("{a}{a}_{b}", "zzzz_q_r", Some(&["zz", "q_r"])),
        ("{a}/{b}/{a}", "x/y/x/y/x", Some(&["x", "y/x/y"])),
        ("ab{x}bc", "abc", None),
        ("{{{x}}}", "{a}", Some(&["a"])),
        ("{ x , [a-z]+}", "abc", Some(&["abc"])),
        ("{s,[a-z]+}.txt", "ab.txt", Some(&["ab"])),
        ("{s,[a-z]+}.txt", "a1.txt", None),
        (r"{s,\d{2,3}}.txt", "123.txt", Some(&["123"])),
        (r"{s,\d{2,3}}.txt", "1.txt", None),
        (r"{a,\w+?}_{b}.txt", "1_2_3.txt", Some(&["1", "2_3"])),
        (r"{a,(?!x).+}.txt", "xa.txt", None),
        (r"{a,(?!x).+}.txt", "ax.txt", Some(&["ax"])),
        (r"{a,.*}.txt", ".txt", Some(&[""])),
        (r"{a,x|y}/{a}", "y/y", Some(&["y"])),
        (r"{a,[^/]+}/{b}", "p/q/r", Some(&["p", "q/r"])),
    ];
    for (text, path, want) in cases {
        let want = want.map(|w| w.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(captured(&pattern(text), path), want, "{text} on {path:?}");
    }
}

#[test]
fn parts_of_a_pattern() {
    let p = pattern("a{{/{x}_{y,q+}_{x}.t");
    assert_eq!(p.names(), [Box::from("x"), Box::from("y")]);
    assert_eq!((p.prefix(), p.suffix()), ("a{/", ".t"));
    assert_eq!(&p.text()[p.name_range("y")], "{y,q+}");
    assert_eq!(p.as_literal(), None);
    assert_eq!(pattern("a{{b}}").as_literal(), Some("a{b}"));
    assert_eq!(pattern("a{{b}}").prefix(), "a{b}");
    assert_eq!(Pattern::literal("a{b}").as_literal(), Some("a{b}"));
    assert_eq!(captured(&Pattern::literal("a{b}"), "a{b}"), Some(vec![]));
    assert_eq!(size_of::<Pattern>(), 24);
    let mut out = String::from(">");
    p.fill(&mut out, |i| ["1", "2"][i]);
    assert_eq!(out, ">a{/1_2_1.t");
    assert_eq!(p.fill_with(&mut out, &|n| (n == "x").then(String::new)), Err("y".to_string()));
}

#[test]
fn faults_have_a_place() {
    let cases = [
        ("a{b", "{", "never closed"),
        ("a}b", "}", "closes no wildcard"),
        ("a{}b", "{}", "no wildcard"),
        ("a{x.y}b", "{x.y}", "no wildcard"),
        ("{x}{x,a}", "a", "second occurrence"),
        ("{x,[a}", "[a", "unclosed character class"),
        ("{x,a)(b}", "a)(b", "no regular expression"),
        (r"{x,(a)\1}", r"{x,(a)\1}", "together"),
    ];
    for (text, at, message) in cases {
        let error = Pattern::parse(text).unwrap_err();
        assert_eq!(&text[error.range.clone()], at, "{text}");
        assert!(error.message.contains(message) && !error.message.contains('\n'), "{text}: {}", error.message);
    }
}

#[test]
fn given_constraints_yield_to_inline_ones() {
    let mut p = pattern(r"{a,\d+}_{b}");
    let asked = std::cell::RefCell::new(Vec::new());
    p.constrain(&|name| {
        asked.borrow_mut().push(name.to_string());
        Some("[a-z]+".into())
    })
    .unwrap();
    assert_eq!(*asked.borrow(), ["b"]);
    assert_eq!(captured(&p, "1_x"), Some(vec!["1".into(), "x".into()]));
    assert_eq!(captured(&p, "1_2"), None);
    let error = pattern("x/{a}").constrain(&|_| Some("(".into())).unwrap_err();
    assert_eq!(error.range, 2..5);
}

/// The regex that Snakemake would make of a pattern without constraints.
fn reference(text: &str) -> fancy_regex::Regex {
    let mut regex = String::from(r"\A");
    let mut seen: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((literal, tail)) = rest.split_once('{') {
        let (name, tail) = tail.split_once('}').unwrap();
        regex.push_str(&regex::escape(literal));
        match seen.contains(&name) {
            true => regex.push_str(&format!("(?P={name})")),
            false => regex.push_str(&format!("(?P<{name}>.+)")),
        }
        seen.push(name);
        rest = tail;
    }
    regex.push_str(&regex::escape(rest));
    regex.push_str(r"\z");
    fancy_regex::Regex::new(&regex).unwrap()
}

fn same_as_reference(text: &str, path: &str) {
    let p = pattern(text);
    let want = reference(text).captures(path).unwrap();
    let want = want.map(|c| p.names().iter().map(|n| c.name(n).unwrap().as_str().to_string()).collect::<Vec<_>>());
    assert_eq!(captured(&p, path), want, "{text:?} on {path:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn free_matching_is_greedy_backtracking(
        pieces in prop::collection::vec("(\\{[abc]\\}|[_.x]|é|\n){1,2}", 1..6),
        path in "([_.x]|é|y){0,12}|([_.xy]|\n){0,8}",
    ) {
        same_as_reference(&pieces.concat(), &path);
    }

    #[test]
    fn filled_paths_match_and_fill_back(
        pieces in prop::collection::vec("(\\{[abc]\\}|[_.x]){1,2}", 1..6),
        values in prop::collection::vec("[_.xy/]{1,4}", 3),
    ) {
        let text = pieces.concat();
        let p = pattern(&text);
        let mut path = String::new();
        p.fill(&mut path, |i| &values[i]);
        same_as_reference(&text, &path);
        let found = captured(&p, &path).expect("a filled pattern matches");
        let mut again = String::new();
        p.fill(&mut again, |i| &found[i]);
        prop_assert_eq!(again, path);
    }

    #[test]
    fn unambiguous_values_come_back(a in "[a-z]{1,5}", b in "[a-z\"' $]{1,5}", c in "[a-z.]{1,5}") {
        let p = pattern("{a}/{b}-{a}.{c}");
        let mut path = String::new();
        p.fill(&mut path, |i| [&a, &b, &c][i]);
        prop_assert_eq!(captured(&p, &path), Some(vec![a, b, c]));
    }

    #[test]
    fn an_index_misses_no_match(
        texts in prop::collection::vec("(\\{[ab]\\}|[_.x/]){1,5}", 1..12),
        path in "[_.x/]{0,8}",
    ) {
        let patterns: Vec<Pattern> = texts.iter().map(|t| pattern(t)).collect();
        let mut found = Vec::new();
        Index::new(&patterns).candidates(&path, &mut found);
        prop_assert!(found.is_sorted());
        for (i, p) in patterns.iter().enumerate() {
            if captured(p, &path).is_some() {
                prop_assert!(found.contains(&(i as u32)), "{} on {}", p.text(), path);
            }
        }
    }

    #[test]
    fn parsing_never_panics(text in "[{}a,\\[\\]()é|*?\\\\]{0,16}") {
        let _ = Pattern::parse(&text);
    }
}

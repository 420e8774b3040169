//! Which command texts need no shell.
//!
//! Owns the reading of a text into words exactly as bash would, for texts so
//! plain that bash would do nothing but look up the first word and execute it.
//! Pure: it asks neither the file system nor the environment, except that
//! [`is_special`] knows which variables bash itself gives a meaning to.

/// Builtins and keywords of bash (`compgen -bk` of 5.2).
const OWN_WORDS: &str = "! . : [ [[ ]] alias bg bind break builtin caller case cd command compgen complete compopt \
    continue coproc declare dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for \
    function getopts hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray \
    readonly return select set shift shopt source suspend test then time times trap true type typeset ulimit umask \
    unalias unset until wait while { }";

/// Variables that change what bash does with a command, or that bash sets or
/// rewrites itself: with one of them set for a single job, that job goes
/// through bash. Names that begin with `BASH` count as well.
const SPECIAL: &str = "COMP_WORDBREAKS DIRSTACK ENV EPOCHREALTIME EPOCHSECONDS EUID EXECIGNORE FUNCNAME GROUPS \
    HISTCMD IFS LANG LANGUAGE LINENO OLDPWD OPTARG OPTERR OPTIND PATH POSIXLY_CORRECT PPID PWD RANDOM SECONDS \
    SHELLOPTS SHLVL SRANDOM UID _";

fn lists(table: &str, word: &str) -> bool {
    table.split_ascii_whitespace().any(|listed| listed == word)
}

/// Whether bash gives a meaning of its own to a variable.
pub(super) fn has_meaning(name: &str) -> bool {
    lists(SPECIAL, name) || name.starts_with("BASH")
}

/// Whether a job that sets a variable must go through bash.
pub(super) fn is_special(name: &str) -> bool {
    has_meaning(name) || name.starts_with("LC_") || !is_identifier(name)
}

fn is_identifier(name: &str) -> bool {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.bytes().all(ok) && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// The words of a text that is one simple command and no more: each word of
/// plain characters and single-quoted stretches, the first one the name of a
/// program. None for any other text.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut words = Vec::new();
    let mut rest = text.as_bytes();
    loop {
        while let [b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        if rest.is_empty() {
            break;
        }
        words.push(take_word(&mut rest)?);
    }
    words.first().is_some_and(|first| is_program(first)).then_some(words)
}

/// Takes one word off the front, up to a blank or the end.
fn take_word(rest: &mut &[u8]) -> Option<String> {
    let mut word = Vec::new();
    loop {
        match rest {
            [] | [b' ' | b'\t', ..] => return String::from_utf8(word).ok(),
            [b'\'', tail @ ..] => {
                let end = tail.iter().position(|&b| b == b'\'')?;
                if tail[..end].iter().any(|&b| !is_quotable(b)) {
                    return None;
                }
                word.extend_from_slice(&tail[..end]);
                *rest = &tail[end + 1..];
            }
            [b, ..] if is_plain(*b) => {
                word.push(*b);
                *rest = &rest[1..];
            }
            _ => return None,
        }
    }
}

fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_@%+,./:=-".contains(&b)
}

/// Control characters go to bash: some of them it uses inside as marks.
fn is_quotable(b: u8) -> bool {
    matches!(b, b'\t' | b'\n') || (b >= b' ' && b != 0x7f)
}

/// Whether bash takes a first word for the name of a program: no assignment,
/// no job (`%1`), none of its own words.
fn is_program(word: &str) -> bool {
    !word.is_empty() && !word.contains('=') && !word.starts_with('%') && !lists(OWN_WORDS, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Vec<String>> {
        words(text)
    }

    #[test]
    fn plain_commands_have_words() {
        let cases: [(&str, &[&str]); 6] = [
            ("cp a b", &["cp", "a", "b"]),
            ("  /bin/cp\t-r  a b \n", &["/bin/cp", "-r", "a", "b"]),
            ("awk '{print $1}' x.y", &["awk", "{print $1}", "x.y"]),
            ("a --x='1 2'z '' k=v", &["a", "--x=1 2z", "", "k=v"]),
            ("s 'two\nlines' 50%", &["s", "two\nlines", "50%"]),
            ("grep 'é' x", &["grep", "é", "x"]),
        ];
        for (text, want) in cases {
            assert_eq!(of(text).unwrap_or_default(), want, "{text:?}");
        }
    }

    #[test]
    fn all_else_goes_to_bash() {
        for text in [
            "",
            " ",
            "a > b",
            "a | b",
            "a; b",
            "a && b",
            "a\nb",
            "a\n\n",
            "\na",
            "a $X",
            "a \"b\"",
            "a \\b",
            "a *",
            "a ?",
            "a [b]",
            "a {b,c}",
            "a ~",
            "X=1 a",
            "X=1",
            "a=b",
            "'a'=b c",
            "cd x",
            "true",
            ". x",
            ": x",
            "[ a ]",
            "time a",
            "! a",
            "%1",
            "a 'b",
            "a #b",
            "a & ",
            "(a)",
            "a `b`",
            "a 'b\u{1}'",
            "a 'b\u{7f}'",
            "é",
            "a\r",
            "'' a",
            "if",
            "'if'",
            "a <b",
            "a !b",
            "a ^b",
        ] {
            assert_eq!(of(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_table_holds_what_bash_has() {
        let listed = super::super::launch::output_of("compgen -bk");
        assert!(listed.lines().count() > 60, "{listed}");
        for word in listed.lines() {
            assert!(lists(OWN_WORDS, word), "{word}");
        }
    }

    #[test]
    fn special_variables() {
        for name in ["PATH", "BASH_ENV", "BASH_FUNC_x%%", "LC_ALL", "IFS", "_", "a.b", ""] {
            assert!(is_special(name), "{name}");
        }
        for name in ["OMP_NUM_THREADS", "TMPDIR", "HOME", "x"] {
            assert!(!is_special(name), "{name}");
        }
    }
}

//! The text of a `query` as an expression over columns.
//!
//! Owns pandas' grammar of them: `and`, `or`, `not` and comparisons of whole columns,
//! `@name`, and names between backticks. It does not know what the columns hold.

/// A query, told in Starlark.
pub(super) struct Told {
    /// With `_c0`, `_c1` ... for columns, and calls of `_both`, `_not` and `_cells` for operators.
    pub(super) text: String,
    /// The columns that it names, in the order of their numbers.
    pub(super) columns: Vec<String>,
}

/// Why a query cannot be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// It is no expression.
    Form,
    /// A name of it is no column.
    Name(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Quoted(String),
    Given(String),
    Other(String),
}

fn is_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// The end of a text that begins with a quote.
fn quoted_end(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    rest.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then(|| at + c.len_utf8())
    })
}

fn tokens(query: &str) -> Option<Vec<Token>> {
    let (mut all, mut rest) = (Vec::new(), query.trim_start());
    while let Some(c) = rest.chars().next() {
        let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let length = match c {
            '"' | '\'' | '`' => quoted_end(rest, c)?,
            '@' => 1 + rest[1..].find(|c: char| !is_start(c) && !c.is_ascii_digit()).unwrap_or(rest.len() - 1),
            c if is_start(c) => run(|c| is_start(c) || c.is_ascii_digit()),
            c if c.is_ascii_digit() => run(|c| c.is_alphanumeric() || matches!(c, '.' | '_')),
            _ if ["==", "!=", "<=", ">=", "//", "**"].iter().any(|sign| rest.starts_with(sign)) => 2,
            c => c.len_utf8(),
        };
        let word = rest[..length].to_owned();
        all.push(match c {
            '`' => Token::Quoted(word[1..length - 1].to_owned()),
            '@' => Token::Given(word[1..].to_owned()),
            c if is_start(c) => Token::Name(word),
            _ => Token::Other(word),
        });
        rest = rest[length..].trim_start();
    }
    Some(all)
}

/// A query over some columns.
///
/// # Errors
/// If it is no expression, or a name in it is no column.
pub(super) fn told(query: &str, columns: &[String]) -> Result<Told, Odd> {
    let tokens = tokens(query).ok_or(Odd::Form)?;
    let mut parser = Parser { tokens, at: 0, known: columns, columns: Vec::new() };
    let text = parser.either()?;
    if parser.at < parser.tokens.len() {
        return Err(Odd::Form);
    }
    Ok(Told { text, columns: parser.columns })
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    known: &'a [String],
    columns: Vec<String>,
}

impl Parser<'_> {
    /// A sign or a keyword, which is stepped over.
    fn takes(&mut self, words: &[&str]) -> bool {
        let found = match self.tokens.get(self.at) {
            Some(Token::Name(word) | Token::Other(word)) => words.contains(&&**word),
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<String, Odd> {
        let mut text = self.both()?;
        while self.takes(&["or", "|"]) {
            text = format!("_both({text}, \"|\", {})", self.both()?);
        }
        Ok(text)
    }

    fn both(&mut self) -> Result<String, Odd> {
        let mut text = self.negated()?;
        while self.takes(&["and", "&"]) {
            text = format!("_both({text}, \"&\", {})", self.negated()?);
        }
        Ok(text)
    }

    fn negated(&mut self) -> Result<String, Odd> {
        if self.takes(&["not"]) { Ok(format!("_not({})", self.negated()?)) } else { self.compared() }
    }

    fn operator(&mut self) -> Option<&'static str> {
        const SIGNS: [&str; 7] = ["==", "!=", "<=", ">=", "<", ">", "in"];
        if let Some(sign) = SIGNS.iter().find(|sign| self.takes(&[*sign])) {
            return Some(sign);
        }
        let before = self.at;
        if self.takes(&["not"]) && self.takes(&["in"]) {
            return Some("not in");
        }
        self.at = before;
        None
    }

    fn compared(&mut self) -> Result<String, Odd> {
        let mut text = self.sum()?;
        let mut chained = false;
        while let Some(operator) = self.operator() {
            text = format!("{text}, \"{operator}\", {}", self.sum()?);
            chained = true;
        }
        Ok(if chained { format!("_cells({text})") } else { text })
    }

    fn sum(&mut self) -> Result<String, Odd> {
        let mut text = self.value()?;
        while let Some(Token::Other(sign)) = self.tokens.get(self.at) {
            if !["+", "-", "*", "/", "//", "%"].contains(&&**sign) {
                break;
            }
            text = format!("{text} {sign} ");
            self.at += 1;
            text += &self.value()?;
        }
        Ok(text)
    }

    /// A value with what is asked of it.
    fn value(&mut self) -> Result<String, Odd> {
        if self.takes(&["~"]) {
            return Ok(format!("_not({})", self.value()?));
        }
        if self.takes(&["-"]) {
            return Ok(format!("-{}", self.value()?));
        }
        let token = self.tokens.get(self.at).cloned().ok_or(Odd::Form)?;
        self.at += 1;
        let mut text = match token {
            Token::Given(name) if !name.is_empty() => name,
            Token::Quoted(name) => self.column(name)?,
            Token::Name(word) if ["True", "False", "None"].contains(&&*word) => word,
            Token::Name(word) => self.column(word)?,
            Token::Other(open) if open == "(" => format!("({})", self.listed(")")?),
            Token::Other(open) if open == "[" => format!("[{}]", self.listed("]")?),
            Token::Other(word) if word.starts_with(|c: char| c.is_ascii_digit() || c == '"' || c == '\'') => word,
            _ => return Err(Odd::Form),
        };
        loop {
            if self.takes(&["."]) {
                let Some(Token::Name(name)) = self.tokens.get(self.at) else { return Err(Odd::Form) };
                text = format!("{text}.{name}");
                self.at += 1;
            } else if self.takes(&["("]) {
                text = format!("{text}({})", self.listed(")")?);
            } else if self.takes(&["["]) {
                text = format!("{text}[{}]", self.listed("]")?);
            } else {
                return Ok(text);
            }
        }
    }

    fn column(&mut self, name: String) -> Result<String, Odd> {
        if !self.known.contains(&name) {
            return Err(Odd::Name(name));
        }
        let at = self.columns.iter().position(|known| *known == name).unwrap_or(self.columns.len());
        if at == self.columns.len() {
            self.columns.push(name);
        }
        Ok(format!("_c{at}"))
    }

    /// Values up to a closing bracket: of a list, a tuple, a call or a slice.
    fn listed(&mut self, close: &str) -> Result<String, Odd> {
        let mut text = String::new();
        while !self.takes(&[close]) {
            let sign = [",", ":"].into_iter().find(|sign| self.takes(&[*sign]));
            if let Some(sign) = sign {
                text += sign;
                continue;
            }
            match (self.tokens.get(self.at), self.tokens.get(self.at + 1)) {
                (Some(Token::Name(name)), Some(Token::Other(sign))) if sign == "=" => {
                    text += &format!("{name}=");
                    self.at += 2;
                }
                _ => {}
            }
            text += &self.either()?;
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(query: &str) -> Result<(String, Vec<String>), Odd> {
        let columns = ["a", "b", "a b"].map(str::to_owned);
        told(query, &columns).map(|told| (told.text, told.columns))
    }

    #[test]
    fn operators_go_for_whole_columns() {
        let cases = [
            (
                "a == 'x & y' & ~b | not a",
                "_both(_both(_cells(_c0, \"==\", 'x & y'), \"&\", _not(_c1)), \"|\", _not(_c0))",
            ),
            (
                "a not in @a and 1 < b <= 2",
                "_both(_cells(_c0, \"not in\", a), \"&\", _cells(1, \"<\", _c1, \"<=\", 2))",
            ),
            ("`a b` + -1 > @c['x'].y", "_cells(_c0 + -1, \">\", c['x'].y)"),
            ("a.str.contains('x.str.y', na=False)", "_c0.str.contains('x.str.y',na=False)"),
            (
                "(a == 1) & (b in ['x', 'y'])",
                "_both((_cells(_c0, \"==\", 1)), \"&\", (_cells(_c1, \"in\", ['x','y'])))",
            ),
            ("a.str[1:2] == \"it's\"", "_cells(_c0.str[1:2], \"==\", \"it's\")"),
        ];
        for (query, want) in cases {
            assert_eq!(text(query).map(|(text, _)| text).as_deref(), Ok(want), "{query}");
        }
        assert_eq!(text("b == b").unwrap().1, ["b"]);
    }

    #[test]
    fn what_is_none_is_told() {
        assert_eq!(text("c == 1"), Err(Odd::Name("c".into())));
        for query in ["", "a ==", "a == 'x", "a b", "(a", "a = 1", "a == @"] {
            assert_eq!(text(query), Err(Odd::Form), "{query}");
        }
    }
}

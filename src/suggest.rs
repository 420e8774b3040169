//! "Did you mean": the nearest of some known words.

/// The candidate that is nearest to `word`, if any is near enough to be meant:
/// at most a third of its letters differ (one letter at least). Of a single
/// letter only its case may differ.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().count();
    let limit = (letters / 3).max(1);
    candidates
        .into_iter()
        .filter(|c| *c != word && (letters > 1 && c.chars().count() > 1 || c.eq_ignore_ascii_case(word)))
        .map(|c| (strsim::damerau_levenshtein(word, c), c))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, c)| c)
}

/// `did you mean `x`?` for [`nearest`].
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|c| format!("did you mean `{c}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_only() {
        let keys = ["input", "output", "params"];
        assert_eq!(nearest("inptu", keys), Some("input"));
        assert_eq!(nearest("ouput", keys), Some("output"));
        assert_eq!(nearest("zebra", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest("a", ["b", "ab", "x"]), None);
        assert_eq!(nearest("ab", ["b", "a"]), None);
        assert_eq!(nearest("a", ["b", "A"]), Some("A"));
    }
}

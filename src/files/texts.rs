//! Many texts in one piece of memory.

/// Texts one after another; only grows.
#[derive(Debug, Default)]
pub(super) struct Texts {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    /// Adds one.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// One by its place.
    pub(super) fn get(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[start..self.ends[place]]
    }

    /// All, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }

    /// The places of all, sorted by bytes. Most differ soon after what all
    /// begin with, so eight bytes from there are compared first, as one number.
    pub(super) fn sorted(&self) -> Vec<u32> {
        if self.is_empty() {
            return Vec::new();
        }
        let first = self.get(0);
        let common = |length: usize, text: &str| {
            let both = first.as_bytes()[..length].iter().zip(text.as_bytes());
            both.take_while(|(a, b)| a == b).count()
        };
        let shared = self.iter().fold(first.len(), common);
        let word = |text: &str| {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(&text.as_bytes()[shared..]).for_each(|(to, from)| *to = *from);
            u64::from_be_bytes(bytes)
        };
        let mut keyed: Vec<(u64, u32)> = self.iter().zip(0..).map(|(text, place)| (word(text), place)).collect();
        let rest = |place: u32| &self.get(place as usize).as_bytes()[shared..];
        keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(rest(b.1))));
        keyed.into_iter().map(|(_, place)| place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_is_by_bytes() {
        let texts = ["", "a", "a\0", "a/b", "same-eight-1", "same-eight-10", "same-eight-2", "é", "e"];
        for skip in 0..texts.len() {
            for prefix in ["", "dir/"] {
                let some: Vec<String> =
                    texts.iter().cycle().skip(skip).take(9).map(|t| format!("{prefix}{t}")).collect();
                let mut all = Texts::default();
                some.iter().for_each(|text| all.push(text));
                let mut want = some.clone();
                want.sort();
                let got: Vec<&str> = all.sorted().into_iter().map(|place| all.get(place as usize)).collect();
                assert_eq!(got, want);
            }
        }
        assert!(Texts::default().sorted().is_empty());
    }
}

//! Many texts in one piece of memory.

/// Texts one after another; only grows.
#[derive(Debug, Default)]
pub struct Texts {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    /// None, with room for as many as others are.
    pub fn like(others: &Texts) -> Texts {
        Texts { text: String::with_capacity(others.text.len()), ends: Vec::with_capacity(others.len()) }
    }

    /// Adds one.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// One by its place.
    pub fn get(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[start..self.ends[place]]
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }

    /// The place of a text, if they are sorted by bytes.
    pub fn search(&self, text: &str) -> Option<usize> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.get(middle).cmp(text) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }

    /// The places of all, sorted by bytes. Most differ soon after what all
    /// begin with, so eight bytes from there are compared first, as one number.
    pub fn sorted(&self) -> Vec<u32> {
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
                let mut ordered = Texts::like(&all);
                want.iter().for_each(|text| ordered.push(text));
                assert!(want.iter().all(|text| ordered.search(text).map(|i| ordered.get(i)) == Some(text)));
                assert_eq!(ordered.search("none"), None);
            }
        }
        assert!(Texts::default().sorted().is_empty());
    }
}

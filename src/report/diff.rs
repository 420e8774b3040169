//! What changed between two texts, line by line.
//!
//! Owns the comparison. It does not know what the texts are, nor how the
//! answer is painted.

/// A line of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'t> {
    /// In both.
    Same(&'t str),
    /// Only in the old text.
    Old(&'t str),
    /// Only in the new text.
    New(&'t str),
}

/// Beyond so many pairs of lines to compare, what differs is shown as one block.
const PAIRS: usize = 1_000_000;

/// Compares two texts by their longest common subsequence of lines.
pub fn lines<'t>(old: &'t str, new: &'t str) -> Vec<Line<'t>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - front;
    let back = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut out: Vec<Line> = old[..front].iter().map(|l| Line::Same(l)).collect();
    middle(&old[front..old.len() - back], &new[front..new.len() - back], &mut out);
    out.extend(old[old.len() - back..].iter().map(|l| Line::Same(l)));
    out
}

fn middle<'t>(old: &[&'t str], new: &[&'t str], out: &mut Vec<Line<'t>>) {
    let (mut i, mut j) = (0, 0);
    if old.len().saturating_mul(new.len()) <= PAIRS {
        let common = common(old, new);
        let width = new.len() + 1;
        while i < old.len() && j < new.len() {
            if old[i] == new[j] {
                out.push(Line::Same(old[i]));
                (i, j) = (i + 1, j + 1);
            } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
                out.push(Line::Old(old[i]));
                i += 1;
            } else {
                out.push(Line::New(new[j]));
                j += 1;
            }
        }
    }
    out.extend(old[i..].iter().map(|l| Line::Old(l)));
    out.extend(new[j..].iter().map(|l| Line::New(l)));
}

/// For every pair of positions, how many lines what follows has in common.
fn common(old: &[&str], new: &[&str]) -> Vec<u32> {
    let width = new.len() + 1;
    let mut table = vec![0; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i * width + j] = if old[i] == new[j] {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let line = |l: Line| match l {
            Line::Same(t) => format!(" {t}"),
            Line::Old(t) => format!("-{t}"),
            Line::New(t) => format!("+{t}"),
        };
        lines(old, new).into_iter().map(line).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn only_what_changed_is_marked() {
        assert_eq!(shown("a\nb\nc", "a\nx\nc"), " a|-b|+x| c");
        assert_eq!(shown("a\nb\nc\nd", "b\nd\ne"), "-a| b|-c| d|+e");
        assert_eq!(shown("", "a"), "+a");
        assert_eq!(shown("a\na", "a"), " a|-a");
        assert_eq!(shown("same", "same"), " same");
    }

    #[test]
    fn huge_texts_are_one_block() {
        let old: String = (0..2000).map(|i| format!("o{i}\n")).collect();
        let new: String = (0..2000).map(|i| format!("n{i}\n")).collect();
        let lines = lines(&old, &new);
        assert_eq!((lines.len(), lines[0], lines[2000]), (4000, Line::Old("o0"), Line::New("n0")));
    }
}

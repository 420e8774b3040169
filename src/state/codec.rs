//! Bytes of numbers, digests and texts in the log.
//!
//! Owns the encoding of single values (LEB128 for numbers) and nothing of
//! their order. Decoding never panics: what cannot be read is `None`.

use crate::digest::Digest;

/// Appends values to bytes.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    /// A number that is small in either direction.
    pub(super) fn signed(&mut self, n: i64) {
        self.number(((n << 1) ^ (n >> 63)) as u64);
    }

    /// Eight bytes.
    pub(super) fn fixed(&mut self, n: i64) {
        self.bytes.extend_from_slice(&n.to_le_bytes());
    }

    pub(super) fn digest(&mut self, digest: Digest) {
        self.bytes.extend_from_slice(&digest.0);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn option(&mut self, present: bool) {
        self.bytes.push(u8::from(present));
    }
}

/// Takes values off bytes.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut n = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    pub(super) fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// How many items follow, each of at least `least` bytes.
    pub(super) fn count(&mut self, least: usize) -> Option<usize> {
        let n = usize::try_from(self.number()?).ok()?;
        (n <= self.rest.len() / least).then_some(n)
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let n = self.number()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    pub(super) fn fixed(&mut self) -> Option<i64> {
        self.take(8)?.first_chunk().map(|b| i64::from_le_bytes(*b))
    }

    pub(super) fn digest(&mut self) -> Option<Digest> {
        self.take(32)?.first_chunk().map(|b| Digest(*b))
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let len = self.count(1)?;
        std::str::from_utf8(self.take(len)?).ok()
    }

    pub(super) fn boxed(&mut self) -> Option<Box<str>> {
        self.text().map(Into::into)
    }

    pub(super) fn option(&mut self) -> Option<bool> {
        self.take(1).map(|b| b[0] != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(n: u64, m: i64, f: i64, text: String) {
            let mut out = Writer::default();
            out.number(n);
            out.signed(m);
            out.fixed(f);
            out.text(&text);
            let mut reader = Reader::new(&out.bytes);
            prop_assert_eq!(reader.number(), Some(n));
            prop_assert_eq!(reader.signed(), Some(m));
            prop_assert_eq!(reader.fixed(), Some(f));
            prop_assert_eq!(reader.text(), Some(&*text));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.number().is_some() && reader.text().is_some() && reader.digest().is_some() {}
        }
    }
}

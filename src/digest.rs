//! Content digests: BLAKE3 and nothing else.
//!
//! Owns the digest type and the digest of things in memory. Files are digested
//! by `files`.

use std::fmt;

/// A BLAKE3 digest, 32 bytes. The all-zero digest is "unknown" and equals no content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Stands for content that nobody saw whole: never equal to a real digest.
    pub const UNKNOWN: Digest = Digest([0; 32]);

    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// Whether this is [`Digest::UNKNOWN`].
    pub fn is_unknown(self) -> bool {
        self == Digest::UNKNOWN
    }

    /// The first 12 hexadecimal digits: enough for a person.
    pub fn short(self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.short())
    }
}

/// Digests a sequence of parts such that no two sequences collide by joining:
/// every part is preceded by its tag and its length.
pub struct Parts {
    /// Bytes not hashed yet: most sequences are short, and are hashed at one go.
    pending: Vec<u8>,
    /// What came before, if that was much.
    hasher: Option<Box<blake3::Hasher>>,
}

/// Bytes to gather before they are hashed.
const GATHERED: usize = 64 << 10;
/// Room for the parts of most jobs.
const USUAL: usize = 512;

impl Default for Parts {
    fn default() -> Parts {
        Parts { pending: Vec::with_capacity(USUAL), hasher: None }
    }
}

impl Parts {
    /// Adds one part under a tag that says what it is.
    pub fn add(&mut self, tag: u8, bytes: &[u8]) -> &mut Self {
        self.pending.push(tag);
        self.pending.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= GATHERED {
            self.hasher.get_or_insert_default().update(&self.pending);
            self.pending.clear();
        }
        self
    }

    /// The digest of all parts so far.
    pub fn finish(&self) -> Digest {
        match &self.hasher {
            None => Digest::of(&self.pending),
            Some(hasher) => Digest(*hasher.as_ref().clone().update(&self.pending).finalize().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_collide_by_joining() {
        let of = |parts: &[&str]| {
            let mut all = Parts::default();
            parts.iter().for_each(|p| {
                all.add(0, p.as_bytes());
            });
            all.finish()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
    }

    #[test]
    fn known_digest_of_nothing() {
        // The BLAKE3 test vector for the empty input.
        assert!(Digest::of(b"").to_string().starts_with("af1349b9f5f9a1a6a0404dea36dcc949"));
    }
}

//! Frames: how the log is cut into pieces that can be told whole from damaged.
//!
//! Owns the file's header, the frames' heads and checksums, and the way past
//! damage to the next whole frame. It does not know what frames say.
//!
//! A frame is twelve bytes of head and its payload. The head: a mark, the kind,
//! a checksum of the head (16 bits), the payload's length (32 bits) and its
//! CRC-32. The head's own checksum makes it unlikely that bytes of a payload
//! pass for a head when the reader looks for the next one.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// The version of everything in the log.
pub(super) const VERSION: u32 = 1;
/// Length of the file's header.
pub(super) const HEADER: usize = 16;
/// Length of a frame's head.
pub(super) const HEAD: usize = 12;
/// No payload is longer.
pub(super) const MAX_PAYLOAD: usize = 1 << 30;

const MAGIC: &[u8; 8] = b"rulemake";
const MARK: u8 = 0xF5;

/// The header of a log.
pub(super) fn header() -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    let crc = crc32fast::hash(&header[..12]);
    header[12..].copy_from_slice(&crc.to_le_bytes());
    header
}

/// What the beginning of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A log of this version.
    Ours,
    /// A log of another version.
    Version(u32),
    /// Damaged, cut short, or something else.
    Unknown,
}

pub(super) fn read_header(bytes: &[u8]) -> Header {
    let word = |i: usize| bytes.get(i..i + 4)?.first_chunk().map(|b| u32::from_le_bytes(*b));
    let whole = bytes.starts_with(MAGIC) && bytes.len() >= HEADER;
    match word(8) {
        Some(version) if whole && word(12) == Some(crc32fast::hash(&bytes[..12])) => match version {
            VERSION => Header::Ours,
            other => Header::Version(other),
        },
        _ => Header::Unknown,
    }
}

/// Appends a frame whose payload `fill` writes.
///
/// # Panics
/// If the payload is longer than [`MAX_PAYLOAD`].
pub(super) fn push(out: &mut super::codec::Writer, kind: u8, fill: impl FnOnce(&mut super::codec::Writer)) {
    let start = out.bytes.len();
    out.bytes.extend_from_slice(&[0; HEAD]);
    fill(out);
    let payload = &out.bytes[start + HEAD..];
    assert!(payload.len() <= MAX_PAYLOAD, "a frame of the log is too long");
    let head = head(kind, payload.len() as u32, crc32fast::hash(payload));
    out.bytes[start..start + HEAD].copy_from_slice(&head);
}

fn head(kind: u8, len: u32, crc: u32) -> [u8; HEAD] {
    let mut head = [MARK, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    head[4..8].copy_from_slice(&len.to_le_bytes());
    head[8..12].copy_from_slice(&crc.to_le_bytes());
    head[2..4].copy_from_slice(&head_sum(kind, len, crc).to_le_bytes());
    head
}

/// The upper bits of a product, which depend on every bit below (Knuth's
/// multiplicative hashing with Steele and Vigna's constants).
fn head_sum(kind: u8, len: u32, crc: u32) -> u16 {
    let word = u64::from(len) << 32 | u64::from(crc);
    let mixed = (word ^ u64::from(kind).wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xD134_2543_DE82_EF95);
    (mixed >> 48) as u16
}

/// Kind, payload length and checksum, if these twelve bytes are a head.
fn read_head(bytes: &[u8; HEAD]) -> Option<(u8, usize, u32)> {
    if bytes[0] != MARK {
        return None;
    }
    let word = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
    let (len, crc) = (word(4), word(8));
    let sum = u16::from_le_bytes([bytes[2], bytes[3]]);
    (sum == head_sum(bytes[1], len, crc) && len as usize <= MAX_PAYLOAD).then_some((bytes[1], len as usize, crc))
}

/// A whole frame.
pub(super) struct Frame<'a> {
    pub(super) kind: u8,
    /// Where its payload lies in the file.
    pub(super) offset: u64,
    pub(super) payload: &'a [u8],
}

/// What a reading of a log came upon.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Where the last whole frame ends; what follows is a torn tail.
    pub(super) end: u64,
    /// Stretches before that which hold no whole frame.
    pub(super) damaged: Vec<Range<u64>>,
    /// How many frames were whole.
    pub(super) frames: u64,
}

/// Hands every whole frame from `start` on to `each`, in order.
pub(super) fn scan(file: &File, start: u64, each: &mut dyn FnMut(Frame<'_>)) -> io::Result<Scan> {
    let size = file.metadata()?.len();
    let mut window = Window { file, size, base: start, at: 0, bytes: Vec::new(), filled: 0 };
    let mut found = Scan { end: start, ..Scan::default() };
    loop {
        if let Some((kind, len)) = window.whole_frame()? {
            let here = window.base + window.at as u64;
            if here > found.end {
                found.damaged.push(found.end..here);
            }
            let payload = &window.bytes[window.at + HEAD..window.at + HEAD + len];
            each(Frame { kind, offset: here + HEAD as u64, payload });
            window.at += HEAD + len;
            found.end = here + (HEAD + len) as u64;
            found.frames += 1;
        } else if !window.next_mark()? {
            return Ok(found);
        }
    }
}

/// A stretch of the file in memory, and a place in it.
struct Window<'f> {
    file: &'f File,
    size: u64,
    /// Offset in the file of the first byte held.
    base: u64,
    /// The place, from the first byte held.
    at: usize,
    bytes: Vec<u8>,
    /// How many of the bytes are of the file.
    filled: usize,
}

/// How much is read at a time.
const CHUNK: usize = 1 << 20;

impl Window<'_> {
    /// Whether `n` bytes are there from the place on, reading them if needed.
    fn has(&mut self, n: usize) -> io::Result<bool> {
        if self.base + self.at as u64 + n as u64 > self.size {
            return Ok(false);
        }
        if self.filled - self.at >= n {
            return Ok(true);
        }
        self.bytes.copy_within(self.at..self.filled, 0);
        self.base += self.at as u64;
        self.filled -= self.at;
        self.at = 0;
        let left = usize::try_from(self.size - self.base).unwrap_or(CHUNK);
        let room = n.max(CHUNK.min(left));
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
        while self.filled < self.bytes.len() {
            match self.file.read_at(&mut self.bytes[self.filled..], self.base + self.filled as u64) {
                Ok(0) => break,
                Ok(more) => self.filled += more,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(self.filled >= n)
    }

    /// Kind and payload length of the frame that begins at the place, if it is
    /// whole. Its bytes are then held.
    fn whole_frame(&mut self) -> io::Result<Option<(u8, usize)>> {
        if !self.has(HEAD)? {
            return Ok(None);
        }
        let head = self.bytes[self.at..].first_chunk().and_then(read_head);
        let Some((kind, len, crc)) = head else { return Ok(None) };
        if !self.has(HEAD + len)? {
            return Ok(None);
        }
        let payload = &self.bytes[self.at + HEAD..self.at + HEAD + len];
        Ok((crc32fast::hash(payload) == crc).then_some((kind, len)))
    }

    /// Moves on to the next byte that could begin a frame.
    fn next_mark(&mut self) -> io::Result<bool> {
        self.at += 1;
        loop {
            if !self.has(HEAD)? {
                return Ok(false);
            }
            if let Some(i) = self.bytes[self.at..self.filled].iter().position(|&b| b == MARK) {
                self.at += i;
                return Ok(true);
            }
            self.at = self.filled;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::codec::Writer;
    use std::io::Write;

    fn log(payloads: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Writer::default();
        for (i, payload) in payloads.iter().enumerate() {
            push(&mut out, i as u8, |w| w.bytes.extend_from_slice(payload));
        }
        out.bytes
    }

    fn read(bytes: &[u8]) -> (Vec<(u8, Vec<u8>)>, Scan) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let mut got = Vec::new();
        let scan = scan(&file, 0, &mut |f| got.push((f.kind, f.payload.to_vec()))).unwrap();
        (got, scan)
    }

    #[test]
    fn frames_are_read_back() {
        let payloads: Vec<Vec<u8>> = (0..40).map(|i| vec![MARK; i * i * 2000]).collect();
        let bytes = log(&payloads);
        let (got, scan) = read(&bytes);
        assert_eq!(got.len(), 40);
        assert!(got.iter().zip(&payloads).all(|(g, p)| g.1 == *p));
        assert_eq!((scan.end, scan.damaged.len()), (bytes.len() as u64, 0));
    }

    #[test]
    fn damage_costs_the_damaged_frame() {
        let payloads: Vec<Vec<u8>> = (1..6).map(|i| vec![i; 5 * usize::from(i)]).collect();
        let bytes = log(&payloads);
        for i in 0..bytes.len() {
            for flip in [1, 0x80, 0xFF] {
                let mut bytes = bytes.clone();
                bytes[i] ^= flip;
                let (got, scan) = read(&bytes);
                assert_eq!(got.len(), 4, "byte {i}");
                assert!(got.iter().all(|(kind, payload)| *payload == payloads[usize::from(*kind)]));
                let torn = scan.end < bytes.len() as u64;
                assert_eq!(scan.damaged.len() + usize::from(torn), 1);
            }
        }
    }

    #[test]
    fn a_torn_tail_is_where_frames_end() {
        let payloads: Vec<Vec<u8>> = (1..4).map(|i| vec![i; 20]).collect();
        let bytes = log(&payloads);
        for cut in 0..bytes.len() {
            let (got, scan) = read(&bytes[..cut]);
            assert_eq!(got.len(), cut / 32);
            assert_eq!((scan.end as usize, scan.damaged.len()), (cut / 32 * 32, 0));
        }
    }

    #[test]
    fn headers() {
        let good = header();
        assert_eq!(read_header(&good), Header::Ours);
        assert_eq!(read_header(&good[..15]), Header::Unknown);
        let mut other = good;
        other[8] = 9;
        assert_eq!(read_header(&other), Header::Unknown);
        let crc = crc32fast::hash(&other[..12]);
        other[12..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(read_header(&other), Header::Version(9));
    }
}

//! Sectors: what a disk writes wholly or not at all, each with its place and a check of its own.
//!
//! A frame of the redo lies in sectors that follow each other. A crash leaves each of them as it was or as it should be, so a frame that was
//! not finished lacks some; a sector whose check does not hold was changed by something else. That tells a torn end from damage.

use assent_base::Digest;

/// What every disk writes in one piece.
pub(crate) const SECTOR_BYTES: usize = 512;
/// Number of the frame, place in it, sectors of it, check: big-endian.
const HEAD_BYTES: usize = 8 + 4 + 4 + CHECK_BYTES;
const CHECK_BYTES: usize = 8;
/// Of a sector, so much is the frame's.
const ROOM_BYTES: usize = SECTOR_BYTES - HEAD_BYTES;

/// What a sector holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sector<'a> {
    /// Nothing was ever written there.
    Empty,
    /// A part of a frame.
    Part(Part<'a>),
    /// Something that is not as it was written.
    Damaged,
}

/// A part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Which frame.
    pub(crate) number: u64,
    /// Its place in the frame, from 0.
    pub(crate) index: u32,
    /// Parts of the frame.
    pub(crate) count: u32,
    /// Its bytes, with zeros at the end of the last part.
    pub(crate) bytes: &'a [u8],
}

/// As many bytes as this frame takes on the disk.
pub(crate) const fn packed_bytes(frame_bytes: usize) -> usize {
    frame_bytes.div_ceil(ROOM_BYTES) * SECTOR_BYTES
}

/// A frame in sectors.
pub(crate) fn pack(number: u64, frame: &[u8]) -> Vec<u8> {
    let count = u32::try_from(frame.len().div_ceil(ROOM_BYTES)).unwrap_or(u32::MAX);
    let mut packed = Vec::with_capacity(packed_bytes(frame.len()));
    for (bytes, index) in frame.chunks(ROOM_BYTES).zip(0_u32..) {
        let mut room = [0; ROOM_BYTES];
        room.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        packed.extend(number.to_be_bytes());
        packed.extend(index.to_be_bytes());
        packed.extend(count.to_be_bytes());
        packed.extend(check(number, index, count, &room));
        packed.extend(room);
    }
    packed
}

/// What these bytes of a sector are.
pub(crate) fn read(sector: &[u8; SECTOR_BYTES]) -> Sector<'_> {
    if sector.iter().all(|byte| *byte == 0) {
        return Sector::Empty;
    }
    let part = || {
        let (number, rest) = sector.split_first_chunk::<8>()?;
        let (index, rest) = rest.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let (expected, bytes) = rest.split_first_chunk::<CHECK_BYTES>()?;
        let (number, index, count) = (u64::from_be_bytes(*number), u32::from_be_bytes(*index), u32::from_be_bytes(*count));
        (check(number, index, count, bytes) == *expected && index < count).then_some(Part { number, index, count, bytes })
    };
    part().map_or(Sector::Damaged, Sector::Part)
}

/// The first bytes of a digest over everything else in the sector.
fn check(number: u64, index: u32, count: u32, bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let mut whole = [0; SECTOR_BYTES - CHECK_BYTES];
    let head = number.to_be_bytes().into_iter().chain(index.to_be_bytes()).chain(count.to_be_bytes());
    whole.iter_mut().zip(head.chain(bytes.iter().copied())).for_each(|(to, from)| *to = from);
    Digest::of(&whole).as_bytes().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_from_its_sectors() {
        let frame: Vec<u8> = (0..ROOM_BYTES * 2 + 9).map(|at| at.to_le_bytes()[0]).collect();
        let packed = pack(7, &frame);
        assert_eq!(packed.len(), packed_bytes(frame.len()));
        let mut back: Vec<u8> = Vec::new();
        for (sector, index) in packed.as_chunks::<SECTOR_BYTES>().0.iter().zip(0..) {
            let Sector::Part(part) = read(sector) else { panic!("no part") };
            assert_eq!((part.number, part.index, part.count), (7, index, 3));
            back.extend(part.bytes);
        }
        assert_eq!(back[..frame.len()], frame);
        assert!(back[frame.len()..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn every_flipped_bit_is_damage() {
        let packed = pack(1, b"one frame");
        let mut sector: [u8; SECTOR_BYTES] = packed.try_into().unwrap();
        for bit in 0..SECTOR_BYTES * 8 {
            sector[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&sector), Sector::Damaged, "bit {bit}");
            sector[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(read(&[0; SECTOR_BYTES]), Sector::Empty);
    }
}

//! What was acknowledged as kept is there again, in order and once, whatever ends the process; what is lost is counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assent_base::Secret;
use assent_observe::buffer::{BUFFER_BYTES_MIN, Buffer, BufferError, BufferKey, Kept};
use proptest::prelude::*;

/// Set in the process that is to be killed: the folder of its buffer.
const VICTIM: &str = "ASSENT_TEST_BUFFER_OF_VICTIM";
const KILLS: usize = 25;
const VICTIM_BYTES_MAX: u64 = 64 << 20;

#[test]
fn numbers_go_on_over_restarts_and_what_is_not_acknowledged_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = open(folder.path());
    let stream = buffer.stream();
    assert_eq!((stream.len(), buffer.last_seq()), (32, 0));
    assert_eq!(buffer.append(&signals(1..=3)).unwrap(), 3);
    assert!(buffer.waiting_bytes() > 0);
    buffer.acknowledge(3);
    assert_eq!(buffer.waiting_bytes(), 0);
    drop(buffer);
    let mut buffer = open(folder.path());
    assert_eq!((buffer.stream(), buffer.last_seq()), (stream.clone(), 3));
    buffer.acknowledge(2);
    assert_eq!(read(&mut buffer, 2), kept(3..=3));
    assert_eq!(buffer.append(&signals(4..=4)).unwrap(), 4);
    buffer.acknowledge(4);
    drop(buffer);
    let mut buffer = open(folder.path());
    assert_eq!((buffer.stream(), buffer.last_seq()), (stream, 4), "an empty buffer still knows its numbers");
    buffer.acknowledge(4);
    assert_eq!(read(&mut buffer, 4), []);
}

#[test]
fn a_batch_is_bounded_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = open(folder.path());
    for start in [1, 401, 801] {
        buffer.append(&signals(start..=start + 399)).unwrap();
    }
    let (mut seen, mut batches) = (0, 0);
    while let Some(last) = buffer.after(seen, u64::MAX, 150).unwrap().last() {
        assert!(last.seq <= seen + 150);
        (seen, batches) = (last.seq, batches + 1);
    }
    assert_eq!((seen, batches), (1_200, 8));
    let few = buffer.after(0, 100, usize::MAX).unwrap();
    assert!(few.iter().map(|kept| kept.bytes.len()).sum::<usize>() <= 100 && !few.is_empty());
    assert_eq!(buffer.after(0, 0, usize::MAX).unwrap().len(), 1, "one signal passes whatever its size");
}

#[test]
fn the_oldest_goes_first_and_the_hole_says_how_many() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = open(folder.path());
    let mut seq = 0;
    while buffer.evicted() == 0 {
        seq = buffer.append(&noise(seq + 1, 20)).unwrap();
        assert!(buffer.bytes() <= BUFFER_BYTES_MIN);
    }
    let first = buffer.after(0, u64::MAX, 1).unwrap()[0].seq;
    assert_eq!(first - 1, buffer.evicted());
    let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum::<u64>();
    assert_eq!(files, buffer.bytes());
    buffer.acknowledge(seq);
    assert!(buffer.bytes() < BUFFER_BYTES_MIN / 8, "what is acknowledged is removed, but for the segment that is being written");
    assert_eq!(buffer.evicted(), first - 1, "what was acknowledged is not lost");
}

#[test]
fn another_key_opens_nothing_and_what_it_cannot_open_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = open(folder.path());
    let stream = buffer.stream();
    buffer.append(&signals(1..=7)).unwrap();
    drop(buffer);
    let mut buffer = Buffer::open(folder.path(), BUFFER_BYTES_MIN, BufferKey::of(&Secret::new("another".to_owned()))).unwrap();
    assert_ne!(buffer.stream(), stream);
    assert_eq!((buffer.last_seq(), buffer.evicted()), (7, 7), "seven numbers of the new stream stand for the seven signals");
    assert_eq!(read(&mut buffer, 0), []);
    assert_eq!(buffer.append(&signals(8..=8)).unwrap(), 8);
    assert_eq!(read(&mut buffer, 0), kept(8..=8));
}

#[test]
fn nothing_stands_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = open(folder.path());
    buffer.append(&[b"{\"canary\":\"canary canary canary canary\"}".to_vec()]).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
    }
}

#[test]
fn its_folder_and_its_files_are_for_their_owner_alone() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("state/buffer");
    let mut buffer = open(&folder);
    let mut next = 1;
    while std::fs::read_dir(&folder).unwrap().count() < 3 {
        buffer.append(&noise(next, 200)).unwrap();
        next += 200;
    }
    drop(open(&folder));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&place.path().join("state"))), (0o700, 0o700));
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_tail_cut_anywhere_leaves_what_was_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = open(folder.path());
    for start in [1, 4, 9] {
        buffer.append(&signals(start..=start + 2)).unwrap();
    }
    drop(buffer);
    let whole = std::fs::read(segment(folder.path())).unwrap();
    let mut seen = BTreeSet::new();
    for length in 80..=whole.len() {
        std::fs::write(segment(folder.path()), &whole[..length]).unwrap();
        let mut buffer = open(folder.path());
        let there = read(&mut buffer, 0);
        assert_eq!(there.len() as u64, buffer.last_seq());
        assert!([0, 3, 6, 9].contains(&there.len()), "{there:?}");
        let next = buffer.append(&signals(90..=90)).unwrap();
        assert_eq!(next, there.len() as u64 + 1);
        seen.insert(there.len());
        drop(buffer);
        std::fs::remove_dir_all(folder.path()).unwrap();
        std::fs::create_dir(folder.path()).unwrap();
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 3, 6, 9]);
}

#[test]
fn an_altered_byte_is_never_read_and_always_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = open(folder.path());
    buffer.append(&signals(1..=3)).unwrap();
    buffer.append(&signals(4..=6)).unwrap();
    drop(buffer);
    let whole = std::fs::read(segment(folder.path())).unwrap();
    let expected = kept(1..=6);
    for place in 0..whole.len() {
        let mut altered = whole.clone();
        altered[place] ^= 0x40;
        std::fs::write(segment(folder.path()), &altered).unwrap();
        let mut buffer = open(folder.path());
        let there = read(&mut buffer, 0);
        assert!(there.iter().all(|kept| expected.contains(kept)), "byte {place}: {there:?}");
        assert!(there.len() < 6, "byte {place} was not noticed");
        drop(buffer);
        std::fs::remove_dir_all(folder.path()).unwrap();
        std::fs::create_dir(folder.path()).unwrap();
    }
}

#[test]
fn an_altered_segment_in_the_middle_is_a_hole() {
    let folder = tempfile::tempdir().unwrap();
    let mut last = 0;
    for _ in 0..3 {
        // Each opening begins a segment.
        let mut buffer = open(folder.path());
        last = buffer.append(&noise(last + 1, 5)).unwrap();
    }
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut bytes = std::fs::read(&paths[1]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&paths[1], bytes).unwrap();
    let mut buffer = open(folder.path());
    assert_eq!(numbers(&read(&mut buffer, 0)), (1..=5).chain(11..=15).collect::<Vec<_>>());
    assert_eq!(buffer.evicted(), 5);
}

#[test]
fn a_platform_that_knows_more_than_the_buffer_begins_another_stream() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = open(folder.path());
    let stream = buffer.stream();
    buffer.append(&signals(1..=5)).unwrap();
    buffer.acknowledge(3);
    buffer.restart().unwrap();
    assert_ne!(buffer.stream(), stream);
    assert_eq!((buffer.evicted(), buffer.acknowledged(), buffer.last_seq()), (2, 5, 5));
    assert_eq!(buffer.append(&signals(6..=6)).unwrap(), 6);
    let stream = buffer.stream();
    drop(buffer);
    let mut buffer = open(folder.path());
    assert_eq!((buffer.stream(), numbers(&read(&mut buffer, 0))), (stream, vec![6]));
}

#[test]
fn a_buffer_too_small_for_a_signal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Buffer::open(folder.path(), BUFFER_BYTES_MIN - 1, key());
    assert!(matches!(refused, Err(BufferError::TooSmall(_))));
}

#[test]
fn what_was_kept_before_a_kill_is_there_after_it_in_order_and_once() {
    if let Some(folder) = std::env::var_os(VICTIM) {
        victim(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut last_kept = 0;
    for _ in 0..KILLS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lines = usize::try_from(random >> 59).unwrap() + 1;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["what_was_kept_before_a_kill_is_there_after_it_in_order_and_once", "--exact", "--nocapture"])
            .env(VICTIM, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let kept: Vec<u64> = said.filter_map(|line| line.strip_prefix("kept ")?.parse().ok()).take(lines).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        last_kept = *kept.last().unwrap();
    }
    let mut buffer = Buffer::open(folder.path(), VICTIM_BYTES_MAX, key()).unwrap();
    let there = read(&mut buffer, 0);
    assert!(there.len() as u64 >= last_kept, "{} of {last_kept}", there.len());
    assert_eq!(numbers(&there), (1..=buffer.last_seq()).collect::<Vec<_>>(), "no hole, nothing twice");
    assert!(there.iter().all(is_own));
    assert_eq!(buffer.evicted(), 0);
}

/// Keeps signals and says so, until it is killed.
fn victim(folder: &Path) -> ! {
    let mut buffer = Buffer::open(folder, VICTIM_BYTES_MAX, key()).unwrap();
    loop {
        let first = buffer.last_seq() + 1;
        let last = buffer.append(&noise(first, first % 7 + 1)).unwrap();
        println!("kept {last}");
    }
}

#[derive(Debug, Clone)]
enum Move {
    Append(u64),
    Acknowledge(u64),
    Reopen,
    Read(usize),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => (1..60_u64).prop_map(Move::Append),
        2 => (0..80_u64).prop_map(Move::Acknowledge),
        1 => Just(Move::Reopen),
        3 => (1..200_usize).prop_map(Move::Read),
    ];
    proptest::collection::vec(one, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The model is a range of numbers: what is acknowledged or evicted is below it.
    #[test]
    fn any_sequence_of_moves_leaves_a_range_without_holes(moves in moves()) {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = open(folder.path());
        let (mut last, mut acknowledged) = (0, 0);
        for one in moves {
            match one {
                Move::Append(count) => {
                    let first = last + 1;
                    last = buffer.append(&noise(first, count)).unwrap();
                    prop_assert_eq!(last, first + count - 1);
                }
                Move::Acknowledge(further) => {
                    acknowledged = (acknowledged + further).min(last);
                    buffer.acknowledge(acknowledged);
                    prop_assert_eq!(buffer.acknowledged(), acknowledged);
                }
                Move::Reopen => {
                    drop(buffer);
                    buffer = open(folder.path());
                    buffer.acknowledge(acknowledged);
                }
                Move::Read(most) => {
                    let there = buffer.after(acknowledged, u64::MAX, most).unwrap();
                    let first = there.first().map_or(last + 1, |kept| kept.seq);
                    prop_assert!(first > acknowledged && there.len() <= most);
                    prop_assert_eq!(numbers(&there), (first..first + there.len() as u64).collect::<Vec<_>>());
                    prop_assert!(there.iter().all(is_own), "each number has its own signal");
                }
            }
            prop_assert!(buffer.bytes() <= BUFFER_BYTES_MIN);
            prop_assert_eq!(buffer.last_seq(), last);
        }
    }
}

fn key() -> BufferKey {
    BufferKey::of(&Secret::new("a-key-for-this-test".to_owned()))
}

fn open(folder: &Path) -> Buffer {
    Buffer::open(folder, BUFFER_BYTES_MIN, key()).unwrap()
}

fn signals(numbers: std::ops::RangeInclusive<u64>) -> Vec<Vec<u8>> {
    numbers.map(|number| format!("signal {number}").into_bytes()).collect()
}

fn kept(numbers: std::ops::RangeInclusive<u64>) -> Vec<Kept> {
    numbers.clone().zip(signals(numbers)).map(|(seq, bytes)| Kept { seq, bytes }).collect()
}

/// Signals of some kilobytes that cannot be compressed.
fn noise(first: u64, count: u64) -> Vec<Vec<u8>> {
    let one = |number: u64| {
        let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut bytes = format!("signal {number} ").into_bytes();
        for _ in 0..600 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes
    };
    (first..first + count).map(one).collect()
}

fn read(buffer: &mut Buffer, after: u64) -> Vec<Kept> {
    let mut all: Vec<Kept> = Vec::new();
    loop {
        let seen = all.last().map_or(after, |kept| kept.seq);
        let more = buffer.after(seen, u64::MAX, 1_000).unwrap();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// Whether the bytes are those of the number.
fn is_own(kept: &Kept) -> bool {
    kept.bytes.starts_with(format!("signal {} ", kept.seq).as_bytes())
}

fn numbers(kept: &[Kept]) -> Vec<u64> {
    kept.iter().map(|kept| kept.seq).collect()
}

fn segment(folder: &Path) -> PathBuf {
    folder.join("00000000000000000001.seg")
}

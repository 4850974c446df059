//! Threads that compress pieces of a stream, each into a Zstandard frame of its own, in order.
//!
//! Why the order holds: each piece comes back on a channel of its own, and pieces are taken from the oldest channel.
//! Why it never hangs: a thread waits only for its next piece, and a taker only for the thread that has the piece. Whoever
//! ends, by an error or a panic, drops its ends of the channels, and that wakes the other.
//! Why memory is bounded: at most [`PIECES_A_THREAD`] pieces a thread are under way, and their buffers are used again.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::{io, thread};

use backup_core::model::archive::looks_random;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{CParameter, compress_bound};

/// The default level of Zstandard.
const LEVEL: i32 = 3;

/// The level for what hardly compresses: less than half the work for a loss of some 0.03 %.
const RANDOM_LEVEL: i32 = -1;

/// Of what is compressed, one sample in so many bytes is looked at.
const SAMPLED_BYTES: usize = 4096;

/// Tables that stay in a core's own cache, and a window to match: a tenth less work for archives of about the same size.
const TABLES: [CParameter; 3] =
    [CParameter::WindowLog(19), CParameter::HashLog(16), CParameter::ChainLog(16)];

/// More threads than this read faster than any disk, and each takes memory.
const MOST_THREADS: usize = 16;

/// A piece of the stream, and the frame that is made of it.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) plain: Vec<u8>,
    pub(crate) frame: Vec<u8>,
    /// The frame is there already, and so many bytes are to come out of it. It is checked.
    pub(crate) is_made: Option<usize>,
}

/// How many pieces may be under way for each thread: enough to go on while one thread has to wait for its core.
const PIECES_A_THREAD: usize = 4;

/// The threads, and the pieces that are under way, the oldest first.
#[derive(Debug)]
pub(crate) struct ParallelCompressor {
    jobs: Sender<Job>,
    under_way: VecDeque<Receiver<io::Result<Piece>>>,
    most_under_way: usize,
}

/// A piece, and where it goes once it is compressed.
#[derive(Debug)]
struct Job {
    piece: Piece,
    compressed: SyncSender<io::Result<Piece>>,
}

impl ParallelCompressor {
    /// Starts a thread for each core. The threads end when the compressor is dropped.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::of((0..cores.min(MOST_THREADS)).map(|_| compressing()))
    }

    /// Starts a thread for each kind of work; fewer than there should be do the same.
    fn of<W>(works: impl Iterator<Item = io::Result<W>>) -> io::Result<Self>
    where
        W: FnMut(&mut Piece) -> io::Result<()> + Send + 'static,
    {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let (mut threads, mut failure) = (0, None);
        for work in works {
            match work.and_then(|work| spawn(Arc::clone(&queue), work)) {
                Ok(()) => threads += 1,
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if threads == 0 => Err(error),
            _ => Ok(Self { jobs, under_way: VecDeque::new(), most_under_way: PIECES_A_THREAD * threads }),
        }
    }

    /// Returns whether a piece must be taken before the next can be put.
    pub(crate) fn is_full(&self) -> bool {
        self.under_way.len() >= self.most_under_way
    }

    /// Puts the next piece.
    ///
    /// # Errors
    /// When all threads have died.
    pub(crate) fn put(&mut self, piece: Piece) -> io::Result<()> {
        let (compressed, taken) = sync_channel(1);
        self.jobs.send(Job { piece, compressed }).map_err(|_| died())?;
        self.under_way.push_back(taken);
        Ok(())
    }

    /// Waits for the oldest piece and takes it; `None` when none is under way.
    ///
    /// # Errors
    /// When it could not be compressed.
    pub(crate) fn take(&mut self) -> io::Result<Option<Piece>> {
        let Some(oldest) = self.under_way.pop_front() else { return Ok(None) };
        oldest.recv().map_err(|_| died())?.map(Some)
    }
}

fn died() -> io::Error {
    io::Error::other("a thread that compresses has died")
}

fn compressing() -> io::Result<impl FnMut(&mut Piece) -> io::Result<()> + Send + 'static> {
    let (mut usual, mut hasty) = (Compressor::new(LEVEL)?, Compressor::new(RANDOM_LEVEL)?);
    TABLES.into_iter().try_for_each(|parameter| usual.set_parameter(parameter))?;
    hasty.set_parameter(TABLES[0])?;
    usual.include_checksum(true).and_then(|()| hasty.include_checksum(true))?;
    let mut decompressor = Decompressor::new()?;
    Ok(move |piece: &mut Piece| {
        if let Some(plain_bytes) = piece.is_made {
            return check(&mut decompressor, piece, plain_bytes);
        }
        piece.frame.clear();
        piece.frame.reserve(compress_bound(piece.plain.len()));
        let compressor = if hardly_compresses(&piece.plain) { &mut hasty } else { &mut usual };
        compressor.compress_to_buffer(&piece.plain, &mut piece.frame).map(drop)
    })
}

/// Returns whether at least seven in eight samples look random. Those that don't are headers of small files.
fn hardly_compresses(plain: &[u8]) -> bool {
    let (samples, random) = plain
        .chunks(SAMPLED_BYTES)
        .fold((0, 0), |(samples, random), sample| (samples + 1, random + usize::from(looks_random(sample))));
    random * 8 >= samples * 7
}

/// Checks a frame by its checksum, and by the number of bytes that come out of it.
fn check(decompressor: &mut Decompressor<'_>, piece: &mut Piece, plain_bytes: usize) -> io::Result<()> {
    piece.plain.clear();
    piece.plain.reserve(plain_bytes);
    let unpacked = decompressor.decompress_to_buffer(&piece.frame, &mut piece.plain);
    match unpacked.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))? {
        unpacked if unpacked == plain_bytes => Ok(()),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a frame is not as long as the list of frames says",
        )),
    }
}

/// Starts a thread that works at what comes next as long as anything can come.
fn spawn<W>(queue: Arc<Mutex<Receiver<Job>>>, mut work: W) -> io::Result<()>
where
    W: FnMut(&mut Piece) -> io::Result<()> + Send + 'static,
{
    // One thread waits for a piece, and the others for their turn to wait.
    let next = move || queue.lock().ok().and_then(|queue| queue.recv().ok());
    let run = move || {
        while let Some(Job { mut piece, compressed }) = next() {
            let result = work(&mut piece).map(|()| piece);
            // Nobody takes what a dropped draft had under way.
            let _ = compressed.send(result);
        }
    };
    Builder::new().name("compress".into()).spawn(run).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posix::test_disk::noise;

    /// Returns a compressor with that many threads, which only copy.
    fn copying(threads: usize) -> ParallelCompressor {
        let copy = |piece: &mut Piece| {
            piece.frame.clone_from(&piece.plain);
            Ok(())
        };
        ParallelCompressor::of((0..threads).map(|_| Ok(copy))).unwrap()
    }

    fn piece(byte: u8) -> Piece {
        Piece { plain: vec![byte], ..Piece::default() }
    }

    #[test]
    fn keeps_the_order_and_few_pieces() {
        for threads in 1..5 {
            let mut compressor = copying(threads);
            let mut seen = Vec::new();
            for byte in 0..=255 {
                if compressor.is_full() {
                    assert_eq!(compressor.under_way.len(), threads * PIECES_A_THREAD);
                    seen.extend(compressor.take().unwrap().unwrap().frame);
                }
                // Now and then all are taken, as a flush does.
                while byte % 50 == 0 && !compressor.under_way.is_empty() {
                    seen.extend(compressor.take().unwrap().unwrap().frame);
                }
                compressor.put(piece(byte)).unwrap();
            }
            while let Some(piece) = compressor.take().unwrap() {
                seen.extend(piece.frame);
            }
            assert_eq!(seen, (0..=255).collect::<Vec<u8>>(), "{threads} threads");
        }
    }

    #[test]
    fn a_frame_holds_its_length_and_its_checksum() {
        let mut compressor = ParallelCompressor::start().unwrap();
        let plain = vec![b'x'; 100_000];
        compressor.put(Piece { plain: plain.clone(), ..Piece::default() }).unwrap();
        let frame = compressor.take().unwrap().unwrap().frame;
        assert_eq!(zstd::decode_all(&frame[..]).unwrap(), plain);
        assert_eq!(zstd::zstd_safe::get_frame_content_size(&frame).unwrap(), Some(100_000));
        let mut damaged = frame;
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        let error = zstd::decode_all(&damaged[..]).unwrap_err();
        assert!(error.to_string().contains("checksum"), "{error}");
    }

    #[test]
    fn what_hardly_compresses_is_hardly_tried() {
        let random = noise(7, 40 * SAMPLED_BYTES);
        let text = b"It was the best of times, it was the worst of times; ".repeat(5_000);
        assert!(hardly_compresses(&random) && !hardly_compresses(&text) && !hardly_compresses(&[0; 100]));
        // The headers of a file now and then, and a text among pictures.
        let mut mixed = random.clone();
        (0..4).for_each(|file| mixed[file * 10 * SAMPLED_BYTES..][..1_536].fill(0));
        assert!(hardly_compresses(&mixed));
        mixed[..8 * SAMPLED_BYTES].copy_from_slice(&text[..8 * SAMPLED_BYTES]);
        assert!(!hardly_compresses(&mixed));
        let mut compressor = ParallelCompressor::start().unwrap();
        compressor.put(Piece { plain: random.clone(), ..Piece::default() }).unwrap();
        let frame = compressor.take().unwrap().unwrap().frame;
        assert!(zstd::decode_all(&frame[..]).unwrap() == random && frame.len() < random.len() + 100);
    }

    #[test]
    fn a_frame_that_is_there_already_is_checked() {
        let mut compressor = ParallelCompressor::start().unwrap();
        let plain = vec![b'x'; 100_000];
        compressor.put(Piece { plain: plain.clone(), ..Piece::default() }).unwrap();
        let frame = compressor.take().unwrap().unwrap().frame;
        let mut check = |frame: &[u8], plain_bytes| {
            let piece = Piece { frame: frame.to_vec(), is_made: Some(plain_bytes), ..Piece::default() };
            compressor.put(piece).unwrap();
            compressor.take().map(|piece| piece.unwrap())
        };
        let checked = check(&frame, 100_000).unwrap();
        assert!(checked.frame == frame && checked.plain == plain);
        for plain_bytes in [0, 99_999, 100_001] {
            assert!(check(&frame, plain_bytes).is_err(), "{plain_bytes}");
        }
        for at in 0..frame.len() {
            let mut damaged = frame.clone();
            damaged[at] ^= 1;
            // One bit says whether there is a checksum at all.
            let is_harmless = check(&damaged, 100_000).is_ok_and(|piece| piece.plain == plain);
            assert!(is_harmless || check(&damaged, 100_000).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_failure_is_reported_in_its_turn() {
        let failing = |piece: &mut Piece| match piece.plain[0] {
            1 => Err(io::Error::other("refused")),
            _ => Ok(()),
        };
        let mut compressor = ParallelCompressor::of((0..2).map(|_| Ok(failing))).unwrap();
        (0..3).for_each(|byte| compressor.put(piece(byte)).unwrap());
        assert!(compressor.take().is_ok());
        assert_eq!(compressor.take().unwrap_err().to_string(), "refused");
        assert_eq!(compressor.take().unwrap().unwrap().plain, [2]);
    }

    #[test]
    fn a_thread_that_dies_wakes_who_waits() {
        let dying = |_: &mut Piece| -> io::Result<()> { panic!("dies on purpose") };
        let mut compressor = ParallelCompressor::of([Ok(dying)].into_iter()).unwrap();
        compressor.put(piece(0)).unwrap();
        assert_eq!(compressor.take().unwrap_err().to_string(), died().to_string());
        assert!(compressor.put(piece(0)).and_then(|()| compressor.take()).is_err());
    }

    #[test]
    fn fewer_threads_do_and_none_do_not() {
        let none = || Err(io::Error::other("no thread"));
        let one = || Ok(|_: &mut Piece| Ok(()));
        assert_eq!(
            ParallelCompressor::of([none(), none()].map(|work| work.and_then(|()| one())).into_iter())
                .unwrap_err()
                .to_string(),
            "no thread"
        );
        let mut compressor = ParallelCompressor::of(
            [none(), Ok(()), none()].map(|work| work.and_then(|()| one())).into_iter(),
        )
        .unwrap();
        compressor.put(piece(0)).unwrap();
        assert!(compressor.take().unwrap().is_some());
    }
}

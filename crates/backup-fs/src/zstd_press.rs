//! Threads that compress pieces of a stream, each into a Zstandard frame of its own, in order.
//!
//! Why the order holds: the pieces go to the threads in turn, and come back in turn. Why it never hangs: a thread waits
//! only for its next piece and a taker only for the thread that has one; whoever goes, by an error or a panic, drops its
//! ends of the channels, which wakes the other. Why memory is bounded: no more than [`Press::ROUNDS`] pieces a thread
//! are under way, and what comes back is used again.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Builder};

use zstd::bulk::Compressor;
use zstd::zstd_safe::{CParameter, compress_bound};

/// What Zstandard itself takes where nothing is said.
const LEVEL: i32 = 3;

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
}

/// The threads, and the pieces that are under way, the oldest first.
#[derive(Debug)]
pub(crate) struct Press {
    threads: VecDeque<PressThread>,
    under_way: usize,
}

#[derive(Debug)]
struct PressThread {
    pieces: Sender<Piece>,
    pressed: Receiver<io::Result<Piece>>,
}

impl Press {
    /// How many pieces a thread has at most: the one it is at, and the next.
    const ROUNDS: usize = 2;

    /// Starts a thread for each core. They end when the press is dropped.
    ///
    /// # Errors
    /// When no thread can be had.
    pub(crate) fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::of((0..cores.min(MOST_THREADS)).map(|_| PressThread::compressing()))
    }

    /// Takes the threads that there are; fewer than there should be do the same.
    fn of(threads: impl Iterator<Item = io::Result<PressThread>>) -> io::Result<Self> {
        let (mut started, mut failure) = (VecDeque::new(), None);
        for thread in threads {
            match thread {
                Ok(thread) => started.push_back(thread),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if started.is_empty() => Err(error),
            _ => Ok(Self { threads: started, under_way: 0 }),
        }
    }

    /// Returns whether a piece must be taken before the next can be put.
    pub(crate) fn is_full(&self) -> bool {
        self.under_way >= Self::ROUNDS * self.threads.len()
    }

    /// Puts the next piece.
    ///
    /// # Errors
    /// When the thread whose turn it is has died.
    pub(crate) fn put(&mut self, piece: Piece) -> io::Result<()> {
        let turn = self.under_way % self.threads.len();
        self.threads[turn].pieces.send(piece).map_err(|_| died())?;
        self.under_way += 1;
        Ok(())
    }

    /// Waits for the oldest piece and takes it; `None` when none is under way.
    ///
    /// # Errors
    /// When it could not be compressed.
    pub(crate) fn take(&mut self) -> io::Result<Option<Piece>> {
        let Some(fewer) = self.under_way.checked_sub(1) else { return Ok(None) };
        let pressed = self.threads[0].pressed.recv().map_err(|_| died())?;
        // The thread at the front is always the one that has the oldest.
        self.threads.rotate_left(1);
        self.under_way = fewer;
        pressed.map(Some)
    }
}

fn died() -> io::Error {
    io::Error::other("a thread that compresses has died")
}

impl PressThread {
    fn compressing() -> io::Result<Self> {
        let mut compressor = Compressor::new(LEVEL)?;
        compressor.include_checksum(true)?;
        TABLES.into_iter().try_for_each(|parameter| compressor.set_parameter(parameter))?;
        Self::start(move |piece| {
            piece.frame.clear();
            piece.frame.reserve(compress_bound(piece.plain.len()));
            compressor.compress_to_buffer(&piece.plain, &mut piece.frame).map(drop)
        })
    }

    fn start(mut press: impl FnMut(&mut Piece) -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let (pieces, pieces_out) = channel::<Piece>();
        let (pressed_in, pressed) = channel();
        let work = move || {
            for mut piece in pieces_out {
                let result = press(&mut piece).map(|()| piece);
                if pressed_in.send(result).is_err() {
                    break;
                }
            }
        };
        Builder::new().name("compress".into()).spawn(work)?;
        Ok(Self { pieces, pressed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A press with that many threads, which copy.
    fn copying(threads: usize) -> Press {
        let copy = |piece: &mut Piece| {
            piece.frame.clone_from(&piece.plain);
            Ok(())
        };
        Press::of((0..threads).map(|_| PressThread::start(copy))).unwrap()
    }

    fn piece(byte: u8) -> Piece {
        Piece { plain: vec![byte], ..Piece::default() }
    }

    #[test]
    fn keeps_the_order_and_few_pieces() {
        for threads in 1..5 {
            let mut press = copying(threads);
            let mut seen = Vec::new();
            for byte in 0..=255 {
                if press.is_full() {
                    assert_eq!(press.under_way, threads * Press::ROUNDS);
                    seen.extend(press.take().unwrap().unwrap().frame);
                }
                // Now and then all are taken, as a flush does.
                while byte % 50 == 0 && press.under_way > 0 {
                    seen.extend(press.take().unwrap().unwrap().frame);
                }
                press.put(piece(byte)).unwrap();
            }
            while let Some(piece) = press.take().unwrap() {
                seen.extend(piece.frame);
            }
            assert_eq!(seen, (0..=255).collect::<Vec<u8>>(), "{threads} threads");
        }
    }

    #[test]
    fn a_frame_holds_its_length_and_its_checksum() {
        let mut press = Press::start().unwrap();
        let plain = vec![b'x'; 100_000];
        press.put(Piece { plain: plain.clone(), ..Piece::default() }).unwrap();
        let frame = press.take().unwrap().unwrap().frame;
        assert_eq!(zstd::decode_all(&frame[..]).unwrap(), plain);
        assert_eq!(zstd::zstd_safe::get_frame_content_size(&frame).unwrap(), Some(100_000));
        let mut damaged = frame;
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        let error = zstd::decode_all(&damaged[..]).unwrap_err();
        assert!(error.to_string().contains("checksum"), "{error}");
    }

    #[test]
    fn a_failure_is_told_in_its_turn() {
        let failing = |piece: &mut Piece| match piece.plain[0] {
            1 => Err(io::Error::other("refused")),
            _ => Ok(()),
        };
        let mut press = Press::of((0..2).map(|_| PressThread::start(failing))).unwrap();
        (0..3).for_each(|byte| press.put(piece(byte)).unwrap());
        assert!(press.take().is_ok());
        assert_eq!(press.take().unwrap_err().to_string(), "refused");
        assert_eq!(press.take().unwrap().unwrap().plain, [2]);
    }

    #[test]
    fn a_thread_that_dies_wakes_who_waits() {
        let dying = |_: &mut Piece| -> io::Result<()> { panic!("dies on purpose") };
        let mut press = Press::of([PressThread::start(dying)].into_iter()).unwrap();
        press.put(piece(0)).unwrap();
        assert_eq!(press.take().unwrap_err().to_string(), died().to_string());
        assert!(press.put(piece(0)).is_err());
    }

    #[test]
    fn fewer_threads_do_and_none_do_not() {
        let none = || Err(io::Error::other("no thread"));
        let one = || PressThread::start(|_| Ok(()));
        assert_eq!(Press::of([none(), none()].into_iter()).unwrap_err().to_string(), "no thread");
        let mut press = Press::of([none(), one(), none()].into_iter()).unwrap();
        press.put(piece(0)).unwrap();
        assert!(press.take().unwrap().is_some());
    }
}

//! A server on the loopback that takes notices, refuses them, or never answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It answers with this status line, such as `200 OK`.
    Status(&'static str),
    /// It never answers.
    Never,
}

/// A server that keeps the bodies of the requests that it has read. It ends with the test program.
#[derive(Debug, Clone)]
pub struct WebHook {
    port: u16,
    bodies: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<Answer>>,
}

impl WebHook {
    /// Starts a server on a free port.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let server = Self { port, bodies: Arc::default(), answer: Arc::new(Mutex::new(answer)) };
        let shared = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = shared.clone();
                thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    /// Makes it do something else from now on.
    ///
    /// # Panics
    /// When a thread of it has failed.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().expect("no thread has failed") = answer;
    }

    /// Returns a URL of it, with a path that is a secret.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hunter2", self.port)
    }

    /// Returns its host and port.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the bodies so far.
    ///
    /// # Panics
    /// When a thread of it has failed.
    #[must_use]
    pub fn bodies(&self) -> Vec<String> {
        self.bodies.lock().expect("no thread has failed").clone()
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim().split_once(": ") else {
                if line.trim().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        self.bodies.lock().ok()?.push(String::from_utf8(body).ok()?);
        let answer = *self.answer.lock().ok()?;
        match answer {
            Answer::Status(status) => {
                write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()
            }
            // Until the other side goes.
            Answer::Never => reader.read(&mut [0]).ok().map(drop),
        }
    }
}

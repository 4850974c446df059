//! A server on the loopback that does what a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What the server does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// It answers with this status line and headers, and this body.
    Answer(&'static str, &'static str),
    /// It never answers, until the client goes.
    Hang,
    /// It closes the connection before it answers.
    Close,
    /// It sends a letter of its answer now and then, without an end.
    Drip,
}

/// A request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// The request line.
    pub(crate) line: String,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

/// The server. Its threads end with the test program.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    act: Arc<Mutex<Act>>,
    received: Receiver<Received>,
}

impl Server {
    pub(crate) fn start(act: Act) -> Self {
        Self::start_with(act, None)
    }

    pub(crate) fn start_tls(act: Act, config: ServerConfig) -> Self {
        Self::start_with(act, Some(Arc::new(config)))
    }

    fn start_with(act: Act, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (sender, received) = channel();
        let act = Arc::new(Mutex::new(act));
        let shared = Arc::clone(&act);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, act, tls) = (sender.clone(), Arc::clone(&shared), tls.clone());
                thread::spawn(move || {
                    let act = act.lock().expect("no panic").clone();
                    let tell = |request| drop(sender.send(request));
                    // A client that goes early is what many tests are about.
                    let _ = match tls {
                        Some(config) => {
                            let connection = ServerConnection::new(config).expect("a right configuration");
                            serve(StreamOwned::new(connection, stream), &act, tell)
                        }
                        None => serve(stream, &act, tell),
                    };
                });
            }
        });
        Self { address, act, received }
    }

    pub(crate) fn act(&self, act: Act) {
        *self.act.lock().expect("no panic") = act;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns what has arrived since the last call.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.try_iter().collect()
    }
}

trait Connection: Read + Write {}
impl Connection for TcpStream {}
impl Connection for StreamOwned<ServerConnection, TcpStream> {}

fn serve(mut stream: impl Connection, act: &Act, tell: impl FnOnce(Received)) -> std::io::Result<()> {
    let request = read(&mut stream)?;
    tell(request);
    match act {
        Act::Answer(head, body) => {
            write!(
                stream,
                "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )?;
            stream.flush()
        }
        Act::Close => Ok(()),
        Act::Hang => {
            let _ = stream.read(&mut [0]);
            Ok(())
        }
        Act::Drip => {
            write!(stream, "HTTP/1.1 200 OK\r\nx-long: ")?;
            loop {
                stream.write_all(b"a")?;
                stream.flush()?;
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

fn read(stream: &mut impl Read) -> std::io::Result<Received> {
    let mut reader = BufReader::new(stream);
    let mut next = || {
        let mut line = String::new();
        reader.read_line(&mut line).map(|_| line.trim_end().to_owned())
    };
    let line = next()?;
    let mut headers = Vec::new();
    loop {
        let header = next()?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Received { line, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

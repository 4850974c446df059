//! Sending: a file on its way to a web server, piece by piece.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::stream::unfold;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, Method};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{sleep, timeout};

use super::client::{Client, SILENCE};
use super::failure::{lost, refused};
use crate::problem::Problem;
use crate::transfer::{PIECE_BYTES, Upload};

/// How long a server may take to store what it has received.
const STORING: Duration = Duration::from_mins(10);

impl Client {
    /// Sends a file. It isn't sent again: what it is read from may not be read twice.
    pub(super) fn send(&self, path: &str, upload: &mut Upload<'_>) -> Result<(), Problem> {
        let (sender, receiver) = channel(1);
        // Some servers store nothing if they aren't told how much comes.
        let request = self.request(Method::PUT, path).header(CONTENT_LENGTH, upload.size_bytes());
        let request = request.body(Body::wrap_stream(pieces(receiver)));
        self.run(async {
            let (feeding, answer) = (pin!(feed(upload, sender)), pin!(request.send()));
            let answer = match select(feeding, answer).await {
                Either::Left((Err(problem), _)) => return Err(problem),
                Either::Right((answer, _)) => answer.map_err(|error| self.lost(&error))?,
            };
            let status = answer.status();
            if status.is_success() {
                return Ok(());
            }
            Err(refused(status, &answer.bytes().await.unwrap_or_default()))
        })
    }
}

fn pieces(
    receiver: Receiver<io::Result<Bytes>>,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static {
    unfold(receiver, |mut receiver| async { receiver.recv().await.map(|piece| (piece, receiver)) })
}

/// Hands over all pieces, and then waits for an answer. It ends only if something goes wrong.
async fn feed(upload: &mut Upload<'_>, sender: Sender<io::Result<Bytes>>) -> Result<Infallible, Problem> {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let bytes = match upload.fill(&mut piece) {
            Ok(bytes) => bytes,
            Err(problem) => {
                // What was sent must not look whole.
                let _ = sender.send(Err(io::ErrorKind::Interrupted.into())).await;
                return Err(problem);
            }
        };
        piece.truncate(bytes);
        if piece.is_empty() {
            break;
        }
        match timeout(SILENCE, sender.send(Ok(piece.into()))).await {
            Ok(Ok(())) => {}
            // The answer is there already, or the connection is lost. The request tells which.
            Ok(Err(_)) => break,
            Err(_) => return Err(lost("the server takes nothing for two minutes")),
        }
    }
    drop(sender);
    sleep(STORING).await;
    Err(lost("the server has received everything and says nothing for ten minutes"))
}

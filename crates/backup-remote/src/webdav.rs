//! `WebDAV`: a tree on a web server, as Nextcloud and Hetzner's Storage Box have it.

mod client;
mod failure;
mod listing;
mod login;
mod sending;

use std::ops::Range;

use backup_core::model::destination::{DestinationFault, DestinationSettings};
use futures_util::StreamExt;
use reqwest::header::RANGE;
use reqwest::{Method, Response, StatusCode};

use self::client::{Client, in_time};
use self::failure::{lost, of_transport, refused};
use self::listing::{Entry, entries};
use crate::location::WebPlace;
use crate::patience::Patience;
use crate::problem::Problem;
use crate::transfer::{Download, Upload};
use crate::tree::{Child, FileState, Tree, parent};

/// The files below a folder of a web server.
pub(crate) struct WebDav {
    client: Client,
}

/// What a listing asks for.
const ASKED: &str = r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/><getetag/></prop></propfind>"#;

impl WebDav {
    /// Returns the adapter for a folder. It connects with the first call.
    ///
    /// # Errors
    /// `BadCredentials` if the file with the credentials can't be read.
    pub(crate) fn new(
        place: WebPlace,
        settings: &DestinationSettings,
        patience: &Patience,
    ) -> Result<Self, Problem> {
        Ok(Self { client: Client::new(place, settings, patience)? })
    }

    /// Returns what the server says about a path, and with `depth` 1 about what is in it; nothing if there is nothing.
    fn look(&self, path: &str, depth: &'static str) -> Result<Vec<Entry>, Problem> {
        let method = Method::from_bytes(b"PROPFIND").map_err(Problem::local)?;
        let (status, body) = self.client.ask(|client| {
            let request = client.request(method.clone(), path).header("depth", depth);
            request.header("content-type", "application/xml").body(ASKED)
        })?;
        match status {
            StatusCode::MULTI_STATUS => entries(&body, &self.client.url(path)),
            StatusCode::NOT_FOUND => Ok(Vec::new()),
            status => Err(refused(status, &body)),
        }
    }

    /// Returns what is under a path itself.
    fn entry(&self, path: &str) -> Result<Option<Entry>, Problem> {
        Ok(self.look(path, "0")?.into_iter().find(|entry| entry.name.is_none()))
    }

    fn is_folder(&self, path: &str) -> Result<bool, Problem> {
        Ok(self.entry(path)?.is_some_and(|entry| entry.file.is_none()))
    }

    fn rename(&self, from: &str, to: &str, overwrite: &'static str) -> Result<(), Problem> {
        let method = Method::from_bytes(b"MOVE").map_err(Problem::local)?;
        let target = self.client.url(to);
        let (status, body) = self.client.ask_once(|client| {
            let request = client.request(method.clone(), from).header("destination", target.as_str());
            request.header("overwrite", overwrite)
        })?;
        match status {
            StatusCode::PRECONDITION_FAILED => Err(Problem::bare(DestinationFault::AlreadyExists)),
            status if status.is_success() => Ok(()),
            status => Err(refused(status, &body)),
        }
    }

    /// Asks for a part of a file, and takes what comes of it.
    fn receive(&self, path: &str, range: Range<u64>, download: &mut Download<'_>) -> Result<(), Received> {
        let asked = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        self.client.run(async {
            let request = self.client.request(Method::GET, path).header(RANGE, asked);
            let answer = in_time(request.send()).await.map_err(Received::Lost)?;
            let answer = answer.map_err(|error| Received::of(self.client.lost(&error)))?;
            let is_all_wanted = range.start == 0 && answer.status() == StatusCode::OK;
            if answer.status() != StatusCode::PARTIAL_CONTENT && !is_all_wanted {
                return Err(Received::of(unfit(answer).await));
            }
            let mut stream = answer.bytes_stream();
            while download.missing_bytes() > 0 {
                let Some(bytes) = in_time(stream.next()).await.map_err(Received::Lost)? else {
                    return Err(Received::Lost(lost("the answer ends too early")));
                };
                let bytes = bytes.map_err(|error| Received::Lost(of_transport(&error)))?;
                let missing = usize::try_from(download.missing_bytes()).unwrap_or(usize::MAX);
                download.take(&bytes[..bytes.len().min(missing)]).map_err(Received::Told)?;
            }
            Ok(())
        })
    }
}

/// Why a part of a file didn't come whole.
enum Received {
    /// The rest can be asked for.
    Lost(Problem),
    /// It is no use to ask again.
    Told(Problem),
}

impl Received {
    fn of(problem: Problem) -> Self {
        match problem.fault {
            DestinationFault::Unreachable | DestinationFault::Busy => Self::Lost(problem),
            _ => Self::Told(problem),
        }
    }
}

/// Returns what is wrong with an answer to a question for a part of a file.
async fn unfit(answer: Response) -> Problem {
    let status = answer.status();
    match status {
        StatusCode::OK => Problem::new(DestinationFault::Unsupported, "the server sends files only whole"),
        StatusCode::RANGE_NOT_SATISFIABLE => {
            Problem::new(DestinationFault::Damaged, "the file ends before this part")
        }
        _ => refused(status, &answer.bytes().await.unwrap_or_default()),
    }
}

impl Tree for WebDav {
    fn check_root(&self) -> Result<(), Problem> {
        if self.is_folder("")? {
            return Ok(());
        }
        let why = format!("the folder {} doesn't exist", self.client.url(""));
        Err(Problem::new(DestinationFault::NoPlace, why))
    }

    fn make_folder(&self, path: &str) -> Result<(), Problem> {
        if self.is_folder(path)? {
            return Ok(());
        }
        if !path.is_empty() {
            self.make_folder(parent(path))?;
        }
        let method = Method::from_bytes(b"MKCOL").map_err(Problem::local)?;
        let (status, body) = self.client.ask_once(|client| client.request(method.clone(), path))?;
        // Somebody else was faster.
        if status.is_success() || (status == StatusCode::METHOD_NOT_ALLOWED && self.is_folder(path)?) {
            return Ok(());
        }
        Err(refused(status, &body))
    }

    fn write(&self, path: &str, upload: &mut Upload<'_>) -> Result<(), Problem> {
        self.client.send(path, upload)
    }

    fn place_new(&self, from: &str, to: &str) -> Result<(), Problem> {
        self.rename(from, to, "F")
    }

    fn place(&self, from: &str, to: &str) -> Result<(), Problem> {
        self.rename(from, to, "T")
    }

    /// The protocol asks for it, but says nothing about two that race.
    fn places_new_surely(&self) -> Result<bool, Problem> {
        Ok(false)
    }

    fn read(&self, path: &str, range: Range<u64>, download: &mut Download<'_>) -> Result<(), Problem> {
        let state = self.stat(path)?;
        if range.end > state.size_bytes {
            let why = format!("it has {} bytes", state.size_bytes);
            return Err(Problem::new(DestinationFault::Damaged, why));
        }
        let mut waits = self.client.waits();
        while download.missing_bytes() > 0 {
            let rest = range.end - download.missing_bytes()..range.end;
            match self.receive(path, rest, download) {
                Ok(()) => {}
                Err(Received::Told(problem)) => return Err(problem),
                Err(Received::Lost(problem)) => waits.next(problem)?,
            }
        }
        Ok(())
    }

    fn stat(&self, path: &str) -> Result<FileState, Problem> {
        let file = self.entry(path)?.and_then(|entry| entry.file);
        file.ok_or_else(|| Problem::bare(DestinationFault::NotFound))
    }

    fn children(&self, path: &str) -> Result<Vec<Child>, Problem> {
        Ok(self.look(path, "1")?.into_iter().filter_map(Entry::into_child).collect())
    }

    /// A folder isn't removed: the protocol removes it with all that is in it.
    fn remove(&self, path: &str) -> Result<(), Problem> {
        if self.entry(path)?.is_none_or(|entry| entry.file.is_none()) {
            return Ok(());
        }
        let (status, body) = self.client.ask(|client| client.request(Method::DELETE, path))?;
        if status.is_success() || status == StatusCode::NOT_FOUND {
            Ok(())
        } else {
            Err(refused(status, &body))
        }
    }
}

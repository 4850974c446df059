//! SFTP: a tree on another machine, by way of the user's own `ssh`.

mod failure;
mod files;
mod session;

use std::io::SeekFrom;
use std::ops::Range;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use backup_core::model::destination::DestinationFault;
use bytes::BytesMut;
use futures_util::StreamExt;
use openssh_sftp_client::Error;
use openssh_sftp_client::Sftp as Client;
use openssh_sftp_client::file::TokioCompatFile;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::runtime::Runtime;

use crate::location::SftpPlace;
use crate::partial_name;
use crate::patience::Patience;
use crate::problem::Problem;
use crate::transfer::{Download, PIECE_BYTES, Upload};
use crate::tree::{Child, ChildKind, FileState, Tree, parent};
use failure::{Trouble, is_failure, within};
use files::{file, is_folder, remove, rename_new, state};
use session::Session;

/// How many bytes are asked for at once.
const READ_BYTES: u32 = 256 << 10;

/// The files below a folder of another machine.
///
/// One `ssh` runs from the first call on, and is started again when it has ended. Nothing of it is left when this is dropped.
pub(crate) struct Sftp {
    place: SftpPlace,
    patience: Patience,
    session: Mutex<Option<Session>>,
    runtime: Runtime,
}

impl Sftp {
    pub(crate) fn new(place: SftpPlace, patience: &Patience) -> Result<Self, Problem> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Problem::local)?;
        Ok(Self { place, patience: patience.clone(), session: Mutex::new(None), runtime })
    }

    /// Calls `work` with the client. A client whose connection is lost isn't used again.
    fn run<T>(&self, work: impl AsyncFnOnce(&Client) -> Result<T, Trouble>) -> Result<T, Problem> {
        let mut held = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match held.take() {
            Some(session) => session,
            None => self.open()?,
        };
        match self.runtime.block_on(work(session.client())) {
            Ok(value) => {
                *held = Some(session);
                Ok(value)
            }
            Err(Trouble::Told(problem)) => {
                *held = Some(session);
                Err(problem)
            }
            Err(Trouble::Lost(why)) => Err(session.end(&self.runtime, &why)),
        }
    }

    /// Connects. A machine that can't be reached is tried again for a while.
    fn open(&self) -> Result<Session, Problem> {
        let mut wait = self.patience.first_wait;
        for _ in 0..self.patience.retries {
            match Session::open(&self.place, &self.patience.ssh, &self.runtime) {
                Err(problem) if problem.fault == DestinationFault::Unreachable => sleep(wait),
                other => return other,
            }
            wait = (wait * 2).min(Duration::from_secs(30));
        }
        Session::open(&self.place, &self.patience.ssh, &self.runtime)
    }

    fn at(&self, path: &str) -> String {
        match (self.place.path.as_str(), path) {
            ("", "") => ".".to_owned(),
            ("", path) => path.to_owned(),
            (root, "") => root.to_owned(),
            (root, path) => format!("{}/{path}", root.trim_end_matches('/')),
        }
    }
}

impl Tree for Sftp {
    fn check_root(&self) -> Result<(), Problem> {
        let root = self.at("");
        if self.run(async |client| is_folder(&mut client.fs(), &root).await)? {
            return Ok(());
        }
        let why = format!("the folder {root} doesn't exist on {}", self.place.host);
        Err(Problem::new(DestinationFault::NoPlace, why))
    }

    fn make_folder(&self, path: &str) -> Result<(), Problem> {
        let folder = self.at(path);
        if self.run(async |client| is_folder(&mut client.fs(), &folder).await)? {
            return Ok(());
        }
        if !path.is_empty() {
            self.make_folder(parent(path))?;
        }
        self.run(async |client| {
            let mut fs = client.fs();
            match within(fs.create_dir(&folder)).await {
                // Somebody else was faster.
                Err(error) if !(is_failure(&error) && is_folder(&mut fs, &folder).await?) => {
                    Err(error.into())
                }
                _ => Ok(()),
            }
        })
    }

    fn write(&self, path: &str, upload: &mut Upload<'_>) -> Result<(), Problem> {
        let path = self.at(path);
        let written = self.run(async |client| {
            let file = within(client.options().write(true).create_new(true).open(&path)).await?;
            let mut file = pin!(TokioCompatFile::new(file));
            let mut buffer = vec![0; PIECE_BYTES];
            loop {
                let bytes = upload.fill(&mut buffer).map_err(Trouble::Told)?;
                if bytes == 0 {
                    break;
                }
                within(file.write_all(&buffer[..bytes])).await?;
            }
            within(file.flush()).await?;
            if client.support_fsync() {
                within(file.as_mut().as_mut_file().sync_all()).await?;
            }
            Ok(within(file.shutdown()).await?)
        });
        written.map_err(|problem| self.full(problem))
    }

    fn place_new(&self, from: &str, to: &str) -> Result<(), Problem> {
        let (from, to) = (self.at(from), self.at(to));
        self.run(async |client| rename_new(client, &from, &to).await.map(drop))
    }

    fn place(&self, from: &str, to: &str) -> Result<(), Problem> {
        let (from, to) = (self.at(from), self.at(to));
        self.run(async |client| {
            let mut fs = client.fs();
            if !client.support_posix_rename() {
                // The plain one doesn't replace.
                remove(&mut fs, &to).await?;
            }
            Ok(within(fs.rename(&from, &to)).await?)
        })
    }

    fn places_new_surely(&self) -> Result<bool, Problem> {
        let (from, to) = (partial_name::beside("probe"), partial_name::beside("probe"));
        let (from, to) = (self.at(&from), self.at(&to));
        self.run(async |client| {
            let file = within(client.options().write(true).create_new(true).open(&from)).await?;
            within(file.close()).await?;
            let renamed = rename_new(client, &from, &to).await;
            remove(&mut client.fs(), &from).await?;
            remove(&mut client.fs(), &to).await?;
            renamed
        })
    }

    fn read(&self, path: &str, range: Range<u64>, download: &mut Download<'_>) -> Result<(), Problem> {
        self.stat(path)?;
        let path = self.at(path);
        self.run(async |client| {
            let mut file = within(client.open(&path)).await?;
            within(file.seek(SeekFrom::Start(range.start))).await?;
            while download.missing_bytes() > 0 {
                let most =
                    u32::try_from(download.missing_bytes()).map_or(READ_BYTES, |rest| rest.min(READ_BYTES));
                let Some(bytes) = within(file.read(most, BytesMut::new())).await? else { break };
                download.take(&bytes).map_err(Trouble::Told)?;
            }
            Ok(within(file.close()).await?)
        })
    }

    fn stat(&self, path: &str) -> Result<FileState, Problem> {
        let path = self.at(path);
        let state = self.run(async |client| file(&mut client.fs(), &path).await)?;
        state.ok_or_else(|| Problem::bare(DestinationFault::NotFound))
    }

    fn children(&self, path: &str) -> Result<Vec<Child>, Problem> {
        let path = self.at(path);
        self.run(async |client| {
            let mut fs = client.fs();
            if !is_folder(&mut fs, &path).await? {
                return Ok(Vec::new());
            }
            let mut entries = pin!(within(fs.open_dir(&path)).await?.read_dir());
            let mut children = Vec::new();
            while let Some(entry) = within(async { entries.next().await.transpose() }).await? {
                let name = entry.filename().to_str().filter(|name| !matches!(*name, "." | ".."));
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let kind = if is_folder {
                    Some(ChildKind::Folder)
                } else {
                    state(&entry.metadata()).map(ChildKind::File)
                };
                children.extend(name.zip(kind).map(|(name, kind)| Child { name: name.to_owned(), kind }));
            }
            Ok(children)
        })
    }

    fn remove(&self, path: &str) -> Result<(), Problem> {
        let path = self.at(path);
        self.run(async |client| remove(&mut client.fs(), &path).await)
    }
}

impl Drop for Sftp {
    fn drop(&mut self) {
        let held = self.session.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = held.take() {
            session.close(&self.runtime);
        }
    }
}

impl Sftp {
    /// A write that just fails may lack space. The protocol has no code for that.
    fn full(&self, problem: Problem) -> Problem {
        if problem.fault != DestinationFault::Other {
            return problem;
        }
        let root = self.at("");
        let free = self.run(async |client| {
            let state =
                within(client.fs().statvfs(&root)).await.map_err(|error: Error| Trouble::from(error))?;
            Ok(state.bavail.saturating_mul(state.frsize))
        });
        match free {
            Ok(bytes) if bytes < PIECE_BYTES as u64 => problem.seen_as(DestinationFault::Full),
            _ => problem,
        }
    }
}

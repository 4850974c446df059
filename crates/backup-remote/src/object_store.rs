//! Object store: a bucket, by way of Apache `OpenDAL`.

mod failure;
mod part_size;
mod s3;
mod uploads;

use std::future::Future;
use std::io::{Read, Write};
use std::ops::Range;
use std::sync::OnceLock;

use backup_core::model::destination::{
    DestinationAbilities, DestinationError, DestinationFault, DestinationSettings, ObjectKey, StoredObject,
    UnfinishedUpload,
};
use backup_core::ports::{Destination, Progress};
use backup_core::time::Moment;
use futures_util::StreamExt;
use opendal::{ErrorKind, Metadata, Operator, Writer};
use tokio::runtime::Runtime;

use crate::location::Bucket;
use crate::patience::Patience;
use crate::problem::Problem;
use crate::transfer::{Download, Upload};
use failure::Server;
use part_size::part_bytes;
use uploads::Uploads;

/// What a probe writes. No [`ObjectKey`] begins with a dot, so nothing else is there and no list shows it.
const PROBE: &str = ".probe";
const PROBE_CONTENTS: &str = "Backup Manager tries here what this store can do.\n";

/// Keeps objects in a bucket. Nothing of a runtime shows: every call runs on the thread of its caller.
pub(crate) struct ObjectStore {
    name: String,
    runtime: Runtime,
    operator: Operator,
    uploads: Uploads,
    server: Server,
    abilities: OnceLock<DestinationAbilities>,
}

impl ObjectStore {
    /// Returns the adapter for a bucket of a store of the kind S3.
    pub(crate) fn s3(
        settings: &DestinationSettings,
        bucket: &Bucket,
        patience: &Patience,
    ) -> Result<Self, Problem> {
        let s3::Parts { operator, uploads, server } = s3::parts(settings, bucket, patience)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            name: settings.name.clone(),
            runtime: runtime.map_err(Problem::local)?,
            operator,
            uploads,
            server,
            abilities: OnceLock::new(),
        })
    }

    fn run<T>(&self, call: impl Future<Output = opendal::Result<T>>) -> Result<T, Problem> {
        self.runtime.block_on(call).map_err(|error| self.server.problem(&error))
    }

    /// Tries once whether the store refuses to replace an object.
    fn abilities(&self) -> Result<DestinationAbilities, Problem> {
        if let Some(known) = self.abilities.get() {
            return Ok(*known);
        }
        let refuses_to_replace = self.refuses()?;
        Ok(*self
            .abilities
            .get_or_init(|| DestinationAbilities { refuses_to_replace, lists_unfinished: true }))
    }

    /// Writes the object of the probe twice, under the condition that it isn't there. So the second time must be refused.
    fn refuses(&self) -> Result<bool, Problem> {
        for _ in 0..2 {
            let put = self.operator.write_with(PROBE, PROBE_CONTENTS).if_not_exists(true);
            match self.runtime.block_on(async { put.await }) {
                Err(error) if error.kind() == ErrorKind::ConditionNotMatch => return Ok(true),
                Err(_) => {
                    // It may not know the condition at all.
                    self.run(async { self.operator.write(PROBE, PROBE_CONTENTS).await })?;
                    return Ok(false);
                }
                Ok(_) => {}
            }
        }
        Ok(false)
    }

    fn put(&self, key: &ObjectKey, upload: &mut Upload<'_>) -> Result<(), Problem> {
        let is_conditional = self.abilities()?.refuses_to_replace;
        match self.metadata(key) {
            Ok(_) => return Err(Problem::bare(DestinationFault::AlreadyExists)),
            Err(problem) if problem.fault == DestinationFault::NotFound => {}
            Err(problem) => return Err(problem),
        }
        self.runtime.block_on(async {
            let writer = self.operator.writer_with(key.as_str()).if_not_exists(is_conditional).await;
            let mut writer = writer.map_err(|error| self.server.problem(&error))?;
            let sent = self.send(&mut writer, upload).await;
            if sent.is_err() {
                // The first failure is the one to tell. What is left is aborted later.
                let _ = writer.abort().await;
            }
            sent
        })
    }

    /// Sends part by part. A small object is one part, and is stored in one request.
    async fn send(&self, writer: &mut Writer, upload: &mut Upload<'_>) -> Result<(), Problem> {
        let most = part_bytes(upload.size_bytes());
        loop {
            let mut part = vec![0; most];
            let bytes = upload.fill(&mut part)?;
            part.truncate(bytes);
            if part.is_empty() {
                break;
            }
            writer.write(part).await.map_err(|error| self.server.problem(&error))?;
        }
        writer.close().await.map(drop).map_err(|error| self.server.problem(&error))
    }

    fn metadata(&self, key: &ObjectKey) -> Result<Metadata, Problem> {
        let stat = self.run(self.operator.stat(key.as_str()));
        match stat {
            Ok(metadata) if metadata.is_dir() => Err(Problem::bare(DestinationFault::NotFound)),
            Err(problem) if problem.fault == DestinationFault::Denied => Err(self.reason(problem)),
            other => other,
        }
    }

    /// The answer to a question for an object has no text. The answer to a list has, and says why it is denied.
    fn reason(&self, denied: Problem) -> Problem {
        let listed = self.run(async { self.operator.list_with("/").limit(1).await });
        listed.err().unwrap_or(denied)
    }

    fn receive(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
        download: &mut Download<'_>,
    ) -> Result<(), Problem> {
        let size_bytes = self.metadata(key)?.content_length();
        if range.end > size_bytes {
            return Err(Problem::new(DestinationFault::Damaged, format!("it has {size_bytes} bytes")));
        }
        if range.is_empty() {
            return Ok(());
        }
        self.runtime.block_on(async {
            let problem = |error: opendal::Error| self.server.problem(&error);
            let reader = self.operator.reader(key.as_str()).await.map_err(problem)?;
            let mut stream = reader.into_stream(range).await.map_err(problem)?;
            while let Some(buffer) = stream.next().await {
                for bytes in buffer.map_err(problem)? {
                    download.take(&bytes)?;
                }
            }
            Ok(())
        })
    }

    fn objects(&self, folder: Option<&ObjectKey>) -> Result<Vec<StoredObject>, Problem> {
        let folder = folder.map_or_else(|| "/".to_owned(), |folder| format!("{folder}/"));
        let entries = self.run(async { self.operator.list_with(&folder).recursive(true).await })?;
        let files = entries.into_iter().filter(|entry| entry.metadata().is_file());
        let named = files.filter_map(|entry| Some((entry.path().parse().ok()?, entry.metadata().clone())));
        let mut objects: Vec<StoredObject> = named.map(|(key, metadata)| object(key, &metadata)).collect();
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(objects)
    }
}

fn object(key: ObjectKey, metadata: &Metadata) -> StoredObject {
    let stored = metadata.last_modified().map(std::time::SystemTime::from);
    StoredObject {
        key,
        size_bytes: metadata.content_length(),
        stored: stored.map(|time| Moment::from(chrono::DateTime::<chrono::Utc>::from(time))),
        version: metadata.etag().map(str::to_owned),
    }
}

impl Destination for ObjectStore {
    fn name(&self) -> &str {
        &self.name
    }

    fn probe(&self) -> Result<DestinationAbilities, DestinationError> {
        self.abilities().map_err(|problem| problem.at(&self.name, "be tried"))
    }

    fn put_new(
        &self,
        key: &ObjectKey,
        contents: &mut dyn Read,
        size_bytes: u64,
        progress: &dyn Progress,
    ) -> Result<(), DestinationError> {
        let put = self.put(key, &mut Upload::new(key, contents, size_bytes, progress));
        put.map_err(|problem| problem.at(&self.name, format!("write {key}")))
    }

    fn replace(&self, key: &ObjectKey, contents: &[u8]) -> Result<(), DestinationError> {
        let put = self.run(async { self.operator.write(key.as_str(), contents.to_vec()).await });
        put.map(drop).map_err(|problem| problem.at(&self.name, format!("write {key}")))
    }

    fn get(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
        target: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<(), DestinationError> {
        let mut download = Download::new(key, target, range.end.saturating_sub(range.start), progress);
        let read = download.begin().and_then(|()| self.receive(key, range, &mut download));
        let read = read.and_then(|()| download.finish());
        read.map_err(|problem| problem.at(&self.name, format!("read {key}")))
    }

    fn stat(&self, key: &ObjectKey) -> Result<StoredObject, DestinationError> {
        let metadata = self.metadata(key);
        let metadata = metadata.map_err(|problem| problem.at(&self.name, format!("look at {key}")))?;
        Ok(object(key.clone(), &metadata))
    }

    fn list(&self, folder: Option<&ObjectKey>) -> Result<Vec<StoredObject>, DestinationError> {
        let action = || format!("list {}", folder.map_or("", ObjectKey::as_str)).trim_end().to_owned();
        self.objects(folder).map_err(|problem| problem.at(&self.name, action()))
    }

    fn delete(&self, key: &ObjectKey) -> Result<(), DestinationError> {
        let deleted = self.run(self.operator.delete(key.as_str()));
        deleted.map_err(|problem| problem.at(&self.name, format!("delete {key}")))
    }

    fn unfinished(&self) -> Result<Vec<UnfinishedUpload>, DestinationError> {
        let uploads = self.run(self.uploads.list());
        uploads.map_err(|problem| problem.at(&self.name, "list unfinished uploads"))
    }

    fn abort(&self, upload: &UnfinishedUpload) -> Result<(), DestinationError> {
        let aborted = self.run(self.uploads.abort(upload));
        aborted.map_err(|problem| problem.at(&self.name, format!("abort the upload of {}", upload.key)))
    }
}

//! The places that keep copies, and what they can do.

use backup_core::manager::{Copied, DestinationCheck, ListedCopy};
use backup_core::model::archive::BackupRecord;
use backup_core::model::destination::DestinationSettings;
use backup_core::time::rfc3339;
use serde_json::{Value, json};

/// Returns a destination, without secrets.
pub(crate) fn destination(settings: &DestinationSettings) -> Value {
    json!({
        "name": settings.name,
        "url": settings.url,
        "endpoint": settings.endpoint,
        "region": settings.region,
        "profile": settings.profile,
        "credentials_file": settings.credentials_file.as_ref().map(|file| file.display().to_string()),
    })
}

/// Returns what a destination showed that it can do.
pub(crate) fn destination_check(settings: &DestinationSettings, check: &DestinationCheck) -> Value {
    json!({
        "name": settings.name,
        "url": settings.url,
        "refuses_to_replace": check.abilities.refuses_to_replace,
        "deletes": check.undeleted.is_none(),
        "undeleted": check.undeleted.as_ref().map(ToString::to_string),
        "objects": check.objects,
        "bytes": check.bytes,
        "unfinished_uploads": check.unfinished,
    })
}

/// Returns a copy that is at its destination.
pub(crate) fn copied(destination: &str, archive: &BackupRecord, copied: &Copied) -> Value {
    json!({
        "archive": archive.file_name,
        "destination": destination,
        "key": copied.key.as_str(),
        "bytes": copied.archive_bytes,
        "has_catalog": copied.has_catalog,
        "was_there": copied.was_there,
    })
}

/// Returns a copy that a destination lists.
pub(crate) fn copy(listed: &ListedCopy) -> Value {
    json!({
        "name": listed.copy.backup.as_str(),
        "key": listed.object.key.as_str(),
        "bytes": listed.object.size_bytes,
        "finished": rfc3339(listed.copy.finished.fixed_offset()),
        "stored": listed.object.stored.map(rfc3339),
        "has_catalog": listed.has_catalog,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::destination::tests::{a_copy, archive, check, listed, settings, weak_check};

    #[test]
    fn a_destination_and_its_check_are_objects() {
        insta::assert_snapshot!(destination(&settings()), @r#"{"credentials_file":null,"endpoint":"https://s3.example.com","name":"offsite","profile":null,"region":null,"url":"s3://bucket/ann"}"#);
        insta::assert_snapshot!(destination_check(&settings(), &check()), @r#"{"bytes":1500000,"deletes":true,"name":"offsite","objects":2,"refuses_to_replace":true,"undeleted":null,"unfinished_uploads":1,"url":"s3://bucket/ann"}"#);
        insta::assert_snapshot!(destination_check(&settings(), &weak_check()), @r#"{"bytes":0,"deletes":false,"name":"offsite","objects":0,"refuses_to_replace":false,"undeleted":"destination offsite: can't delete checks/a.txt","unfinished_uploads":null,"url":"s3://bucket/ann"}"#);
        insta::assert_snapshot!(copied("offsite", &archive(), &a_copy()), @r#"{"archive":"docs.tar.zst","bytes":10000000,"destination":"offsite","has_catalog":true,"key":"docs/2026-03-10T12-00-00Z-00000000.tar.zst","was_there":false}"#);
        insta::assert_snapshot!(copy(&listed()), @r#"{"bytes":10000000,"finished":"2026-03-10T12:00:00+00:00","has_catalog":true,"key":"docs/2026-03-10T12-00-00Z-00000000.tar.zst","name":"docs","stored":"2026-03-10T12:07:00+00:00"}"#);
    }
}

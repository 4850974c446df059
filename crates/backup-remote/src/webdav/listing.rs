//! Listing: what a server says that a folder holds.

use backup_core::model::destination::DestinationFault;
use backup_core::time::Moment;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde::Deserialize;

use crate::problem::Problem;
use crate::tree::{Child, ChildKind, FileState};

/// One line of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name in the folder that was asked for; `None` for that folder, or that file, itself.
    pub(super) name: Option<String>,
    /// What is known about it if it is a file.
    pub(super) file: Option<FileState>,
}

impl Entry {
    pub(super) fn into_child(self) -> Option<Child> {
        let kind = self.file.map_or(ChildKind::Folder, ChildKind::File);
        Some(Child { name: self.name?, kind })
    }
}

/// Reads the answer to a question for `asked`. What isn't in it, or has a name that isn't UTF-8, is left out.
pub(super) fn entries(body: &[u8], asked: &Url) -> Result<Vec<Entry>, Problem> {
    let not_understood = |why: String| {
        Problem::new(
            DestinationFault::Unsupported,
            format!("the listing of the server can't be understood: {why}"),
        )
    };
    let text = std::str::from_utf8(body).map_err(|error| not_understood(error.to_string()))?;
    let answer: MultiStatus =
        quick_xml::de::from_str(text).map_err(|error| not_understood(error.to_string()))?;
    Ok(answer.responses.into_iter().filter_map(|response| entry(response, asked)).collect())
}

fn entry(response: Answered, asked: &Url) -> Option<Entry> {
    let found = asked.join(response.href.trim()).ok()?;
    let (found, asked) = (decoded(found.path())?, decoded(asked.path())?);
    let name = match found.strip_prefix(asked.as_str())?.trim_start_matches('/') {
        "" => None,
        name if name.contains('/') => return None,
        name => Some(name.to_owned()),
    };
    // Another property may be missing, with a status of its own.
    let stated = response.stats.into_iter().find(|stat| stat.status.contains(" 200"))?.prop;
    let is_folder = stated.kind.is_some_and(|kind| kind.collection.is_some());
    let file = (!is_folder).then(|| FileState {
        size_bytes: stated.size.and_then(|size| size.trim().parse().ok()).unwrap_or_default(),
        modified: stated.modified.and_then(|date| date_of(&date)),
        version: stated.version.filter(|version| !version.is_empty()),
    });
    Some(Entry { name, file })
}

/// Returns a path as its names are, without a slash at its end.
fn decoded(path: &str) -> Option<String> {
    Some(percent_decode_str(path.trim_end_matches('/')).decode_utf8().ok()?.into_owned())
}

fn date_of(date: &str) -> Option<Moment> {
    let date = chrono::DateTime::parse_from_rfc2822(date.trim()).ok()?;
    Some(Moment::from(date.to_utc()))
}

#[derive(Deserialize)]
struct MultiStatus {
    #[serde(rename = "response", default)]
    responses: Vec<Answered>,
}

#[derive(Deserialize)]
struct Answered {
    href: String,
    #[serde(rename = "propstat", default)]
    stats: Vec<Stat>,
}

#[derive(Deserialize)]
struct Stat {
    prop: Prop,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct Prop {
    #[serde(rename = "getcontentlength")]
    size: Option<String>,
    #[serde(rename = "getlastmodified")]
    modified: Option<String>,
    #[serde(rename = "getetag")]
    version: Option<String>,
    #[serde(rename = "resourcetype")]
    kind: Option<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    collection: Option<Empty>,
}

#[derive(Deserialize)]
struct Empty {}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXTCLOUD: &str = r#"<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:oc="http://owncloud.org/ns">
<d:response><d:href>/remote.php/dav/files/ann/my%20backups/</d:href>
 <d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype><d:getlastmodified>Tue, 10 Mar 2026 16:07:00 GMT</d:getlastmodified></d:prop>
 <d:status>HTTP/1.1 200 OK</d:status></d:propstat>
 <d:propstat><d:prop><d:getcontentlength/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>
<d:response><d:href>/remote.php/dav/files/ann/my%20backups/docs/</d:href>
 <d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
<d:response><d:href>/remote.php/dav/files/ann/my%20backups/a%26b.tar</d:href>
 <d:propstat><d:prop><d:resourcetype/><d:getcontentlength>10240</d:getcontentlength>
 <d:getlastmodified>Tue, 10 Mar 2026 16:07:00 GMT</d:getlastmodified><d:getetag>&quot;1a2b&quot;</d:getetag></d:prop>
 <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
<d:response><d:href>/remote.php/dav/files/bob/other.tar</d:href>
 <d:propstat><d:prop><d:resourcetype/></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
</d:multistatus>"#;

    #[test]
    fn a_listing_is_read() {
        let asked = Url::parse("https://cloud.example.org/remote.php/dav/files/ann/my%20backups").unwrap();
        let found = entries(NEXTCLOUD.as_bytes(), &asked).unwrap();
        let file = FileState {
            size_bytes: 10240,
            modified: Some(Moment::parse_from_rfc3339("2026-03-10T16:07:00Z").unwrap()),
            version: Some("\"1a2b\"".to_owned()),
        };
        let expected = [
            Entry { name: None, file: None },
            Entry { name: Some("docs".to_owned()), file: None },
            Entry { name: Some("a&b.tar".to_owned()), file: Some(file) },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_page_is_no_listing() {
        let asked = Url::parse("https://example.org/").unwrap();
        let problem = entries(b"<html><body>Welcome<br></body></html>", &asked).unwrap_err();
        assert_eq!(problem.fault, DestinationFault::Unsupported);
    }
}

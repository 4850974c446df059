//! Uploads: lists and aborts the unfinished uploads of a bucket, which `OpenDAL` doesn't.

use backup_core::model::destination::UnfinishedUpload;
use backup_core::time::Moment;
use http::{Method, Request, StatusCode};
use opendal::raw::percent_encode_path;
use opendal::{Buffer, Error, ErrorKind, HttpTransporter, Result};
use reqsign_aws_v4::Credential;
use reqsign_core::Signer;
use serde::Deserialize;

use crate::location::Bucket;

/// The unfinished uploads below a prefix of a bucket.
pub(super) struct Uploads {
    transport: HttpTransporter,
    signer: Signer<Credential>,
    /// The URL of the bucket.
    bucket: String,
    /// Empty, or what all keys begin with.
    prefix: String,
}

impl Uploads {
    pub(super) fn new(
        transport: HttpTransporter,
        signer: Signer<Credential>,
        endpoint: &str,
        bucket: &Bucket,
    ) -> Self {
        let prefix = if bucket.prefix.is_empty() { String::new() } else { format!("{}/", bucket.prefix) };
        Self { transport, signer, bucket: format!("{endpoint}/{}", bucket.name), prefix }
    }

    pub(super) async fn list(&self) -> Result<Vec<UnfinishedUpload>> {
        let mut uploads = Vec::new();
        let mut marker = String::new();
        loop {
            let query = format!("uploads&prefix={}{marker}", query_value(&self.prefix));
            let (status, body) = self.send(Method::GET, &format!("{}?{query}", self.bucket)).await?;
            if status != StatusCode::OK {
                return Err(refused(status, &body));
            }
            let page: Page = quick_xml::de::from_str(&body).map_err(not_understood)?;
            uploads.extend(page.uploads.iter().filter_map(|upload| self.unfinished(upload)));
            if !page.is_truncated {
                return Ok(uploads);
            }
            let (key, id) = (query_value(&page.next_key), query_value(&page.next_id));
            marker = format!("&key-marker={key}&upload-id-marker={id}");
        }
    }

    pub(super) async fn abort(&self, upload: &UnfinishedUpload) -> Result<()> {
        let key = percent_encode_path(&format!("{}{}", self.prefix, upload.key));
        let url = format!("{}/{key}?uploadId={}", self.bucket, query_value(&upload.id));
        let (status, body) = self.send(Method::DELETE, &url).await?;
        if status.is_success() || status == StatusCode::NOT_FOUND {
            Ok(())
        } else {
            Err(refused(status, &body))
        }
    }

    /// Returns an upload, unless nobody can have begun it here.
    fn unfinished(&self, upload: &Listed) -> Option<UnfinishedUpload> {
        let key = upload.key.strip_prefix(&self.prefix)?.parse().ok()?;
        let begun = Moment::parse_from_rfc3339(&upload.initiated).ok();
        Some(UnfinishedUpload { key, id: upload.id.clone(), begun })
    }

    async fn send(&self, method: Method, url: &str) -> Result<(StatusCode, String)> {
        let unfit = |error: http::Error| {
            Error::new(ErrorKind::ConfigInvalid, "the endpoint is no URL").set_source(error)
        };
        let request = Request::builder().method(method).uri(url).body(Buffer::new()).map_err(unfit)?;
        let (mut parts, body) = request.into_parts();
        let signed = self.signer.sign(&mut parts, None).await;
        signed.map_err(|error| {
            Error::new(ErrorKind::Unexpected, "loading credentials to sign a request").set_source(error)
        })?;
        let answer = self.transport.send(Request::from_parts(parts, body)).await?;
        let status = answer.status();
        Ok((status, String::from_utf8_lossy(&answer.into_body().to_bytes()).into_owned()))
    }
}

/// In a query, a slash is encoded as well.
fn query_value(text: &str) -> String {
    percent_encode_path(text).replace('/', "%2F")
}

/// Returns the refusal of a store in the form that `OpenDAL` gives it.
fn refused(status: StatusCode, body: &str) -> Error {
    let kind = match status {
        StatusCode::FORBIDDEN => ErrorKind::PermissionDenied,
        StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED => ErrorKind::Unsupported,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => ErrorKind::RateLimited,
        _ => ErrorKind::Unexpected,
    };
    let message = match quick_xml::de::from_str::<S3Error>(body) {
        Ok(error) => format!("{error:?}"),
        Err(_) => format!("the server answers {}", status.as_u16()),
    };
    Error::new(kind, message)
}

fn not_understood(error: quick_xml::DeError) -> Error {
    Error::new(ErrorKind::Unexpected, "the list of uploads can't be understood").set_source(error)
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "IsTruncated", default)]
    is_truncated: bool,
    #[serde(rename = "NextKeyMarker", default)]
    next_key: String,
    #[serde(rename = "NextUploadIdMarker", default)]
    next_id: String,
    #[serde(rename = "Upload", default)]
    uploads: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "UploadId")]
    id: String,
    #[serde(rename = "Initiated", default)]
    initiated: String,
}

/// Its debug form is the one that `OpenDAL` makes the message of.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "its debug form is read")]
struct S3Error {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message", default)]
    message: String,
    #[serde(rename = "Resource", default)]
    resource: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_uploads_is_read() {
        let page: Page = quick_xml::de::from_str(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>b</Bucket>
            <Upload><Key>p/docs/a.tar</Key><UploadId>1</UploadId><Initiated>2026-03-10T16:07:00.000Z</Initiated></Upload>
            <NextKeyMarker>p/docs/a.tar</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker>
            <Upload><Key>p/docs/b.tar</Key><UploadId>2</UploadId></Upload>
            <IsTruncated>true</IsTruncated></ListMultipartUploadsResult>"#,
        )
        .unwrap();
        assert!(page.is_truncated);
        assert_eq!((page.next_key.as_str(), page.next_id.as_str()), ("p/docs/a.tar", "1"));
        let uploads: Vec<_> =
            page.uploads.iter().map(|upload| (upload.key.as_str(), upload.id.as_str())).collect();
        assert_eq!(uploads, [("p/docs/a.tar", "1"), ("p/docs/b.tar", "2")]);
        let empty: Page = quick_xml::de::from_str("<ListMultipartUploadsResult/>").unwrap();
        assert!(!empty.is_truncated && empty.uploads.is_empty());
    }
}

//! Location: what the URL of a destination means.

use std::path::PathBuf;

use backup_core::model::destination::{DestinationFault, ObjectKey};
use percent_encoding::percent_decode_str;
use reqwest::Url;

use crate::problem::Problem;

/// Where a destination is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    Folder(PathBuf),
    S3(Bucket),
    Sftp(SftpPlace),
    Web(WebPlace),
}

/// A bucket, and what the keys in it begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) prefix: String,
}

/// A folder on another machine, and how `ssh` gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SftpPlace {
    pub(crate) user: Option<String>,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    /// Absolute, or relative to the folder in which a login ends.
    pub(crate) path: String,
}

/// A folder on a web server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebPlace {
    /// Without a user, and without a slash at its end.
    pub(crate) url: Url,
    pub(crate) user: Option<String>,
}

const KINDS: &str = "it begins with / or file:///, s3://, sftp:// or https:// (WebDAV)";

impl Location {
    /// Returns what a URL means.
    pub(crate) fn parse(url: &str) -> Result<Self, Problem> {
        if url.starts_with('/') {
            return folder(url);
        }
        let Some((kind, rest)) = url.split_once("://") else {
            return Err(wrong(format!("{url} is no URL of a destination: {KINDS}")));
        };
        match kind {
            "file" => folder(rest),
            "s3" => bucket(rest),
            "sftp" => sftp(rest),
            "https" | "http" => web(url),
            _ => Err(wrong(format!("{kind}:// is no kind of destination: {KINDS}"))),
        }
    }
}

fn wrong(why: impl Into<String>) -> Problem {
    Problem::new(DestinationFault::BadSettings, why.into())
}

fn folder(path: &str) -> Result<Location, Problem> {
    if !path.starts_with('/') {
        return Err(wrong(format!("the folder {path} is not absolute")));
    }
    Ok(Location::Folder(PathBuf::from(path)))
}

fn bucket(rest: &str) -> Result<Location, Problem> {
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_end_matches('/');
    let is_bucket = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_bucket) {
        return Err(wrong(format!("{name:?} is no name of a bucket")));
    }
    if !prefix.is_empty() && prefix.parse::<ObjectKey>().is_err() {
        return Err(wrong(format!(
            "{prefix:?} is no prefix: names with a / between them, none begins with a dot"
        )));
    }
    Ok(Location::S3(Bucket { name: name.to_owned(), prefix: prefix.to_owned() }))
}

fn sftp(rest: &str) -> Result<Location, Problem> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, address) = match authority.rsplit_once('@') {
        Some((user, address)) => (Some(user), address),
        None => (None, authority),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(wrong("a password doesn't belong into a URL: use a key of ssh"));
    }
    let (host, port) = host_and_port(address)?;
    for part in user.iter().chain([&host]) {
        // `ssh` would take it for an option.
        if part.is_empty() || part.starts_with('-') || part.contains(char::is_whitespace) {
            return Err(wrong(format!("sftp://{rest} has no valid user and host")));
        }
    }
    let path = match path.strip_prefix("~/").or_else(|| path.strip_prefix("./")) {
        Some(relative) => relative.trim_end_matches('/').to_owned(),
        None => format!("/{}", path.trim_end_matches('/')),
    };
    let (user, host) = (user.map(str::to_owned), host.to_owned());
    Ok(Location::Sftp(SftpPlace { user, host, port, path }))
}

fn web(text: &str) -> Result<Location, Problem> {
    let mut url = Url::parse(text).map_err(|error| wrong(format!("{text} is no URL: {error}")))?;
    if url.password().is_some() {
        return Err(wrong("a password doesn't belong into a URL: write it into ~/.netrc"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(format!("{text} is no URL of a folder: it has a ? or a #")));
    }
    let user = percent_decode_str(url.username()).decode_utf8_lossy().into_owned();
    let bare = url.set_username("").and_then(|()| {
        url.path_segments_mut().map(|mut segments| {
            segments.pop_if_empty();
        })
    });
    bare.map_err(|()| wrong(format!("{text} is no URL of a folder")))?;
    Ok(Location::Web(WebPlace { url, user: Some(user).filter(|user| !user.is_empty()) }))
}

/// Splits `host`, `host:22` and `[::1]:22`.
fn host_and_port(address: &str) -> Result<(&str, Option<u16>), Problem> {
    let (host, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map(str::parse).transpose().map_err(|_| wrong(format!("{address} has no valid port")))?;
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(user: Option<&str>, host: &str, port: Option<u16>, path: &str) -> Location {
        let (user, host, path) = (user.map(str::to_owned), host.to_owned(), path.to_owned());
        Location::Sftp(SftpPlace { user, host, port, path })
    }

    fn at_web(url: &str, user: Option<&str>) -> Location {
        Location::Web(WebPlace { url: Url::parse(url).unwrap(), user: user.map(str::to_owned) })
    }

    fn in_bucket(name: &str, prefix: &str) -> Location {
        Location::S3(Bucket { name: name.to_owned(), prefix: prefix.to_owned() })
    }

    #[test]
    fn urls_say_where_a_destination_is() {
        for (url, expected) in [
            ("/mnt/usb/backups", Location::Folder("/mnt/usb/backups".into())),
            ("file:///mnt/usb disk", Location::Folder("/mnt/usb disk".into())),
            ("s3://bucket", in_bucket("bucket", "")),
            ("s3://my.bucket-1/a/b/", in_bucket("my.bucket-1", "a/b")),
            ("sftp://host/srv/backups", place(None, "host", None, "/srv/backups")),
            ("sftp://ann@host:23/./backups", place(Some("ann"), "host", Some(23), "backups")),
            ("sftp://host/~/a/b/", place(None, "host", None, "a/b")),
            ("sftp://[::1]:22/a", place(None, "::1", Some(22), "/a")),
            ("sftp://host/~/", place(None, "host", None, "")),
            ("https://host/dav/my%20files/", at_web("https://host/dav/my%20files", None)),
            ("http://ann%40home@host:8080", at_web("http://host:8080/", Some("ann@home"))),
        ] {
            assert_eq!(Location::parse(url).unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn wrong_urls_are_told_with_the_way_out_and_without_passwords() {
        for (url, expected) in [
            (
                "backups",
                "backups is no URL of a destination: it begins with / or file:///, s3://, sftp:// or https:// (WebDAV)",
            ),
            (
                "ftp://host/a",
                "ftp:// is no kind of destination: it begins with / or file:///, s3://, sftp:// or https:// (WebDAV)",
            ),
            ("file://host/a", "the folder host/a is not absolute"),
            ("s3:///a", "\"\" is no name of a bucket"),
            ("s3://b/.a", "\".a\" is no prefix: names with a / between them, none begins with a dot"),
            ("sftp://ann:secret@host/a", "a password doesn't belong into a URL: use a key of ssh"),
            ("sftp://-oProxyCommand=x/a", "sftp://-oProxyCommand=x/a has no valid user and host"),
            ("sftp://host:port/a", "host:port has no valid port"),
            ("https://ann:secret@host/a", "a password doesn't belong into a URL: write it into ~/.netrc"),
            ("https://host/a?b", "https://host/a?b is no URL of a folder: it has a ? or a #"),
            ("https://", "https:// is no URL: empty host"),
        ] {
            let problem = Location::parse(url).unwrap_err();
            assert_eq!(problem.fault, DestinationFault::BadSettings);
            assert_eq!(problem.cause.unwrap().to_string(), expected);
        }
    }
}

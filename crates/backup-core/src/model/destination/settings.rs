//! Destination settings: where a destination is, as a person wrote it.

use std::path::PathBuf;

/// Where a destination is, and how it is reached. No secret is in it: credentials are where the provider's own tools have them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DestinationSettings {
    /// Its name.
    pub name: String,
    /// Its place, for example `s3://bucket/prefix`.
    pub url: String,
    /// The server of a store of the kind S3 that isn't Amazon's.
    pub endpoint: Option<String>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// The profile of the credentials, where there are several.
    pub profile: Option<String>,
    /// The file with the credentials, if it isn't where the provider's own tools have it.
    pub credentials_file: Option<PathBuf>,
}

impl DestinationSettings {
    /// Returns each key that is set, and its value.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let Self { name: _, url, endpoint, region, profile, credentials_file } = self;
        let texts = [("endpoint", endpoint), ("region", region), ("profile", profile)];
        let texts = texts.into_iter().filter_map(|(key, value)| Some((key, value.clone()?)));
        let file = credentials_file.iter().map(|file| ("credentials_file", file.display().to_string()));
        [("url", url.clone())].into_iter().chain(texts).chain(file).collect()
    }
}

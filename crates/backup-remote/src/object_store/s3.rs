//! S3: the parts of an adapter for a store of the kind S3.

use std::path::Path;
use std::time::Duration;

use backup_core::model::destination::{DestinationFault, DestinationSettings};
use http::Uri;
use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::services::S3;
use opendal::{HttpTransporter, OperationContext, Operator};
use opendal_http_transport_reqwest::ReqwestTransport;
use reqsign_aws_v4::{
    DefaultCredentialProvider, EnvCredentialProvider, ProfileCredentialProvider, RequestSigner,
};
use reqsign_core::{Context, OsEnv, ProvideCredentialChain, Signer};
use reqsign_file_read_tokio::TokioFileRead;

use crate::location::Bucket;
use crate::object_store::failure::Server;
use crate::object_store::uploads::Uploads;
use crate::patience::Patience;
use crate::problem::Problem;

/// A connection is dead if the other side takes nothing for so long.
const SILENCE: Duration = Duration::from_mins(1);

/// How long one part may take: 8 MiB at 14 KiB/s.
const PART_TIME: Duration = Duration::from_mins(10);

/// Where a store has no regions, it takes this one.
const ANY_REGION: &str = "us-east-1";

/// What an adapter consists of.
pub(super) struct Parts {
    pub(super) operator: Operator,
    pub(super) uploads: Uploads,
    pub(super) server: Server,
}

pub(super) fn parts(
    settings: &DestinationSettings,
    bucket: &Bucket,
    patience: &Patience,
) -> Result<Parts, Problem> {
    let transport = transport()?;
    let place = Place::of(settings)?;
    let mut builder = S3::default()
        .bucket(&bucket.name)
        .root(&format!("/{}", bucket.prefix))
        .region(&place.region)
        .endpoint(&place.endpoint)
        .credential_provider_chain(ProvideCredentialChain::new().push(credentials(settings)));
    if settings.endpoint.is_some() {
        builder = builder.disable_ec2_metadata();
    }
    let operator = Operator::new(builder).map_err(|error| no_server().problem(&error))?;
    let retry =
        RetryLayer::new().with_max_times(patience.retries).with_min_delay(patience.first_wait).with_jitter();
    // A try is timed, not all tries together.
    let timeout = TimeoutLayer::new().with_timeout(SILENCE).with_io_timeout(PART_TIME);
    let context = OperationContext::new().with_http_transport(transport.clone());
    let operator = operator.with_context(context).layer(timeout).layer(retry);
    let signing =
        Context::new().with_file_read(TokioFileRead).with_env(OsEnv).with_http_send(transport.clone());
    let signer = Signer::new(signing, credentials(settings), RequestSigner::new("s3", &place.region));
    let uploads = Uploads::new(transport, signer, &place.endpoint, bucket);
    Ok(Parts { operator, uploads, server: Server { address: place.address } })
}

/// Before there is a server.
fn no_server() -> Server {
    Server { address: None }
}

/// Returns what sends requests. A connection whose other side is gone ends within a minute.
fn transport() -> Result<HttpTransporter, Problem> {
    // It fails if another part of the program has chosen a provider. That one is used then.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(20))
        .tcp_keepalive(Duration::from_secs(20))
        .tcp_user_timeout(SILENCE)
        .pool_idle_timeout(Duration::from_secs(20))
        .build();
    let client = client.map_err(|error| Problem::new(DestinationFault::Local, error))?;
    Ok(HttpTransporter::new(ReqwestTransport::new(client)))
}

/// Where the server of a store is.
struct Place {
    endpoint: String,
    region: String,
    address: Option<(String, u16)>,
}

impl Place {
    fn of(settings: &DestinationSettings) -> Result<Self, Problem> {
        let wrong = |why: String| Problem::new(DestinationFault::BadSettings, why);
        let region = settings.region.clone().or_else(region_of_environment);
        let Some(endpoint) = settings.endpoint.as_deref() else {
            let region = region.ok_or_else(|| wrong("it needs the region of the bucket".to_owned()))?;
            let endpoint = format!("https://s3.{region}.amazonaws.com");
            let address = Some((endpoint["https://".len()..].to_owned(), 443));
            return Ok(Self { endpoint, region, address });
        };
        let endpoint = endpoint.trim_end_matches('/');
        let uri =
            endpoint.parse::<Uri>().ok().filter(|uri| matches!(uri.scheme_str(), Some("https" | "http")));
        let uri = uri.ok_or_else(|| wrong(format!("the endpoint {endpoint} doesn't begin with https://")))?;
        let standard_port = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        let host = uri.host().map(|host| host.trim_matches(['[', ']']).to_owned());
        Ok(Self {
            endpoint: endpoint.to_owned(),
            region: region.unwrap_or_else(|| ANY_REGION.to_owned()),
            address: host.map(|host| (host, uri.port_u16().unwrap_or(standard_port))),
        })
    }
}

fn region_of_environment() -> Option<String> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| std::env::var(name).ok())
}

/// Returns where credentials are looked for: where Amazon's own tools have them, or in a file of that form alone.
fn credentials(settings: &DestinationSettings) -> DefaultCredentialProvider {
    let mut profile = ProfileCredentialProvider::new();
    if let Some(name) = &settings.profile {
        profile = profile.with_profile(name);
    }
    let mut builder = DefaultCredentialProvider::builder();
    match settings.credentials_file.as_deref().map(Path::to_string_lossy) {
        Some(file) => {
            // The other file may have the same profile with other keys.
            profile = profile.with_credentials_file(file.as_ref()).with_config_file("/dev/null");
            builder = builder.no_env().no_sso().no_web_identity().no_process().no_ecs().no_imds();
        }
        // A profile that was chosen is meant, not what the environment has beside it.
        None if settings.profile.is_some() => builder = builder.no_env(),
        None => builder = builder.env(EnvCredentialProvider::new()),
    }
    if settings.endpoint.is_some() {
        builder = builder.no_imds();
    }
    builder.profile(profile).build()
}

//! Client: requests to a web server, and when they are made again.

use std::future::Future;
use std::net::ToSocketAddrs;
use std::thread::sleep;
use std::time::Duration;

use backup_core::model::destination::{DestinationFault, DestinationSettings};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::failure::{is_passing, lost, of_transport, refused};
use super::login::{Login, login_of};
use crate::location::WebPlace;
use crate::patience::Patience;
use crate::problem::Problem;

/// A connection is dead if nothing comes for so long.
pub(super) const SILENCE: Duration = Duration::from_mins(2);

/// What stays as it is in a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Asks a web server. Every call runs on the thread of its caller.
pub(super) struct Client {
    /// Without a slash at its end.
    root: Url,
    login: Option<Login>,
    web: reqwest::Client,
    patience: Patience,
    runtime: Runtime,
}

impl Client {
    pub(super) fn new(
        place: WebPlace,
        settings: &DestinationSettings,
        patience: &Patience,
    ) -> Result<Self, Problem> {
        // It fails if another part of the program has chosen a provider. That one is used then.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let web = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(20))
            .tcp_keepalive(Duration::from_secs(20))
            .tcp_user_timeout(SILENCE)
            .pool_idle_timeout(Duration::from_secs(20))
            // It could lead a password elsewhere, and turn a question into another.
            .redirect(Policy::none())
            .build()
            .map_err(Problem::local)?;
        let host = place.url.host_str().unwrap_or_default();
        let login = login_of(settings, host, place.user.as_deref())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Problem::local)?;
        Ok(Self { root: place.url, login, web, patience: patience.clone(), runtime })
    }

    /// Returns the URL of a path.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        if !path.is_empty() {
            let path = utf8_percent_encode(path, PLAIN);
            url.set_path(&format!("{}/{path}", self.root.path().trim_end_matches('/')));
        }
        url
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.web.request(method, self.url(path));
        match &self.login {
            Some(login) => request.basic_auth(&login.user, Some(&login.password)),
            None => request,
        }
    }

    /// Makes a request that can be made again, until there is an answer that won't be another one soon.
    pub(super) fn ask(
        &self,
        request: impl Fn(&Self) -> RequestBuilder,
    ) -> Result<(StatusCode, Bytes), Problem> {
        let mut waits = self.waits();
        loop {
            match self.answer(request(self)) {
                Ok((status, body)) if is_passing(status) => waits.next(refused(status, &body))?,
                Err(problem) if problem.fault == DestinationFault::Unreachable => waits.next(problem)?,
                other => return other,
            }
        }
    }

    /// Makes a request that means something else the second time. It is made again only if the server said that it didn't act.
    pub(super) fn ask_once(
        &self,
        request: impl Fn(&Self) -> RequestBuilder,
    ) -> Result<(StatusCode, Bytes), Problem> {
        let mut waits = self.waits();
        loop {
            match self.answer(request(self))? {
                (status, body) if did_not_act(status) => waits.next(refused(status, &body))?,
                answer => return Ok(answer),
            }
        }
    }

    fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, Bytes), Problem> {
        self.run(async {
            let answer = in_time(request.send()).await?.map_err(|error| self.lost(&error))?;
            let status = answer.status();
            let body = in_time(answer.bytes()).await?.map_err(|error| of_transport(&error))?;
            Ok((status, body))
        })
    }

    /// Returns the failure of a connection. One that can't be made may lack the address of its host.
    pub(super) fn lost(&self, error: &reqwest::Error) -> Problem {
        let problem = of_transport(error);
        let address = self.root.host_str().zip(self.root.port_or_known_default());
        let is_known = || address.is_none_or(|address| address.to_socket_addrs().is_ok());
        if error.is_connect() && !is_known() {
            return problem.seen_as(DestinationFault::NameResolution);
        }
        problem
    }

    pub(super) fn run<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    pub(super) fn waits(&self) -> Waits {
        Waits { left: self.patience.retries, wait: self.patience.first_wait }
    }
}

/// A server that is asked for less has done nothing.
fn did_not_act(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::LOCKED)
}

/// Ends what takes too long.
pub(super) async fn in_time<T>(call: impl Future<Output = T>) -> Result<T, Problem> {
    timeout(SILENCE, call).await.map_err(|_| lost("the server says nothing for two minutes"))
}

/// The waits between tries.
pub(super) struct Waits {
    left: usize,
    wait: Duration,
}

impl Waits {
    /// Waits for the next try, or fails if there is none.
    pub(super) fn next(&mut self, problem: Problem) -> Result<(), Problem> {
        let Some(left) = self.left.checked_sub(1) else { return Err(problem) };
        sleep(self.wait);
        self.left = left;
        self.wait = (self.wait * 2).min(Duration::from_secs(30));
        Ok(())
    }
}

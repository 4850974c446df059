//! A browser without a window, told what to do by its debugging protocol over two pipes.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Browser {
    child: Child,
    requests: File,
    answers: Receiver<Value>,
    /// What happened that nobody has looked at.
    events: Vec<Value>,
    last_id: u64,
    _profile: TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) width: u32,
    pub(super) is_dark: bool,
}

/// What a look at a page brought.
pub(super) struct Look {
    /// What the probe returned.
    pub(super) probe: Value,
    /// The addresses that were asked for.
    pub(super) requests: Vec<String>,
    /// What the browser complained about, and what the page said.
    pub(super) console: Vec<String>,
}

impl Browser {
    /// Starts the browser, if there is one.
    pub(super) fn launch() -> Option<Self> {
        let found = Command::new("sh").args(["-c", "command -v chromium"]).stdout(Stdio::null()).status();
        if !found.expect("there is a shell").success() {
            return None;
        }
        let profile = tempfile::Builder::new().prefix("browser-").tempdir().expect("a temporary folder");
        let pipes = Command::new("mkfifo").arg("in").arg("out").current_dir(profile.path()).status();
        assert!(pipes.expect("mkfifo starts").success());
        let child = start(profile.path());
        // Each waits until the other end is open, in the order of the shell.
        let requests = File::options().write(true).open(profile.path().join("in")).expect("it is a pipe");
        let answers = File::open(profile.path().join("out")).expect("it is a pipe");
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let messages = BufReader::new(answers).split(0).map_while(Result::ok);
            let mut messages = messages.map_while(|message| serde_json::from_slice(&message).ok());
            messages.all(|message: Value| sender.send(message).is_ok());
        });
        Some(Self { child, requests, answers: receiver, events: vec![], last_id: 0, _profile: profile })
    }

    /// Opens a page of its own, and runs a script on it once it is loaded.
    pub(super) fn look(&mut self, address: &str, view: View, script: &str) -> Look {
        let target =
            self.call("", "Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].clone();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = self.call("", "Target.attachToTarget", &attach)["sessionId"].clone();
        let session = session.as_str().expect("a session has a name").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&session, &format!("{domain}.enable"), &json!({}));
        }
        let View { width, is_dark } = view;
        let size = json!({ "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 800 });
        self.call(&session, "Emulation.setDeviceMetricsOverride", &size);
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call(&session, "Emulation.setEmulatedMedia", &media);
        self.events.clear();
        self.call(&session, "Page.navigate", &json!({ "url": address }));
        self.wait_for("Page.loadEventFired");
        let evaluate = json!({ "expression": script, "returnByValue": true });
        let result = self.call(&session, "Runtime.evaluate", &evaluate);
        assert!(result.get("exceptionDetails").is_none(), "{result:#}");
        let (requests, console) = (self.requested(), self.complaints());
        self.call("", "Target.closeTarget", &json!({ "targetId": target }));
        Look { probe: result["result"]["value"].clone(), requests, console }
    }

    /// Returns the addresses that were asked for. One that holds its own data goes nowhere.
    fn requested(&self) -> Vec<String> {
        let requests = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let address = |event: &Value| event["params"]["request"]["url"].as_str().map(str::to_owned);
        requests.filter_map(address).filter(|address| !address.starts_with("data:")).collect()
    }

    fn complaints(&self) -> Vec<String> {
        let methods = ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"];
        let is_one = |event: &&Value| methods.iter().any(|method| event["method"] == *method);
        self.events.iter().filter(is_one).map(|event| event["params"].to_string()).collect()
    }

    fn call(&mut self, session: &str, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let message = format!("{message}\0");
        self.requests.write_all(message.as_bytes()).expect("the browser reads");
        loop {
            let mut answer = self.next(method);
            if answer["id"] == self.last_id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    fn wait_for(&mut self, method: &str) {
        while !self.events.iter().any(|event| event["method"] == method) {
            let event = self.next(method);
            self.events.push(event);
        }
    }

    fn next(&self, waiting_for: &str) -> Value {
        let answer = self.answers.recv_timeout(PATIENCE);
        answer.unwrap_or_else(|error| panic!("no answer of the browser: {waiting_for}: {error}"))
    }
}

/// The shell gives the browser the two pipes as the descriptors that it expects.
fn start(profile: &Path) -> Child {
    let options = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions \
         --disable-background-networking --disable-component-update --disable-sync --remote-debugging-pipe";
    let script = format!("exec chromium {options} --user-data-dir=\"$PWD/profile\" 3<in 4>out");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).current_dir(profile).env("HOME", profile);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("there is a shell")
}

impl Drop for Browser {
    /// It ends its own processes when it is asked to. The first of them alone can be ended from here.
    fn drop(&mut self) {
        let message = format!("{}\0", json!({ "id": 0, "method": "Browser.close" }));
        let _ = self.requests.write_all(message.as_bytes());
        for _ in 0..100 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

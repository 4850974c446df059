//! Webhooks: a JSON document by HTTP POST.

use std::path::Path;

use backup_core::model::notice::{Address, Notice, NotifyTarget, Unsent};
use serde_json::{Value, json};

use crate::http::{Request, bearer, post, url_of};
use crate::message::{details, title};

/// Posts a notice.
pub(crate) fn call(
    target: &NotifyTarget,
    (address, token_file): (&Address, Option<&Path>),
    notice: &Notice,
    host: &str,
) -> Result<(), Unsent> {
    let (url, body) = (url_of(address)?, document(notice, host).to_string());
    let authorization = bearer(token_file)?;
    let request = Request { url: &url, content_type: "application/json", authorization, body: &body };
    post(target, &request).map(drop)
}

/// Returns the document of a notice; `docs/notifications.md` describes it.
pub(crate) fn document(notice: &Notice, host: &str) -> Value {
    let text = format!("{}\n{}", title(notice, host), details(notice));
    let mut document = json!({ "version": 1, "host": host, "text": text });
    if let (Value::Object(all), Value::Object(fields)) = (&mut document, notice.to_json()) {
        all.extend(fields);
    }
    // The list of notifications has a number there.
    if notice.archive.is_none() {
        document["bytes"] = Value::Null;
    }
    document
}

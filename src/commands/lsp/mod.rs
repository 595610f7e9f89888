//! `peng lsp`: findings as one types, completion, hover and quick fixes for any editor, over stdin and stdout.
//!
//! This file has the loop and what is answered to what; each answer is a file. Messages are JSON as the protocol (3.17)
//! describes it: its types as Rust code would be half of a small checker.

mod complete;
mod findings;
mod hover;
mod path;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use clap::Args;
use lsp_server::{Connection, Message, Notification, Request, Response};
use peng_spec::shape::{Reference, SpecSchema};
use serde_json::{Value, json};

use crate::failure::Exit;

/// Serve editors: the language server protocol over stdin and stdout
///
/// Findings as one types, completion, hover with the size of the search space, quick fixes. Editors start it for files
/// that are called `*.peng.yaml`.
#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    /// Accepted, since editors pass it: there is no other channel
    #[arg(long, hide = true)]
    stdio: bool,
}

/// JSON-RPC: the request is not known.
const METHOD_NOT_FOUND: i32 = -32601;

/// The texts that an editor has open, by URI, and the language.
struct Server {
    texts: BTreeMap<String, String>,
    reference: Reference,
}

/// Serves until the editor says goodbye or goes away.
pub(crate) fn run(args: &LspArgs) -> anyhow::Result<Exit> {
    let LspArgs { stdio: _ } = args;
    let (connection, threads) = Connection::stdio();
    connection.initialize(capabilities()).context("the editor did not introduce itself")?;
    let reference = SpecSchema::new(&peng_runtime::catalog()).reference();
    let mut server = Server { texts: BTreeMap::new(), reference };
    for message in &connection.receiver {
        let answers = match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request).context("the editor went away")? {
                    break;
                }
                vec![Message::Response(server.answer(request))]
            }
            Message::Notification(notification) => server.note(&notification),
            Message::Response(_) => Vec::new(),
        };
        for answer in answers {
            connection.sender.send(answer).context("the editor went away")?;
        }
    }
    drop(connection);
    threads.join()?;
    Ok(Exit::Fine)
}

fn capabilities() -> Value {
    json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": { "openClose": true, "change": 1 },
        "completionProvider": { "triggerCharacters": [" ", ":"] },
        "hoverProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
    })
}

impl Server {
    fn answer(&self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let uri = params["textDocument"]["uri"].as_str().unwrap_or_default();
        let Some(text) = self.texts.get(uri) else { return Response::new_ok(id, Value::Null) };
        let at = text::byte(text, &params["position"]);
        let result = match method.as_str() {
            "textDocument/completion" => complete::items(&self.reference, text, at),
            "textDocument/hover" => hover::hover(&self.reference, &self.checked(uri, text), text, at),
            "textDocument/codeAction" => findings::fixes(&self.checked(uri, text), uri, &params["range"]),
            _ => return Response::new_err(id, METHOD_NOT_FOUND, format!("unknown request `{method}`")),
        };
        Response::new_ok(id, result)
    }

    /// Takes a change, and says what is found now in all texts: one may be the base of another.
    fn note(&mut self, notification: &Notification) -> Vec<Message> {
        let params = &notification.params;
        let uri = params["textDocument"]["uri"].as_str().unwrap_or_default().to_owned();
        match notification.method.as_str() {
            "textDocument/didOpen" => {
                let text = params["textDocument"]["text"].as_str().unwrap_or_default().to_owned();
                self.texts.insert(uri, text);
            }
            "textDocument/didChange" => {
                let last = params["contentChanges"].as_array().and_then(|changes| changes.last());
                let text = last.and_then(|change| change["text"].as_str()).unwrap_or_default().to_owned();
                self.texts.insert(uri, text);
            }
            "textDocument/didClose" => {
                self.texts.remove(&uri);
                let closed = published(&uri, &json!([]));
                return std::iter::once(closed).chain(self.publish()).collect();
            }
            "textDocument/didSave" => {}
            _ => return Vec::new(),
        }
        self.publish()
    }

    fn publish(&self) -> Vec<Message> {
        let texts = self.texts.iter();
        texts.map(|(uri, text)| published(uri, &findings::all(&self.checked(uri, text), uri))).collect()
    }

    /// Checks a text; bases are taken as they are in the editor, else from the disk.
    fn checked(&self, uri: &str, text: &str) -> findings::Checked {
        findings::check(&text::path_of(uri), text, &|path: &Path| match self.texts.get(&text::uri_of(path)) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => std::fs::read(path).map_err(|error| error.to_string()),
        })
    }
}

fn published(uri: &str, diagnostics: &Value) -> Message {
    Message::Notification(Notification {
        method: "textDocument/publishDiagnostics".to_owned(),
        params: json!({ "uri": uri, "diagnostics": diagnostics }),
    })
}

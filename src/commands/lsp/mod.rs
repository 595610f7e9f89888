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
use peng_compiler::compile_with;
use peng_runtime::RuntimeCatalog;
use peng_spec::shape::{Reference, SpecSchema};
use serde_json::{Value, json};

use crate::commands::load;
use crate::failure::Exit;

/// Serve editors: the language server protocol over stdin and stdout
///
/// Findings as one types, completion, hover with the size of the search space before `where`, quick fixes. Editors start
/// it for files that are called `*.peng.yaml`.
#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    /// Accepted, since editors pass it: there is no other channel
    #[arg(long, hide = true)]
    stdio: bool,
}

/// JSON-RPC: the request is not known.
const METHOD_NOT_FOUND: i32 = -32601;

/// JSON-RPC: the request does not belong here.
const INVALID_REQUEST: i32 = -32600;

/// The texts that an editor has open, by URI, and the language.
struct Server {
    texts: BTreeMap<String, String>,
    catalog: RuntimeCatalog,
    schema: SpecSchema,
    reference: Reference,
}

/// Serves until the editor says goodbye or goes away.
pub(crate) fn run(args: &LspArgs) -> anyhow::Result<Exit> {
    let LspArgs { stdio: _ } = args;
    let (connection, threads) = Connection::stdio();
    connection.initialize(capabilities()).context("the editor did not introduce itself")?;
    let catalog = peng_runtime::catalog();
    let schema = SpecSchema::new(&catalog);
    let mut server = Server { texts: BTreeMap::new(), reference: schema.reference(), catalog, schema };
    let (mut is_shut_down, mut exit) = (false, Exit::Fine);
    for message in &connection.receiver {
        let answers = match message {
            Message::Request(Request { id, .. }) if is_shut_down => {
                let error = Response::new_err(id, INVALID_REQUEST, "shut down, expected `exit`".to_owned());
                vec![Message::Response(error)]
            }
            Message::Request(request) => {
                is_shut_down = request.method == "shutdown";
                vec![Message::Response(server.answer(request))]
            }
            Message::Notification(notification) if notification.method == "exit" => {
                // The protocol's codes: 0 after `shutdown`, else 1.
                exit = if is_shut_down { Exit::Fine } else { Exit::Findings };
                break;
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
    Ok(exit)
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
        let text = self.texts.get(uri);
        let at = |text| text::byte(text, &params["position"]);
        let checked = |text| self.checked(uri, text);
        let result = match method.as_str() {
            "textDocument/completion" => text.map(|text| complete::items(&self.reference, text, at(text))),
            "textDocument/hover" => {
                text.map(|text| hover::hover(&self.reference, &checked(text), text, at(text)))
            }
            "textDocument/codeAction" => {
                text.map(|text| findings::fixes(&checked(text), uri, &params["range"]))
            }
            "shutdown" => None,
            _ => return Response::new_err(id, METHOD_NOT_FOUND, format!("unknown request `{method}`")),
        };
        // Of a text that is not open nothing is known.
        Response::new_ok(id, result.unwrap_or(Value::Null))
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
                let Some(text) = last.and_then(|change| change["text"].as_str()) else { return Vec::new() };
                self.texts.insert(uri, text.to_owned());
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
        let read = |path: &Path| match self.texts.get(&text::uri_of(path)) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => load::base(path),
        };
        findings::check(&text::path_of(uri), text, &read, &|document| {
            compile_with(document, &self.catalog, &self.schema)
        })
    }
}

fn published(uri: &str, diagnostics: &Value) -> Message {
    Message::Notification(Notification {
        method: "textDocument/publishDiagnostics".to_owned(),
        params: json!({ "uri": uri, "diagnostics": diagnostics }),
    })
}

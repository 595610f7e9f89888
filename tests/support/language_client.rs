//! A client of language servers over stdin and stdout: requests, their answers, and what the server says by itself.

#![allow(clippy::needless_pass_by_value, reason = "messages are written where they are sent")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Longer than this no answer takes, also on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct LanguageClient {
    process: Child,
    /// None once the client has gone away.
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    requests: i64,
    /// The answer to every item of the server's `workspace/configuration`.
    configuration: Value,
    said: Vec<Value>,
}

impl LanguageClient {
    /// Starts a server and introduces itself; the answer holds the server's capabilities.
    pub(crate) fn start(command: &mut Command, configuration: Value) -> (Self, Value) {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let input = process.stdin.take();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut client = Self { process, input, messages, requests: 0, configuration, said: Vec::new() };
        let capabilities = client.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": null,
                "capabilities": {
                    "workspace": { "configuration": true },
                    "textDocument": {
                        "completion": { "completionItem": { "snippetSupport": true, "documentationFormat": ["markdown"] } },
                        "hover": { "contentFormat": ["markdown"] },
                        "publishDiagnostics": { "relatedInformation": true },
                    },
                },
            }),
        );
        client.notify("initialized", &json!({}));
        (client, capabilities)
    }

    /// Asks, and waits for the answer, which must be no error.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Value {
        let message = self.answer(method, params);
        assert!(message.get("error").is_none(), "{method}: {message}");
        message["result"].clone()
    }

    /// Asks, and waits for the answer.
    pub(crate) fn answer(&mut self, method: &str, params: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.next(method);
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
            self.said.push(message);
        }
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Opens a text, and waits for what the server finds in it.
    pub(crate) fn open(&mut self, uri: &str, text: &str) -> Vec<Value> {
        self.said.clear();
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        self.diagnostics(uri)
    }

    /// The next findings of a text.
    pub(crate) fn diagnostics(&mut self, uri: &str) -> Vec<Value> {
        loop {
            let is_about = |message: &Value| {
                message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
            };
            if let Some(at) = self.said.iter().position(is_about) {
                let message = self.said.remove(at);
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
            let message = self.next("textDocument/publishDiagnostics");
            self.said.push(message);
        }
    }

    /// Asks about a place of a text.
    pub(crate) fn ask(&mut self, method: &str, uri: &str, line: usize, character: usize) -> Value {
        let place = json!({ "line": line, "character": character });
        self.request(method, &json!({ "textDocument": { "uri": uri }, "position": place }))
    }

    /// Says goodbye, and returns the exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.request("shutdown", &Value::Null);
        self.notify("exit", &Value::Null);
        self.process.wait().unwrap().code()
    }

    /// Ends the server, which was not told to shut down, and returns the exit code.
    #[cfg(feature = "lsp")]
    pub(crate) fn exit(mut self) -> Option<i32> {
        self.notify("exit", &Value::Null);
        self.process.wait().unwrap().code()
    }

    /// Goes away without a word, and returns the exit code.
    #[cfg(feature = "lsp")]
    pub(crate) fn leave(mut self) -> Option<i32> {
        self.input = None;
        self.process.wait().unwrap().code()
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    /// The next message; requests of the server are answered here.
    fn next(&mut self, waiting_for: &str) -> Value {
        loop {
            let message = self
                .messages
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("nothing came while waiting for {waiting_for}: {error}"));
            if message.get("id").is_none() || message.get("method").is_none() {
                return message;
            }
            let result = match message["method"].as_str() {
                Some("workspace/configuration") => {
                    let items = message["params"]["items"].as_array().map_or(0, Vec::len);
                    json!(vec![self.configuration.clone(); items])
                }
                _ => Value::Null,
            };
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
        }
    }
}

impl Drop for LanguageClient {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok().filter(|&read| read > 0)?;
        match line.trim_end() {
            "" => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = value.parse().ok()?;
                }
            }
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

//! A server on this machine that answers as it is told, for the tests of downloads.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

/// How a request is answered. A range that was asked for is sent, unless the answer says otherwise.
pub(super) enum Answer {
    /// What was asked for.
    Asked,
    /// What was asked for, all but what lies behind so many bytes; then the connection ends.
    Cut(usize),
    /// The same, but the connection stays until the other side ends it.
    Hold(usize),
    /// What was asked for, in chunks and without a length.
    Chunked,
    /// The whole content, whatever was asked for.
    WithoutRanges,
    /// This content.
    Other(&'static [u8]),
    /// This status and no content.
    Status(u16),
    /// The same path below `/moved`.
    Moved,
    /// What was asked for, when something has come here.
    After(Receiver<()>),
}

/// What a server has seen: the path, and the first byte that was asked for.
pub(super) type Seen = (String, Option<usize>);

pub(super) struct Server {
    pub(super) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// A server of one content; the last answer is given again and again.
    pub(super) fn new(content: &'static [u8], answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut answers = answers.into_iter();
            let mut answer = answers.next().unwrap();
            for connection in listener.incoming() {
                reply(connection.unwrap(), content, &answer, &log);
                if let Some(next) = answers.next() {
                    answer = next;
                }
            }
        });
        Self { address, seen }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// What each answer says of the connection. Without it, a client may ask anew on a connection that is ending.
const CLOSE: &str = "Connection: close\r\n";

/// The other side may have gone, so that failures to write are none.
fn reply(connection: TcpStream, content: &[u8], answer: &Answer, log: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut writer = connection;
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap().to_owned();
    let mut from = None;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.trim();
        if header.is_empty() {
            break;
        }
        // The names of headers have no case.
        let header = header.to_ascii_lowercase();
        if let Some(range) = header.strip_prefix("range: bytes=") {
            from = range.strip_suffix('-').map(|first| first.parse().unwrap());
        }
    }
    log.lock().unwrap().push((path.clone(), from));
    if let Answer::After(gate) = answer {
        gate.recv().unwrap();
    }
    let head = |from: Option<usize>| match from {
        None => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{CLOSE}\r\n", content.len()),
        Some(from) => format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{}/{}\r\n{CLOSE}\r\n",
            content.len() - from,
            content.len() - 1,
            content.len()
        ),
    };
    let first = from.unwrap_or(0);
    let mut send = |head: &str, body: &[u8]| {
        let _ = writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body));
    };
    match answer {
        Answer::Asked | Answer::After(_) => send(&head(from), &content[first..]),
        Answer::Cut(end) | Answer::Hold(end) => {
            send(&head(from), &content[first..first.max(*end)]);
            if matches!(answer, Answer::Hold(_)) {
                // Other connections are answered meanwhile.
                std::thread::spawn(move || reader.read(&mut [0]));
            }
        }
        Answer::Chunked => {
            send(&format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{CLOSE}\r\n"), b"");
            for chunk in content.chunks(1000) {
                send(&format!("{:x}\r\n", chunk.len()), chunk);
                send("\r\n", b"");
            }
            send("0\r\n\r\n", b"");
        }
        Answer::WithoutRanges => send(&head(None), content),
        Answer::Other(content) => {
            send(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{CLOSE}\r\n", content.len()), content);
        }
        Answer::Status(status) => {
            send(&format!("HTTP/1.1 {status} Told\r\nContent-Length: 0\r\n{CLOSE}\r\n"), b"");
        }
        Answer::Moved => {
            send(
                &format!("HTTP/1.1 302 Found\r\nLocation: /moved{path}\r\nContent-Length: 0\r\n{CLOSE}\r\n"),
                b"",
            );
        }
    }
}

//! One request: its answer comes from a thread of its own, so that neither a silent server nor a user who asks to stop has to
//! wait for a read.

use std::io::{self, Read as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use ureq::Agent;
use ureq::http::HeaderMap;

use super::{TICK, Watcher};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// Why an answer does not come.
#[derive(Debug)]
pub(super) enum Failure {
    /// A user asked to stop.
    Cancelled,
    /// Nothing came for too long.
    Silent,
    /// Another request may succeed.
    Passing(String),
    /// No other request will.
    Final(String),
}

/// What comes from the thread.
enum Message {
    Head(Head),
    Chunk(Vec<u8>),
    Failed(Failure),
}

struct Head {
    status: u16,
    /// `Content-Length`
    length: Option<u64>,
    /// First byte and size of the whole, of `Content-Range`.
    range: Option<(u64, u64)>,
}

/// The answer to a request.
pub(super) struct Reply {
    head: Head,
    messages: Receiver<Message>,
}

impl Reply {
    /// Asks for the bytes from `have` on. Redirects are followed, and proxies are those that the environment names.
    pub(super) fn to(
        address: &str,
        have: u64,
        patience: Duration,
        watcher: &dyn Watcher,
    ) -> Result<Self, Failure> {
        let address = address.to_owned();
        let (to, messages) = sync_channel(4);
        std::thread::spawn(move || answer(&address, have, &to));
        match wait(&messages, patience, watcher)? {
            Some(Message::Head(head)) => Ok(Self { head, messages }),
            Some(Message::Failed(failure)) => Err(failure),
            Some(Message::Chunk(_)) | None => unreachable!("the head comes first"),
        }
    }

    pub(super) fn status(&self) -> u16 {
        self.head.status
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.head.length
    }

    pub(super) fn range(&self) -> Option<(u64, u64)> {
        self.head.range
    }

    /// The next bytes; `None`: there are no more.
    pub(super) fn next(
        &mut self,
        patience: Duration,
        watcher: &dyn Watcher,
    ) -> Result<Option<Vec<u8>>, Failure> {
        match wait(&self.messages, patience, watcher)? {
            Some(Message::Chunk(chunk)) => Ok(Some(chunk)),
            Some(Message::Failed(failure)) => Err(failure),
            Some(Message::Head(_)) => unreachable!("there is one head"),
            None => Ok(None),
        }
    }
}

/// The next message; `None`: there are no more.
fn wait(
    messages: &Receiver<Message>,
    patience: Duration,
    watcher: &dyn Watcher,
) -> Result<Option<Message>, Failure> {
    let mut left = patience;
    loop {
        if watcher.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        match messages.recv_timeout(TICK) {
            Ok(message) => return Ok(Some(message)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(Failure::Silent),
            Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(TICK),
        }
    }
}

/// Sends the answer piece by piece, until it ends or nobody listens.
fn answer(address: &str, have: u64, to: &SyncSender<Message>) {
    let agent = Agent::new_with_config(
        Agent::config_builder().http_status_as_error(false).user_agent("peng").build(),
    );
    let mut request = agent.get(address);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(error) => {
            let _ = to.send(Message::Failed(failure(&error)));
            return;
        }
    };
    let head = Head {
        status: response.status().as_u16(),
        length: header(response.headers(), "Content-Length").and_then(|length| length.parse().ok()),
        range: header(response.headers(), "Content-Range").and_then(range),
    };
    if to.send(Message::Head(head)).is_err() {
        return;
    }
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; CHUNK];
    loop {
        let message = match body.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Message::Chunk(buffer[..count].to_vec()),
            // Less came than was announced: the same as an end.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Message::Failed(Failure::Passing(format!("the connection broke: {error}"))),
        };
        let is_last = matches!(message, Message::Failed(_));
        if to.send(message).is_err() || is_last {
            return;
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// First byte and size of the whole, of `bytes FIRST-LAST/SIZE`.
fn range(text: &str) -> Option<(u64, u64)> {
    let (places, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((places.split_once('-')?.0.parse().ok()?, size.parse().ok()?))
}

fn failure(error: &ureq::Error) -> Failure {
    let reason = error.to_string();
    match error {
        ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::RedirectFailed
        | ureq::Error::TooManyRedirects => Failure::Final(reason),
        _ => Failure::Passing(reason),
    }
}

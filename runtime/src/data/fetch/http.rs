//! One request: its answer comes from a thread of its own, so that neither a silent server nor a user who asks to stop has to
//! wait for a read.

use std::io::{self, Read as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

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
    /// Asks for the bytes from `have` on. Redirects are followed.
    pub(super) fn to(
        address: &str,
        have: u64,
        proxy: Option<String>,
        patience: Duration,
        watcher: &dyn Watcher,
    ) -> Result<Self, Failure> {
        let mut request = minreq::get(address).with_header("User-Agent", "peng");
        if have > 0 {
            request = request.with_header("Range", format!("bytes={have}-"));
        }
        if let Some(proxy) = proxy {
            let proxy = minreq::Proxy::new(proxy).map_err(|_| {
                // Without its text, which may hold a password.
                Failure::Final(
                    "the proxy that the environment names is none of the form `http://HOST:PORT`".to_owned(),
                )
            })?;
            request = request.with_proxy(proxy);
        }
        let (to, messages) = sync_channel(4);
        std::thread::spawn(move || answer(request, &to));
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
fn answer(request: minreq::Request, to: &SyncSender<Message>) {
    let mut response = match request.send_lazy() {
        Ok(response) => response,
        Err(error) => {
            let _ = to.send(Message::Failed(failure(&error)));
            return;
        }
    };
    let header = |name: &str| {
        let found = response.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    let head = Head {
        status: response.status_code,
        length: header("Content-Length").and_then(|length| length.parse().ok()),
        range: header("Content-Range").and_then(range),
    };
    if to.send(Message::Head(head)).is_err() {
        return;
    }
    let mut buffer = vec![0; CHUNK];
    loop {
        let message = match response.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Message::Chunk(buffer[..count].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Message::Failed(Failure::Passing(format!("the connection broke: {error}"))),
        };
        let is_last = matches!(message, Message::Failed(_));
        if to.send(message).is_err() || is_last {
            return;
        }
    }
}

/// First byte and size of the whole, of `bytes FIRST-LAST/SIZE`.
fn range(text: &str) -> Option<(u64, u64)> {
    let (places, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((places.split_once('-')?.0.parse().ok()?, size.parse().ok()?))
}

fn failure(error: &minreq::Error) -> Failure {
    let reason = match error {
        minreq::Error::IoError(error) => error.to_string(),
        other => other.to_string(),
    };
    match error {
        minreq::Error::InvalidProtocol
        | minreq::Error::InvalidProtocolInRedirect
        | minreq::Error::InfiniteRedirectionLoop
        | minreq::Error::TooManyRedirections
        | minreq::Error::InvalidProxyCreds
        | minreq::Error::PunycodeFeatureNotEnabled => Failure::Final(reason),
        _ => Failure::Passing(reason),
    }
}

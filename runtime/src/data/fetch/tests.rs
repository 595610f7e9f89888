//! Downloads from a server on this machine: whole, cut, gone on with, wrong, refused, stopped, and two at once.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::mpsc::channel;

use super::server::{Answer, Server};
use super::*;

const SIZE: usize = 200_000;

static CONTENT: LazyLock<Vec<u8>> = LazyLock::new(|| (0..SIZE).map(|at| (at * at % 251) as u8).collect());
static SHA256: LazyLock<String> = LazyLock::new(|| peng_spec::plan::sha256_hex(&CONTENT));

fn file() -> Published {
    Published { name: "a.bin", address: "http://localhost/a.bin", bytes: SIZE as u64, sha256: &SHA256 }
}

/// Keeps what it is told, and asks to stop once so many bytes are there.
#[derive(Default)]
struct Log {
    told: Vec<String>,
    have: u64,
    stop_at: Option<u64>,
    on_waiting: Option<std::sync::mpsc::Sender<()>>,
}

impl Watcher for Log {
    fn told(&mut self, what: Told<'_>) {
        match what {
            Told::Waiting => {
                self.told.push("waiting".to_owned());
                if let Some(gate) = self.on_waiting.take() {
                    gate.send(()).unwrap();
                }
            }
            Told::Begun { name, have, bytes, .. } => self.told.push(format!("{name} {have} of {bytes}")),
            Told::Came { have } => self.have = have,
            Told::Again { reason, .. } => self.told.push(reason.to_owned()),
            Told::Finished { name } => self.told.push(format!("{name} is there")),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.stop_at.is_some_and(|at| self.have >= at)
    }
}

fn source(server: &Server) -> Source {
    Source {
        mirror: Some(format!("{}/sets/", server.address)),
        pauses: vec![Duration::ZERO; 3],
        patience: Duration::from_secs(30),
    }
}

fn fetch_into(dir: &Path, server: &Server, log: &mut Log) -> Result<(), DataError> {
    fetch("some", &[file()], dir, &source(server), log)
}

/// Fetches once; what was told, and the error.
fn run(answers: Vec<Answer>, begun: &[u8]) -> (Server, Vec<String>, Option<String>) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::new(&CONTENT, answers);
    if !begun.is_empty() {
        fs::write(dir.path().join("a.bin.part"), begun).unwrap();
    }
    let mut log = Log::default();
    let result = fetch_into(dir.path(), &server, &mut log);
    let there = dir.path().join("a.bin");
    match &result {
        Ok(()) => {
            assert_eq!(fs::read(there).unwrap(), *CONTENT);
            assert!(!dir.path().join("a.bin.part").exists());
        }
        Err(_) => assert!(!there.exists()),
    }
    let reason = result.err().map(|error| match error {
        DataError::NotFetched { reason, address, help, .. } => {
            assert_eq!(address, format!("{}/sets/some/a.bin", server.address));
            assert!(help.starts_with(&format!("put `a.bin` into `{}`", dir.path().display())), "{help}");
            reason
        }
        other => panic!("{other}"),
    });
    (server, log.told, reason)
}

#[test]
fn a_file_comes_whole() {
    for answer in [Answer::Asked, Answer::Chunked] {
        let (server, told, error) = run(vec![answer], &[]);
        assert_eq!((told, error), (vec!["a.bin 0 of 200000".to_owned(), "a.bin is there".to_owned()], None));
        assert_eq!(server.seen(), [("/sets/some/a.bin".to_owned(), None)]);
    }
}

#[test]
fn a_file_that_was_cut_is_gone_on_with() {
    let (server, told, error) = run(vec![Answer::Cut(70_000), Answer::Cut(150_000), Answer::Asked], &[]);
    assert_eq!(error, None);
    let froms: Vec<Option<usize>> = server.seen().into_iter().map(|(_, from)| from).collect();
    assert_eq!(froms, [None, Some(70_000), Some(150_000)]);
    assert!(told.contains(&"the connection ended after 70000 of 200000 bytes".to_owned()), "{told:?}");
}

#[test]
fn progress_gives_further_tries() {
    let mut answers: Vec<Answer> = (1..20).map(|k| Answer::Cut(k * 10_000)).collect();
    answers.push(Answer::Asked);
    assert_eq!(run(answers, &[]).2, None);
    // Without it there is one try, and one more for each pause.
    let (server, _, error) = run(vec![Answer::Cut(0)], &[]);
    assert_eq!(error.as_deref(), Some("the connection ended after 0 of 200000 bytes"));
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let (server, _, error) = run(vec![Answer::Cut(70_000), Answer::WithoutRanges], &[]);
    assert_eq!(error, None);
    assert_eq!(server.seen()[1].1, Some(70_000));
}

#[test]
fn what_an_earlier_try_left_is_checked_with_the_rest() {
    assert_eq!(run(vec![Answer::Asked], &CONTENT[..1234]).2, None);
    // It was of another file: all of it is fetched again.
    let (server, told, error) = run(vec![Answer::Asked], &[7; 1234]);
    assert_eq!(error, None);
    assert!(told[1].starts_with("found content of SHA-256"), "{told:?}");
    assert_eq!(server.seen().into_iter().map(|(_, from)| from).collect::<Vec<_>>(), [Some(1234), None]);
    // It is longer than the file, or the server has another size.
    assert_eq!(run(vec![Answer::Asked], &vec![7; SIZE + 1]).2, None);
    assert_eq!(run(vec![Answer::Status(416), Answer::Asked], &CONTENT[..9]).2, None);
    // Nothing was missing but the renaming.
    let (server, _, error) = run(vec![Answer::Status(500)], &CONTENT);
    assert_eq!((server.seen().len(), error), (0, None));
}

#[test]
fn another_content_is_refused_at_once() {
    static OTHER: [u8; SIZE] = [1; SIZE];
    let (server, _, error) = run(vec![Answer::Other(&OTHER)], &[]);
    let error = error.unwrap();
    assert!(error.starts_with("found content of SHA-256") && error.ends_with(SHA256.as_str()), "{error}");
    assert_eq!(server.seen().len(), 1);
    let (server, _, error) = run(vec![Answer::Other(b"<html>please log in</html>")], &[]);
    assert_eq!((server.seen().len(), error.as_deref()), (1, Some("found 26 bytes, expected 200000")));
}

#[test]
fn refusals_end_it_and_failures_are_tried_again() {
    let (server, _, error) = run(vec![Answer::Status(404)], &[]);
    assert_eq!((server.seen().len(), error.as_deref()), (1, Some("the server answered 404")));
    let (server, told, error) = run(vec![Answer::Status(500), Answer::Status(503), Answer::Asked], &[]);
    assert_eq!((server.seen().len(), error), (3, None));
    assert!(told.contains(&"the server answered 503".to_owned()), "{told:?}");
}

#[test]
fn redirects_are_followed_with_the_range() {
    let (server, _, error) = run(vec![Answer::Moved, Answer::Asked], &CONTENT[..5]);
    assert_eq!(error, None);
    let moved = ["/sets/some/a.bin", "/moved/sets/some/a.bin"].map(|path| (path.to_owned(), Some(5)));
    assert_eq!(server.seen(), moved);
}

#[test]
fn nobody_listens() {
    let dir = tempfile::tempdir().unwrap();
    let server = {
        // The port is free again.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let source =
        Source { mirror: Some(server), pauses: vec![Duration::ZERO], patience: Duration::from_secs(30) };
    let mut log = Log::default();
    let error = fetch("some", &[file()], dir.path(), &source, &mut log).unwrap_err();
    assert!(matches!(&error, DataError::NotFetched { .. }), "{error}");
    assert!(error.to_string().starts_with("cannot download some from `http://127.0.0.1:"), "{error}");
    assert_eq!(log.told.len(), 3, "{:?}", log.told);
}

#[test]
fn a_silent_server_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::new(&CONTENT, vec![Answer::Hold(100), Answer::Asked]);
    let source = Source { patience: Duration::ZERO, ..source(&server) };
    // A tick of silence is long on this machine, and short for a server that answers at once; more tries make it sure.
    let source = Source { pauses: vec![Duration::ZERO; 50], ..source };
    let mut log = Log::default();
    fetch("some", &[file()], dir.path(), &source, &mut log).unwrap();
    assert!(log.told.contains(&"the server does not answer any more".to_owned()), "{:?}", log.told);
}

#[test]
fn a_stop_leaves_what_is_there_for_the_next_time() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::new(&CONTENT, vec![Answer::Hold(50_000), Answer::Asked]);
    let mut log = Log { stop_at: Some(50_000), ..Log::default() };
    let stopped = fetch_into(dir.path(), &server, &mut log);
    assert!(matches!(stopped, Err(DataError::Interrupted)));
    assert_eq!(fs::metadata(dir.path().join("a.bin.part")).unwrap().len(), 50_000);
    fetch_into(dir.path(), &server, &mut Log::default()).unwrap();
    assert_eq!(server.seen()[1].1, Some(50_000));
    assert_eq!(fs::read(dir.path().join("a.bin")).unwrap(), *CONTENT);
}

#[test]
fn of_two_at_once_one_waits_and_finds_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, opened) = channel();
    let server = Server::new(&CONTENT, vec![Answer::After(opened), Answer::Status(500)]);
    std::thread::scope(|scope| {
        let both: Vec<_> = (0..2)
            .map(|_| {
                let mut log = Log { on_waiting: Some(gate.clone()), ..Log::default() };
                let (dir, server) = (dir.path(), &server);
                scope.spawn(move || fetch_into(dir, server, &mut log).map(|()| log.told))
            })
            .collect();
        let told: Vec<String> = both.into_iter().flat_map(|one| one.join().unwrap().unwrap()).collect();
        assert_eq!(told.iter().filter(|what| *what == "waiting").count(), 1);
        assert_eq!(told.iter().filter(|what| *what == "a.bin is there").count(), 1);
    });
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::new(&CONTENT, vec![Answer::Asked]);
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = fetch_into(&file.join("below"), &server, &mut Log::default()).unwrap_err();
    assert!(matches!(error, DataError::Unwritable { .. }), "{error}");
    assert!(server.seen().is_empty());
}

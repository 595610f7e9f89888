//! `peng lsp` as an editor meets it: a process, a client, texts that change.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::Sandbox;
use crate::support::language_client::LanguageClient;

const SPEC: &str = "version: 1
name: demo
dataset: {kind: digits}
search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8}
search: {kind: nsga-net, population: 4, offspring: 4, generations: 2}
objectives: [{maximize: val_accuracy}, {minimize: flops}]
training:
  epochs: 8
";

fn server() -> LanguageClient {
    let (client, answer) =
        LanguageClient::start(Command::new(env!("CARGO_BIN_EXE_peng")).arg("lsp"), Value::Null);
    let capabilities = &answer["capabilities"];
    assert_eq!(
        (&capabilities["hoverProvider"], &capabilities["textDocumentSync"]["change"]),
        (&json!(true), &json!(1))
    );
    client
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// Line and column just after a part of a text.
fn after(text: &str, part: &str) -> (usize, usize) {
    let at = text.find(part).unwrap() + part.len();
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    (text[..start].matches('\n').count(), at - start)
}

fn change(client: &mut LanguageClient, uri: &str, version: u32, text: &str) -> Vec<Value> {
    let document = json!({ "uri": uri, "version": version });
    let changes = json!([{ "text": text }]);
    client.notify("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": changes }));
    client.diagnostics(uri)
}

#[test]
fn findings_come_and_go_as_one_types() {
    let sandbox = Sandbox::new();
    let uri = uri(&sandbox.path("a.peng.yaml"));
    let mut client = server();
    let wrong = SPEC.replace("epochs: 8", "epohcs: 8 # 😀 ä");
    let found = client.open(&uri, &wrong);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        found[0]["range"],
        json!({ "start": {"line": 7, "character": 2}, "end": {"line": 7, "character": 8} })
    );
    assert_eq!(
        (&found[0]["code"], &found[0]["severity"], &found[0]["source"]),
        (&json!("E0102"), &json!(1), &json!("peng"))
    );
    assert!(found[0]["codeDescription"]["href"].as_str().unwrap().ends_with("/codes/README.md#e0102"));

    // The fix is offered, and takes the finding away.
    let actions = client.request(
        "textDocument/codeAction",
        &json!({ "textDocument": { "uri": uri }, "range": found[0]["range"], "context": { "diagnostics": found } }),
    );
    let [action] = actions.as_array().unwrap().as_slice() else { panic!("{actions}") };
    assert_eq!((&action["kind"], &action["title"]), (&json!("quickfix"), &json!("did you mean `epochs`?")));
    let edit = &action["edit"]["changes"][uri.as_str()][0];
    assert_eq!((&edit["newText"], &edit["range"]), (&json!("epochs"), &found[0]["range"]));
    let elsewhere = json!({ "start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 1} });
    let none = client
        .request("textDocument/codeAction", &json!({ "textDocument": { "uri": uri }, "range": elsewhere }));
    assert_eq!(none, json!([]));
    assert_eq!(change(&mut client, &uri, 2, &wrong.replace("epohcs", "epochs")), Vec::<Value>::new());

    // What is no YAML is told, and so is what only the compiler knows.
    assert_eq!(change(&mut client, &uri, 3, "version: [")[0]["code"], "E0002");
    let small = SPEC.replace("epochs: 8", "epochs: 8\n  measure_every: 3 epochs");
    assert_eq!(change(&mut client, &uri, 4, &small)[0]["code"], "E0407");
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn findings_in_a_base_are_shown_where_it_is_extended() {
    let sandbox = Sandbox::new();
    let base = sandbox.write("base.peng.yaml", SPEC);
    let over = sandbox.write("over.peng.yaml", "name: over\nextends: base.peng.yaml\n");
    let (base, over) = (uri(&base), uri(&over));
    let mut client = server();
    assert_eq!(client.open(&over, &sandbox.read("over.peng.yaml")), Vec::<Value>::new());
    // The base as it is in the editor counts, not as it is on the disk.
    client.open(&base, &SPEC.replace("epochs: 8", "epochs: 0"));
    let found = client.diagnostics(&over);
    assert_eq!(
        found[0]["range"],
        json!({ "start": {"line": 1, "character": 9}, "end": {"line": 1, "character": 23} })
    );
    assert!(found[0]["message"].as_str().unwrap().starts_with("in the base: `0` is too small"));
    assert_eq!(found[0]["relatedInformation"][0]["location"]["uri"], base);
    assert_eq!(change(&mut client, &base, 2, SPEC), Vec::<Value>::new());
    assert_eq!(client.diagnostics(&over), Vec::<Value>::new());
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn completion_and_hover_know_the_language_and_the_plan() {
    let sandbox = Sandbox::new();
    let uri = uri(&sandbox.path("a.peng.yaml"));
    let mut client = server();
    let text = format!("{SPEC}  \nestimator:\n  kind: penguin\n  wi\nfinally: {{confirm: }}\nsearch_:\n");
    client.open(&uri, &text);
    for (place, expected, unexpected) in [
        ("  epochs: 8\n  ", vec!["batch_size", "optimizer", "measure_every"], vec!["epochs", "window", "lr"]),
        ("kind: penguin\n  wi", vec!["window", "tolerance", "audit"], vec!["kind", "profile", "epochs"]),
        ("confirm: ", vec!["front", "best", "none"], vec!["cpu"]),
        ("  kind: ", vec!["never", "penguin", "population"], vec!["digits"]),
        ("\nsearch_", vec!["gpu_budget", "seed", "extends"], vec!["name", "estimator"]),
        ("{kind: ", vec!["digits", "synthetic"], vec!["penguin"]),
    ] {
        let (line, column) = after(&text, place);
        let items = client.ask("textDocument/completion", &uri, line, column);
        let labels: Vec<&str> =
            items.as_array().unwrap().iter().filter_map(|item| item["label"].as_str()).collect();
        for label in expected {
            assert!(labels.contains(&label), "{label} at {place:?} in {labels:?}");
        }
        for label in unexpected {
            assert!(!labels.contains(&label), "{label} at {place:?} in {labels:?}");
        }
    }

    change(&mut client, &uri, 2, SPEC);
    for (place, parts) in [
        ("search_sp", ["Which networks exist.", "networks"]),
        ("  epo", ["Epochs of a whole training.", "#training.epochs"]),
        ("dataset: {kind: dig", ["handwritten digits", "1,437"]),
    ] {
        let (line, column) = after(SPEC, place);
        let hover = client.ask("textDocument/hover", &uri, line, column);
        let told = hover["contents"]["value"].as_str().unwrap();
        assert!(parts.iter().all(|part| told.contains(part)), "{place}: {told}");
    }
    let (line, column) = after(SPEC, "search_sp");
    let told = client.ask("textDocument/hover", &uri, line, column)["contents"]["value"].to_string();
    let plan = sandbox.write("b.peng.yaml", SPEC);
    let plan = sandbox.peng(&["plan", plan.to_str().unwrap()], 0);
    let networks = plan.lines().find(|line| line.ends_with(" networks")).unwrap().trim();
    assert!(told.contains(networks), "the size of the space, {networks}: {told}");
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn an_editor_that_goes_away_ends_it() {
    let sandbox = Sandbox::new();
    let mut client = server();
    client.open(&uri(&sandbox.path("a.peng.yaml")), SPEC);
    assert_eq!(client.leave(), Some(0));
    let mut process = Command::new(env!("CARGO_BIN_EXE_peng"))
        .arg("lsp")
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(5), "nobody has introduced itself");
}

#[test]
fn what_comes_after_a_shutdown_is_refused_and_an_exit_without_one_tells_so() {
    assert_eq!(server().exit(), Some(1));
    let mut client = server();
    client.request("shutdown", &Value::Null);
    assert_eq!(client.answer("textDocument/hover", &json!({}))["error"]["code"], -32600);
    assert_eq!(client.exit(), Some(0));
}

#[test]
fn requests_that_are_not_known_are_told_apart_from_texts_that_are_not() {
    let sandbox = Sandbox::new();
    let uri = uri(&sandbox.path("a.peng.yaml"));
    let mut client = server();
    client.open(&uri, SPEC);
    for params in [json!({}), json!({ "textDocument": { "uri": uri } }), json!({ "query": "x" })] {
        let answer = client.answer("workspace/symbol", &params);
        assert_eq!(answer["error"]["code"], -32601, "{params}: {answer}");
    }
    assert_eq!(client.ask("textDocument/hover", "file:///not-open.peng.yaml", 0, 0), Value::Null);

    // A change without changes leaves the text as it is.
    let document = json!({ "uri": uri, "version": 2 });
    client.notify("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": [] }));
    let (line, column) = after(SPEC, "search_sp");
    assert_ne!(client.ask("textDocument/hover", &uri, line, column), Value::Null);
    assert_eq!(client.stop(), Some(0));
}

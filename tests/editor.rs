//! What editors make of the published schema: it is valid in both drafts, and yaml-language-server completes, explains and
//! checks specs with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::Sandbox;
use crate::support::language_client::LanguageClient;

fn schema(args: &[&str]) -> Value {
    let text = Sandbox::new().peng(&[&["schema"], args].concat(), 0);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn both_drafts_are_valid_and_accept_the_examples() {
    let (seven, newer) = (schema(&[]), schema(&["--draft", "2020-12"]));
    assert_eq!(schema(&["--draft", "7"]), seven);
    jsonschema::draft7::meta::validate(&seven).unwrap();
    jsonschema::draft202012::meta::validate(&newer).unwrap();
    assert!(newer["$schema"].as_str().unwrap().contains("2020-12"));
    let validators =
        [jsonschema::draft7::new(&seven).unwrap(), jsonschema::draft202012::new(&newer).unwrap()];
    let complete = json!({
        "version": 1, "name": "a", "dataset": {"kind": "digits"}, "search_space": {"kind": "nsga-macro"},
        "search": {"kind": "nsga-net"}, "objectives": [{"maximize": "val_accuracy"}], "training": {"epochs": 2},
    });
    let with = |changes: Value| {
        let mut spec = complete.clone();
        for (key, value) in changes.as_object().unwrap() {
            spec[key] = value.clone();
        }
        spec
    };
    for validator in &validators {
        for (spec, is_accepted) in [
            (complete.clone(), true),
            (json!({ "version": 1 }), false),
            (with(json!({ "training": {} })), false),
            (with(json!({ "search": {"population": 4} })), false),
            (with(json!({ "search": {"kind": "random"} })), false),
            (with(json!({ "estimator": {"kind": "penguin", "window": 4} })), true),
            (with(json!({ "estimator": {"kind": "never", "window": 4} })), false),
            // What a base may have.
            (json!({ "extends": "b" }), true),
            (json!({ "extends": "b", "training": {}, "search": {"kind": "random"} }), true),
            (json!({ "extends": "b", "estimator": {"window": 4} }), true),
            (json!({ "extends": "b", "estimator": {"windows": 4} }), false),
            (json!({ "extends": "b", "training": {"epochs": 0} }), false),
        ] {
            assert_eq!(validator.is_valid(&spec), is_accepted, "{spec}");
        }
    }
}

#[test]
fn editors_find_texts_defaults_words_and_snippets_in_the_schema() {
    let schema = schema(&[]);
    let mut faults = Vec::new();
    undocumented(&schema, "", &mut faults);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let training = &schema["properties"]["training"]["properties"];
    let link = "https://github.com/peng-nas/peng/blob/main/schemas/experiment.v1.md#training.batch_size";
    assert_eq!(
        training["batch_size"]["markdownDescription"],
        format!("Examples a step.\n\nDefault: `128`.\n\n[Reference]({link})")
    );
    let kind = &training["schedule"]["properties"]["kind"];
    assert_eq!(kind["enum"].as_array().unwrap().len(), kind["enumDescriptions"].as_array().unwrap().len());
    let snippets = schema["properties"]["search"]["defaultSnippets"].as_array().unwrap();
    let random = snippets.iter().find(|snippet| snippet["label"] == "random").unwrap();
    assert_eq!(random["body"], json!({ "kind": "random", "networks": "${1:networks}" }));
    assert!(!schema.to_string().contains("\"x-"), "an extension of our own is published");
}

/// Keys without a description for editors.
fn undocumented(schema: &Value, at: &str, faults: &mut Vec<String>) {
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}/{key}");
        let text = value["markdownDescription"].as_str().unwrap_or_default();
        if text.is_empty() || text.starts_with("[Reference]") {
            faults.push(at.clone());
        }
        undocumented(value, &at, faults);
    }
    for form in ["anyOf", "oneOf"].iter().filter_map(|union| schema[union].as_array()).flatten() {
        undocumented(form, at, faults);
    }
    if let Some(items) = schema.get("items") {
        undocumented(items, &format!("{at}[]"), faults);
    }
}

#[cfg(feature = "engine")]
#[test]
fn the_reference_has_what_diagnostics_link_to() {
    let sandbox = Sandbox::new();
    let page = sandbox.peng(&["schema", "--docs", "markdown"], 0);
    sandbox.write(
        "a.peng.yaml",
        "version: 1\nname: a\ntraining: {epochs: 0}\nestimator: {kind: penguin, window: 1, windw: 2}\n",
    );
    let found: Vec<Value> =
        serde_json::from_str(&sandbox.peng(&["check", "--output", "json", "a.peng.yaml"], 1)).unwrap();
    let docs: Vec<&str> = found.iter().filter_map(|finding| finding["docs"].as_str()).collect();
    for anchor in ["training.epochs", "estimator.penguin.window", "estimator.penguin"] {
        assert!(docs.iter().any(|docs| docs.ends_with(&format!("#{anchor}"))), "{anchor} in {docs:?}");
    }
    for docs in docs {
        let (address, anchor) = docs.split_once('#').unwrap();
        assert!(address.ends_with("/schemas/experiment.v1.md"));
        assert!(page.contains(&format!("<a id=\"{anchor}\"></a>")), "{anchor}");
    }
}

/// The server, if there is one.
fn language_server() -> Option<PathBuf> {
    let named = std::env::var_os("PENG_TEST_YAML_LANGUAGE_SERVER").map(PathBuf::from);
    if let Some(server) = named.as_ref().filter(|path| path.is_file()) {
        return Some(server.clone());
    }
    let required = std::env::var_os("PENG_REQUIRE_YAML_LANGUAGE_SERVER").is_some_and(|value| value == "1");
    assert!(!required, "there is no yaml-language-server at {named:?}");
    eprintln!(
        "not run: there is no yaml-language-server; `npm install yaml-language-server`, and name its \
         `node_modules/.bin/yaml-language-server` in PENG_TEST_YAML_LANGUAGE_SERVER"
    );
    None
}

/// A spec that an editor has open.
struct Opened<'a> {
    client: &'a mut LanguageClient,
    uri: String,
    text: String,
    found: Vec<Value>,
}

impl Opened<'_> {
    /// The place of `|` in the text that was opened.
    fn ask(&mut self, method: &str, before: &str) -> Value {
        let at = self.text.find(before).unwrap() + before.len();
        let line = self.text[..at].matches('\n').count();
        let column = at - self.text[..at].rfind('\n').map_or(0, |start| start + 1);
        self.client.ask(method, &self.uri, line, column)
    }

    fn completions(&mut self, before: &str) -> Vec<Value> {
        let answer = self.ask("textDocument/completion", before);
        answer.get("items").unwrap_or(&answer).as_array().cloned().unwrap_or_default()
    }

    fn hover(&mut self, before: &str) -> String {
        self.ask("textDocument/hover", before)["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }
}

fn open<'a>(client: &'a mut LanguageClient, folder: &Path, name: &str, spec: &str) -> Opened<'a> {
    let schema = format!("file://{}", folder.join("schema.json").display());
    let text = format!("# yaml-language-server: $schema={schema}\n{spec}");
    let uri = format!("file://{}", folder.join(name).display());
    let found = client.open(&uri, &text);
    Opened { client, uri, text, found }
}

fn labels(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["label"].as_str()).collect()
}

const SPEC: &str = "version: 1
name: demo
dataset: {kind: digits}
search_space: {kind: nsga-macro}
search: {kind: nsga-net}
objectives: [{maximize: val_accuracy}, {minimize: flops}]
training:
  epochs: 8
";

#[test]
fn yaml_language_server_completes_explains_and_checks_specs() {
    let Some(server) = language_server() else { return };
    let sandbox = Sandbox::new();
    let folder = sandbox.write("schema.json", &schema(&[]).to_string()).parent().unwrap().to_owned();
    let configuration =
        json!({ "validate": true, "completion": true, "hover": true, "schemaStore": { "enable": false } });
    let (mut client, _) = LanguageClient::start(Command::new(server).arg("--stdio"), configuration);

    finds(&mut client, &folder);
    completes(&mut client, &folder);
    explains(&mut client, &folder);
    assert_eq!(client.stop(), Some(0));
}

/// Findings: none in what is right, each at its line, nothing missing that a base may have.
fn finds(client: &mut LanguageClient, folder: &Path) {
    let fine = open(client, folder, "fine.peng.yaml", SPEC);
    assert_eq!(fine.found, Vec::<Value>::new());
    let quickstart =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart.peng.yaml"))
            .unwrap();
    let fine = open(client, folder, "quickstart.peng.yaml", quickstart.split_once('\n').unwrap().1);
    assert_eq!(fine.found, Vec::<Value>::new());

    for (change, line, message) in [
        ("estimator: {kind: penguin, windw: 3}\n", 9, "windw"),
        ("estimator: {kind: penguin, window: three}\n", 9, "integer"),
        ("gpu_budget: {wall_time: 3 hours}\n", 9, "such as"),
        ("finally: {confirm: frnt}\n", 9, "front"),
    ] {
        let opened = open(client, folder, &format!("{message}.peng.yaml"), &format!("{SPEC}{change}"));
        let told = opened.found.iter().any(|found| {
            found["range"]["start"]["line"] == line && found["message"].as_str().unwrap().contains(message)
        });
        assert!(told, "{change} {:#?}", opened.found);
    }
    let lacking =
        open(client, folder, "lacking.peng.yaml", "version: 1\nname: demo\ntraining:\n  batch_size: 3\n");
    let messages: Vec<&str> = lacking.found.iter().filter_map(|found| found["message"].as_str()).collect();
    assert!(messages.iter().any(|message| message.contains("epochs")), "{messages:?}");
    assert!(messages.iter().any(|message| message.contains("dataset")), "{messages:?}");
    let over = open(
        client,
        folder,
        "over.peng.yaml",
        "extends: base.peng.yaml\ntraining:\n  batch_size: 3\nestimator: {window: 4}\n",
    );
    assert_eq!(over.found, Vec::<Value>::new(), "a base may have the rest");
}

/// Keys, kinds, words, parameters of the chosen kind, snippets.
fn completes(client: &mut LanguageClient, folder: &Path) {
    let unfinished = format!("{SPEC}  \nestimator:\n  kind: penguin\n  \nfinally:\n  confirm: \nsearch_:\n");
    let mut opened = open(client, folder, "unfinished.peng.yaml", &unfinished);
    let items = opened.completions("  epochs: 8\n  ");
    let names = labels(&items);
    assert!(
        ["batch_size", "optimizer", "schedule", "measure_every"].iter().all(|key| names.contains(key)),
        "{names:?}"
    );
    assert!(!names.contains(&"epochs"), "it is there already: {names:?}");
    let batch = items.iter().find(|item| item["label"] == "batch_size").unwrap();
    assert!(batch["documentation"].to_string().contains("Examples a step."), "{batch}");
    assert!(batch["insertText"].as_str().unwrap().contains("128"), "the default is offered: {batch}");
    let items = opened.completions("kind: penguin\n  ");
    let names = labels(&items);
    assert!(
        ["window", "tolerance", "predict_at", "audit"].iter().all(|key| names.contains(key)),
        "{names:?}"
    );
    assert!(!names.contains(&"profile"), "that is a parameter of another kind: {names:?}");
    let items = opened.completions("confirm: ");
    let names = labels(&items);
    assert!(["front", "best", "none"].iter().all(|word| names.contains(word)), "{names:?}");
    let front = items.iter().find(|item| item["label"] == "front").unwrap();
    assert!(front["documentation"].to_string().contains("the members of the front"), "{front}");

    let mut opened = open(client, folder, "kinds.peng.yaml", &format!("{SPEC}estimator:\n  kind: "));
    let items = opened.completions("estimator:\n  kind: ");
    let names = labels(&items);
    assert!(["never", "penguin", "population"].iter().all(|kind| names.contains(kind)), "{names:?}");

    let mut opened = open(client, folder, "snippets.peng.yaml", "version: 1\nsearch: \n");
    let items = opened.completions("search: ");
    let random =
        items.iter().find(|item| item["label"] == "random").unwrap_or_else(|| panic!("{:?}", labels(&items)));
    assert!(random["insertText"].as_str().unwrap().contains("networks: ${1:networks}"), "{random}");
}

/// Texts with the default and a link.
fn explains(client: &mut LanguageClient, folder: &Path) {
    let mut opened =
        open(client, folder, "hover.peng.yaml", &format!("{SPEC}estimator:\n  kind: penguin\n  window: 3\n"));
    for (place, texts) in [
        ("training:\n  epo", ["Epochs of a whole training.", "experiment.v1.md#training.epochs"]),
        ("  win", ["How many predictions must agree", "Default: `3`."]),
        ("estim", ["stops when successive extrapolations", "experiment.v1.md#estimator.penguin"]),
    ] {
        let hover = opened.hover(place);
        assert!(texts.iter().all(|text| hover.contains(text)), "{place}: {hover}");
    }
}

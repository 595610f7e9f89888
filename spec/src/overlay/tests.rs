//! Bases, settings, and where their values come from.

use std::collections::BTreeMap;

use super::*;
use crate::document::Pointer;

/// Loads the first file over those that it extends.
fn loaded(
    files: &[(&str, &str)],
    settings: &[&str],
) -> Result<(SourceMap, Document), (SourceMap, Vec<Diagnostic>)> {
    let known: BTreeMap<&str, &str> = files.iter().copied().collect();
    let read = |path: &Path| match known.get(path.to_str().unwrap()) {
        Some(text) => Ok(text.as_bytes().to_vec()),
        None => Err("no such file".to_owned()),
    };
    let mut sources = SourceMap::new();
    let (name, text) = files[0];
    let file = sources.add(name, text);
    let settings: Vec<Setting> = settings.iter().map(|text| Setting::parse(text).unwrap()).collect();
    match load(&mut sources, file, &settings, &read) {
        Ok(document) if document.findings().is_empty() => Ok((sources, document)),
        Ok(document) => Err((sources, document.findings().to_vec())),
        Err(found) => Err((sources, found.into_vec())),
    }
}

fn json(files: &[(&str, &str)], settings: &[&str]) -> String {
    loaded(files, settings).unwrap().1.root().to_json().to_string()
}

/// "a:1:2 E0011 message" of the only finding.
fn finding(files: &[(&str, &str)], settings: &[&str]) -> String {
    let (sources, found) = loaded(files, settings).unwrap_err();
    let [only] = found.as_slice() else { panic!("{found:?}") };
    let at = sources.line_col(only.span.file, only.span.start);
    format!("{}:{}:{} {} {}", sources.name(only.span.file), at.line, at.column, only.code, only.message)
}

#[test]
fn mappings_merge_and_other_values_replace() {
    let base = "name: b\nlist: [1, 2]\ntraining: {epochs: 8, deep: {a: 1, b: 2}}\n";
    let over = "extends: b\nname: o\nlist: [3]\ntraining: {batch_size: 4, deep: {b: 3}}\n";
    assert_eq!(
        json(&[("o", over), ("b", base)], &[]),
        r#"{"name":"o","list":[3],"training":{"batch_size":4,"deep":{"b":3,"a":1},"epochs":8}}"#
    );
}

#[test]
fn another_kind_replaces_its_mapping() {
    let base = "a: {kind: x, p: 1, common: 2}\nb: {kind: x, p: 1}\nc: {p: 1}\n";
    let over = "extends: b\na: {kind: y, q: 3}\nb: {kind: x, q: 3}\nc: {kind: z}\n";
    assert_eq!(
        json(&[("o", over), ("b", base)], &[]),
        r#"{"a":{"kind":"y","q":3},"b":{"kind":"x","q":3,"p":1},"c":{"kind":"z","p":1}}"#
    );
}

#[test]
fn bases_are_relative_to_the_file_that_extends_them_and_go_over_theirs() {
    let files = [
        ("specs/deep/o", "extends: ../mid\na: {kind: x, p: 1}\n"),
        ("specs/mid", "extends: ../root\na: {q: 2}\n"),
        ("root", "a: {kind: y, r: 3}\nb: 1\n"),
    ];
    assert_eq!(json(&files, &[]), r#"{"a":{"kind":"x","p":1},"b":1}"#, "as if `mid` were a file of its own");
}

#[test]
fn each_value_keeps_its_place() {
    let files = [("o", "extends: b\na: {x: 1}\n"), ("b", "# base\na: {y: two}\n")];
    let (sources, document) = loaded(&files, &["a.z=[true, {k: v}]"]).unwrap();
    for (pointer, name, text) in [
        ("/a/x", "o", "1"),
        ("/a/y", "b", "two"),
        ("/a/z", "<command line>", "[true, {k: v}]"),
        ("/a/z/1/k", "<command line>", "v"),
    ] {
        let span = document.find(&Pointer::from(pointer)).unwrap().node.span;
        assert_eq!((sources.name(span.file), sources.slice(span)), (name, text), "{pointer}");
        assert_eq!(document.slice(span), text);
    }
    let key = document.find(&Pointer::from("/a/z")).unwrap().key_span.unwrap();
    assert_eq!(sources.slice(key), "z");
}

#[test]
fn bases_that_do_not_work_are_findings_where_they_are_extended() {
    for (files, expected) in [
        (vec![("a", "x: 1\nextends: gone\n")], "a:2:10 E0011 cannot read the base `gone`: no such file"),
        (vec![("a", "extends: [b]\n")], "a:1:1 E0011 `extends` names no file"),
        (vec![("a", "extends:\n")], "a:1:1 E0011 `extends` names no file"),
        (vec![("a", "extends: ./x/../a\n")], "a:1:10 E0012 `a` extends itself"),
        (
            vec![("a", "extends: b\n"), ("b", "extends: a\n")],
            "b:1:10 E0012 `a` extends itself, by way of other files",
        ),
        (
            vec![("a", "extends: b\n"), ("b", "- 1\n")],
            "b:1:1 E0003 found a list, expected a spec, which is a mapping",
        ),
    ] {
        assert_eq!(finding(&files, &[]), expected);
    }
    let chain: Vec<(String, String)> =
        (0..20).map(|i| (format!("f{i}"), format!("extends: f{}\n", i + 1))).collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let expected = "f10:1:10 E0012 found a base more than 10 files away from the spec that extends it";
    assert_eq!(finding(&chain, &[]), expected);
}

#[test]
fn a_finding_in_a_base_shows_who_extends_it() {
    let files = [("o", "extends: b\n"), ("b", "extends: c\n"), ("c", "a: &x *x\n")];
    let (sources, found) = loaded(&files, &[]).unwrap_err();
    let [label] = found[0].labels.as_slice() else { panic!("{found:?}") };
    assert_eq!((sources.name(label.span.file), sources.slice(label.span)), ("b", "c"));
}

#[test]
fn settings_go_over_files_in_their_order() {
    let text = "name: o\ntraining: {epochs: 8}\nestimator: {kind: penguin, window: 3}\nlist: [{a: 1}]\n";
    for (settings, expected) in [
        (&["training.epochs=9", "training.epochs=10"][..], ("/training/epochs", "10")),
        (&["training={batch_size: 4}"], ("/training", r#"{"batch_size":4,"epochs":8}"#)),
        (&["estimator.kind=never"], ("/estimator", r#"{"kind":"never"}"#)),
        (&["estimator.kind=penguin"], ("/estimator", r#"{"kind":"penguin","window":3}"#)),
        (&["estimator.kind=never", "estimator.x=1"], ("/estimator", r#"{"x":1,"kind":"never"}"#)),
        (&["output.dir=a b"], ("/output", r#"{"dir":"a b"}"#)),
        (&["list[0].b=2", "list[1].a=3"], ("/list", r#"[{"b":2,"a":1},{"a":3}]"#)),
        (&["list[0]=7"], ("/list", "[7]")),
        (&["a.where[0]=x <= 2", "a.where[1]=y"], ("/a/where", r#"["x <= 2","y"]"#)),
        (&["a[0][0].b=1"], ("/a", r#"[[{"b":1}]]"#)),
        (&["name=x=y # a remark"], ("/name", "\"x=y\"")),
        (&["name="], ("/name", "null")),
    ] {
        let (_, document) = loaded(&[("o", text)], settings).unwrap();
        let found = document.find(&Pointer::from(expected.0)).unwrap();
        assert_eq!(found.node.to_json().to_string(), expected.1, "{settings:?}");
    }
}

#[test]
fn settings_that_fit_nothing_are_findings_on_the_command_line() {
    let text = "name: o\nlist: [1]\n";
    for (setting, expected) in [
        ("name.x=1", "<command line>:1:12 E0013 `name` is no mapping, so it has no key `x`"),
        ("name[0]=1", "<command line>:1:11 E0013 `name` is no list, so it has no elements"),
        ("list[2]=1", "<command line>:1:11 E0013 `list` has the elements 0 to 0"),
        ("new[1]=1", "<command line>:1:10 E0013 `new` is an empty list"),
        ("a.new[1]=1", "<command line>:1:12 E0013 `a.new` is an empty list"),
        ("extends=b", "<command line>:1:7 E0013 `extends` is no value that can be set"),
        ("a=*x", "<command line>:1:9 E0005 alias `*x` has no anchor before it"),
        ("a=1\nb: 2", "<command line>:1:9 E0013 found several values, expected one"),
    ] {
        assert_eq!(finding(&[("o", text)], &[setting]), expected, "{setting}");
    }
}

#[test]
fn a_setting_that_is_refused_leaves_nothing() {
    let mut sources = SourceMap::new();
    let file = sources.add("o", "name: o\n");
    let setting = Setting::parse("a.new[1]=1").unwrap();
    let document = load(&mut sources, file, &[setting], &|_| Err(String::new())).unwrap();
    assert_eq!(document.root().to_json().to_string(), r#"{"name":"o"}"#);
}

#[test]
fn settings_are_read_or_refused() {
    for text in ["a=", "a.b-c_d[0][12].e==", "ä=1"] {
        assert_eq!(Setting::parse(text).unwrap().as_str(), text);
    }
    for text in [
        "", "a", "=1", "a..b=1", "a.=1", ".a=1", "a[=1", "a[]=1", "a[x]=1", "a[-1]=1", "a b=1", "[0]=1",
        "a[0]b=1",
    ] {
        assert!(Setting::parse(text).is_err(), "{text}");
    }
}

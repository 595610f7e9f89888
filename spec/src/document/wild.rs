//! YAML as it is in the wild: each habit, accident and attack has one answer, at one place. The sizes are such that a
//! reader without limits would take minutes or gigabytes.

use super::load;
use crate::source::SourceMap;

/// The JSON of a text, or "CODE line:column message" of its first finding.
fn answer(bytes: &[u8]) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add_bytes("spec.yaml", bytes);
    let loaded = load(&sources, file);
    let found = match &loaded {
        Ok(document) => document.findings(),
        Err(found) => found.as_slice(),
    };
    match (found.first(), &loaded) {
        (Some(first), _) => {
            let at = sources.line_col(file, first.span.start);
            format!("{} {}:{} {}", first.code, at.line, at.column, first.message)
        }
        (None, Ok(document)) => document.root().to_json().to_string(),
        (None, Err(_)) => unreachable!("findings are never empty"),
    }
}

/// Checks answers; the expected one may be the beginning.
fn check<T: AsRef<[u8]>>(cases: &[(&str, T, &str)]) {
    for (what, bytes, expected) in cases {
        let found = answer(bytes.as_ref());
        assert!(found.starts_with(expected), "{what}: found {found:?}, expected {expected:?}");
    }
}

#[test]
fn scalars_are_those_of_yaml_1_2() {
    check(&[
        ("words of 1.1", "a: [no, on, y, Yes, OFF]", r#"{"a":["no","on","y","Yes","OFF"]}"#),
        ("truth", "a: [true, False]", r#"{"a":[true,false]}"#),
        ("exponents", "a: [1e-3, 1E3, +1.5e+2, .5e1]", r#"{"a":[0.001,1000.0,150.0,5.0]}"#),
        ("underscores and colons", "a: [1_000, 1:30]", r#"{"a":["1_000","1:30"]}"#),
        ("leading zeros", "a: 010", "W0001 1:4 `010` is 10"),
        ("leading zeros in quotes", "a: '010'", r#"{"a":"010"}"#),
        ("a date is a text", "a: 2026-11-24", r#"{"a":"2026-11-24"}"#),
        ("infinity", "a: .inf", "E0005 1:4 found `.inf`, expected a finite number"),
        ("too large for a number", "a: 1e999", "E0005 1:4 found `1e999`, expected a finite number"),
    ]);
}

#[test]
fn bytes_and_lines_of_other_systems_are_read_or_refused() {
    check(&[
        ("byte order mark", b"\xef\xbb\xbfa: 1\n".as_slice(), r#"{"a":1}"#),
        ("line breaks of Windows", b"a: |\r\n  x\r\n  y\r\nb: 'c\r\n  d'\r\n", r#"{"a":"x\ny\n","b":"c d"}"#),
        ("line breaks of old Macs", b"a: 1\rb: 2\r", r#"{"a":1,"b":2}"#),
        ("Latin 1", b"a: caf\xe9\n", "E0001 1:7 found bytes that are no UTF-8"),
        ("UTF-16", b"\xff\xfea\x00:\x00", "E0001 1:1 found bytes that are no UTF-8"),
        ("a cut character", b"a: \xe2\x82", "E0001 1:4 found bytes that are no UTF-8"),
        ("a surrogate", b"a: \xed\xa0\x80", "E0001 1:4 found bytes that are no UTF-8"),
        ("NUL", b"a: 1\nb: \0\n", "E0001 2:4 found the control character U+0000"),
        ("a terminal's escape", b"a: \x1b[31m\n", "E0001 1:4 found the control character U+001B"),
        ("NUL, escaped", b"a: \"\\0\"\n", r#"{"a":"\u0000"}"#),
        ("nothing", b"", "E0003 1:1 found an empty file"),
        ("comments only", b"# a\n# b\n", "E0003 1:1 found an empty file"),
    ]);
}

#[test]
fn structure_is_plain_data() {
    check(&[
        ("a key twice", "a: 1\nb: 2\na: 3\n", "E0004 3:1 key `a` occurs twice"),
        ("a key twice, once quoted", "{a: 1, \"a\": 2}", "E0004 1:8 key `a` occurs twice"),
        ("a tab", "a:\n\tb: 1\n", "E0002 2:1 found a tab, expected spaces"),
        ("a tab between values", "a:\t1\n", r#"{"a":1}"#),
        ("a path of Windows", r#"a: "C:\data""#, "E0002 1:4 found an escape that YAML does not have"),
        ("more after a quote", "a: \"b\" c\n", "E0002 1:8 found more after the closing quote"),
        ("a list in the line of its key", "a: - b\n", "E0002 1:4 found a `-` in the line of its key"),
        ("no comma", "a: {b: 1 c: 2}\n", "E0002 1:"),
        ("another bracket", "a: [b}\n", "E0002 1:4 found `[` that is closed by `}`"),
        ("an alias", "a: &x [1]\nb: *x\n", r#"{"a":[1],"b":[1]}"#),
        ("an anchor again", "a: &x 1\nb: &x 2\nc: *x\n", r#"{"a":1,"b":2,"c":2}"#),
        ("an alias to nothing", "a: *x\n", "E0005 1:4 alias `*x` has no anchor before it"),
        ("an alias to what is around it", "a: &x [*x]\n", "E0005 1:8 alias `*x` stands inside the value"),
        ("a merge key", "a: &x {b: 1}\nc:\n  <<: *x\n", "E0005 3:3 found the merge key `<<`"),
        ("the merge key, quoted", "a: {'<<': 1}\n", r#"{"a":{"<<":1}}"#),
        ("documents", "a: 1\n---\nb: 2\n", "E0005 2:1 found a second document"),
        ("one document with its marks", "%YAML 1.2\n---\na: 1\n...\n", r#"{"a":1}"#),
        ("a tag of Python", "a: !!python/object:os.system x\n", "E0005 1:4 found the tag"),
    ]);
}

#[test]
fn size_and_depth_are_bounded() {
    let wide_rows = |rows: usize, row: &dyn Fn(usize) -> String| (0..rows).map(row).collect::<String>();
    let ten =
        |i: usize| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i.wrapping_sub(1)); 10].join(","));
    let bomb = format!("a: &a0 x\n{}", wide_rows(60, &|i| ten(i + 1)));
    let long = "x".repeat(500_000);
    check(&[
        (
            "10 MB",
            "a: 1\n".repeat(2_000_000),
            "E0001 1:1 found more than 1 MiB of text, expected at most 1 MiB",
        ),
        ("20,000 brackets", "[".repeat(20_000), "E0005 1:101 found collections that are nested too deeply"),
        ("20,000 braces", "{a: ".repeat(20_000), "E0005 1:"),
        (
            "20,000 list marks",
            "- ".repeat(20_000),
            "E0005 1:201 found collections that are nested too deeply",
        ),
        ("20,000 question marks", "? ".repeat(20_000), "E0005 1:3 found a key that is a collection"),
        ("20,000 colons", ": ".repeat(20_000), "E0005 1:201 found collections that are nested too deeply"),
        (
            "1,000 indented keys",
            wide_rows(1000, &|i| format!("{}a:\n", " ".repeat(i))),
            "E0005 101:101 found collections that are nested too deeply",
        ),
        ("a bomb of aliases", bomb, "E0005 6:38 alias `*a4` expands the spec to more than 100000 values"),
        (
            "a bomb of text",
            format!("a: &a {long}\nb: [{}]\n", "*a, ".repeat(90_000)),
            "E0005 2:13 alias `*a` expands the spec by more than 1048576 bytes",
        ),
        (
            "anchors in anchors",
            format!("a: {}{}{}", wide_rows(95, &|i| format!("&a{i} [")), "x,".repeat(95_000), "]".repeat(95)),
            "E0005 1:",
        ),
        (
            "too many values",
            format!("a: [{}]", "1,".repeat(200_000)),
            "E0005 1:200003 found more than 100000",
        ),
        ("an unclosed quote", format!("a: \"{long}"), "E0002 1:4 found a quote that is never closed"),
    ]);
}

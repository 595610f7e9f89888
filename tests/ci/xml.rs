//! The JUnit form, read by a small strict reader of XML: elements, attributes in double quotes, the five entities and
//! numeric ones, no undeclared anything.

use super::{everything, findings};

#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn get(&self, name: &str) -> &str {
        &self
            .attributes
            .iter()
            .find(|(key, _)| key == name)
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
            .1
    }

    fn count(&self, name: &str) -> usize {
        self.get(name).parse().unwrap()
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, expected: &str) {
        self.rest =
            self.rest.strip_prefix(expected).unwrap_or_else(|| panic!("no {expected}: {:.80}", self.rest));
    }

    fn until(&mut self, stop: &[char]) -> &'a str {
        let at = self.rest.find(stop).unwrap();
        let (text, rest) = self.rest.split_at(at);
        self.rest = rest;
        text
    }

    fn name(&mut self) -> String {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap();
        let (name, rest) = self.rest.split_at(end);
        assert!(!name.is_empty(), "no name: {:.80}", self.rest);
        self.rest = rest;
        name.to_owned()
    }

    fn element(&mut self) -> Element {
        self.eat("<");
        let mut element = Element { name: self.name(), ..Element::default() };
        while self.rest.starts_with(' ') {
            self.eat(" ");
            let key = self.name();
            self.eat("=\"");
            let value = unescaped(self.until(&['"']));
            self.eat("\"");
            assert!(element.attributes.iter().all(|(other, _)| *other != key), "{key} occurs twice");
            element.attributes.push((key, value));
        }
        if self.rest.starts_with("/>") {
            self.eat("/>");
            return element;
        }
        self.eat(">");
        loop {
            element.text += &unescaped(self.until(&['<']));
            if self.rest.starts_with("</") {
                break;
            }
            element.children.push(self.element());
        }
        self.eat("</");
        assert_eq!(self.name(), element.name);
        self.eat(">");
        element
    }
}

fn unescaped(raw: &str) -> String {
    let is_of_xml = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(raw.chars().all(|c| is_of_xml(c) && c != '<'), "{raw:?}");
    let mut parts = raw.split('&');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').unwrap_or_else(|| panic!("a bare `&`: {raw}"));
        text.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => char::from_u32(number.strip_prefix('#').unwrap().parse().unwrap()).unwrap(),
        });
        text += rest;
    }
    text
}

fn read(xml: &str) -> Element {
    let mut reader = Reader { rest: xml };
    reader.eat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let root = reader.element();
    assert_eq!(reader.rest.trim(), "");
    root
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let root = read(&everything("junit"));
    assert_eq!((root.name.as_str(), root.children.len()), ("testsuites", 1));
    let suite = &root.children[0];
    assert_eq!(suite.name, "testsuite");
    let of = |name: &str| {
        suite.children.iter().filter(|case| case.children.iter().any(|child| child.name == name)).count()
    };
    let counts = (suite.count("tests"), suite.count("failures"), suite.count("errors"));
    assert_eq!(counts, (suite.children.len(), of("failure"), of("error")));
    assert_eq!(of("error"), 1, "the file that is not there");
    assert!(of("system-out") >= 5, "specs with warnings only");

    let findings = findings();
    for case in &suite.children {
        assert_eq!(case.name, "testcase");
        let of_file: Vec<_> = findings.iter().filter(|finding| finding["file"] == case.get("name")).collect();
        let told: String = case.children.iter().map(|child| child.text.as_str()).collect();
        for finding in &of_file {
            let line = format!(
                "{}:{}:{}: {}[{}]",
                case.get("name"),
                finding["span"]["start"]["line"],
                finding["span"]["start"]["column"],
                finding["severity"].as_str().unwrap(),
                finding["code"].as_str().unwrap()
            );
            assert!(told.contains(&line), "{line}");
        }
        assert_eq!(of_file.is_empty(), told.is_empty(), "{case:?}");
    }
}

#[test]
fn the_reader_is_strict() {
    let wrong = [
        "<a b=c/>",
        "<a>&</a>",
        "<a></b>",
        "<a b=\"1\" b=\"2\"/>",
        "<a>\u{1b}</a>",
        "<a/><b/>",
        "<a b=\"<\"/>",
    ];
    for xml in wrong {
        let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}\n");
        assert!(std::panic::catch_unwind(|| read(&xml)).is_err(), "{xml}");
    }
}

//! The reference of the language of specs as one page, for people. What the keys are is known to `peng_spec`; the two
//! templates beside this file have the structure.

use handlebars::{Handlebars, handlebars_helper};
use peng_spec::shape::{FieldDoc, Reference};
use serde::Serialize;

use super::html::style;

const HTML: &str = include_str!("reference.html.hbs");
const MARKDOWN: &str = include_str!("reference.md.hbs");

/// The page in HTML, which needs nothing else.
pub fn html(reference: &Reference) -> String {
    render(HTML, reference, style(), "code")
}

/// The page in Markdown; it has the anchors of the HTML form.
pub fn markdown(reference: &Reference) -> String {
    render(MARKDOWN, reference, "", "plain")
}

#[derive(Serialize)]
struct Page<'a> {
    style: &'static str,
    values: &'a [FieldDoc],
    sections: &'a [peng_spec::shape::SectionDoc],
}

fn render(template: &str, reference: &Reference, style: &'static str, prose: &str) -> String {
    handlebars_helper!(code: |text: str| code_spans(text));
    handlebars_helper!(plain: |text: str| text.replace('|', "\\|"));
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    // Helpers escape by themselves.
    match prose {
        "code" => templates.register_helper("prose", Box::new(code)),
        _ => templates.register_helper("prose", Box::new(plain)),
    }
    templates.register_template_string("page", template).expect("the template is compiled in and tested");
    let page = Page { style, values: &reference.values, sections: &reference.sections };
    templates.render("page", &page).expect("the page has every field of the template")
}

/// A text as HTML, in which backticks become code.
fn code_spans(text: &str) -> String {
    let escaped = handlebars::html_escape(text);
    // `html_escape` also escapes backticks.
    let mut parts = escaped.split("&#x60;");
    let mut html = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        html.push_str(if index % 2 == 0 { "<code>" } else { "</code>" });
        html.push_str(part);
    }
    if escaped.matches("&#x60;").count() % 2 == 1 {
        html.push_str("</code>");
    }
    html
}

#[cfg(test)]
mod tests {
    use peng_spec::shape::SpecSchema;

    use super::*;

    fn reference() -> Reference {
        SpecSchema::new(&crate::catalog()).reference()
    }

    #[test]
    fn both_forms_have_every_anchor_once() {
        let reference = reference();
        let anchors = reference.anchors();
        for anchor in
            ["name", "training", "training.optimizer.lr", "estimator.penguin", "estimator.penguin.window"]
        {
            assert!(anchors.contains(anchor), "{anchor}");
        }
        for page in [html(&reference), markdown(&reference)] {
            for anchor in &anchors {
                assert_eq!(page.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}");
            }
            assert_eq!(page.matches("id=\"").count(), anchors.len());
            assert!(!page.contains("&lt;code") && !page.contains("&amp;#"), "escaped twice");
        }
    }

    #[test]
    fn links_within_the_page_lead_somewhere() {
        let reference = reference();
        let page = html(&reference);
        let anchors = reference.anchors();
        let links: Vec<&str> =
            page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() > 10);
        for link in links {
            assert!(anchors.contains(link), "{link}");
        }
    }

    #[test]
    fn backticks_become_code_and_the_rest_is_escaped() {
        assert_eq!(code_spans("a <b `c & d` e"), "a &lt;b <code>c &amp; d</code> e");
        assert_eq!(code_spans("odd ` one"), "odd <code> one</code>");
    }
}

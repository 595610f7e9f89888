//! The reference of the language of specs as one page, for people. What the keys are is known to `peng_spec`; the two
//! templates beside this file have the structure.

use peng_spec::shape::{FieldDoc, Reference};
use serde::Serialize;

use super::html::style;
use super::page::rendered;

const HTML: &str = include_str!("reference.html.hbs");
const MARKDOWN: &str = include_str!("reference.md.hbs");

/// The page in HTML, which needs nothing else.
pub fn html(reference: &Reference) -> String {
    rendered(HTML, &Page::new(reference, style()))
}

/// The page in Markdown; it has the anchors of the HTML form.
pub fn markdown(reference: &Reference) -> String {
    rendered(MARKDOWN, &Page::new(reference, ""))
}

#[derive(Serialize)]
struct Page<'a> {
    style: &'static str,
    values: &'a [FieldDoc],
    sections: &'a [peng_spec::shape::SectionDoc],
}

impl<'a> Page<'a> {
    fn new(reference: &'a Reference, style: &'static str) -> Self {
        Self { style, values: &reference.values, sections: &reference.sections }
    }
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
}

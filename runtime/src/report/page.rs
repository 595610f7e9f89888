//! Pages from templates: what they show is serialised, and each text in it is escaped unless the template says otherwise.

use handlebars::{Handlebars, handlebars_helper};
use serde::Serialize;

/// A page. In templates, `{{{prose text}}}` is a text in which backticks become code.
pub(super) fn rendered(template: &str, page: &impl Serialize) -> String {
    handlebars_helper!(prose: |text: str| code_spans(text));
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates.register_helper("prose", Box::new(prose));
    templates.register_template_string("page", template).expect("the template is compiled in and tested");
    templates.render("page", page).expect("the page has every field of the template")
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
    use super::*;

    #[test]
    fn backticks_become_code_and_the_rest_is_escaped() {
        assert_eq!(code_spans("a <b `c & d` e"), "a &lt;b <code>c &amp; d</code> e");
        assert_eq!(code_spans("odd ` one"), "odd <code> one</code>");
    }
}

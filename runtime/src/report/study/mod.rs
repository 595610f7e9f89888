//! The report of a study: one page ([`html()`]), Markdown ([`markdown()`]) and a short text ([`text()`]). What is found is in
//! [`crate::study::tables`]; here it is put into words, as tables that all three share (`sections`).

mod figures;
mod sections;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use serde::Serialize;

use crate::report::html::style;
use crate::report::page::rendered;
use crate::report::quantity::{count, plural};
use crate::study::tables::StudyTables;
use crate::table::{Align, Table};
use sections::Section;

const TEMPLATE: &str = include_str!("../study.html.hbs");

#[derive(Serialize)]
struct Page {
    style: &'static str,
    name: String,
    state: &'static str,
    is_finished: bool,
    intro: String,
    provenance: Vec<[String; 2]>,
    sections: Vec<Section>,
    measures: Vec<[&'static str; 2]>,
}

/// The page. Equal tables have equal bytes.
pub fn html(tables: &StudyTables) -> String {
    let page = Page {
        style: style(),
        name: tables.name.clone(),
        state: if tables.finished { "finished" } else { "not finished" },
        is_finished: tables.finished,
        intro: intro(tables),
        provenance: provenance(tables),
        sections: sections::all(tables),
        measures: sections::MEASURES.to_vec(),
    };
    rendered(TEMPLATE, &page)
}

/// The same tables as Markdown.
pub fn markdown(tables: &StudyTables) -> String {
    let mut text = format!("# {}\n\n{}\n", tables.name, intro(tables));
    if !tables.finished {
        text.push_str("\n**The study is not finished.**\n");
    }
    for section in sections::all(tables) {
        write!(text, "\n## {}\n\n", section.title).expect("writing to a string cannot fail");
        if !section.note.is_empty() {
            write!(text, "{}\n\n", section.note).expect("writing to a string cannot fail");
        }
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        text.push_str(&line(section.columns.iter().map(|column| column.heading.clone()).collect()));
        let rule = |is_number: bool| if is_number { "---:" } else { "---" }.to_owned();
        text.push_str(&line(section.columns.iter().map(|column| rule(column.is_number)).collect()));
        for row in &section.rows {
            text.push_str(&line(row.cells.iter().map(sections::Cell::on_one_line).collect()));
        }
    }
    text.push_str("\n## Measures\n\n");
    for [name, meaning] in sections::MEASURES {
        writeln!(text, "* **{name}**: {meaning}.").expect("writing to a string cannot fail");
    }
    text
}

/// What is found, for a terminal: the table of savings.
pub fn text(tables: &StudyTables) -> String {
    let savings = sections::savings(tables);
    let align = |is_number: bool| if is_number { Align::Right } else { Align::Left };
    let mut table =
        Table::new(savings.columns.iter().map(|column| (column.heading.as_str(), align(column.is_number))));
    for row in &savings.rows {
        table.row(row.cells.iter().map(|cell| cell.value.clone()));
    }
    format!("{}\n{}", intro(tables), table.render(2))
}

fn intro(tables: &StudyTables) -> String {
    let networks: usize = tables.truth.iter().map(|truth| truth.networks).sum();
    format!(
        "{} of `{}` under {}: {} trained to the end for {} epochs each, measured every {} of an epoch.",
        plural(tables.arms.len() as u64, "arm"),
        tables.setup.search,
        plural(tables.seeds.len() as u64, "seed"),
        plural(networks as u64, "network"),
        tables.setup.epochs,
        tables.setup.measure_every,
    )
    .replace("every 1 of an epoch", "every epoch")
}

fn provenance(tables: &StudyTables) -> Vec<[String; 2]> {
    let setup = &tables.setup;
    let [train, validation, _] = setup.splits.map(|size| count(size as u64));
    let seeds: Vec<String> = tables.seeds.iter().map(u64::to_string).collect();
    [
        ("data", format!("{}, {train} for training, {validation} for validation", setup.dataset)),
        ("space", setup.space.clone()),
        ("metric", setup.metric.to_string()),
        ("seeds", seeds.join(", ")),
        ("slots", tables.slots.to_string()),
        ("study", tables.digest[..tables.digest.len().min(12)].to_owned()),
        ("version", format!("peng {}", env!("CARGO_PKG_VERSION"))),
    ]
    .map(|(name, words)| [name.to_owned(), words])
    .to_vec()
}

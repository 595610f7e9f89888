//! A plan as a graph for drawing: its steps in order, and what goes round in the search. In the languages of Graphviz and
//! Mermaid.

use std::fmt::Write as _;

use peng_spec::plan::{Plan, StepKind};

use crate::explain::{PlanSection, describe};

/// A language of graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphLanguage {
    /// Graphviz' DOT.
    Dot,
    /// Mermaid's flowcharts.
    Mermaid,
}

/// The graph of a plan.
pub fn graph(plan: &Plan, language: GraphLanguage) -> String {
    let sections = describe(plan, None);
    let first = |title: &str| lines(&sections, title).first().cloned().unwrap_or_default();
    let all = |title: &str| lines(&sections, title).to_vec();
    let mut nodes = vec![
        Node { id: "data", lines: [vec!["data".to_owned()], all("data")].concat() },
        Node { id: "space", lines: [vec!["space".to_owned()], all("space")].concat() },
    ];
    let mut edges = Vec::new();
    let mut ends = Vec::new();
    for step in &plan.steps {
        match step.kind {
            StepKind::Prepare => {
                nodes.push(node("prepare", ["prepare", "bind the device, compare the data with the plan"]));
                edges.push(edge("data", "prepare", ""));
                ends = vec!["prepare"];
            }
            StepKind::Search => {
                nodes.push(Node {
                    id: "propose",
                    lines: [vec!["search: propose".to_owned()], all("search")].concat(),
                });
                let train = [vec!["search: train".to_owned()], all("training")].concat();
                nodes.push(Node { id: "train", lines: train });
                nodes.push(Node {
                    id: "estimate",
                    lines: [vec!["search: estimate".to_owned()], all("estimator")].concat(),
                });
                nodes.push(node("rank", ["search: rank", first("objectives").as_str()]));
                edges.extend(ends.iter().map(|end| edge(end, "propose", "")));
                edges.push(edge("space", "propose", ""));
                edges.push(edge("propose", "train", "networks"));
                edges.push(edge("train", "estimate", "measurements"));
                edges.push(edge("estimate", "train", "go on"));
                edges.push(edge("estimate", "rank", "stop, or the last epoch"));
                edges.push(edge("rank", "propose", "next generation"));
                ends = vec!["rank"];
            }
            StepKind::Confirm(_) => {
                nodes.push(node("confirm", ["confirm", first("steps").as_str()]));
                edges.extend(ends.iter().map(|end| edge(end, "confirm", "after the last generation")));
                ends = vec!["confirm"];
            }
        }
    }
    match language {
        GraphLanguage::Dot => dot(&plan.name, &nodes, &edges),
        GraphLanguage::Mermaid => mermaid(&nodes, &edges),
    }
}

struct Node {
    id: &'static str,
    lines: Vec<String>,
}

struct Edge {
    from: &'static str,
    to: &'static str,
    label: &'static str,
}

fn node<const N: usize>(id: &'static str, lines: [&str; N]) -> Node {
    Node { id, lines: lines.map(str::to_owned).to_vec() }
}

fn edge(from: &'static str, to: &'static str, label: &'static str) -> Edge {
    Edge { from, to, label }
}

fn lines<'a>(sections: &'a [PlanSection], title: &str) -> &'a [String] {
    sections.iter().find(|section| section.title == title).map_or(&[], |section| &section.lines)
}

fn dot(name: &str, nodes: &[Node], edges: &[Edge]) -> String {
    let mut text = format!("digraph \"{name}\" {{\n  node [shape=box];\n");
    for Node { id, lines } in nodes {
        let label: String = lines.iter().map(|line| safe(line) + "<br align=\"left\"/>").collect();
        writeln!(text, "  {id} [label=<{label}>];").expect("writing to a string cannot fail");
    }
    for Edge { from, to, label } in edges {
        let label = if label.is_empty() { String::new() } else { format!(" [label=\"{label}\"]") };
        writeln!(text, "  {from} -> {to}{label};").expect("writing to a string cannot fail");
    }
    text + "}\n"
}

fn mermaid(nodes: &[Node], edges: &[Edge]) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for Node { id, lines } in nodes {
        let label: Vec<String> = lines.iter().map(|line| safe(line)).collect();
        writeln!(text, "  {id}[\"{}\"]", label.join("<br/>")).expect("writing to a string cannot fail");
    }
    for Edge { from, to, label } in edges {
        let label = if label.is_empty() { String::new() } else { format!("|{label}|") };
        writeln!(text, "  {from} -->{label} {to}").expect("writing to a string cannot fail");
    }
    text
}

/// A text in a label, which is HTML in both languages. Names of experiments have no character of these.
fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

//! The pages of a study, from a whole one on recorded curves.

use super::*;
use crate::study::tests::finished;

#[test]
fn the_page_has_a_row_for_each_arm_and_needs_nothing_else() {
    let tables = finished(&[1, 2]);
    let page = html(&tables);
    for arm in ["penguin", "half", "full"] {
        assert!(page.contains(&format!("<td>{arm}</td>")), "{arm}");
    }
    for absent in ["<script", "http://", "https://", "src=", "NaN"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert_eq!(page.matches("<svg").count(), 1 + 3 + 1);
    assert_eq!(html(&tables), page);
}

#[test]
fn markdown_has_the_same_tables() {
    let tables = finished(&[1, 2]);
    let text = markdown(&tables);
    let row = text.lines().find(|line| line.starts_with("| full | never |")).unwrap();
    assert!(row.starts_with("| full | never | 0.0 | 1.00 | 100.0 (100.0) |"), "{row}");
    assert!(text.contains("## By seed") && text.contains("## The truth"));
    let columns = |line: &str| line.matches(" | ").count();
    let savings: Vec<usize> = text
        .lines()
        .skip_while(|l| !l.starts_with("| arm"))
        .take_while(|l| l.starts_with('|'))
        .map(columns)
        .collect();
    assert_eq!(savings, [12; 5]);
}

#[test]
fn a_terminal_is_told_the_savings() {
    let text = text(&finished(&[1]));
    assert!(text.starts_with("3 arms of `nsga-net` under 1 seed: "), "{text}");
    assert_eq!(text.lines().count(), 5, "{text}");
}

//! Tests of formulas: what they mean, and where their errors are.

use proptest::prelude::*;

use super::super::formula::{Form, Values};
use super::*;

fn names() -> Vec<Name> {
    let name = |name: &str, dimension, form| Name { name: name.to_owned(), dimension, form };
    vec![
        name("params", None, Form::Single),
        name("bytes", Some(Dimension::Memory), Form::Single),
        name("filters", None, Form::List),
        name("stem.filters", None, Form::Single),
    ]
}

/// 1,000 parameters, 8 KiB, these filters.
struct Network(Vec<f64>);

impl Values for Network {
    fn single(&self, name: usize) -> f64 {
        [1000.0, 8192.0, f64::NAN, 24.0][name]
    }

    fn list(&self, _: usize) -> &[f64] {
        &self.0
    }
}

#[test]
fn conditions_hold_or_do_not() {
    for (text, expected) in [
        ("params <= 1k", true),
        ("params < 1e3", false),
        ("params<=.001M", true),
        ("bytes == 8KiB and bytes != 8 B", true),
        ("8 KiB >= bytes", true),
        ("bytes / 4B <= 2 * params + 48", true),
        ("bytes / 2 > 1KiB * 3", true),
        ("not params > 999 or params == 1000", true),
        ("not (params > 999 or params == 1)", false),
        ("1 <= params <= 1000 < 1001", true),
        ("1 <= params <= 999", false),
        ("filters[0] == 8 and filters[2] == 32", true),
        ("filters[i + 1] >= filters[i]", true),
        ("filters[i+1] > 2 * filters[i]", false),
        ("filters[i] > 8", false),
        ("max(filters) - min(filters) == stem.filters and sum(filters) == 56", true),
        ("count(filters) == 3", true),
        ("-params + 2 * 3 - 4 - 1 == -999", true),
        ("params / 10 / 10 == 10", true),
        // A condition about a layer that is not there holds.
        ("filters[3] > 1000", true),
        ("filters[i + 3] > filters[i]", true),
    ] {
        let read = condition(text, &names()).unwrap_or_else(|e| panic!("{text}: {}", e.error));
        assert_eq!(read.holds(&Network(vec![8.0, 16.0, 32.0])), expected, "{text}");
    }
    let derived = arithmetic("2 * stem.filters - 1", &names()).unwrap();
    assert_eq!(derived.value(&Network(Vec::new())), 47.0);
    assert_eq!(condition("filters[i] > 1", &names()).unwrap().names(), [2]);
}

#[test]
fn errors_point_at_the_character() {
    for (text, at, len, fault, message) in [
        ("", 0, 0, Fault::Syntax, "found the end, expected a number or a name"),
        ("params <= 3h", 10, 2, Fault::Unit, "`3h` is a duration, but `params` is a bare number"),
        ("3 h >= params", 0, 3, Fault::Unit, "`3 h` is a duration, but `params` is a bare number"),
        ("bytes <= 4000", 9, 4, Fault::Unit, "`4000` is a bare number, but `bytes` is an amount of memory"),
        (
            "bytes > params",
            8,
            6,
            Fault::Unit,
            "`params` is a bare number, but `bytes` is an amount of memory",
        ),
        (
            "bytes * bytes > 1",
            8,
            5,
            Fault::Unit,
            "`bytes` is an amount of memory, by which nothing is multiplied here",
        ),
        ("params <= 3 parsecs", 12, 7, Fault::Unit, "unknown unit `parsecs`"),
        ("parms <= 3", 0, 5, Fault::Meaning, "unknown name `parms`"),
        ("head.filters <= 3", 0, 12, Fault::Meaning, "unknown name `head.filters`"),
        (
            "filters <= 3",
            0,
            7,
            Fault::Meaning,
            "`filters` is a list, one number a layer; expected one of them",
        ),
        ("max(params) <= 3", 4, 6, Fault::Meaning, "`params` is one number, expected a list"),
        ("params", 0, 6, Fault::Meaning, "`params` is a number, expected a condition"),
        (
            "params + 1 and params > 2",
            0,
            10,
            Fault::Meaning,
            "`params + 1` is a number, expected a condition",
        ),
        ("(params > 2) + 1 > 3", 0, 12, Fault::Meaning, "`(params > 2)` is a condition, expected a number"),
        ("params = 3", 7, 1, Fault::Syntax, "found `=`, expected `and`, `or` or the end"),
        ("params <= ", 9, 0, Fault::Syntax, "found the end, expected a number or a name"),
        ("params ≤ 3", 7, 3, Fault::Syntax, "found `≤`, expected `and`, `or` or the end"),
        ("(params <= 3", 12, 0, Fault::Syntax, "found the end, expected `)`"),
        ("params <= 3)", 11, 1, Fault::Syntax, "found `)`, expected `and`, `or` or the end"),
        ("filters[j] <= 3", 8, 1, Fault::Syntax, "found `j`, expected `i` or a whole number"),
        ("params <= 1e999", 10, 5, Fault::Syntax, "`1e999` is too large a number"),
    ] {
        let FormulaError { fault: found, error, .. } = condition(text, &names()).unwrap_err();
        assert_eq!((error.at, error.len, found, error.message.as_str()), (at, len, fault, message), "{text}");
    }
    let deep = condition(&"(".repeat(100_000), &names()).unwrap_err();
    assert!(deep.error.message.contains("nested more than 50 deep"));
    let help = |text| condition(text, &names()).unwrap_err().error.help.unwrap();
    assert_eq!(help("params <= 3h"), "write a bare number such as `500`, `300k` or `2M`");
    assert_eq!(help("params = 3"), "write `==` to compare");
}

#[test]
fn other_notations_are_told_ours() {
    for (text, help, after) in [
        ("params =< 3", "write `<=`", Some("params <= 3")),
        ("params => 3", "write `>=`", Some("params >= 3")),
        ("params ≥ 3", "write `>=`", Some("params >= 3")),
        ("params <> 3", "write `!=`", Some("params != 3")),
        ("params = 3", "write `==` to compare", Some("params == 3")),
        ("params>3&&params<9", "write `and`", Some("params>3 and params<9")),
        ("(params > 3 || params < 2)", "write `or`", Some("(params > 3 or params < 2)")),
        ("params > 3 AND params < 9", "write `and`", Some("params > 3 and params < 9")),
        ("NOT params > 3", "write `not`", Some("not params > 3")),
        ("!(params > 3)", "write `not`", Some("not (params > 3)")),
        ("params > −3", "write `-`", Some("params > -3")),
        ("params − 3 > 2", "write `-`", Some("params - 3 > 2")),
        ("2 × params > 2", "write `*`", Some("2 * params > 2")),
        ("parms > 2", "did you mean `params`? the names here are", Some("params > 2")),
        ("= params", "write a condition such as", None),
        ("params ** 2 > 3", "there are no powers", None),
        ("params > 2, bytes > 3B", "join conditions with `and`", None),
        ("params > 2_000", "write a number without `_`", None),
        ("max filters > 3", "write `max(filters)`", None),
        ("max() > 3", "lists are `filters`", None),
        ("sum(filters[i]) > 3", "write `sum(filters)`, which is about the whole list", None),
        ("filters[i-1] > 3", "write `filters[i]`, or `filters[i + 1]` for the layer after it", None),
        ("params / 0 > 3", "divide by another number", None),
    ] {
        let FormulaError { error, instead, .. } = condition(text, &names()).unwrap_err();
        let found = error.help.unwrap();
        assert!(found.starts_with(help), "{text}: {found}");
        let fixed = instead.map(|i| format!("{}{i}{}", &text[..error.at], &text[error.at + error.len..]));
        assert_eq!(fixed.as_deref(), after, "{text}");
        if let Some(after) = after {
            condition(after, &names()).unwrap();
        }
    }
}

#[test]
fn an_unknown_unit_is_one_of_what_stands_beside_it() {
    for (text, help) in [
        ("params <= 2MB", "write `2M`, since `params` is a bare number"),
        ("params <= 2 MiB and bytes > 2B", "write a bare number such as `500`, `300k` or `2M`"),
        ("2 * params <= 3 * 2GFLOPs", "write `2G`, since `2 * params` is a bare number"),
        ("params + 2K <= 3", "write `2k`, since `params` is a bare number"),
        ("bytes <= 2MB", "did you mean `MiB`?"),
        ("bytes <= 2 parsecs", "write an amount of memory such as `16GiB`"),
        (
            "2 parsecs > 1",
            "write a bare number such as `500`, `300k` or `2M`, or an amount of memory such as",
        ),
        ("2MB >= bytes", "did you mean `MiB`?"),
        ("params <= 2 parsecs", "write a bare number such as `500`, `300k` or `2M`"),
    ] {
        let found = condition(text, &names()).unwrap_err().error.help.unwrap();
        assert!(found.starts_with(help), "{text}: {found}");
    }
}

#[test]
fn a_derived_value_is_a_bare_number() {
    let error = |text| arithmetic(text, &names()).unwrap_err().error.message;
    assert_eq!(error("params > 2"), "`params > 2` is a condition, expected a number");
    assert_eq!(error("bytes + 1KiB"), "`bytes + 1KiB` is an amount of memory, expected a bare number");
    assert_eq!(error("2 params"), "unknown unit `params`");
    let help = |text| arithmetic(text, &names()).unwrap_err().error.help.unwrap();
    assert_eq!(help(""), "write a derived value such as `= 2 * filters`");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside(text in "[a-z ()<>=%0-9.é\\[\\]+*/M-]{0,40}") {
        if let Err(error) = condition(&text, &names()) {
            let ExprError { at, len, .. } = error.error;
            prop_assert!(text.get(at..at + len).is_some());
        }
    }
}

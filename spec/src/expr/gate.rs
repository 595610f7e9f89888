//! Gates: `saved >= 50% and nreg <= 2%`. Conditions over measures, read as all formulas are; a gate also tells which of its
//! comparisons keep it shut. Which measures there are, and what they count, the caller says.

use std::ops::Range;

use super::read::with_places;
use super::{ExprError, Formula, Name, Values};

const HELP: &str = "write `saved >= 50% and nreg <= 2%`";

/// A condition over measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    text: String,
    measures: Vec<Name>,
    formula: Formula,
    /// Where the comparisons stand, in the order of the formula.
    places: Vec<Range<usize>>,
}

/// A comparison that keeps a gate shut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed<'a> {
    /// As it was written.
    pub text: &'a str,
    /// The measures in it.
    pub measures: Vec<&'a str>,
    /// Whether it must not hold, since it stands behind a `not`.
    pub is_negated: bool,
}

/// Reads a gate over these measures, each of which is a single number. Bounds of points may lack their unit, others not.
pub fn gate(text: &str, measures: &[Name]) -> Result<Gate, ExprError> {
    let (formula, places) = with_places(text, measures, HELP).map_err(|found| found.error)?;
    Ok(Gate { text: text.to_owned(), measures: measures.to_vec(), formula, places })
}

impl Gate {
    /// The comparisons that keep the gate shut; none if it is open.
    ///
    /// One of which a measure is undefined does so wherever it stands, also behind a `not`.
    pub fn failures(&self, value: &dyn Fn(&str) -> Option<f64>) -> Vec<Failed<'_>> {
        let measured = Measured(self.measures.iter().map(|m| value(&m.name).unwrap_or(f64::NAN)).collect());
        let mut places = self.places.iter();
        self.against(&self.formula, true, &measured, &mut places).unwrap_or_default()
    }

    /// `None` if the condition is as wanted, else what speaks against it. Takes the places of its comparisons.
    fn against<'a>(
        &'a self,
        formula: &'a Formula,
        wanted: bool,
        measured: &Measured,
        places: &mut std::slice::Iter<'a, Range<usize>>,
    ) -> Option<Vec<Failed<'a>>> {
        let (parts, must_all) = match formula {
            Formula::Not(inner) => return self.against(inner, !wanted, measured, places),
            Formula::All(parts) => (parts, wanted),
            Formula::Any(parts) => (parts, !wanted),
            Formula::Compare(by, sides) => {
                let place = places.next().expect("each comparison has a place").clone();
                let [a, b] = [sides[0].value(measured), sides[1].value(measured)];
                let is_as_wanted = !a.is_nan() && !b.is_nan() && by.holds(a, b) == wanted;
                let measures = || formula.names().into_iter().map(|at| self.measures[at].name.as_str());
                let failed = || Failed {
                    text: &self.text[place],
                    measures: measures().collect(),
                    is_negated: !wanted,
                };
                return (!is_as_wanted).then(|| vec![failed()]);
            }
            Formula::Number(_)
            | Formula::Value(_)
            | Formula::Element(..)
            | Formula::Fold(..)
            | Formula::Negative(_)
            | Formula::Arithmetic(..) => unreachable!("formulas are typed when they are read"),
        };
        let against: Vec<_> = parts.iter().map(|part| self.against(part, wanted, measured, places)).collect();
        let is_as_wanted =
            if must_all { against.iter().all(Option::is_none) } else { against.iter().any(Option::is_none) };
        (!is_as_wanted).then(|| against.into_iter().flatten().flatten().collect())
    }
}

/// The values of the measures, in their order; not a number where one is undefined.
struct Measured(Vec<f64>);

impl Values for Measured {
    fn single(&self, name: usize) -> f64 {
        self.0[name]
    }

    fn list(&self, _: usize) -> &[f64] {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Dimension, Form};
    use super::*;

    fn measures() -> Vec<Name> {
        let measure =
            |(name, dimension): (&str, _)| Name { name: name.to_owned(), dimension, form: Form::Single };
        let percent = Some(Dimension::Percent);
        [("saved", percent), ("nreg", percent), ("mae", Some(Dimension::Points)), ("kendall", None)]
            .map(measure)
            .to_vec()
    }

    fn values(name: &str) -> Option<f64> {
        match name {
            "saved" => Some(28.1),
            "mae" => Some(2.0),
            "kendall" => Some(0.5),
            _ => None,
        }
    }

    fn failures(text: &str) -> Vec<String> {
        let gate = gate(text, &measures()).unwrap_or_else(|error| panic!("{text}: {error}"));
        let text = |failed: Failed<'_>| {
            let not = if failed.is_negated { "not " } else { "" };
            format!("{not}{}", failed.text)
        };
        gate.failures(&values).into_iter().map(text).collect()
    }

    #[test]
    fn a_gate_names_what_keeps_it_shut() {
        for (text, expected) in [
            ("saved >= 28.1%", &[][..]),
            ("saved > 28.1 %", &["saved > 28.1 %"]),
            ("saved >= 50% and mae <= 1pp and kendall > 0", &["saved >= 50%", "mae <= 1pp"]),
            ("saved >= 50% or mae <= 2 pp", &[]),
            ("saved >= 50% or (kendall < .1 or mae < 1)", &["saved >= 50%", "kendall < .1", "mae < 1"]),
            ("not (saved >= 50% or mae > 2)", &[]),
            ("not not saved<1%", &["saved<1%"]),
            ("not(saved > 1% and mae > 3)", &[]),
            ("saved > 90% or saved > 1% and mae < 3", &[]),
            // A part that is as wanted takes the places of its comparisons too.
            ("(saved > 1% or mae > 9) and (kendall > 9 or kendall < 0)", &["kendall > 9", "kendall < 0"]),
            ("30% <= saved <= 90% and 2 * mae < 4", &["30% <= saved", "2 * mae < 4"]),
            // What is undefined opens nothing.
            ("nreg <= 2%", &["nreg <= 2%"]),
            ("not nreg > 2%", &["not nreg > 2%"]),
            ("not saved > 1%", &["not saved > 1%"]),
            ("not (saved >= 50% or not mae > 2)", &["mae > 2"]),
        ] {
            assert_eq!(failures(text), expected, "{text}");
        }
        let measures = measures();
        let gate = gate("saved - nreg > 3%", &measures).unwrap();
        assert_eq!(gate.failures(&values)[0].measures, ["saved", "nreg"]);
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, at, len, message) in [
            ("", 0, 0, "found the end, expected a number or a name"),
            ("savd >= 50%", 0, 4, "unknown name `savd`"),
            ("saved >= 50", 9, 2, "`50` is a bare number, but `saved` is a percentage"),
            ("saved >= 50 and mae < 1", 9, 2, "`50` is a bare number, but `saved` is a percentage"),
            ("saved >= 5pp", 9, 3, "`5pp` is points of percent, but `saved` is a percentage"),
            ("saved >= 5 percent", 11, 7, "unknown unit `percent`"),
            ("kendall >= 5 %", 11, 3, "`5 %` is a percentage, but `kendall` is a bare number"),
            ("mae > kendall", 6, 7, "`kendall` is a bare number, but `mae` is points of percent"),
            ("saved = 5%", 6, 1, "found `=`, expected `and`, `or` or the end"),
            ("saved >= much", 9, 4, "unknown name `much`"),
            ("saved >= 5% nreg < 2%", 12, 4, "found `nreg`, expected `and`, `or` or the end"),
            ("(saved >= 5%", 12, 0, "found the end, expected `)`"),
            ("saved >= 5%)", 11, 1, "found `)`, expected `and`, `or` or the end"),
            ("saved >= 5% and", 15, 0, "found the end, expected a number or a name"),
        ] {
            let error = gate(text, &measures()).unwrap_err();
            assert_eq!((error.at, error.len, error.message.as_str()), (at, len, message), "{text}");
        }
        let help = |text| gate(text, &measures()).unwrap_err().help.unwrap();
        assert_eq!(
            help("savd > 1%"),
            "did you mean `saved`? the names here are `saved`, `nreg`, `mae`, `kendall`"
        );
        assert_eq!(help("saved >= 5 percent"), "write `%`");
        assert_eq!(help("saved"), "write `saved >= 50% and nreg <= 2%`");
        assert!(gate(&"(".repeat(100_000), &measures()).unwrap_err().message.contains("nested more than"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_at_a_place_inside(text in "[a-z ()<>=%0-9.é]{0,40}") {
            match gate(&text, &measures()) {
                Ok(gate) => drop(gate.failures(&values)),
                Err(error) => prop_assert!(text.get(error.at..error.at + error.len).is_some()),
            }
        }
    }
}

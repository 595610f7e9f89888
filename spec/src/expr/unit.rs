//! Units and what they measure.

use std::fmt;

/// Extension of a parameter's schema that names the canonical unit of its bare number, such as `pp`.
pub const UNIT_EXTENSION: &str = "x-unit";

/// Extension of a schema whose quantity must be written with its unit; a bare number is refused.
pub const WRITTEN_EXTENSION: &str = "x-written";

/// What a quantity measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// A share, in percent.
    Percent,
    /// A difference of accuracies, in points of percent.
    Points,
    /// A part of a training, in epochs.
    Epochs,
    /// A duration, in seconds.
    Time,
    /// An amount of memory, in bytes.
    Memory,
}

/// A unit of a dimension.
pub(super) struct Unit {
    pub(super) name: &'static str,
    pub(super) dimension: Dimension,
    /// What one of it is in the canonical unit.
    pub(super) scale: f64,
}

const KIB: f64 = 1024.0;

static UNITS: &[Unit] = &[
    Unit { name: "%", dimension: Dimension::Percent, scale: 1.0 },
    Unit { name: "pp", dimension: Dimension::Points, scale: 1.0 },
    Unit { name: "epochs", dimension: Dimension::Epochs, scale: 1.0 },
    Unit { name: "epoch", dimension: Dimension::Epochs, scale: 1.0 },
    Unit { name: "s", dimension: Dimension::Time, scale: 1.0 },
    Unit { name: "min", dimension: Dimension::Time, scale: 60.0 },
    Unit { name: "h", dimension: Dimension::Time, scale: 3600.0 },
    Unit { name: "d", dimension: Dimension::Time, scale: 86_400.0 },
    Unit { name: "B", dimension: Dimension::Memory, scale: 1.0 },
    Unit { name: "KiB", dimension: Dimension::Memory, scale: KIB },
    Unit { name: "MiB", dimension: Dimension::Memory, scale: KIB * KIB },
    Unit { name: "GiB", dimension: Dimension::Memory, scale: KIB * KIB * KIB },
    Unit { name: "TiB", dimension: Dimension::Memory, scale: KIB * KIB * KIB * KIB },
];

/// The unit of that name.
pub(super) fn find(name: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.name == name)
}

/// Other names of units, which are not accepted.
static OTHER_NAMES: &[(&str, &[&str])] = &[
    ("%", &["percent", "pct"]),
    ("pp", &["points", "point", "percentage"]),
    ("epochs", &["ep", "e"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    ("min", &["m", "mins", "minute", "minutes"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("d", &["day", "days"]),
    ("KiB", &["K", "k", "kB", "KB"]),
    ("MiB", &["M", "MB", "Mb"]),
    ("GiB", &["G", "GB", "Gb", "g"]),
    ("TiB", &["T", "TB", "Tb"]),
];

/// The unit of a dimension that is also known by another name.
pub(super) fn accepted_name(other: &str, dimension: Dimension) -> Option<&'static str> {
    let known = OTHER_NAMES.iter().find(|(_, others)| others.contains(&other)).map(|(name, _)| *name);
    known.filter(|name| find(name).is_some_and(|unit| unit.dimension == dimension))
}

impl Dimension {
    /// The dimension whose canonical unit a schema names.
    pub fn of_unit(name: &str) -> Option<Self> {
        find(name).filter(|unit| unit.scale == 1.0).map(|unit| unit.dimension)
    }

    /// The names of its units.
    pub(super) fn units(self) -> impl Iterator<Item = &'static str> {
        UNITS.iter().filter(move |unit| unit.dimension == self).map(|unit| unit.name)
    }

    /// A bare number as it should have been written.
    pub fn written(self, number: &str) -> String {
        match self {
            Self::Percent => format!("{number}%"),
            Self::Points => format!("{number}pp"),
            Self::Epochs => format!("{number} {}", if number == "1" { "epoch" } else { "epochs" }),
            Self::Time => format!("{number}h"),
            Self::Memory => format!("{number}GiB"),
        }
    }

    /// A value in the canonical unit as it is written in a spec.
    pub fn format(self, value: f64) -> String {
        let (number, unit) = match self {
            Self::Percent => (value, "%"),
            Self::Points => (value, "pp"),
            Self::Epochs => return self.written(&value.to_string()),
            Self::Time => largest_whole(value, &[(3600.0, "h"), (60.0, "min")]).unwrap_or((value, "s")),
            Self::Memory => {
                let units = [(KIB * KIB * KIB, "GiB"), (KIB * KIB, "MiB"), (KIB, "KiB")];
                largest_whole(value, &units).unwrap_or((value, "B"))
            }
        };
        format!("{number}{unit}")
    }

    /// Examples, for the schema.
    pub fn examples(self) -> &'static [&'static str] {
        match self {
            Self::Percent => &["10%"],
            Self::Points => &["0.5pp"],
            Self::Epochs => &["2 epochs", "1 epoch"],
            Self::Time => &["2h", "90min"],
            Self::Memory => &["16GiB"],
        }
    }

    pub(super) fn example_help(self) -> String {
        let quoted: Vec<String> = self.examples().iter().map(|example| format!("`{example}`")).collect();
        format!("write {self} such as {}", quoted.join(" or "))
    }
}

/// The value in the first of the units that it is a whole multiple of.
fn largest_whole(value: f64, units: &[(f64, &'static str)]) -> Option<(f64, &'static str)> {
    units
        .iter()
        .find(|(scale, _)| value >= *scale && value % scale == 0.0)
        .map(|&(scale, name)| (value / scale, name))
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Percent => "a percentage",
            Self::Points => "points of percent",
            Self::Epochs => "a number of epochs",
            Self::Time => "a duration",
            Self::Memory => "an amount of memory",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_formatted_reads_back() {
        for (dimension, value, text) in [
            (Dimension::Percent, 12.5, "12.5%"),
            (Dimension::Points, 0.5, "0.5pp"),
            (Dimension::Epochs, 1.0, "1 epoch"),
            (Dimension::Time, 5400.0, "90min"),
            (Dimension::Time, 7200.0, "2h"),
            (Dimension::Time, 0.5, "0.5s"),
            (Dimension::Memory, 17_179_869_184.0, "16GiB"),
        ] {
            assert_eq!(dimension.format(value), text);
            assert_eq!(super::super::quantity(text, dimension), Ok(value), "{text}");
        }
    }
}

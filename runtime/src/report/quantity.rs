//! Quantities as people read them: thousands, magnitudes, epochs, durations, values of a metric.
//!
//! Files for programs (`trials.csv`, JSON) never use these.

use peng_spec::catalog::Target;
use peng_spec::plan::Metric;

/// A whole number with separated thousands: `1,213`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits and a magnitude: `12.3 M`.
pub fn magnitude(number: f64) -> String {
    let (scaled, unit) = match number.abs() {
        n if n >= 999.5e9 => (number / 1e12, " T"),
        n if n >= 999.5e6 => (number / 1e9, " G"),
        n if n >= 999.5e3 => (number / 1e6, " M"),
        n if n >= 999.5 => (number / 1e3, " k"),
        _ => (number, ""),
    };
    let decimals = match scaled.abs() {
        _ if scaled.fract() == 0.0 && unit.is_empty() => 0,
        n if n >= 99.95 => 0,
        n if n >= 9.995 => 1,
        _ => 2,
    };
    format!("{scaled:.decimals$}{unit}")
}

/// Epochs, to a tenth where they are no whole number: `1,112.5`.
pub fn epochs(epochs: f64) -> String {
    let tenths = (epochs.abs() * 10.0).round() as u64;
    let sign = if epochs < 0.0 && tenths > 0 { "-" } else { "" };
    match tenths % 10 {
        0 => format!("{sign}{}", count(tenths / 10)),
        rest => format!("{sign}{}.{rest}", count(tenths / 10)),
    }
}

/// A share: `47.8 %`.
pub fn percent(percent: f64) -> String {
    // Not `-0.0`.
    format!("{:.1} %", if percent.abs() < 0.05 { 0.0 } else { percent })
}

/// An amount of memory in binary units, to three digits: `1.50 GiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let step = (0..UNITS.len() - 1).find(|&step| (bytes >> (10 * step)) < 1000).unwrap_or(UNITS.len() - 1);
    let scaled = bytes as f64 / f64::from(1_u32 << 10).powi(step as i32);
    let decimals = match scaled {
        whole if whole.fract() == 0.0 => 0,
        n if n >= 99.95 => 0,
        n if n >= 9.995 => 1,
        _ => 2,
    };
    format!("{scaled:.decimals$} {}", UNITS[step])
}

/// A duration to two parts: `1 h 52 min`.
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() {
        return "unknown".to_owned();
    }
    let sign = if secs < 0.0 { "-" } else { "" };
    let secs = secs.abs();
    let whole = secs.round() as u64;
    match whole {
        _ if secs < 9.95 => format!("{sign}{secs:.1} s"),
        0..60 => format!("{sign}{whole} s"),
        60..600 if !whole.is_multiple_of(60) => format!("{sign}{} min {} s", whole / 60, whole % 60),
        60..3570 => format!("{sign}{} min", (whole + 30) / 60),
        _ => {
            let minutes = (whole + 30) / 60;
            let (hours, minutes) = (minutes / 60, minutes % 60);
            if minutes == 0 || hours >= 100 {
                format!("{sign}{} h", count(hours))
            } else {
                format!("{sign}{hours} h {minutes} min")
            }
        }
    }
}

/// A value of a metric, without its unit: percent to a hundredth, losses to four places, costs by magnitude. Very large and
/// very small losses, which a regression has in the units of its targets, have four digits.
pub fn value(metric: Metric, value: f64) -> String {
    match metric {
        _ if value.is_nan() => "not a number".to_owned(),
        _ if value.is_infinite() => if value > 0.0 { "infinite" } else { "-infinite" }.to_owned(),
        metric if metric.is_percent() => format!("{value:.2}"),
        Metric::Flops | Metric::Params => magnitude(value),
        _ => match value.abs() {
            size if size == 0.0 || (1e-3..1e3).contains(&size) => format!("{value:.4}"),
            size if (1e3..1e4).contains(&size) => format!("{value:.0}"),
            _ => format!("{value:.3e}"),
        },
    }
}

/// A difference of two values of a metric, without its unit: percentage points to a hundredth.
pub fn difference(metric: Metric, by: f64) -> String {
    match metric {
        _ if metric.is_percent() => format!("{by:.2}"),
        _ => value(metric, by),
    }
}

/// A difference with its sign.
pub fn signed(metric: Metric, by: f64) -> String {
    format!("{}{}", if by < 0.0 { "" } else { "+" }, difference(metric, by))
}

/// A value of a metric that is not known, without its unit.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size == 0.0 || (1.0..1e4).contains(&size) => format!("{value:.2}"),
        size if (1e-3..1.0).contains(&size) => format!("{value:.4}"),
        _ => format!("{value:.3e}"),
    }
}

/// The unit of a metric's values.
pub fn unit(metric: Metric, target: Target) -> &'static str {
    match (metric, target) {
        (Metric::Flops, _) => "multiply-accumulates",
        (Metric::Params, _) => "parameters",
        (Metric::ValLoss | Metric::TrainLoss, Target::Classes(_)) => "nats",
        (Metric::ValLoss | Metric::TrainLoss, Target::Values(_)) => "squared units of the targets",
        (Metric::ValMae | Metric::ValRmse, _) => "units of the targets",
        (
            Metric::TrainAccuracy
            | Metric::TrainR2
            | Metric::TrainTop5
            | Metric::ValAccuracy
            | Metric::ValAuc
            | Metric::ValR2
            | Metric::ValTop5,
            _,
        ) => "%",
    }
}

/// The unit of a difference of two values: percentage points of what is percent.
pub fn difference_unit(metric: Metric, target: Target) -> &'static str {
    if metric.is_percent() { "pp" } else { unit(metric, target) }
}

/// `1 network`, `2 networks`: a count with its noun, whose plural takes an `s`.
pub fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A genome on one line, lists of bits without brackets (`0001101-0000010`), cut to `width` characters.
pub fn genome(genome: &peng_spec::arch::Genome, width: usize) -> String {
    let text = bits(genome.value()).unwrap_or_else(|| genome.to_string());
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

fn bits(value: &serde_json::Value) -> Option<String> {
    let phases = value.as_array().filter(|phases| !phases.is_empty())?;
    let phases: Option<Vec<String>> = phases
        .iter()
        .map(|phase| {
            phase
                .as_array()?
                .iter()
                .map(|bit| match bit.as_u64() {
                    Some(0) => Some('0'),
                    Some(1) => Some('1'),
                    _ => None,
                })
                .collect()
        })
        .collect();
    Some(phases?.join("-"))
}

#[cfg(test)]
mod tests {
    use peng_spec::arch::Genome;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(magnitude(12_345_678.0), "12.3 M");
        assert_eq!(magnitude(999.0), "999");
        assert_eq!(magnitude(999_900.0), "1.00 M");
        assert_eq!(magnitude(0.0), "0");
        assert_eq!([epochs(3.0), epochs(1112.5), epochs(-2.25), epochs(-0.0)], ["3", "1,112.5", "-2.3", "0"]);
    }

    #[test]
    fn values_of_losses_have_digits_in_any_unit() {
        let shown = |values: &[f64]| values.iter().map(|&v| value(Metric::ValLoss, v)).collect::<Vec<_>>();
        assert_eq!(shown(&[0.51234, 0.0, -12.5, 0.001]), ["0.5123", "0.0000", "-12.5000", "0.0010"]);
        assert_eq!(shown(&[3054.123, 2.5e9, 0.000_012_34]), ["3054", "2.500e9", "1.234e-5"]);
        assert_eq!(value(Metric::ValR2, 48.456), "48.46");
        let units =
            |target| [Metric::ValLoss, Metric::ValR2, Metric::ValMae].map(|metric| unit(metric, target));
        assert_eq!(units(Target::Values(1)), ["squared units of the targets", "%", "units of the targets"]);
        assert_eq!(difference_unit(Metric::ValLoss, Target::Classes(3)), "nats");
        assert_eq!(difference_unit(Metric::ValR2, Target::Values(1)), "pp");
    }

    #[test]
    fn memory_has_three_digits_and_a_binary_unit() {
        let shown: Vec<String> =
            [0, 999, 1000, 1 << 20, 3 << 19, 87 << 20, 85_017_755_648, u64::MAX].map(bytes).into();
        assert_eq!(
            shown,
            ["0 B", "999 B", "0.98 KiB", "1 MiB", "1.50 MiB", "87 MiB", "79.2 GiB", "16777216 TiB"]
        );
    }

    #[test]
    fn no_share_is_minus_zero() {
        let shown: Vec<String> = [-0.0, -0.04, -0.06, 47.84].map(percent).into();
        assert_eq!(shown, ["0.0 %", "0.0 %", "-0.1 %", "47.8 %"]);
    }

    #[test]
    fn durations_have_at_most_two_parts() {
        let shown: Vec<String> =
            [0.0, 4.23, 9.97, 59.6, 61.0, 600.0, 3599.0, 3600.0, 6720.0, 400_000.0, -90.0]
                .map(duration)
                .into();
        assert_eq!(
            shown,
            [
                "0.0 s",
                "4.2 s",
                "10 s",
                "1 min",
                "1 min 1 s",
                "10 min",
                "1 h",
                "1 h",
                "1 h 52 min",
                "111 h",
                "-1 min 30 s"
            ]
        );
        assert_eq!(duration(f64::NAN), "unknown");
    }

    #[test]
    fn a_genome_of_bits_loses_its_brackets_and_others_are_cut() {
        assert_eq!(genome(&Genome::new(json!([[0, 0, 1], [1]])), 40), "001-1");
        assert_eq!(genome(&Genome::new(json!({"layers": [1, 2, 3]})), 10), "{\"layers\"…");
        assert_eq!(genome(&Genome::new(json!([[2, 0]])), 40), "[[2,0]]");
    }
}

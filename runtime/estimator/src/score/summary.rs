//! Means over orders, populations and data sets, and their intervals.
//!
//! An interval of a mean resamples the members of its highest level that has more than one: data sets, else populations,
//! else the runs of the only population. What lies below is kept whole, since the differences between the members already
//! contain its noise (Davison and Hinkley, 1997, section 3.8).

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::bootstrap::intervals;
use super::measure::{Measure, Values};

/// The value of a measure and its interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Lower and upper end; `None` where there was one member to draw from.
    pub interval: Option<[f64; 2]>,
    /// In how many populations it is undefined, so that the value and the interval leave them out.
    #[serde(skip_serializing_if = "is_zero")]
    pub undefined: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Every measure with its interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub(super) values: Values,
    pub(super) intervals: [Option<[f64; 2]>; Measure::ALL.len()],
    /// In how many populations each is undefined, if only in one of their orders.
    pub(super) undefined: [usize; Measure::ALL.len()],
}

impl Summary {
    /// The mean of several, with an interval over them; the only one itself, with its own interval.
    pub fn mean(members: &[&Summary], confidence: f64, seed: u64) -> Summary {
        if let [only] = members {
            return (*only).clone();
        }
        let drawn = |counts: &[u32]| {
            let copies = members.iter().zip(counts).flat_map(|(m, &count)| (0..count).map(|_| m.values));
            mean(copies)
        };
        Summary {
            values: mean(members.iter().map(|member| member.values)),
            intervals: intervals(members.len(), seed, confidence, drawn),
            undefined: Measure::ALL
                .map(|measure| members.iter().map(|member| member.undefined[measure as usize]).sum()),
        }
    }

    /// A measure; `None` where it is undefined.
    pub fn get(&self, measure: Measure) -> Option<Estimate> {
        let interval = self.intervals[measure as usize];
        let undefined = self.undefined[measure as usize];
        self.values.get(measure).map(|value| Estimate { value, interval, undefined })
    }

    /// In how many populations a measure is undefined, if only in one of their orders.
    pub fn undefined(&self, measure: Measure) -> usize {
        self.undefined[measure as usize]
    }

    /// The values without their intervals.
    pub fn values(&self) -> &Values {
        &self.values
    }
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Measure::ALL.len()))?;
        for measure in Measure::ALL {
            map.serialize_entry(measure.name(), &self.get(measure))?;
        }
        map.end()
    }
}

/// The mean of each measure over those for which it is defined.
pub fn mean(of: impl Iterator<Item = Values>) -> Values {
    let mut sums = [(0.0, 0.0); Measure::ALL.len()];
    for values in of {
        for (sum, measure) in sums.iter_mut().zip(Measure::ALL) {
            if let Some(value) = values.get(measure) {
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
    }
    let mut means = Values::default();
    for ((sum, count), measure) in sums.into_iter().zip(Measure::ALL) {
        means.set(measure, sum / count);
    }
    means
}

/// The median of each measure over those for which it is defined.
pub fn median(of: &[Values]) -> Values {
    let mut medians = Values::default();
    for measure in Measure::ALL {
        let mut known: Vec<f64> = of.iter().filter_map(|values| values.get(measure)).collect();
        medians.set(measure, crate::quantile::quantile(&mut known, 0.5).unwrap_or(f64::NAN));
    }
    medians
}

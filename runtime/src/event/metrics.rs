//! How metrics are written that may be NaN or infinite, which JSON has no numbers for.

use std::collections::BTreeMap;

use peng_spec::plan::Metric;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Extended(#[serde(with = "peng_estimator::extended")] f64);

pub(crate) fn serialize<S: Serializer>(map: &BTreeMap<Metric, f64>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(map.iter().map(|(metric, value)| (metric, Extended(*value))))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Metric, f64>, D::Error> {
    Ok(BTreeMap::<Metric, Extended>::deserialize(from)?.into_iter().map(|(m, v)| (m, v.0)).collect())
}

//! The fits behind the predictions: as published, or exact.

use crate::family::{exp3, published};
use crate::fit::exact::Steps;

/// How close to its bound an asymptote counts as lying on it, in PENGUIN.
const ON_BOUND: f64 = 0.01;

/// How curves are fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fits {
    /// By the search of a published engine, which may fail.
    Published(exp3::Setup),
    /// Exactly, in PENGUIN's box, x counting from 1.
    Exact,
}

/// A fitted curve, as far as a rule asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fitted {
    /// Its value at the predicted epoch.
    pub value: f64,
    /// Where it goes.
    pub asymptote: f64,
    /// Whether only the largest allowed asymptote kept it from going higher.
    pub on_bound: bool,
    /// Its parameters, and half the sum of squared residuals, by name; infinite where the best curve is a limit of
    /// the family.
    pub terms: [(&'static str, f64); 4],
}

impl Fits {
    /// The largest asymptote.
    pub(crate) fn highest(&self) -> f64 {
        match self {
            Fits::Published(setup) => setup.bounds.upper[0],
            Fits::Exact => exp3::BOUNDS.upper[0],
        }
    }

    /// The curve through `values`, asked at `x`; else why there is none.
    pub(crate) fn fit(&self, values: &[f64], x: f64) -> Result<Fitted, String> {
        match self {
            Fits::Published(setup) => {
                let fit = exp3::fit_as(values, setup).map_err(|error| error.to_string())?;
                let [a, b, c] = fit.x;
                Ok(Fitted {
                    value: exp3::value(&fit.x, x),
                    asymptote: a,
                    on_bound: a >= setup.bounds.upper[0] - ON_BOUND,
                    terms: [("a", a), ("b", b), ("c", c), ("cost", fit.cost)],
                })
            }
            Fits::Exact => {
                let fit = published::fit(values, Steps::FROM_ONE).map_err(|error| error.to_string())?;
                let or_limit = |parameter: Option<f64>| parameter.unwrap_or(f64::INFINITY);
                Ok(Fitted {
                    value: fit.value(x),
                    asymptote: fit.limit(),
                    on_bound: fit.a >= exp3::BOUNDS.upper[0],
                    terms: [
                        ("a", fit.a),
                        ("b", or_limit(fit.b())),
                        ("c", or_limit(fit.c())),
                        ("cost", 0.5 * fit.sse),
                    ],
                })
            }
        }
    }
}

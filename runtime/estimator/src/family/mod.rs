//! Curve families: the shapes that a learning curve is taken to have.
//!
//! [`FORMS`] lists them with the papers' names (PENGUIN's and A4NN's function index; the usual ones of learning-curve
//! studies). Each is linear in all but up to two parameters and fitted exactly: the best curve of its box, with
//! no start value. [`published`] is the default of the papers, also on its own; [`exp3`] fits it as they do.
//!
//! # Boxes
//!
//! The default has its published box, made for percentages. All others scale with the data: the offset c
//! lies within 10 ranges (largest less smallest value) of the values, amplitudes a are free and have either
//! sign, so curves may rise or fall. Rates and powers:
//!
//! | form | box |
//! |---|---|
//! | `pow2`, `pow3` | -10 <= b <= 10 |
//! | `exp2`, `exp3` | -20 <= b step, b span <= 20 |
//! | `wbl4`, `mmf4` | 1e-4 <= k <= 1e6 at the last x, 0.2 <= d <= 5 |
//! | `vap3` | -20 <= b / first <= 20, -10 <= c <= 10 |
//! | `expp3` | -10 <= a <= 3, 0.01 step <= first - b <= 1000 step |
//!
//! # Whose names they are
//!
//! | names | where |
//! |---|---|
//! | `default` | F of PEng4NN (Keller Rorabaugh et al. 2021) and PENGUIN (IEEE TPDS 33(11), 2022): `accDefaultFn` of the function index |
//! | all but `janoschek` | the function index of PENGUIN's branch `modular-development` and of A4NN (ICPP 2023), as `accPow3` for `pow3` and so on |
//! | all but `default` and `janoschek` | Viering and Loog, "The shape of learning curves: a review", IEEE TPAMI 45(6), 2023, and the data base LCDB (Mohr et al., ECML PKDD 2022), in capitals there |
//! | `pow3`, `vap3`, `mmf4`, `exp4`, `ilog2`, `janoschek`, and `wbl4` as Weibull | Domhan, Springenberg and Hutter, "Speeding up automatic hyperparameter optimization of deep neural networks by extrapolation of learning curves", IJCAI 2015 |
//!
//! `log2`, `vap3` and `ilog2` of the function index throw on arrays and so fit nothing there; here they do. Its `lossDefaultFn`,
//! a + b^(c - x), is a curve of `exp3`.

mod curve_fit;
pub mod exp3;
mod exponential;
mod expp3;
mod logarithm;
pub mod published;
mod shape;
mod sigmoid;
mod vapour;

pub use curve_fit::{CurveFit, Scratch};

use crate::fit::exact::{ExactFitError, Steps};
use shape::Shape;

/// A form of curves.
pub struct Form {
    /// Its name.
    pub name: &'static str,
    /// Other names, of the same curves under other parameters.
    pub aliases: &'static [&'static str],
    /// The curve with this crate's parameters; `first` is the first x that counts, `last` the last.
    pub formula: &'static str,
    /// The parameters, in the order of [`CurveFit::params`].
    pub parameters: &'static [&'static str],
    /// What the aliases call what, and where the form is undefined.
    pub note: &'static str,
    model: Model,
}

enum Model {
    Published,
    Searched(Shape),
}

/// All forms.
pub static FORMS: [Form; 11] = [
    Form {
        name: "default",
        aliases: &[],
        formula: "a - k r^((x - first) / step)",
        parameters: &["a", "k", "r"],
        note: "published as a - b^(c - x): b = r^(-1/step), b^c = k b^first; box 0.5 <= a <= 200, b >= 1, c >= 0",
        model: Model::Published,
    },
    Form {
        name: "pow2",
        aliases: &[],
        formula: "a (x / first)^b",
        parameters: &["a", "b"],
        note: "published as a x^b; x = 0 is left out, where powers below zero are infinite",
        model: Model::Searched(exponential::POW2),
    },
    Form {
        name: "pow3",
        aliases: &[],
        formula: "c + a (x / first)^b",
        parameters: &["c", "a", "b"],
        note: "published as a x^b + c; x = 0 is left out, where powers below zero are infinite",
        model: Model::Searched(exponential::POW3),
    },
    Form {
        name: "log2",
        aliases: &[],
        formula: "c + a ln x",
        parameters: &["c", "a"],
        note: "published as a ln x + b; x = 0 is left out",
        model: Model::Searched(logarithm::LOG2),
    },
    Form {
        name: "exp2",
        aliases: &[],
        formula: "a e^(b (x - first))",
        parameters: &["a", "b"],
        note: "published as a e^(b x)",
        model: Model::Searched(exponential::EXP2),
    },
    Form {
        name: "exp3",
        aliases: &["expd3"],
        formula: "c + a e^(b (x - first))",
        parameters: &["c", "a", "b"],
        note: "exp3 is published as a e^(b x) + c, expd3 as c - (c - a) e^(-b x): its b is -b, its a the value at x = 0",
        model: Model::Searched(exponential::EXP3),
    },
    Form {
        name: "expp3",
        aliases: &[],
        formula: "c + e^(s^a) - e^((x - first + s)^a)",
        parameters: &["c", "a", "s"],
        note: "published as c - e^((x - b)^a): b = first - s, and its c is e^(s^a) more; the amplitude is fixed, so units matter",
        model: Model::Searched(expp3::EXPP3),
    },
    Form {
        name: "vap3",
        aliases: &[],
        formula: "a e^(b (1/x - 1/first)) (x / first)^c",
        parameters: &["a", "b", "c"],
        note: "published as e^(a + b/x + c ln x), which is positive; here a has either sign; x = 0 is left out",
        model: Model::Searched(vapour::VAP3),
    },
    Form {
        name: "mmf4",
        aliases: &[],
        formula: "c + a (1 + k (first/last)^d) / (1 + k (x/last)^d)",
        parameters: &["c", "a", "k", "d"],
        note: "published as (a b + c x^d) / (b + x^d): b = last^d / k, its a is the value at x = 0",
        model: Model::Searched(sigmoid::MMF4),
    },
    Form {
        name: "wbl4",
        aliases: &["exp4", "janoschek"],
        formula: "c + a e^(-k ((x/last)^d - (first/last)^d))",
        parameters: &["c", "a", "k", "d"],
        note: "wbl4 is published as a - b e^(-c x^d), exp4 as c - e^(-a x^d + b), which only rises, \
               janoschek as a - (a - b) e^(-c x^d); the rate is k / last^d",
        model: Model::Searched(sigmoid::WBL4),
    },
    Form {
        name: "ilog2",
        aliases: &[],
        formula: "c + a / ln x",
        parameters: &["c", "a"],
        note: "published as b - a / ln x; it has a pole at x = 1, so only x > 1 counts",
        model: Model::Searched(logarithm::ILOG2),
    },
];

impl Form {
    /// The form with this name or alias.
    pub fn find(name: &str) -> Option<&'static Form> {
        FORMS.iter().find(|form| form.name == name || form.aliases.contains(&name))
    }

    /// The best curve of the form's box for values at `steps`.
    pub fn fit(
        &'static self,
        values: &[f64],
        steps: Steps,
        scratch: &mut Scratch,
    ) -> Result<CurveFit, ExactFitError> {
        curve_fit::fit(self, values, steps, scratch)
    }
}

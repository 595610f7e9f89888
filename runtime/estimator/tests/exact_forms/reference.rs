//! An independent reference: each form as its formula says, over its documented box, by a dense grid and the
//! polish of every valley that it shows.

use peng_estimator::fit::exact::Steps;

/// Which of c and a are free.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Free {
    Both,
    Unlimited,
    Scale,
    Offset,
    /// The published box.
    Published,
}

/// A point of the unit square, made the form's nonlinear parameters.
type Place = fn(&Setting, [f64; 2]) -> [f64; 2];

/// A form: c + a g(x).
pub(crate) struct Reference {
    pub(crate) name: &'static str,
    free: Free,
    dimensions: usize,
    first_above: f64,
    place: Place,
    g: fn(&Setting, f64, [f64; 2]) -> f64,
}

/// The x of a curve.
pub(crate) struct Setting {
    first: f64,
    last: f64,
    step: f64,
}

pub(crate) const REFERENCES: [Reference; 11] = [
    Reference {
        name: "default",
        free: Free::Published,
        dimensions: 1,
        first_above: -1.0,
        place: |_, [i, _]| [ratios(1e-9, 1.0, i), 0.0],
        g: |s, x, [w, _]| if x > s.first { ((x - s.first) / s.step * (-w).ln_1p()).exp() } else { 1.0 },
    },
    Reference { name: "pow2", free: Free::Scale, dimensions: 1, first_above: 0.0, place: powers, g: power },
    Reference { name: "pow3", free: Free::Both, dimensions: 1, first_above: 0.0, place: powers, g: power },
    Reference {
        name: "log2",
        free: Free::Unlimited,
        dimensions: 0,
        first_above: 0.0,
        place: |_, at| at,
        g: |_, x, _| x.ln(),
    },
    Reference {
        name: "exp2",
        free: Free::Scale,
        dimensions: 1,
        first_above: -1.0,
        place: rates,
        g: exponential,
    },
    Reference {
        name: "exp3",
        free: Free::Both,
        dimensions: 1,
        first_above: -1.0,
        place: rates,
        g: exponential,
    },
    Reference {
        name: "expp3",
        free: Free::Offset,
        dimensions: 2,
        first_above: -1.0,
        place: |s, [i, j]| [signed(-10.0, 3.0, 0.01, i), ratios(0.01 * s.step, 1000.0 * s.step, j)],
        g: |s, x, [a, shift]| -(x - s.first + shift).powf(a).min(50.0).exp(),
    },
    Reference {
        name: "vap3",
        free: Free::Scale,
        dimensions: 2,
        first_above: 0.0,
        place: |s, [i, j]| [signed(-20.0, 20.0, 0.2, i) * s.first, signed(-10.0, 10.0, 0.2, j)],
        g: |s, x, [b, c]| (b / x - b / s.first + c * (x / s.first).ln()).exp(),
    },
    Reference {
        name: "mmf4",
        free: Free::Both,
        dimensions: 2,
        first_above: -1.0,
        place: sigmoids,
        g: |s, x, [k, d]| (1.0 + k * (s.first / s.last).powf(d)) / (1.0 + k * (x / s.last).powf(d)),
    },
    Reference {
        name: "wbl4",
        free: Free::Both,
        dimensions: 2,
        first_above: -1.0,
        place: sigmoids,
        g: |s, x, [k, d]| (-k * ((x / s.last).powf(d) - (s.first / s.last).powf(d))).exp(),
    },
    Reference {
        name: "ilog2",
        free: Free::Unlimited,
        dimensions: 0,
        first_above: 1.0,
        place: |_, at| at,
        g: |_, x, _| 1.0 / x.ln(),
    },
];

fn powers(_: &Setting, [i, _]: [f64; 2]) -> [f64; 2] {
    [signed(-10.0, 10.0, 0.03, i), 0.0]
}

fn power(s: &Setting, x: f64, [b, _]: [f64; 2]) -> f64 {
    (x / s.first).powf(b)
}

fn rates(s: &Setting, [i, _]: [f64; 2]) -> [f64; 2] {
    let span = s.last - s.first;
    [signed(-20.0 / s.step, 20.0 / span, 0.03 / span, i), 0.0]
}

fn exponential(s: &Setting, x: f64, [b, _]: [f64; 2]) -> f64 {
    (b * (x - s.first)).exp()
}

fn sigmoids(_: &Setting, [i, j]: [f64; 2]) -> [f64; 2] {
    [ratios(1e-4, 1e6, i), ratios(0.2, 5.0, j)]
}

fn ratios(lower: f64, upper: f64, share: f64) -> f64 {
    lower * (upper / lower).powf(share)
}

fn signed(lower: f64, upper: f64, near: f64, share: f64) -> f64 {
    let (lower, upper) = ((lower / near).asinh(), (upper / near).asinh());
    near * (lower + (upper - lower) * share).sinh()
}

impl Reference {
    /// The least sum of squares that a grid with so many nodes finds, with polish, and the largest square sum of
    /// the values that were fitted.
    pub(crate) fn least(&self, values: &[f64], steps: Steps, nodes: usize) -> Option<f64> {
        let left_out = (0..values.len()).take_while(|i| steps.at(*i) <= self.first_above).count();
        let values = &values[left_out..];
        let x: Vec<f64> = (0..values.len()).map(|i| steps.at(left_out + i)).collect();
        let setting = Setting { first: *x.first()?, last: *x.last()?, step: steps.step() };
        let sse = |share: [f64; 2]| {
            let theta = (self.place)(&setting, share);
            let g: Vec<f64> = x.iter().map(|x| (self.g)(&setting, *x, theta)).collect();
            squares(self.free, &g, values, &setting)
        };
        Some(match self.dimensions {
            0 => sse([0.0; 2]),
            1 => line(&|share| sse([share, 0.0]), nodes),
            _ => square(&sse, nodes),
        })
    }
}

/// The best of c and a, the sum taken residual by residual.
fn squares(free: Free, g: &[f64], y: &[f64], setting: &Setting) -> f64 {
    let n = y.len() as f64;
    let sse = |c: f64, a: f64| -> f64 { g.iter().zip(y).map(|(g, y)| c + a * g - y).map(|r| r * r).sum() };
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n;
    let (g_mean, y_mean) = (mean(g), mean(y));
    let through = |c: f64| {
        let (top, bottom) =
            g.iter().zip(y).fold((0.0, 0.0), |(top, bottom), (g, y)| (top + g * (y - c), bottom + g * g));
        sse(c, if bottom > 0.0 { top / bottom } else { 0.0 })
    };
    if free == Free::Scale {
        return through(0.0);
    }
    if free == Free::Published {
        return published(g, y, setting.first / setting.step, &sse);
    }
    if free == Free::Offset {
        return sse(y_mean - g_mean, 1.0);
    }
    let (top, bottom) = g.iter().zip(y).fold((0.0, 0.0), |(top, bottom), (g, y)| {
        (top + (g - g_mean) * (y - y_mean), bottom + (g - g_mean) * (g - g_mean))
    });
    let flat = sse(y_mean, 0.0);
    if bottom <= 0.0 {
        return flat;
    }
    let a = top / bottom;
    let c = y_mean - a * g_mean;
    let lowest = y.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let limits = [lowest - 10.0 * (highest - lowest), highest + 10.0 * (highest - lowest)];
    if free == Free::Unlimited || (limits[0] <= c && c <= limits[1]) {
        return sse(c, a);
    }
    through(limits[0]).min(through(limits[1])).min(flat)
}

/// The best of 0.5 <= a <= 200 and k >= u^power in a - k g, u being g's second value; a flat line besides.
fn published(g: &[f64], y: &[f64], power: f64, sse: &dyn Fn(f64, f64) -> f64) -> f64 {
    let n = y.len() as f64;
    let (g_mean, y_mean) = (g.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let least = g[1].powf(power);
    let (mut top, mut bottom) = (0.0, 0.0);
    for (g, y) in g.iter().zip(y) {
        top += (g - g_mean) * (y_mean - y);
        bottom += (g - g_mean) * (g - g_mean);
    }
    let k = (top / bottom).max(least);
    let mut best = sse(y_mean.min(199.0), 0.0);
    // Whatever is best for one of the two, given the other, where it is best or on a bound.
    for k in [k, least] {
        best = best.min(sse((y_mean + k * g_mean).clamp(0.5, 200.0), -k));
    }
    for a in [0.5, 200.0] {
        let (top, bottom) =
            g.iter().zip(y).fold((0.0, 0.0), |(top, bottom), (g, y)| (top + g * (a - y), bottom + g * g));
        best = best.min(sse(a, -(top / bottom).max(least)));
    }
    best
}

/// The least value on [0, 1].
fn line(f: &dyn Fn(f64) -> f64, nodes: usize) -> f64 {
    let at = |i: usize| i as f64 / nodes as f64;
    let heights: Vec<f64> = (0..=nodes).map(|i| f(at(i))).collect();
    let mut best = f64::INFINITY;
    for i in 0..=nodes {
        let (before, after) = (i.saturating_sub(1), (i + 1).min(nodes));
        best = best.min(heights[i]);
        if heights[i] <= heights[before] && heights[i] <= heights[after] {
            best = best.min(golden(f, at(before), at(after)));
        }
    }
    best
}

fn golden(f: &dyn Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = 0.618_033_988_749_895;
    let mut best = f64::INFINITY;
    for _ in 0..45 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        let (f_left, f_right) = (f(left), f(right));
        best = best.min(f_left).min(f_right);
        if f_left < f_right { high = right } else { low = left }
    }
    best
}

/// The least value on the unit square: polish from the lowest nodes that are lower than their neighbours.
fn square(f: &dyn Fn([f64; 2]) -> f64, nodes: usize) -> f64 {
    let at = |i: usize| i as f64 / nodes as f64;
    let heights: Vec<Vec<f64>> =
        (0..=nodes).map(|i| (0..=nodes).map(|j| f([at(i), at(j)])).collect()).collect();
    let mut valleys: Vec<(f64, [f64; 2])> = Vec::new();
    for i in 0..=nodes {
        for j in 0..=nodes {
            let around = (i.saturating_sub(1)..=(i + 1).min(nodes))
                .flat_map(|k| (j.saturating_sub(1)..=(j + 1).min(nodes)).map(move |l| (k, l)));
            let mut around = around.map(|(k, l)| heights[k][l]);
            if around.all(|height| heights[i][j] <= height) {
                valleys.push((heights[i][j], [at(i), at(j)]));
            }
        }
    }
    valleys.sort_by(|a, b| a.0.total_cmp(&b.0));
    valleys
        .iter()
        .take(4)
        .map(|(_, from)| simplex(f, *from, 1.0 / nodes as f64))
        .fold(f64::INFINITY, f64::min)
}

/// Nelder and Mead's simplex (1965), kept inside the unit square by clamping, started again where it ends.
fn simplex(f: &dyn Fn([f64; 2]) -> f64, from: [f64; 2], size: f64) -> f64 {
    let clamp = |p: [f64; 2]| p.map(|v: f64| v.clamp(0.0, 1.0));
    let toward =
        |p: [f64; 2], q: [f64; 2], by: f64| clamp([p[0] + by * (q[0] - p[0]), p[1] + by * (q[1] - p[1])]);
    let mut best = (f(from), from);
    for round in 0..3 {
        let size = if round == 1 { -size } else { size };
        let mut corners = [from, [from[0] + size, from[1]], [from[0], from[1] + size]].map(clamp);
        if round > 0 {
            let p = best.1;
            corners = [p, [p[0] + 0.3 * size, p[1]], [p[0], p[1] + 0.3 * size]].map(clamp);
        }
        let mut places = corners.map(|p| (f(p), p));
        for _ in 0..90 {
            places.sort_by(|a, b| a.0.total_cmp(&b.0));
            let [good, middle, bad] = places;
            let centre = [f64::midpoint(good.1[0], middle.1[0]), f64::midpoint(good.1[1], middle.1[1])];
            let mut trial = toward(centre, bad.1, -1.0);
            let mut height = f(trial);
            if height < good.0 {
                let farther = toward(centre, bad.1, -2.0);
                let there = f(farther);
                if there < height {
                    (trial, height) = (farther, there);
                }
            } else if height >= middle.0 {
                trial = toward(centre, if height < bad.0 { trial } else { bad.1 }, 0.5);
                height = f(trial);
            }
            if height < bad.0.min(f64::MAX) {
                places[2] = (height, trial);
            } else {
                for place in &mut places[1..] {
                    let p = toward(good.1, place.1, 0.5);
                    *place = (f(p), p);
                }
            }
        }
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        if places[0].0 < best.0 {
            best = places[0];
        }
    }
    best.0
}

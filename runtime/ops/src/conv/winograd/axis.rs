//! The transforms along one axis, with the points 0, ±a, ±b and ∞ of Toom and Cook:
//!
//! ```text
//!        a²b²   0   -a²-b²    0     1  0            1/(a²b²) [1  0  0 ]
//!         0   -ab²   -b²      a     1  0         1/2a²(a²-b²) [1  a  a²]
//! Bᵀ  =   0    ab²   -b²     -a     1  0    G  = 1/2a²(a²-b²) [1 -a  a²]
//!         0   -a²b   -a²      b     1  0         1/2b²(b²-a²) [1  b  b²]
//!         0    a²b   -a²     -b     1  0         1/2b²(b²-a²) [1 -b  b²]
//!         0    a²b²   0    -a²-b²   0  1                      [0  0  1 ]
//! ```
//!
//! and A has for each point the row 1, p, p², p³, for the last one 0, 0, 0, 1.

use super::{MADE, READ};
use crate::simd::Simd;

/// The points. With 1 and 2, as published, the results round twice as much; near 2/3 and 3/2 hardly less than here (Alam et al.
/// 2022, "Winograd convolution for deep neural networks: efficient point selection", say why: c and 1/c).
const A: f32 = 2.0 / 3.0;
const B: f32 = 3.0 / 2.0;
const A2: f32 = A * A;
const B2: f32 = B * B;
/// Row 0 and row 5 of Bᵀ.
const PRODUCT: f32 = A2 * B2;
const MINUS_SUM: f32 = -(A2 + B2);
/// The factors of G.
const ZERO: f32 = 1.0 / PRODUCT;
const AT_A: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const AT_B: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

/// A column of some rows.
#[inline(always)]
pub(super) fn column<V: Copy, const ROWS: usize, const COLUMNS: usize>(
    rows: &[[V; COLUMNS]; ROWS],
    column: usize,
) -> [V; ROWS] {
    let mut vectors = [rows[0][column]; ROWS];
    for (vector, row) in vectors.iter_mut().zip(rows) {
        *vector = row[column];
    }
    vectors
}

/// Bᵀ d.
#[inline(always)]
pub(super) fn pixels<S: Simd>(s: S, d: [S::V; READ]) -> [S::V; READ] {
    let [product, sum] = [PRODUCT, MINUS_SUM].map(|v| s.splat(v));
    let even = |by: f32| s.fma(d[2], s.splat(-by), d[4]);
    let odd = |by: f32| s.fma(d[1], s.splat(-by), d[3]);
    let (even_a, odd_a, even_b, odd_b) = (even(B2), odd(B2), even(A2), odd(A2));
    [
        s.fma(d[0], product, s.fma(d[2], sum, d[4])),
        s.fma(odd_a, s.splat(A), even_a),
        s.fma(odd_a, s.splat(-A), even_a),
        s.fma(odd_b, s.splat(B), even_b),
        s.fma(odd_b, s.splat(-B), even_b),
        s.fma(d[1], product, s.fma(d[3], sum, d[5])),
    ]
}

/// Aᵀ m.
#[inline(always)]
pub(super) fn sums<S: Simd>(s: S, m: [S::V; READ]) -> [S::V; MADE] {
    let (even_a, odd_a) = (s.add(m[1], m[2]), s.sub(m[1], m[2]));
    let (even_b, odd_b) = (s.add(m[3], m[4]), s.sub(m[3], m[4]));
    let both = |a: S::V, by_a: f32, b: S::V, by_b: f32| s.fma(a, s.splat(by_a), s.mul(b, s.splat(by_b)));
    [
        s.add(m[0], s.add(even_a, even_b)),
        both(odd_a, A, odd_b, B),
        both(even_a, A2, even_b, B2),
        s.add(both(odd_a, A * A2, odd_b, B * B2), m[5]),
    ]
}

/// A y.
#[inline(always)]
pub(super) fn gradients<S: Simd>(s: S, y: [S::V; MADE]) -> [S::V; READ] {
    let even = |by: f32| s.fma(y[2], s.splat(by), y[0]);
    let odd = |by: f32| s.fma(y[3], s.splat(by), y[1]);
    let (even_a, odd_a, even_b, odd_b) = (even(A2), odd(A2), even(B2), odd(B2));
    [
        y[0],
        s.fma(odd_a, s.splat(A), even_a),
        s.fma(odd_a, s.splat(-A), even_a),
        s.fma(odd_b, s.splat(B), even_b),
        s.fma(odd_b, s.splat(-B), even_b),
        y[3],
    ]
}

/// G g.
#[inline(always)]
pub(super) fn taps<S: Simd>(s: S, g: [S::V; 3]) -> [S::V; READ] {
    let [zero, a, b, odd_a, odd_b] = [ZERO, AT_A, AT_B, AT_A * A, AT_B * B].map(|by| s.splat(by));
    let (even_a, even_b) =
        (s.mul(a, s.fma(g[2], s.splat(A2), g[0])), s.mul(b, s.fma(g[2], s.splat(B2), g[0])));
    let (odd_a, odd_b) = (s.mul(odd_a, g[1]), s.mul(odd_b, g[1]));
    [
        s.mul(zero, g[0]),
        s.add(even_a, odd_a),
        s.sub(even_a, odd_a),
        s.add(even_b, odd_b),
        s.sub(even_b, odd_b),
        g[2],
    ]
}

/// Gᵀ u.
#[inline(always)]
pub(super) fn taps_gradient<S: Simd>(s: S, u: [S::V; READ]) -> [S::V; 3] {
    let [zero, a, b, odd_a, odd_b] = [ZERO, AT_A, AT_B, AT_A * A, AT_B * B].map(|by| s.splat(by));
    let (even_a, even_b) = (s.mul(a, s.add(u[1], u[2])), s.mul(b, s.add(u[3], u[4])));
    let (odd_a, odd_b) = (s.mul(odd_a, s.sub(u[1], u[2])), s.mul(odd_b, s.sub(u[3], u[4])));
    [
        s.fma(zero, u[0], s.add(even_a, even_b)),
        s.add(odd_a, odd_b),
        s.fma(even_a, s.splat(A2), s.fma(even_b, s.splat(B2), u[5])),
    ]
}

//! The innermost loop of every convolution and of its gradients: a tile of sums that stays in registers.
//!
//! `tile[m][n] = Σ_row Σ_j a[starts[m] + rows[row] + j step] b[row][j][n]`: a float of `a` goes to all lanes, a vector of
//! `b` is read once for all m. Twelve sums are under way at a time, which hides the latency of their additions.

use crate::simd::{LANES, Simd};

/// Where the factors of a tile lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factors<'a> {
    /// What is spread over the lanes.
    pub(super) a: &'a [f32],
    /// Offsets in `a` of the outer sum.
    pub(super) rows: &'a [usize],
    /// Terms of the inner sum.
    pub(super) inner: usize,
    /// Distance of its terms in `a`.
    pub(super) step: usize,
    /// Vectors.
    pub(super) b: &'a [f32],
    /// Distance of successive terms in `b`; the vectors of a term lie side by side.
    pub(super) b_step: usize,
}

/// The most tiles' rows that are computed at once with `vectors` vectors each.
pub(super) fn most_rows(vectors: usize) -> usize {
    match vectors {
        1 => 8,
        2 => 6,
        _ => 4,
    }
}

/// Cuts `count` into nearly equal parts of at most `most`: start and length.
#[inline(always)]
pub(super) fn parts(count: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let parts = count.div_ceil(most);
    let (least, longer) = (count.checked_div(parts).unwrap_or(0), count.checked_rem(parts).unwrap_or(0));
    let mut next = 0;
    (0..parts).map(move |part| {
        let (start, len) = (next, least + usize::from(part < longer));
        next += len;
        (start, len)
    })
}

/// Cuts a number of vectors into blocks of 1 to 3.
pub(super) fn blocks(vectors: usize) -> impl Iterator<Item = (usize, usize)> {
    // An odd number has one block of three, so that only a single vector stands alone.
    let first = if vectors == 1 { 1 } else { 2 + vectors % 2 };
    (0..=(vectors - first) / 2)
        .map(move |block| if block == 0 { (0, first) } else { (first + 2 * (block - 1), 2) })
}

/// What becomes of the sums of a tile. No closure, since one that is not inlined has no vector instructions.
pub(super) trait Take<S: Simd> {
    /// Takes the vector `n` of row `m`; implementations are `#[inline(always)]`.
    ///
    /// # Safety
    /// The rows and vectors are those that the implementation is made for.
    unsafe fn take(&mut self, s: S, m: usize, n: usize, sum: S::V);
}

/// Computes the tile of `starts.len()` rows and `vectors` vectors and hands over each of its vectors.
///
/// # Safety
/// All offsets lie in `a` and all vectors in `b`, and `to` is made for the rows and vectors.
#[inline(always)]
pub(super) unsafe fn tile<S: Simd>(
    s: S,
    factors: Factors<'_>,
    starts: &[usize],
    vectors: usize,
    mut to: impl Take<S>,
) {
    macro_rules! sized {
        ($($m:literal $n:literal),*) => {
            match (starts.len(), vectors) {
                // SAFETY: the caller says that all offsets are inside.
                $(($m, $n) => unsafe { sized::<S, $m, $n>(s, factors, starts, &mut to) },)*
                (m, n) => unreachable!("no tile of {m} rows and {n} vectors is asked for"),
            }
        };
    }
    sized!(
        1 1, 2 1, 3 1, 4 1, 5 1, 6 1, 7 1, 8 1,
        1 2, 2 2, 3 2, 4 2, 5 2, 6 2,
        1 3, 2 3, 3 3, 4 3
    );
}

/// # Safety
/// As for [`tile`]; there are M starts.
#[inline(always)]
unsafe fn sized<S: Simd, const M: usize, const N: usize>(
    s: S,
    factors: Factors<'_>,
    starts: &[usize],
    to: &mut impl Take<S>,
) {
    let Factors { a, rows, inner, step, b, b_step } = factors;
    debug_assert_eq!(starts.len(), M);
    // SAFETY: the caller says that all starts, all offsets and all vectors are inside.
    let sums = unsafe {
        let from: [*const f32; M] = std::array::from_fn(|m| a.as_ptr().add(*starts.get_unchecked(m)));
        let mut b = b.as_ptr();
        let mut sums = [[s.splat(0.0); N]; M];
        for &row in rows {
            let mut at = row;
            for _ in 0..inner {
                let vectors: [S::V; N] = std::array::from_fn(|n| s.load(b.add(n * LANES)));
                for m in 0..M {
                    let factor = s.splat(*from[m].add(at));
                    for n in 0..N {
                        sums[m][n] = s.fma(factor, vectors[n], sums[m][n]);
                    }
                }
                at += step;
                b = b.wrapping_add(b_step);
            }
        }
        sums
    };
    for (m, row) in sums.into_iter().enumerate() {
        for (n, sum) in row.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { to.take(s, m, n, sum) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_blocks_cover_everything_once() {
        for count in 1..60 {
            for most in 1..9 {
                let mut next = 0;
                for (start, len) in parts(count, most) {
                    assert!(start == next && (1..=most).contains(&len), "{count} {most}");
                    next += len;
                }
                assert_eq!(next, count);
            }
            let mut next = 0;
            for (start, len) in blocks(count) {
                assert!(start == next && (1..=3).contains(&len) && (len > 1 || count == 1), "{count}");
                next += len;
            }
            assert_eq!(next, count);
        }
    }
}

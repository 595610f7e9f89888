//! Images one after another along the channels, and one of them taken out again; all with their channels last.

use std::ops::Range;

use crate::images::Size;
use crate::threads::for_chunks;

/// Pixels that a thread takes at once.
const PIXELS: usize = 1024;

/// The channels of `a`, then those of `b`; images of `size` have the channels of both.
pub(crate) fn join(a: &[f32], b: &[f32], size: Size) -> Vec<f32> {
    let pixels = size.batch * size.pixels();
    let (of_a, of_b) = (a.len() / pixels, b.len() / pixels);
    assert_eq!(
        (of_a + of_b, a.len() + b.len()),
        (size.channels, size.floats()),
        "both have the pixels of the whole"
    );
    let mut joined = vec![0.0; size.floats()];
    for_chunks(
        &mut joined,
        PIXELS * size.channels,
        1,
        || (),
        |(), block, to| {
            let (a, b) = (&a[block * PIXELS * of_a..], &b[block * PIXELS * of_b..]);
            let pixels =
                to.chunks_exact_mut(size.channels).zip(a.chunks_exact(of_a).zip(b.chunks_exact(of_b)));
            for (to, (a, b)) in pixels {
                to[..of_a].copy_from_slice(a);
                to[of_a..].copy_from_slice(b);
            }
        },
    );
    joined
}

/// Some of `channels` channels.
pub(crate) fn part(x: &[f32], channels: usize, chosen: Range<usize>) -> Vec<f32> {
    let mut part = vec![0.0; x.len() / channels * chosen.len()];
    for_chunks(
        &mut part,
        PIXELS * chosen.len(),
        1,
        || (),
        |(), block, to| {
            let x = &x[block * PIXELS * channels..];
            for (to, x) in to.chunks_exact_mut(chosen.len()).zip(x.chunks_exact(channels)) {
                to.copy_from_slice(&x[chosen.clone()]);
            }
        },
    );
    part
}

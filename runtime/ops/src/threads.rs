//! Work for the threads of burn. Where there is but one, as in a worker process, it is done here: to hand it to that thread
//! and to wait for it would take longer than a small operation does.

use std::ops::Range;

use rayon::prelude::*;

/// Calls `each` with every chunk of `size` and its number; threads take `least` chunks at once. A thread makes its scratch
/// anew for what it takes.
pub(crate) fn for_chunks<T: Send, Scratch>(
    data: &mut [T],
    size: usize,
    least: usize,
    scratch: impl Fn() -> Scratch + Sync + Send,
    each: impl Fn(&mut Scratch, usize, &mut [T]) + Sync + Send,
) {
    if data.len() <= size * least || rayon::current_num_threads() == 1 {
        let mut scratch = scratch();
        data.chunks_mut(size).enumerate().for_each(|(at, chunk)| each(&mut scratch, at, chunk));
    } else {
        data.par_chunks_mut(size)
            .enumerate()
            .with_min_len(least)
            .for_each_init(scratch, |scratch, (at, chunk)| each(scratch, at, chunk));
    }
}

/// What `of` makes of each range, in order.
pub(crate) fn map<Out: Send>(
    ranges: Vec<Range<usize>>,
    of: impl Fn(Range<usize>) -> Out + Sync + Send,
) -> Vec<Out> {
    if rayon::current_num_threads() == 1 {
        ranges.into_iter().map(of).collect()
    } else {
        ranges.into_par_iter().map(of).collect()
    }
}

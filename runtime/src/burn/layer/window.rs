//! The window that a convolution or a pool moves over an image: how much is around the image.

use peng_spec::arch::Padding;

/// What is added before and after an image, along one of its sides, for a window of `taps` that are `dilation` apart.
pub(super) fn around(taps: usize, dilation: usize, padding: Padding) -> (usize, usize) {
    match padding {
        Padding::Same => {
            let all = (taps - 1) * dilation;
            (all / 2, all - all / 2)
        }
        Padding::Valid => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_one_comes_after_the_image() {
        assert_eq!(around(3, 1, Padding::Same), (1, 1));
        assert_eq!(around(4, 1, Padding::Same), (1, 2));
        assert_eq!(around(2, 3, Padding::Same), (1, 2));
        assert_eq!(around(1, 4, Padding::Same), (0, 0));
        assert_eq!(around(5, 2, Padding::Valid), (0, 0));
    }
}

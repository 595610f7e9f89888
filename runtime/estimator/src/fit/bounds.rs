//! The box of allowed parameters, and what the method asks of it: distances to its faces and points strictly
//! inside.

use super::vector::Vector;

/// A box; a side may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<const N: usize> {
    /// The smallest values.
    pub lower: [f64; N],
    /// The largest values.
    pub upper: [f64; N],
}

/// How far a ray goes before it leaves the box, and through which faces.
pub(super) struct Exit<const N: usize> {
    pub stride: f64,
    pub through: [bool; N],
}

/// The Coleman-Li scaling of a point: squared weights and their derivatives.
pub(super) struct Affine<const N: usize> {
    pub weight: Vector<N>,
    pub slope: Vector<N>,
}

impl<const N: usize> Bounds<N> {
    pub(super) fn contain(&self, x: &Vector<N>) -> bool {
        (0..N).all(|i| self.lower[i] <= x[i] && x[i] <= self.upper[i])
    }

    /// Moves the parameters that lie on a face, or closer to it than `margin` (relative for faces beyond 1),
    /// inside by as much; a zero `margin` moves those on or behind a face by one unit in the last place.
    pub(super) fn strictly_inside(&self, x: &Vector<N>, margin: f64) -> Vector<N> {
        std::array::from_fn(|i| {
            let (lower, upper) = (self.lower[i], self.upper[i]);
            let (above, below) = (x[i] - lower, upper - x[i]);
            let lower_zone = margin * lower.abs().max(1.0);
            let upper_zone = margin * upper.abs().max(1.0);
            let near_lower = lower.is_finite() && (above <= 0.0 || above <= below.min(lower_zone));
            let near_upper = upper.is_finite() && (below <= 0.0 || below <= above.min(upper_zone));
            let moved = match (near_lower, near_upper) {
                (_, true) if margin == 0.0 => upper.next_down(),
                (true, false) if margin == 0.0 => lower.next_up(),
                (_, true) => upper - upper_zone,
                (true, false) => lower + lower_zone,
                (false, false) => x[i],
            };
            if moved < lower || moved > upper { f64::midpoint(lower, upper) } else { moved }
        })
    }

    /// Where the ray from `x` (inside) along `direction` meets the first face.
    pub(super) fn exit(&self, x: &Vector<N>, direction: &Vector<N>) -> Exit<N> {
        let strides: Vector<N> = std::array::from_fn(|i| {
            if direction[i] == 0.0 {
                f64::INFINITY
            } else {
                ((self.lower[i] - x[i]) / direction[i]).max((self.upper[i] - x[i]) / direction[i])
            }
        });
        let stride = strides.iter().copied().fold(f64::INFINITY, f64::min);
        Exit { stride, through: std::array::from_fn(|i| strides[i] == stride && direction[i] != 0.0) }
    }

    /// Equation 2.2 of Branch, Coleman and Li: the distance to the face towards which the cost falls, else 1.
    pub(super) fn affine(&self, x: &Vector<N>, gradient: &Vector<N>) -> Affine<N> {
        let mut affine = Affine { weight: [1.0; N], slope: [0.0; N] };
        for i in 0..N {
            if gradient[i] < 0.0 && self.upper[i].is_finite() {
                affine.weight[i] = self.upper[i] - x[i];
                affine.slope[i] = -1.0;
            } else if gradient[i] > 0.0 && self.lower[i].is_finite() {
                affine.weight[i] = x[i] - self.lower[i];
                affine.slope[i] = 1.0;
            }
        }
        affine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: Bounds<2> = Bounds { lower: [1.0, 0.0], upper: [3.0, f64::INFINITY] };

    #[test]
    fn points_on_faces_move_inside() {
        assert_eq!(BOX.strictly_inside(&[1.0, 5.0], 0.0), [1.0_f64.next_up(), 5.0]);
        assert_eq!(BOX.strictly_inside(&[3.5, -1.0], 0.0), [3.0_f64.next_down(), f64::from_bits(1)]);
        assert_eq!(BOX.strictly_inside(&[3.0, 0.0], 1e-10), [3.0 - 3e-10, 1e-10]);
        assert_eq!(BOX.strictly_inside(&[2.0, 5.0], 1e-10), [2.0, 5.0]);
    }

    #[test]
    fn a_ray_leaves_through_the_nearest_face() {
        let exit = BOX.exit(&[2.0, 1.0], &[1.0, -2.0]);
        assert_eq!((exit.stride, exit.through), (0.5, [false, true]));
        assert_eq!(BOX.exit(&[2.0, 1.0], &[0.0, 1.0]).stride, f64::INFINITY);
    }

    #[test]
    fn weights_are_distances_to_the_face_ahead() {
        let affine = BOX.affine(&[1.5, 4.0], &[-2.0, 2.0]);
        assert_eq!((affine.weight, affine.slope), ([1.5, 4.0], [-1.0, 1.0]));
        let affine = BOX.affine(&[1.5, 4.0], &[2.0, -2.0]);
        assert_eq!((affine.weight, affine.slope), ([0.5, 1.0], [1.0, 0.0]));
    }
}

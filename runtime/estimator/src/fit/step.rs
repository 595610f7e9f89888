//! Which step to try: the trust region's, cut at the box; its reflection at the face it meets; or steepest
//! descent.
//!
//! Branch, Coleman and Li (1999), section 3. All steps are judged by the quadratic model in the scaled
//! variables.

use super::bounds::Bounds;
use super::vector::{Vector, dot, image, norm, product, scaled, sum};

/// The quadratic model of the cost around a point, in the scaled variables.
pub(super) struct Model<const N: usize> {
    /// The scaled Jacobian.
    pub rows: Vec<Vector<N>>,
    /// What the scaling adds to the diagonal of the second derivatives.
    pub diagonal: Vector<N>,
    /// The scaled gradient.
    pub gradient: Vector<N>,
    /// From scaled to plain variables.
    pub scale: Vector<N>,
}

/// A step in the scaled variables, and the model's cost there less that at the point.
#[derive(Clone, Copy)]
pub(super) struct Step<const N: usize> {
    pub scaled: Vector<N>,
    pub cost: f64,
}

/// `square t^2 + linear t + constant`.
struct Parabola {
    square: f64,
    linear: f64,
    constant: f64,
}

impl Parabola {
    /// The place and value of the minimum within an interval.
    fn minimum(&self, from: f64, to: f64) -> (f64, f64) {
        let vertex = if self.square == 0.0 { from } else { -0.5 * self.linear / self.square };
        let vertex = if from < vertex && vertex < to { vertex } else { from };
        let valued = |t: f64| (t, t * (self.square * t + self.linear) + self.constant);
        [valued(to), valued(vertex)]
            .into_iter()
            .fold(valued(from), |best, next| if next.1 < best.1 { next } else { best })
    }
}

impl<const N: usize> Model<N> {
    fn cost(&self, step: &Vector<N>) -> f64 {
        let image = image(&self.rows, step);
        0.5 * (dot(&image, &image) + dot(&product(step, &self.diagonal), step)) + dot(step, &self.gradient)
    }

    /// The model along `start + t direction`.
    fn along(&self, start: &Vector<N>, direction: &Vector<N>) -> Parabola {
        let (at, on) = (image(&self.rows, start), image(&self.rows, direction));
        let bent = product(direction, &self.diagonal);
        let bent_start = product(start, &self.diagonal);
        Parabola {
            square: 0.5 * (dot(&on, &on) + dot(&bent, direction)),
            linear: dot(&self.gradient, direction) + dot(&at, &on) + dot(&bent_start, direction),
            constant: 0.5 * dot(&at, &at) + dot(&self.gradient, start) + 0.5 * dot(&bent_start, start),
        }
    }

    /// The best of the three steps from `x`, for the trust region's step `wanted` of at most `radius`.
    ///
    /// `stay` is the share of the way to a face that a step may go. `None` if rounding put the step outside
    /// the ball.
    pub(super) fn choose(
        &self,
        x: &Vector<N>,
        wanted: &Vector<N>,
        radius: f64,
        bounds: &Bounds<N>,
        stay: f64,
    ) -> Option<Step<N>> {
        let plain = product(&self.scale, wanted);
        if bounds.contain(&sum(x, &plain)) {
            return Some(Step { scaled: *wanted, cost: self.cost(wanted) });
        }
        let exit = bounds.exit(x, &plain);
        let on_face = scaled(wanted, exit.stride);
        let mirrored = std::array::from_fn(|i| if exit.through[i] { -wanted[i] } else { wanted[i] });
        let face = sum(x, &scaled(&plain, exit.stride));
        let reflected = self.reflect(&face, &on_face, &mirrored, exit.stride, radius, bounds, stay)?;
        let inside = scaled(&on_face, stay);
        let cut = Step { scaled: inside, cost: self.cost(&inside) };
        let steepest = self.descend(x, radius, bounds, stay);
        Some(if cut.cost < reflected.cost && cut.cost < steepest.cost {
            cut
        } else if reflected.cost < cut.cost && reflected.cost < steepest.cost {
            reflected
        } else {
            steepest
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the quantities of the paper's section 3")]
    fn reflect(
        &self,
        face: &Vector<N>,
        on_face: &Vector<N>,
        mirrored: &Vector<N>,
        stride: f64,
        radius: f64,
        bounds: &Bounds<N>,
        stay: f64,
    ) -> Option<Step<N>> {
        let to_ball = distance_to_ball(on_face, mirrored, radius)?;
        let to_face = bounds.exit(face, &product(&self.scale, mirrored)).stride;
        let reach = to_face.min(to_ball);
        let none = Step { scaled: *on_face, cost: f64::INFINITY };
        if reach <= 0.0 {
            return Some(none);
        }
        let least = (1.0 - stay) * stride / reach;
        let most = if reach == to_face { stay * to_face } else { to_ball };
        if least > most {
            return Some(none);
        }
        let (t, cost) = self.along(on_face, mirrored).minimum(least, most);
        Some(Step { scaled: sum(&scaled(mirrored, t), on_face), cost })
    }

    fn descend(&self, x: &Vector<N>, radius: f64, bounds: &Bounds<N>, stay: f64) -> Step<N> {
        let downhill = scaled(&self.gradient, -1.0);
        let to_ball = radius / norm(&downhill);
        let to_face = bounds.exit(x, &product(&self.scale, &downhill)).stride;
        let most = if to_face < to_ball { stay * to_face } else { to_ball };
        let (t, cost) = self.along(&[0.0; N], &downhill).minimum(0.0, most);
        Step { scaled: scaled(&downhill, t), cost }
    }
}

/// How far along `direction` from `start` the ball's surface is; `None` if `start` is outside.
fn distance_to_ball<const N: usize>(start: &Vector<N>, direction: &Vector<N>, radius: f64) -> Option<f64> {
    let a = dot(direction, direction);
    let b = dot(start, direction);
    let c = dot(start, start) - radius * radius;
    if a == 0.0 || c > 0.0 {
        return None;
    }
    let root = (b * b - a * c).sqrt();
    let q = -(b + root.copysign(b));
    Some((q / a).max(c / q))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model<2> {
        Model {
            rows: vec![[1.0, 0.0], [0.0, 1.0]],
            diagonal: [0.0, 0.0],
            gradient: [-4.0, 0.0],
            scale: [1.0, 1.0],
        }
    }

    #[test]
    fn a_step_inside_the_box_is_taken() {
        let wide = Bounds { lower: [-9.0; 2], upper: [9.0; 2] };
        let step = model().choose(&[0.0, 0.0], &[4.0, 0.0], 5.0, &wide, 0.995).unwrap();
        assert_eq!((step.scaled, step.cost), ([4.0, 0.0], -8.0));
    }

    #[test]
    fn a_step_out_of_the_box_ends_before_the_face() {
        let narrow = Bounds { lower: [-9.0; 2], upper: [2.0, 9.0] };
        let step = model().choose(&[0.0, 0.0], &[4.0, 0.0], 5.0, &narrow, 0.995).unwrap();
        assert!(step.scaled[0] < 2.0 && step.scaled[0] > 1.9, "{:?}", step.scaled);
    }

    #[test]
    fn the_ball_is_met_ahead() {
        assert_eq!(distance_to_ball(&[1.0, 0.0], &[2.0, 0.0], 3.0), Some(1.0));
        assert_eq!(distance_to_ball(&[4.0, 0.0], &[1.0, 0.0], 3.0), None);
    }

    #[test]
    fn a_parabola_has_its_minimum_within_the_interval() {
        let parabola = Parabola { square: 1.0, linear: -2.0, constant: 3.0 };
        assert_eq!(parabola.minimum(0.0, 5.0), (1.0, 2.0));
        assert_eq!(parabola.minimum(2.0, 5.0), (2.0, 3.0));
    }
}

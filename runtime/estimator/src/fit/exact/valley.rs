//! The bottom of a valley of a smooth function of one variable, to the last bits, by its derivative.

/// Far more than ever needed; every fourth halves the interval.
const MOST_STEPS: usize = 300;
/// Where the distance to 1 or to 0 no longer changes by more than this share, the bottom is reached.
const PRECISION: f64 = 1e-13;
/// Where so many steps don't halve the interval, as at a bend of the slope, the next one does.
const PATIENCE: usize = 3;
/// Heights that differ by less than this share count as equal, since sums are rounded.
const ROUNDING: f64 = 1e-12;

/// The function at a point.
pub(crate) trait Ground {
    /// Its value.
    fn height(&self) -> f64;
    /// Its derivative.
    fn slope(&self) -> f64;
}

/// The point with the lowest value near `middle`, whose neighbours `below` and `above` are not lower; either
/// may be `middle` itself where the interval ends.
pub(crate) fn bottom<G: Ground + Copy>(
    ground: &mut dyn FnMut(f64) -> G,
    [below, middle, above]: [f64; 3],
) -> (f64, G) {
    let mut near = (middle, ground(middle));
    let end = if near.1.slope() > 0.0 { below } else { above };
    if end == middle || near.1.slope() == 0.0 {
        return near;
    }
    let mut far = (end, ground(end));
    // Slopes by which the root is interpolated: an end that stays put loses half of its weight (Illinois).
    let mut weight = 1.0;
    let mut widths = [f64::INFINITY; PATIENCE];
    for _ in 0..MOST_STEPS {
        let opposite = near.1.slope() * far.1.slope() < 0.0;
        let width = (far.0 - near.0).abs();
        let slow = width > 0.5 * widths[0];
        widths.rotate_left(1);
        widths[PATIENCE - 1] = if slow { f64::INFINITY } else { width };
        let share = if opposite && !slow {
            let (here, there) = (near.1.slope().abs(), far.1.slope().abs() * weight);
            here / (here + there)
        } else {
            0.5
        };
        let room = near.0.abs().min((1.0 - near.0).abs()).max(PRECISION);
        // Never less than the precision, so that the far end, too, comes near.
        let least = PRECISION * room;
        let way = far.0 - near.0;
        let step = if way.abs() * share < least { least.copysign(way) } else { way * share };
        let trial = near.0 + step;
        // Where the slope bends, interpolation stays at an end although the other one is far.
        let trial = if trial == near.0 || trial == far.0 { near.0 + way * 0.5 } else { trial };
        if way.abs() <= 2.0 * least || trial == near.0 || trial == far.0 || !trial.is_finite() {
            break;
        }
        let here = (trial, ground(trial));
        if here.1.slope() == 0.0 {
            return here;
        }
        if here.1.slope() * near.1.slope() < 0.0 {
            far = near;
            near = here;
            weight = 1.0;
        } else if opposite || here.1.height() <= near.1.height() * (1.0 + ROUNDING) {
            near = here;
            weight *= 0.5;
        } else {
            far = here;
        }
    }
    // Heights at either side of a root differ by rounding alone.
    let opposite = near.1.slope() * far.1.slope() < 0.0;
    if !opposite && far.1.height() < near.1.height() { far } else { near }
}

/// A height and a slope, for tests.
#[cfg(test)]
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) f64, pub(super) f64);

#[cfg(test)]
impl Ground for At {
    fn height(&self) -> f64 {
        self.0
    }
    fn slope(&self) -> f64 {
        self.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_bowl_is_found() {
        let mut bowl =
            |x: f64| At((x - 0.3).powi(4) + (x - 0.3).powi(2), 4.0 * (x - 0.3).powi(3) + 2.0 * (x - 0.3));
        assert!((bottom(&mut bowl, [0.0, 0.25, 0.9]).0 - 0.3).abs() < 1e-12);
        assert!((bottom(&mut bowl, [0.0, 0.6, 0.9]).0 - 0.3).abs() < 1e-12);
    }

    #[test]
    fn an_end_that_is_lowest_is_the_bottom() {
        assert_eq!(bottom(&mut |x| At(x, 1.0), [0.0, 0.0, 0.1]).0, 0.0);
        assert_eq!(bottom(&mut |x| At(-x, -1.0), [0.9, 1.0, 1.0]).0, 1.0);
    }
}

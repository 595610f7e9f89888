//! Decision points: the fractions of a training after which it may be paused. Trainings of unequal length are aligned by
//! fraction.

/// The most parts into which a training is cut.
const PARTS: usize = 30;
/// The first decision point, from 0, at which a training may be paused: two predictions before it show whether they
/// agree.
pub(super) const FIRST: usize = 2;
/// With fewer planned points there is no such decision point.
pub(super) const FEWEST_PLANNED: usize = FIRST + 2;

/// The decision points of a training, from 0; the end is none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    fractions: Vec<f64>,
}

impl Grid {
    /// The decision points of a training of so many measurements.
    pub(super) fn new(planned: usize) -> Self {
        let parts = planned.clamp(1, PARTS);
        Grid { fractions: (1..parts).map(|part| part as f64 / parts as f64).collect() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.fractions.len()
    }

    /// The fraction of the training that has passed at a decision point; 1 at the end.
    pub(super) fn fraction(&self, decision: usize) -> f64 {
        self.fractions.get(decision).copied().unwrap_or(1.0)
    }

    /// With how many measurements a training of `planned` is at a decision point.
    pub(super) fn points(&self, decision: usize, planned: usize) -> usize {
        let points = (self.fraction(decision) * planned as f64).round_ties_even() as usize;
        points.clamp(1, planned.max(1))
    }

    /// How many decision points a training has reached.
    pub(super) fn reached(&self, points: usize, planned: usize) -> usize {
        (0..self.len()).take_while(|&decision| self.points(decision, planned) <= points).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_training_decides_at_each_point_but_the_last() {
        let grid = Grid::new(5);
        assert_eq!(
            (0..grid.len()).map(|decision| grid.points(decision, 5)).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
        assert_eq!((grid.reached(0, 5), grid.reached(3, 5), grid.reached(5, 5)), (0, 3, 4));
        assert_eq!((Grid::new(0).len(), Grid::new(1).len(), grid.fraction(4)), (0, 0, 1.0));
    }

    #[test]
    fn trainings_of_other_lengths_are_aligned_by_fraction() {
        let grid = Grid::new(90);
        assert_eq!(grid.len(), 29);
        assert_eq!(
            (grid.points(9, 90), grid.points(9, 30), grid.points(9, 3), grid.points(0, 3)),
            (30, 10, 1, 1)
        );
    }
}

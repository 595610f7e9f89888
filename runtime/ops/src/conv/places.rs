//! Which pixels of a source are read for which of a target, in floats. Both have their channels last.

/// The first pixel, and the distances of rows and columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) first: usize,
    pub(super) row: usize,
    pub(super) column: usize,
}

/// Where each pixel of a grid reads first, and where it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Rows and columns; none is 0.
    pub(super) size: [usize; 2],
    pub(super) source: Places,
    pub(super) target: Places,
}

/// The pixels of a grid, row by row. Counting up is several times as fast as dividing, which matters for small sums.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    grid: Grid,
    column: usize,
    /// Source and target of the row's first pixel and of the next one.
    row: [usize; 2],
    next: [usize; 2],
}

impl Places {
    fn last(&self, size: [usize; 2]) -> usize {
        self.first + (size[0] - 1) * self.row + (size[1] - 1) * self.column
    }
}

impl Grid {
    /// How many pixels.
    pub(super) fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// The last pixel's places, which are the greatest: in the source and in the target.
    pub(super) fn last(&self) -> [usize; 2] {
        [self.source.last(self.size), self.target.last(self.size)]
    }

    /// All pixels.
    #[inline(always)]
    pub(super) fn walk(&self) -> Walk {
        let first = [self.source.first, self.target.first];
        Walk { grid: *self, column: 0, row: first, next: first }
    }
}

impl Walk {
    /// Where the next pixel reads and is written; after the last one, anything.
    #[inline(always)]
    pub(super) fn step(&mut self) -> [usize; 2] {
        let here = self.next;
        let Grid { size, source, target } = &self.grid;
        self.column += 1;
        if self.column == size[1] {
            self.column = 0;
            self.row = [self.row[0] + source.row, self.row[1] + target.row];
            self.next = self.row;
        } else {
            self.next = [here[0] + source.column, here[1] + target.column];
        }
        here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_visits_every_pixel_in_order() {
        let source = Places { first: 3, row: 100, column: 2 };
        let target = Places { first: 0, row: 7, column: 1 };
        for size in [[3, 4], [1, 1], [1, 5], [5, 1]] {
            let grid = Grid { size, source, target };
            let mut walk = grid.walk();
            for pixel in 0..grid.pixels() {
                let (row, column) = (pixel / size[1], pixel % size[1]);
                let here = [3 + 100 * row + 2 * column, 7 * row + column];
                assert_eq!(walk.step(), here);
                assert_eq!(here == grid.last(), pixel + 1 == grid.pixels());
            }
        }
    }
}

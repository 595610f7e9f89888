//! Non-dominated sorting by divide and conquer, O(n log^(m-1) n) for n points of m objectives: Jensen 2003, "Reducing the
//! run-time complexity of multiobjective EAs", with the treatment of equal values of Buzdalov and Shalyto 2014, "A provably
//! asymptotically fast version of the generalized Jensen algorithm for non-dominated sorting".
//!
//! Values are places in the order of each objective here; what is a number and what is not is settled in `mod`.

/// Pairs of points that are compared one by one rather than divided further.
const FEW: usize = 400;

/// Points as places: a row of `objectives` a point, less is better.
pub(super) struct Points<'a> {
    places: &'a [u32],
    objectives: usize,
}

/// The number of the front of each point, from 0. All points must differ and be in lexicographic order.
pub(super) fn fronts(places: &[u32], objectives: usize) -> Vec<u32> {
    let points = Points { places, objectives };
    let count = places.len() / objectives;
    let mut fronts = vec![0; count];
    let all: Vec<usize> = (0..count).collect();
    match objectives {
        1 => fronts.copy_from_slice(places),
        _ => points.rank(&all, objectives, &mut fronts),
    }
    fronts
}

/// The highest front met so far at each height: both rise along it.
#[derive(Default)]
struct Staircase(Vec<(u32, u32)>);

impl Staircase {
    /// The highest front at or below this height.
    fn highest(&self, height: u32) -> Option<u32> {
        let above = self.0.partition_point(|&(known, _)| known <= height);
        above.checked_sub(1).map(|place| self.0[place].1)
    }

    fn insert(&mut self, height: u32, front: u32) {
        if self.highest(height).is_some_and(|known| known >= front) {
            return;
        }
        let from = self.0.partition_point(|&(known, _)| known < height);
        let to = from + self.0[from..].partition_point(|&(_, known)| known <= front);
        self.0.splice(from..to, [(height, front)]);
    }
}

/// Points by how they relate to a value of an objective, each part in the order of the whole.
struct Parts {
    below: Vec<usize>,
    equal: Vec<usize>,
    above: Vec<usize>,
}

impl Points<'_> {
    fn of(&self, point: usize) -> &[u32] {
        &self.places[point * self.objectives..][..self.objectives]
    }

    fn at(&self, point: usize, objective: usize) -> u32 {
        self.places[point * self.objectives + objective]
    }

    /// Whether a point is nowhere worse than another in the first objectives.
    fn is_no_worse(&self, a: usize, b: usize, objectives: usize) -> bool {
        self.of(a)[..objectives].iter().zip(self.of(b)).all(|(a, b)| a <= b)
    }

    /// Raises the fronts of these points by each other in the first objectives, in which they differ.
    fn rank(&self, points: &[usize], objectives: usize, fronts: &mut [u32]) {
        match *points {
            [] | [_] => {}
            [a, b] => self.raise_one(a, b, objectives, fronts),
            // No point is better than one that comes before it.
            _ if objectives > 2 && points.len() * points.len() <= FEW => {
                for (at, &point) in points.iter().enumerate() {
                    for &other in &points[..at] {
                        self.raise_one(other, point, objectives, fronts);
                    }
                }
            }
            _ if objectives == 2 => self.sweep(points, fronts),
            _ => {
                let last = objectives - 1;
                let Parts { below, equal, above } = self.split(points, last, self.median(points, &[], last));
                if below.is_empty() && above.is_empty() {
                    return self.rank(&equal, last, fronts);
                }
                self.rank(&below, objectives, fronts);
                self.raise(&below, &equal, last, fronts);
                self.rank(&equal, last, fronts);
                self.raise(&merged(&below, &equal), &above, last, fronts);
                self.rank(&above, objectives, fronts);
            }
        }
    }

    /// Raises the fronts of some points by others, whose fronts are known and which are better in all further objectives.
    fn raise(&self, better: &[usize], points: &[usize], objectives: usize, fronts: &mut [u32]) {
        let last = objectives - 1;
        let range = |points: &[usize]| {
            let values = points.iter().map(|&point| self.at(point, last));
            Some((values.clone().min()?, values.max()?))
        };
        let (Some((least, most)), Some((low, high))) = (range(better), range(points)) else { return };
        let is_few = objectives > 2 && better.len() * points.len() <= FEW;
        if is_few || better.len() == 1 || points.len() == 1 {
            for &point in points {
                for &other in better {
                    self.raise_one(other, point, objectives, fronts);
                }
            }
        } else if objectives == 2 {
            self.sweep_by(better, points, fronts);
        } else if most <= low {
            self.raise(better, points, last, fronts);
        } else if least <= high {
            let value = self.median(better, points, last);
            let [better, points] = [better, points].map(|points| self.split(points, last, value));
            self.raise(&better.below, &points.below, objectives, fronts);
            let no_worse = merged(&better.below, &better.equal);
            self.raise(&no_worse, &points.equal, last, fronts);
            self.raise(&no_worse, &points.above, last, fronts);
            self.raise(&better.above, &points.above, objectives, fronts);
        }
    }

    fn raise_one(&self, better: usize, point: usize, objectives: usize, fronts: &mut [u32]) {
        if self.is_no_worse(better, point, objectives) {
            fronts[point] = fronts[point].max(fronts[better] + 1);
        }
    }

    /// As `rank`, in the first two objectives.
    fn sweep(&self, points: &[usize], fronts: &mut [u32]) {
        let mut stairs = Staircase::default();
        for &point in points {
            let height = self.at(point, 1);
            if let Some(front) = stairs.highest(height) {
                fronts[point] = fronts[point].max(front + 1);
            }
            stairs.insert(height, fronts[point]);
        }
    }

    /// As `raise`, in the first two objectives.
    fn sweep_by(&self, better: &[usize], points: &[usize], fronts: &mut [u32]) {
        let mut stairs = Staircase::default();
        let mut better = better.iter().peekable();
        for &point in points {
            let key = |point: usize| &self.of(point)[..2];
            while let Some(&other) = better.next_if(|&&other| key(other) <= key(point)) {
                stairs.insert(self.at(other, 1), fronts[other]);
            }
            if let Some(front) = stairs.highest(self.at(point, 1)) {
                fronts[point] = fronts[point].max(front + 1);
            }
        }
    }

    /// The middle value of an objective among two sets of points, of which not both are empty.
    fn median(&self, some: &[usize], others: &[usize], objective: usize) -> u32 {
        let mut values: Vec<u32> =
            some.iter().chain(others).map(|&point| self.at(point, objective)).collect();
        let middle = values.len() / 2;
        *values.select_nth_unstable(middle).1
    }

    fn split(&self, points: &[usize], objective: usize, value: u32) -> Parts {
        let mut parts = Parts { below: Vec::new(), equal: Vec::new(), above: Vec::new() };
        for &point in points {
            match self.at(point, objective).cmp(&value) {
                std::cmp::Ordering::Less => parts.below.push(point),
                std::cmp::Ordering::Equal => parts.equal.push(point),
                std::cmp::Ordering::Greater => parts.above.push(point),
            }
        }
        parts
    }
}

/// Both in lexicographic order, which is that of the numbers of the points.
fn merged(a: &[usize], b: &[usize]) -> Vec<usize> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut merged = Vec::with_capacity(a.len() + b.len());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(first), Some(second)) if first < second => a.next(),
            (_, Some(_)) => b.next(),
            (_, None) => a.next(),
        };
        match next {
            Some(&point) => merged.push(point),
            None => return merged,
        }
    }
}

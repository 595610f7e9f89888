//! Formulas: conditions on networks and derived values, as they are evaluated. [`super::read`] makes them of text.

use super::Dimension;

/// A name that a formula may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As it is written, such as `params` or `stem.filters`.
    pub name: String,
    /// What it measures; `None`: a bare number.
    pub dimension: Option<Dimension>,
    /// One value, or one for each of several layers.
    pub form: Form,
}

/// Whether a name is one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One value.
    Single,
    /// A value for each of several layers: `filters[0]`, `filters[i]`, `max(filters)`.
    List,
}

/// A formula; names are indices into the names that it was read with.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// A number, in the canonical unit.
    Number(f64),
    /// The value of a name.
    Value(usize),
    /// An element of a list.
    Element(usize, Index),
    /// A list in one number.
    Fold(Fold, usize),
    /// `-x`
    Negative(Box<Self>),
    /// Two numbers in one.
    Arithmetic(Operator, Box<[Self; 2]>),
    /// Two numbers compared.
    Compare(Comparison, Box<[Self; 2]>),
    /// The opposite.
    Not(Box<Self>),
    /// All of them.
    All(Vec<Self>),
    /// At least one of them.
    Any(Vec<Self>),
}

/// Which element of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// This one, from 0.
    At(usize),
    /// `i`, and so many further: the condition is about every `i`.
    Each(usize),
}

/// A list in one number; of an empty list it is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The sum.
    Sum,
    /// How many there are.
    Count,
}

/// `+ - * /`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

/// The values of names.
pub trait Values {
    /// The value of a single name.
    fn single(&self, name: usize) -> f64;
    /// The values of a list.
    fn list(&self, name: usize) -> &[f64];
}

impl Comparison {
    /// The same comparison with its sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::AtMost => Self::AtLeast,
            Self::Below => Self::Above,
            Self::AtLeast => Self::AtMost,
            Self::Above => Self::Below,
            Self::Equal | Self::Unequal => self,
        }
    }

    pub(super) fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::AtMost => a <= b,
            Self::Below => a < b,
            Self::AtLeast => a >= b,
            Self::Above => a > b,
            Self::Equal => a == b,
            Self::Unequal => a != b,
        }
    }
}

impl Formula {
    /// Whether the condition holds. With `i` in it, it must for every `i` for which all elements are there; so it holds if
    /// a network lacks a layer that it is about.
    pub fn holds(&self, values: &dyn Values) -> bool {
        let Some(all) = self.every_i(values) else { return true };
        all.into_iter().all(|i| self.truth(values, i))
    }

    /// How far the condition is from holding: 0 where it holds, else more than that; each comparison that fails counts by the
    /// distance of its sides, as a share of both.
    pub fn shortfall(&self, values: &dyn Values) -> f64 {
        self.every_i(values).into_iter().flatten().map(|i| self.short(values, i)).sum()
    }

    /// The value of a formula without `i`; not a number where there is none.
    pub fn value(&self, values: &dyn Values) -> f64 {
        self.number(values, 0)
    }

    /// The condition for one `i`, of which all elements must be there.
    fn truth(&self, values: &dyn Values, i: usize) -> bool {
        match self {
            Self::Compare(by, sides) => by.holds(sides[0].number(values, i), sides[1].number(values, i)),
            Self::Not(inner) => !inner.truth(values, i),
            Self::All(parts) => parts.iter().all(|part| part.truth(values, i)),
            Self::Any(parts) => parts.iter().any(|part| part.truth(values, i)),
            Self::Number(_)
            | Self::Value(_)
            | Self::Element(..)
            | Self::Fold(..)
            | Self::Negative(_)
            | Self::Arithmetic(..) => unreachable!("formulas are typed when they are read"),
        }
    }

    /// The shortfall for one `i`, of which all elements must be there.
    fn short(&self, values: &dyn Values, i: usize) -> f64 {
        match self {
            _ if self.truth(values, i) => 0.0,
            Self::Compare(_, sides) => {
                let [a, b] = [sides[0].number(values, i), sides[1].number(values, i)];
                let share = (a - b).abs() / (a.abs() + b.abs());
                if share.is_nan() { 1.0 } else { share.max(f64::EPSILON) }
            }
            Self::All(parts) => parts.iter().map(|part| part.short(values, i)).sum(),
            Self::Any(parts) => parts.iter().map(|part| part.short(values, i)).fold(1.0, f64::min),
            _ => 1.0,
        }
    }

    fn number(&self, values: &dyn Values, i: usize) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Value(name) => values.single(*name),
            Self::Element(name, index) => {
                let at = match index {
                    Index::At(at) => *at,
                    Index::Each(further) => i + further,
                };
                values.list(*name).get(at).copied().unwrap_or(f64::NAN)
            }
            Self::Fold(fold, name) => fold.of(values.list(*name)),
            Self::Negative(inner) => -inner.number(values, i),
            Self::Arithmetic(by, sides) => {
                let [a, b] = [sides[0].number(values, i), sides[1].number(values, i)];
                match by {
                    Operator::Add => a + b,
                    Operator::Subtract => a - b,
                    Operator::Multiply => a * b,
                    Operator::Divide => a / b,
                }
            }
            Self::Compare(..) | Self::Not(_) | Self::All(_) | Self::Any(_) => {
                unreachable!("formulas are typed when they are read")
            }
        }
    }

    /// The `i` that the condition is about; one if there is no `i` in it; `None` if an element is missing.
    fn every_i(&self, values: &dyn Values) -> Option<std::ops::Range<usize>> {
        let mut all = 0..1;
        let mut free = false;
        for (name, index) in self.elements() {
            let len = values.list(name).len();
            match index {
                Index::At(at) if at < len => {}
                Index::At(_) => return None,
                Index::Each(further) => {
                    let end = len.saturating_sub(further);
                    all.end = if free { all.end.min(end) } else { end };
                    free = true;
                }
            }
        }
        Some(all)
    }

    /// The elements of lists that it names.
    pub fn elements(&self) -> Vec<(usize, Index)> {
        let mut found = Vec::new();
        self.visit(&mut |part| {
            if let Self::Element(name, index) = part {
                found.push((*name, *index));
            }
        });
        found
    }

    /// The only list that it is about, if it looks at neighbours in it and at nothing else, and how many at once.
    pub fn window(&self) -> Option<(usize, usize)> {
        let [name] = self.names()[..] else { return None };
        let mut only_elements = true;
        self.visit(&mut |part| {
            only_elements &=
                !matches!(part, Self::Value(_) | Self::Fold(..) | Self::Element(_, Index::At(_)));
        });
        let elements = self.elements();
        let width = elements.iter().filter_map(|(_, index)| match index {
            Index::Each(further) => Some(further + 1),
            Index::At(_) => None,
        });
        Some((name, width.max()?)).filter(|_| only_elements)
    }

    /// The names that it uses, each once, ascending.
    pub fn names(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.visit(&mut |part| {
            if let Self::Value(name) | Self::Element(name, _) | Self::Fold(_, name) = part {
                found.push(*name);
            }
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Visits the formula and its parts.
    fn visit(&self, seen: &mut dyn FnMut(&Self)) {
        seen(self);
        match self {
            Self::Number(_) | Self::Value(_) | Self::Element(..) | Self::Fold(..) => {}
            Self::Negative(inner) | Self::Not(inner) => inner.visit(seen),
            Self::Arithmetic(_, sides) | Self::Compare(_, sides) => {
                sides.iter().for_each(|side| side.visit(seen));
            }
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.visit(seen)),
        }
    }
}

impl Fold {
    fn of(self, list: &[f64]) -> f64 {
        let values = list.iter().copied();
        match self {
            Self::Min => values.reduce(f64::min).unwrap_or(0.0),
            Self::Max => values.reduce(f64::max).unwrap_or(0.0),
            Self::Sum => values.sum(),
            Self::Count => list.len() as f64,
        }
    }
}

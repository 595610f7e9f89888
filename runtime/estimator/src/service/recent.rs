//! A few values by key: the one used longest ago makes way for a new one.

use std::collections::VecDeque;

/// At most so many values. Few enough that looking through them is no cost.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    /// The one used last in front.
    entries: VecDeque<(K, V)>,
    capacity: usize,
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    /// None yet; `capacity` is at least 1.
    pub(super) fn new(capacity: usize) -> Self {
        Recent { entries: VecDeque::new(), capacity }
    }

    /// The value of that key, which is made if it is not there.
    pub(super) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> V {
        let place = self.entries.iter().position(|(known, _)| *known == key);
        let entry = place.and_then(|place| self.entries.remove(place)).unwrap_or_else(|| (key, make()));
        let value = entry.1.clone();
        self.entries.truncate(self.capacity - 1);
        self.entries.push_front(entry);
        value
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_used_longest_ago_makes_way() {
        let mut recent = Recent::new(2);
        let mut made = Vec::new();
        for key in [1, 2, 1, 3, 1, 2] {
            recent.get_or_insert_with(key, || made.push(key));
        }
        assert_eq!(made, [1, 2, 3, 2]);
        recent.clear();
        recent.get_or_insert_with(1, || made.push(1));
        assert_eq!(made.len(), 5);
    }
}

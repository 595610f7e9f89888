//! The places of a document that do not fit the schema. What reads one of them is not checked any further, so that no
//! finding follows from one that is told already.

use std::collections::BTreeSet;

use crate::document::{Document, Pointer};

/// The places of a document that do not fit the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// Values that do not fit, also those that are missing.
    values: Vec<Pointer>,
    /// Mappings with a key that none of theirs resembles: each key that is not written may be meant.
    guessed: Vec<Pointer>,
    /// Keys that do not belong where they are; they are left out of what is read.
    unknown: Vec<Pointer>,
    /// Values that could not be read when the document was loaded.
    unread: BTreeSet<Pointer>,
}

impl Unfit {
    /// What loading found wrong.
    pub(super) fn of(document: &Document) -> Self {
        let unread = document.doubts.iter().filter(|doubt| !doubt.is_read);
        Self {
            values: document.doubts.iter().map(|doubt| doubt.pointer.clone()).collect(),
            guessed: Vec::new(),
            unknown: Vec::new(),
            unread: unread.map(|doubt| doubt.pointer.clone()).collect(),
        }
    }

    /// Whether a value could not be read when the document was loaded, or stands in such a one.
    pub(super) fn is_unread(&self, pointer: &Pointer) -> bool {
        let around = std::iter::successors(Some(pointer.clone()), Pointer::parent);
        !self.unread.is_empty() && around.into_iter().any(|pointer| self.unread.contains(&pointer))
    }

    /// A value does not fit.
    pub(super) fn value(&mut self, pointer: Pointer) {
        self.values.push(pointer);
    }

    /// A mapping has a key that means something else, and no one knows what.
    pub(super) fn guess(&mut self, mapping: Pointer) {
        self.guessed.push(mapping);
    }

    /// A key does not belong where it is.
    pub(super) fn unknown(&mut self, pointer: Pointer) {
        self.unknown.push(pointer);
    }

    /// Whether everything fits.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.guessed.is_empty() && self.unknown.is_empty()
    }

    /// Whether the section of a kind says what was meant, some of its keys aside.
    pub(crate) fn admits_all_but(&self, document: &Document, section: &Pointer, aside: &[&str]) -> bool {
        let is_aside = |unfit: &Pointer| aside.iter().any(|key| section.key(key).contains(unfit));
        let rest = Self {
            values: self.values.iter().filter(|unfit| !is_aside(unfit)).cloned().collect(),
            guessed: self.guessed.iter().filter(|unfit| !is_aside(unfit)).cloned().collect(),
            ..Self::default()
        };
        rest.admits(document, section)
    }

    /// Whether a value says what was meant: it, all around it and all in it fits.
    pub(crate) fn admits(&self, document: &Document, pointer: &Pointer) -> bool {
        let concerns = |unfit: &Pointer| unfit.contains(pointer) || pointer.contains(unfit);
        let may_be_meant = |mapping: &Pointer| {
            let member = mapping.child_towards(pointer);
            pointer.contains(mapping) || member.is_some_and(|member| document.find(&member).is_none())
        };
        !self.values.iter().any(concerns) && !self.guessed.iter().any(may_be_meant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::load;
    use crate::source::SourceMap;

    #[test]
    fn what_is_around_and_in_a_value_counts() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "a: {b: 1, x: 2, d: {e: 1}}\nab: 3\n");
        let document = load(&sources, file).unwrap();
        let at = |text: &str| Pointer::from(text);
        let mut unfit = Unfit::default();
        assert!(unfit.is_empty() && unfit.admits(&document, &at("/a/b")));
        unfit.value(at("/a/b"));
        unfit.guess(at("/a"));
        for (pointer, expected) in [
            ("/a/b", false),
            ("/a/b/c", false),
            ("/a", false),
            ("", false),
            ("/ab", true),
            ("/a/d", true),
            ("/a/d/f", true),
            ("/a/c", false),
            ("/c", true),
        ] {
            assert_eq!(unfit.admits(&document, &at(pointer)), expected, "{pointer}");
        }
    }
}

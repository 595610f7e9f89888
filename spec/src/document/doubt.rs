//! Values of a document that are not what was meant, although the rest of the text makes sense: what follows from them is
//! not told.

use super::Pointer;

/// Most values that are doubted; with more of them the text as a whole makes no sense.
pub(super) const MOST_DOUBTS: usize = 1000;

/// Bytes of the longest pointer to a doubted value: keys may be long, and there may be many values below one.
pub(super) const LONGEST_POINTER: usize = 1000;

/// A value that is not what was meant; what was found about it is among the findings of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// The value.
    pub(crate) pointer: Pointer,
    /// Whether its own shape can still be judged.
    pub(crate) is_read: bool,
}

impl Doubt {
    /// A value that may be another one than was meant.
    pub(crate) fn other(pointer: Pointer) -> Self {
        Self { pointer, is_read: true }
    }

    /// A value that could not be read.
    pub(crate) fn unread(pointer: Pointer) -> Self {
        Self { pointer, is_read: false }
    }
}

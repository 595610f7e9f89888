//! What is done to examples before a network sees them.

use serde::{Deserialize, Serialize};

/// A change of training images that is drawn anew for each image and epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Augmentation {
    /// Moved by up to so many pixels each way, with zeros where nothing was.
    RandomCrop {
        /// Most pixels.
        pixels: usize,
    },
    /// Left and right exchanged, of every second image on average.
    HorizontalFlip,
    /// Top and bottom exchanged, of every second image on average.
    VerticalFlip,
    /// A square of zeros, whose centre is anywhere in the image (`DeVries` and Taylor 2017).
    Cutout {
        /// Side of the square in pixels.
        pixels: usize,
    },
    /// Images and targets mixed with those of another image of the batch (Zhang et al. 2018).
    Mixup {
        /// Both parameters of the beta distribution of the share, above 0 and at most 1.
        alpha: f64,
    },
}

/// Whether the values of images are shifted and scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalize {
    /// They stay as they are.
    #[default]
    None,
    /// Each channel has mean 0 and standard deviation 1 on the training split.
    Channels,
}

impl Normalize {
    /// Whether values stay as they are.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in references")]
    pub(super) fn is_none(&self) -> bool {
        *self == Self::None
    }
}

//! `dataset.augment` and `dataset.normalize`: what is done to examples.

use serde::{Serialize, Serializer};

use super::leaf::Word;
use super::training::word_of;
use crate::diag::{Code, codes, did_you_mean, one_of, quoted};
use crate::expr::{ExprError, link};
use crate::plan::{Augmentation, Normalize};

const WORDS: [&str; 5] = ["random_crop", "horizontal_flip", "vertical_flip", "cutout", "mixup"];

/// Reads an augmentation of images with sides of at least `side` pixels; `usize::MAX`: of images of any size.
pub fn augmentation(text: &str, side: usize) -> Result<Augmentation, (Code, ExprError)> {
    let found = link(text).map_err(|error| {
        let help = Some("write an augmentation such as `horizontal_flip` or `random_crop(4)`".to_owned());
        (codes::E0307, ExprError { help, ..error })
    })?;
    let fault = |message: String, help: String| {
        let error = ExprError { at: found.at, len: found.word.len(), message, help: Some(help) };
        Err((codes::E0308, error))
    };
    let pixels = |number: f64| {
        let is_whole = number.fract() == 0.0 && (1.0..=side as f64).contains(&number);
        is_whole.then_some(number as usize)
    };
    match (found.word, found.number) {
        ("horizontal_flip", None) => Ok(Augmentation::HorizontalFlip),
        ("vertical_flip", None) => Ok(Augmentation::VerticalFlip),
        ("horizontal_flip" | "vertical_flip", Some(_)) => {
            fault(format!("`{}` has no number", found.word), format!("write `{}`", found.word))
        }
        ("random_crop" | "cutout", number) => match (found.word, number.and_then(pixels)) {
            ("random_crop", Some(pixels)) => Ok(Augmentation::RandomCrop { pixels }),
            (_, Some(pixels)) => Ok(Augmentation::Cutout { pixels }),
            (word, None) => {
                let expected = match side {
                    usize::MAX => "a number of pixels, at least 1".to_owned(),
                    side => format!("a number of pixels from 1 to {side}, the image's side"),
                };
                let message = match number {
                    Some(number) => format!("found `{word}({number})`, expected {expected}"),
                    None => format!("`{word}` lacks {expected}"),
                };
                fault(message, format!("write `{word}({})`", side.min(32).div_ceil(8)))
            }
        },
        ("mixup", Some(alpha)) if (0.05..=1.0).contains(&alpha) => Ok(Augmentation::Mixup { alpha }),
        ("mixup", number) => {
            let message = match number {
                Some(number) => format!("found `mixup({number})`, expected a parameter from 0.05 to 1"),
                None => "`mixup` lacks its parameter from 0.05 to 1".to_owned(),
            };
            fault(message, "write `mixup(0.2)`, or up to `mixup(1)` to mix more".to_owned())
        }
        (other, _) => {
            let help = did_you_mean(other, WORDS).unwrap_or_else(|| one_of(WORDS));
            fault(format!("unknown augmentation {}", quoted(other)), help)
        }
    }
}

impl Word for Normalize {
    const WORDS: &'static [(&'static str, Self)] = &[("none", Self::None), ("channels", Self::Channels)];

    fn meaning(self) -> &'static str {
        match self {
            Self::None => "values stay as they are",
            Self::Channels => "each channel has mean 0 and standard deviation 1 on the training split",
        }
    }
}

/// A choice as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormalizeSpec(pub Normalize);

impl Serialize for NormalizeSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word_of(self.0))
    }
}

pub(crate) fn default_normalize() -> NormalizeSpec {
    NormalizeSpec(Normalize::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn augmentations_are_read_or_refused() {
        for (text, expected) in [
            ("random_crop(4)", Augmentation::RandomCrop { pixels: 4 }),
            (" horizontal_flip", Augmentation::HorizontalFlip),
            ("vertical_flip", Augmentation::VerticalFlip),
            ("cutout(8)", Augmentation::Cutout { pixels: 8 }),
            ("mixup(1)", Augmentation::Mixup { alpha: 1.0 }),
        ] {
            assert_eq!(augmentation(text, 8), Ok(expected));
        }
        for (text, at, message) in [
            ("random_crop", 0, "`random_crop` lacks a number of pixels from 1 to 8, the image's side"),
            ("cutout(9)", 0, "found `cutout(9)`, expected a number of pixels from 1 to 8, the image's side"),
            ("mixup(2)", 0, "found `mixup(2)`, expected a parameter from 0.05 to 1"),
            ("mixup", 0, "`mixup` lacks its parameter from 0.05 to 1"),
            ("vertical_flip(1)", 0, "`vertical_flip` has no number"),
            (" rotate(10)", 1, "unknown augmentation `rotate`"),
            ("cutout(", 7, "found the end, expected a number"),
        ] {
            let (_, error) = augmentation(text, 8).unwrap_err();
            assert_eq!((error.at, error.message.as_str()), (at, message), "{text}");
        }
    }
}

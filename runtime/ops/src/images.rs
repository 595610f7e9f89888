//! Batches of images in memory: where each pixel lies, and copies of an image with a border of zeros.
//!
//! Kernels read and write with the channels of a pixel side by side ("channels last"); what comes channel after channel
//! ("channels first", burn's own order) is turned when it is copied.

use std::borrow::Cow;

use crate::threads::for_chunks;

/// Which of the axes of an image is the innermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `[batch, channels, height, width]`
    ChannelsFirst,
    /// `[batch, height, width, channels]`
    ChannelsLast,
}

/// The shape of a batch of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Images.
    pub batch: usize,
    /// Channels of a pixel.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Size {
    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Floats of an image.
    pub fn image(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Floats of the batch.
    pub fn floats(&self) -> usize {
        self.image() * self.batch
    }
}

/// A batch of images.
#[derive(Debug, Clone, Copy)]
pub struct Images<'a> {
    size: Size,
    order: Order,
    data: &'a [f32],
}

impl<'a> Images<'a> {
    /// The images of `data`, which has as many floats as `size` says.
    pub fn new(data: &'a [f32], size: Size, order: Order) -> Self {
        assert_eq!(data.len(), size.floats(), "the data of images has their size");
        // With one channel or one pixel there is no difference.
        let order = if size.channels == 1 || size.pixels() == 1 { Order::ChannelsLast } else { order };
        Self { size, order, data }
    }

    /// The shape.
    pub fn size(&self) -> Size {
        self.size
    }

    /// All floats, channels last.
    pub fn channels_last(&self) -> Cow<'a, [f32]> {
        match self.order {
            Order::ChannelsLast => Cow::Borrowed(self.data),
            Order::ChannelsFirst => {
                let mut turned = vec![0.0; self.data.len()];
                let frame = Frame::around(self.size);
                for_chunks(
                    &mut turned,
                    self.size.image(),
                    1,
                    || (),
                    |(), image, to| {
                        self.copy(image, frame, self.size.channels, to);
                    },
                );
                Cow::Owned(turned)
            }
        }
    }

    /// Copies an image into the middle of a frame of `stride` floats a pixel. The rest of the frame is left as it is.
    fn copy(&self, image: usize, frame: Frame, stride: usize, to: &mut [f32]) {
        let Size { channels, height, width, .. } = self.size;
        let from = self.floats_of(image);
        for row in 0..height {
            let start = ((row + frame.top) * frame.width + frame.left) * stride;
            let to = &mut to[start..start + width * stride];
            match self.order {
                Order::ChannelsLast if stride == channels => {
                    to.copy_from_slice(&from[row * width * channels..][..width * channels]);
                }
                Order::ChannelsLast => {
                    for (to, from) in
                        to.chunks_exact_mut(stride).zip(from[row * width * channels..].chunks_exact(channels))
                    {
                        to[..channels].copy_from_slice(from);
                    }
                }
                Order::ChannelsFirst => {
                    for channel in 0..channels {
                        let from = &from[(channel * height + row) * width..][..width];
                        for (to, from) in to.chunks_exact_mut(stride).zip(from) {
                            to[channel] = *from;
                        }
                    }
                }
            }
        }
    }

    /// An image in a frame of `stride` floats a pixel: where it is if it lies so, else copied. A buffer that is used for one
    /// frame and stride only is zero around the image.
    pub(crate) fn framed<'b>(
        &self,
        image: usize,
        frame: Frame,
        stride: usize,
        buffer: &'b mut Vec<f32>,
    ) -> &'b [f32]
    where
        'a: 'b,
    {
        let is_so = self.order == Order::ChannelsLast
            && stride == self.size.channels
            && frame == Frame::around(self.size);
        if is_so {
            return self.floats_of(image);
        }
        buffer.resize(frame.height * frame.width * stride, 0.0);
        self.copy(image, frame, stride, buffer);
        buffer
    }

    /// An image, channels last.
    pub(crate) fn turned<'b>(&self, image: usize, buffer: &'b mut Vec<f32>) -> &'b [f32]
    where
        'a: 'b,
    {
        self.framed(image, Frame::around(self.size), self.size.channels, buffer)
    }

    fn floats_of(&self, image: usize) -> &'a [f32] {
        &self.data[image * self.size.image()..][..self.size.image()]
    }
}

/// A larger image that one is copied into, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Rows above the image.
    pub(crate) top: usize,
    /// Columns left of the image.
    pub(crate) left: usize,
    /// Rows of the frame.
    pub(crate) height: usize,
    /// Columns of the frame.
    pub(crate) width: usize,
}

impl Frame {
    /// The frame that is the image itself.
    pub(crate) fn around(size: Size) -> Self {
        Self { top: 0, left: 0, height: size.height, width: size.width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_copied_into_the_same_frame() {
        let size = Size { batch: 2, channels: 3, height: 2, width: 4 };
        let at = |b: usize, c: usize, y: usize, x: usize| (b * 1000 + c * 100 + y * 10 + x) as f32;
        let (mut first, mut last) = (vec![0.0; size.floats()], vec![0.0; size.floats()]);
        for (b, c, y, x) in (0..48).map(|i| (i / 24, i / 8 % 3, i / 4 % 2, i % 4)) {
            first[((b * 3 + c) * 2 + y) * 4 + x] = at(b, c, y, x);
            last[((b * 2 + y) * 4 + x) * 3 + c] = at(b, c, y, x);
        }
        let (first, turned) =
            (Images::new(&first, size, Order::ChannelsFirst), Images::new(&last, size, Order::ChannelsLast));
        assert_eq!(*first.channels_last(), last[..]);
        let frame = Frame { top: 1, left: 2, height: 4, width: 7 };
        for stride in [3, 8] {
            let (mut a, mut b) = (vec![0.0; 28 * stride], vec![0.0; 28 * stride]);
            first.copy(1, frame, stride, &mut a);
            turned.copy(1, frame, stride, &mut b);
            assert_eq!(a, b);
            assert_eq!(a[(2 * 7 + 5) * stride + 2], at(1, 2, 1, 3));
            assert_eq!(a.iter().filter(|&&v| v != 0.0).count(), 24);
        }
    }
}

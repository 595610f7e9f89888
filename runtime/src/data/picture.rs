//! PNG and JPEG files as images of a stated shape: decoded, made grey or coloured, and stretched.
//!
//! The decoders are the crates `zune-png` and `zune-jpeg`, without the instructions of one processor or another, so that
//! an image is the same on every machine. What is transparent is taken as it is.

use peng_spec::arch::Shape;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::resize::resize;

/// Longest side of a picture that is decoded, in pixels.
const LONGEST: usize = 1 << 14;

/// A decoded picture: bytes of its pixels, row by row, with their channels side by side.
struct Picture {
    width: usize,
    height: usize,
    /// 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha.
    samples: usize,
    bytes: Vec<u8>,
}

/// The pixels of a file, from 0 to 1, in the order channels, height, width. The kind of file is told by its first bytes.
/// `shape` is an image of 1 or 3 channels.
pub(super) fn read(content: &[u8], shape: Shape) -> Result<Vec<f32>, String> {
    let picture = match content {
        [0x89, b'P', b'N', b'G', ..] => png(content)?,
        [0xff, 0xd8, ..] => jpeg(content)?,
        [] => return Err("found an empty file, expected a PNG or JPEG file".to_owned()),
        _ => return Err("found no PNG or JPEG file".to_owned()),
    };
    let Shape::Image { channels, height, width } = shape else {
        return Err(format!("found a picture, expected `{shape}`"));
    };
    let pixels = picture.bytes.chunks_exact(picture.samples);
    let mut values = Vec::with_capacity(channels * height * width);
    for channel in 0..channels {
        let plane: Vec<f32> = pixels
            .clone()
            .map(|pixel| {
                let value = match (channels, pixel) {
                    (1, [red, green, blue, ..]) => {
                        // Luminance of ITU-R BT.601, which JPEG files hold.
                        let [red, green, blue] = [red, green, blue].map(|&value| u32::from(value));
                        ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
                    }
                    (_, [_, _, _, ..]) => pixel[channel],
                    (_, grey) => grey[0],
                };
                f32::from(value) / 255.0
            })
            .collect();
        values.extend(resize(&plane, [picture.height, picture.width], [height, width]));
    }
    Ok(values)
}

fn png(content: &[u8]) -> Result<Picture, String> {
    let told = |error: zune_png::error::PngDecodeErrors| {
        let words = format!("{error:?}");
        format!("found a damaged PNG file: {}", words.trim_end())
    };
    let options = options().png_set_confirm_crc(true).png_set_strip_to_8bit(true);
    let mut decoder = zune_png::PngDecoder::new_with_options(ZCursor::new(content), options);
    decoder.decode_headers().map_err(told)?;
    let size = decoder.dimensions();
    let samples = decoder.colorspace().map(|colours| colours.num_components());
    let (width, height) = checked_size(size)?;
    let bytes = decoder.decode_raw().map_err(told)?;
    let samples = samples.filter(|samples| bytes.len() == width * height * samples);
    let samples = samples.ok_or("found a PNG file without its colours")?;
    Ok(Picture { width, height, samples, bytes })
}

fn jpeg(content: &[u8]) -> Result<Picture, String> {
    // The decoder makes up what is missing at the end. A scan has no markers in it, so the last one has the end behind it.
    let marker = |code: u8| content.windows(2).rposition(|bytes| bytes == [0xff, code]);
    if marker(0xda) >= marker(0xd9) {
        return Err("found a damaged JPEG file: its end is missing".to_owned());
    }
    let told = |error: zune_jpeg::errors::DecodeErrors| format!("found a damaged JPEG file: {error}");
    let options = options().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(content), options);
    decoder.decode_headers().map_err(told)?;
    let (width, height) = checked_size(decoder.dimensions())?;
    let bytes = decoder.decode().map_err(told)?;
    if bytes.len() != 3 * width * height {
        return Err("found a JPEG file without its colours".to_owned());
    }
    Ok(Picture { width, height, samples: 3, bytes })
}

/// Both decoders stop at damage, and use the same instructions on every machine.
fn options() -> DecoderOptions {
    DecoderOptions::default()
        .set_strict_mode(true)
        .set_use_unsafe(false)
        .set_max_width(LONGEST)
        .set_max_height(LONGEST)
}

fn checked_size(size: Option<(usize, usize)>) -> Result<(usize, usize), String> {
    match size {
        Some((width, height)) if width > 0 && height > 0 && width <= LONGEST && height <= LONGEST => {
            Ok((width, height))
        }
        Some((width, height)) => {
            Err(format!("found a picture of {width}x{height} pixels, expected at most {LONGEST}x{LONGEST}"))
        }
        None => Err("found a picture without a size".to_owned()),
    }
}

//! Reads the bytes of an image, unpacked if they are gzip or zstd, and never more than a limit.
//! What they are is told by their first bytes, not by a name.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// The memory that one zstd frame may ask for, as in the zstd tool's own default.
const ZSTD_WINDOW: u64 = 128 << 20;

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum PackingError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("is more than {} MiB{what}", .limit >> 20)]
    TooLarge { limit: u64, what: &'static str },
    #[error("is damaged {kind} data: {cause}")]
    Damaged { kind: &'static str, cause: String },
}

/// The whole content, unpacked.
pub(super) fn read(source: impl Read, limit: u64) -> Result<Bytes, PackingError> {
    let raw = limited(source, limit)?;
    if raw.len() as u64 > limit {
        return Err(PackingError::TooLarge { limit, what: "" });
    }
    let plain = if raw.starts_with(&[0x1f, 0x8b]) {
        let plain = limited(MultiGzDecoder::new(raw.as_slice()), limit);
        plain.map_err(|cause| damaged("gzip", cause))?
    } else if is_zstd(&raw) {
        zstd(&raw, limit).map_err(|cause| damaged("zstd", cause))?
    } else {
        return Ok(raw.into());
    };
    if plain.len() as u64 > limit {
        let what = " once unpacked";
        return Err(PackingError::TooLarge { limit, what });
    }
    Ok(plain.into())
}

/// Reads one byte more than the limit at most, by which the caller sees that there is more.
fn limited(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn damaged(kind: &'static str, cause: impl ToString) -> PackingError {
    let cause = cause.to_string();
    PackingError::Damaged { kind, cause }
}

/// A frame, or one of the frames to skip that may precede it (RFC 8878, sections 3.1.1 and 3.1.2).
fn is_zstd(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
    )
}

/// All frames, one after the other.
fn zstd(mut rest: &[u8], limit: u64) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    while !rest.is_empty() {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW);
        let frame = match StreamingDecoder::new_with_decoder(&mut rest, &mut decoder) {
            Ok(frame) => frame,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                rest = rest.get(length..).ok_or("a frame is cut off")?;
                continue;
            }
            Err(error) => return Err(error.to_string()),
        };
        let left = (limit + 1).saturating_sub(plain.len() as u64);
        frame
            .take(left)
            .read_to_end(&mut plain)
            .map_err(|e| e.to_string())?;
        if plain.len() as u64 > limit {
            return Ok(plain);
        }
        if decoder
            .get_checksum_from_data()
            .is_some_and(|sum| Some(sum) != decoder.get_calculated_checksum())
        {
            return Err("its checksum differs".to_owned());
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(plain).unwrap();
        packed.finish().unwrap()
    }

    fn zstd(plain: &[u8]) -> Vec<u8> {
        compress_to_vec(plain, CompressionLevel::Fastest)
    }

    #[test]
    fn unpacking_stops_at_the_limit() {
        let plain = vec![0; 100_000];
        for packed in [gzip(&plain), zstd(&plain), zstd(&plain[..20_000]).repeat(5)] {
            let error = read(packed.as_slice(), 50_000).unwrap_err();
            assert!(matches!(error, PackingError::TooLarge { .. }), "{error}");
            assert_eq!(read(packed.as_slice(), 100_000).unwrap(), plain);
        }
        let error = read(plain.as_slice(), 50_000).unwrap_err();
        assert!(
            matches!(error, PackingError::TooLarge { what: "", .. }),
            "{error}"
        );
    }

    #[test]
    fn damage_is_noticed_and_skipped_frames_are_skipped() {
        let whole = zstd(&[7; 1_000]);
        let skipped = [&b"\x50\x2a\x4d\x18\x03\0\0\0abc"[..], &whole].concat();
        assert_eq!(read(skipped.as_slice(), 5_000).unwrap(), vec![7; 1_000]);
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        for damaged in [
            &whole[..whole.len() - 1],
            &whole[..5],
            &changed,
            b"\x50\x2a\x4d\x18\xff\xff\xff\xffabc",
            // A window of far more than any limit.
            b"\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00",
        ] {
            let error = read(damaged, 5_000).unwrap_err();
            assert!(
                matches!(error, PackingError::Damaged { kind: "zstd", .. }),
                "{error}"
            );
        }
    }
}

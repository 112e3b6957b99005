//! Takes off the packing, which the first bytes tell.

use flate2::read::MultiGzDecoder;
use std::io::{self, BufReader, Cursor, Read};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A frame that needs more than 128 MiB to be unpacked is refused: those of `zstd --ultra --long` can
/// ask for 2 GiB.
const WINDOW_LOG_MAX: u32 = 27;

/// The input without its packing: gzip, Zstandard or none.
///
/// # Errors
/// Of the input.
pub fn unpacked<'a>(mut input: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut head = Vec::with_capacity(ZSTANDARD.len());
    let most = ZSTANDARD.len() as u64;
    input.by_ref().take(most).read_to_end(&mut head)?;
    let (is_gzip, is_zstandard) = (head.starts_with(&GZIP), head == ZSTANDARD);
    let whole = BufReader::new(Cursor::new(head).chain(input));
    Ok(if is_gzip {
        Box::new(MultiGzDecoder::new(whole))
    } else if is_zstandard {
        let mut decoder = zstd::Decoder::with_buffer(whole)?;
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        Box::new(decoder)
    } else {
        Box::new(whole)
    })
}

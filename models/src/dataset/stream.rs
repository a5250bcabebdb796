//! The bytes of a file of a data set, plain or gzipped, read no further than its format promises.

use super::DatasetError;
use crate::file::DATA_LIMIT;
use flate2::read::MultiGzDecoder; // gzip is not what CoSpike is for
use std::io::{self, BufReader, Cursor, Read};

/// First bytes of gzip data.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The content of a file, decompressed if it is gzip data, of one or several members.
pub(super) struct Stream<'a> {
    pub(super) content: Box<dyn Read + 'a>,
    is_zipped: bool,
}

impl<'a> Stream<'a> {
    /// The content of `file`.
    pub(super) fn new(file: impl Read + 'a) -> Result<Self, DatasetError> {
        let mut file = BufReader::new(file);
        let mut start = vec![];
        file.by_ref().take(GZIP.len() as u64).read_to_end(&mut start).map_err(DatasetError::Content)?;
        let is_zipped = start == GZIP;
        let file = Cursor::new(start).chain(file);
        let content: Box<dyn Read + 'a> = if is_zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Ok(Self { content, is_zipped })
    }

    /// At most `most` further bytes; fewer only at the end of the content.
    pub(super) fn up_to(&mut self, most: u64) -> Result<Vec<u8>, DatasetError> {
        let mut bytes = vec![];
        self.content.by_ref().take(most).read_to_end(&mut bytes).map_err(|error| self.failure(error))?;
        Ok(bytes)
    }

    /// All further bytes, of which there may be as many as are read of one data set.
    pub(super) fn all(&mut self) -> Result<Vec<u8>, DatasetError> {
        let bytes = self.up_to(DATA_LIMIT + 1)?;
        match bytes.len() as u64 > DATA_LIMIT {
            true => Err(DatasetError::TooLarge { shape: "of the file".into(), limit: DATA_LIMIT }),
            false => Ok(bytes),
        }
    }

    /// Exactly `promised` further bytes, and the end of the content behind them.
    pub(super) fn rest(&mut self, promised: u64) -> Result<Vec<u8>, DatasetError> {
        let bytes = self.up_to(promised)?;
        if (bytes.len() as u64) < promised {
            return Err(DatasetError::Length { promised, held: bytes.len().to_string() });
        }
        // Also checks the checksum of gzip data, which stands behind the last byte.
        match self.up_to(1)?.is_empty() {
            true => Ok(bytes),
            false => Err(DatasetError::Length { promised, held: "more".into() }),
        }
    }

    fn failure(&self, error: io::Error) -> DatasetError {
        if self.is_zipped { DatasetError::Gzip(error) } else { DatasetError::Content(error) }
    }
}

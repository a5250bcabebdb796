//! Results on disk.
//!
//! | module | provides |
//! |---|---|
//! | [`folder`] | the result folder of a study: `manifest.json` and one Parquet file per table |
//! | [`entries`] | the content-addressed store of finished pieces |

pub mod entries;
pub mod folder;
mod table;
mod unique;

//! What is kept on disk.
//!
//! | module | provides |
//! |---|---|
//! | [`folder`] | the result folder of a study: `manifest.json` and one Parquet file per table |

pub mod folder;
mod table;

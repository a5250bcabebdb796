//! Networks and data: trained and imported networks, and the samples that they are executed on.
//!
//! | module | provides |
//! |---|---|
//! | [`zoo`] | trained networks: weight files and their metadata |
//! | [`dataset`] | labelled images: the test set that ships with CoSpike, and data sets in a folder |
//! | [`import`] | networks recorded in other frameworks |
//! | [`mod@file`] | reading of files that the user names, no further than a limit |
//! | [`offline`] | inference on a data set, without devices |
//!
//! The crate knows networks, samples and files, but no scenario, no device and no simulated time.

pub mod dataset;
mod embedded;
pub mod file;
pub mod import;
mod json;
mod misspelt;
mod npz;
pub mod offline;
pub mod zoo;

pub use npz::{NpyError, NpzError};

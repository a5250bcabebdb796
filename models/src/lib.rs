//! Networks and data: what a study runs, and on what.
//!
//! | module | provides |
//! |---|---|
//! | [`zoo`] | trained networks: weight files and their metadata |
//! | [`dataset`] | labelled samples: the test images that ship with CoSpike, and those in a folder of the user's |
//! | [`import`] | networks that other frameworks wrote |
//! | [`offline`] | runs of a network on a data set, without devices |
//!
//! The crate knows networks, samples and files. It knows no scenario, no device and no simulated time.

pub mod dataset;
mod embedded;
pub mod import;
mod npz;
pub mod offline;
pub mod zoo;

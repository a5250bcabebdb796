//! What a study found: plain rows, the tables that hold them on disk, and what they come to.
//!
//! | module | provides |
//! |---|---|
//! | [`rows`] | one type per table; its fields are the columns |
//! | `runs`, `comparisons` | tables that are made of the others, for those who plot |
//! | [`manifest`] | what was run |
//! | [`key`] | keys made of content |
//! | [`sealed`] | JSON documents that show whether they are as they were written |
//! | [`store`] | result folders, and the content-addressed store of finished pieces |
//! | [`summary`] | one line per design point, and spiking against float networks pair by pair |
//! | [`timestamp`] | moments, for notes about work in progress |
//! | [`condition`], [`metrics`] | limits of means, and what can be limited |
//! | [`compare`] | the same design points in two results |
//! | [`goal`] | the best design point that keeps some limits |
//! | [`index`] | numbers of design points and networks |
//! | [`docs`] | the tables of columns in `docs/results.md` |
//!
//! The crate knows neither scenarios nor networks: it can read the results of any study.

mod answers;
pub mod compare;
mod comparisons;
pub mod condition;
pub mod docs;
pub mod goal;
pub mod index;
pub mod key;
pub mod manifest;
pub mod metrics;
pub mod rows;
mod runs;
pub mod sealed;
pub mod store;
pub mod summary;
pub mod timestamp;

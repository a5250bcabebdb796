//! Limits of single values of a scenario, in its units, as far as they do not follow from the model's own.
//!
//! A key's limits are declared at its field. From there they reach the check of a file ([`crate::shape`]), the JSON Schema and
//! `docs/scenarios.md`.

use cospike_sim_core::kernel::{MAX_BITS_PER_SECOND, MAX_SECONDS, MIN_BITS_PER_SECOND};

/// Shortest time in seconds: the clock counts nanoseconds.
pub(super) const MIN_S: f64 = 1e-9;
/// Shortest time in milliseconds.
pub(super) const MIN_MS: f64 = 1e-6;
/// Shortest mean length, in seconds, of a state that comes and goes by itself, such as a burst: a microsecond. Within less, no
/// radio sends a packet and nobody asks twice, but every state takes its draw, whether anything happens in it or not.
pub(super) const MIN_STATE_S: f64 = 1e-6;
/// The same in milliseconds.
pub(super) const MIN_STATE_MS: f64 = 1e-3;
/// Longest time in milliseconds.
pub(super) const MAX_MS: f64 = MAX_SECONDS * 1e3;
/// Smallest rate of a link in Mbit/s.
pub(crate) const MIN_MBPS: f64 = MIN_BITS_PER_SECOND * 1e-6;
/// Greatest rate of a link in Mbit/s.
pub(crate) const MAX_MBPS: f64 = MAX_BITS_PER_SECOND * 1e-6;
/// Smallest and greatest battery in joules: a millionth of a coin cell's milliwatt-hour, and a power plant's day.
pub(super) const MIN_J: f64 = 1e-9;
pub(super) const MAX_J: f64 = 1e15;
/// Smallest share that is above 0.
pub(super) const MIN_SHARE: f64 = 1e-12;
/// Smallest and greatest weight of a device in a shared cell.
pub(super) const MIN_WEIGHT: f64 = 1e-6;
pub(super) const MAX_WEIGHT: f64 = 1e6;
/// Greatest seed: the largest whole number that TOML has.
pub(super) const MAX_SEED: u64 = i64::MAX as u64;
/// Greatest number of replications of a design point: each is a row of results and is summarised with the others.
pub(super) const MAX_REPLICATIONS: u32 = 1_000_000;
/// Greatest number of samples: what is computed of each is in memory for the whole study.
pub(super) const MAX_SAMPLES: u32 = 10_000_000;
/// Greatest number of channels of a bottleneck unit; no layer of the zoo's backbones has as many.
pub(super) const MAX_WIDTH: u32 = 65_536;
/// Greatest number of waiting requests that a key can name: as many as a run has room for.
pub(super) const MAX_WAITING: u32 = 1_000_000_000;
/// Largest packet in bytes, that of the Internet Protocol.
pub(crate) const MAX_PACKET_BYTES: u32 = 65_535;

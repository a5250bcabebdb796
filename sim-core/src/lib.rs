//! Everything CoSpike simulates: spiking and float inference, what crosses the link, energy, and the
//! discrete-event co-inference of a fleet of devices with a cloud.
//!
//! This crate reads no file, prints nothing and knows no command line. Its modules are layered; each may use
//! only those listed before it:
//!
//! | module | knows |
//! |---|---|
//! | [`mod@record`] | fields that are declared once: value, unit, label, meaning |
//! | [`kernel`] | simulated time, the event queue, named random streams |
//! | [`stats`] | moments, quantiles, confidence intervals, steady state |
//! | [`network`] | layers, shapes, weights, split points, bottleneck units |
//! | [`inference`] | executing a part of a network on a sample; counts of operations |
//! | [`payload`] | features to bytes and back; what a lost part becomes |
//! | [`split`] | a network cut in two: head, payload, tail |
//! | [`energy`] | counts x prices |
//! | [`compute`] | counts / rates |
//! | [`edge`], [`link`], [`cloud`], [`workload`] | one model each of a place |
//! | [`cosim`] | the life of a request across those places |

pub mod cloud;
pub mod compute;
pub mod cosim;
pub mod edge;
pub mod energy;
pub mod inference;
pub mod kernel;
pub mod link;
pub mod network;
pub mod payload;
pub mod record;
pub mod split;
pub mod stats;
pub mod workload;

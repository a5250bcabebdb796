//! From scenario files to results: profiles, price lists, the model zoo, sweeps, running, the result store.

pub mod dataset;
mod decode;
pub mod diagnostic;
pub mod library;
pub mod profiles;
pub mod results;
pub mod scenario;
pub mod store;
pub mod study;
pub mod summary;
pub mod sweep;
pub mod zoo;

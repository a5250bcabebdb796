//! From scenario files to results: profiles, price lists, the model zoo, sweeps, running, the result store.

pub mod dataset;
pub mod results;

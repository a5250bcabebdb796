//! The weight files of the built-in zoo, embedded by `build.rs`: name without ending and content of each, sorted by name.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

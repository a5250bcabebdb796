//! The weight files of the built-in zoo, embedded by `build.rs`: name without ending, BLAKE3
//! (hexadecimal) and content of each, sorted by name.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

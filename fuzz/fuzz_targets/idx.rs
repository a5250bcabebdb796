//! Fuzzes [`cospike_fuzz::idx`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::idx(bytes);
});

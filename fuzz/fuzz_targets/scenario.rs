//! Fuzzes [`cospike_fuzz::scenario`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::scenario(bytes);
});

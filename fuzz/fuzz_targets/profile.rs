//! Fuzzes [`cospike_fuzz::profile`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::profile(bytes);
});

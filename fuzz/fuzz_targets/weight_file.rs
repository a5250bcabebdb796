//! Fuzzes [`cospike_fuzz::weight_file`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::weight_file(bytes);
});

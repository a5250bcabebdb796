//! Fuzzes [`cospike_fuzz::picture`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::picture(bytes);
});

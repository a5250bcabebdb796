//! Fuzzes [`cospike_fuzz::rate_trace`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::rate_trace(bytes);
});

//! Fuzzes [`cospike_fuzz::delivery_trace`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::delivery_trace(bytes);
});

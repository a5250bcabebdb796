//! Fuzzes [`cospike_fuzz::npz`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::npz(bytes);
});

//! Fuzzes [`cospike_fuzz::prices`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::prices(bytes);
});

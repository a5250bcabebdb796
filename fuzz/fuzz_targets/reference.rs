//! Fuzzes [`cospike_fuzz::reference`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::reference(bytes);
});

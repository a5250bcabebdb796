//! Fuzzes [`cospike_fuzz::nir`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::nir(bytes);
});

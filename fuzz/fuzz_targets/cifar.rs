//! Fuzzes [`cospike_fuzz::cifar`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::cifar(bytes);
});

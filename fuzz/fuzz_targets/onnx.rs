//! Fuzzes [`cospike_fuzz::onnx`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cospike_fuzz::onnx(bytes);
});

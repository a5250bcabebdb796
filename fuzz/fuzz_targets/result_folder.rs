//! Fuzzes [`cospike_fuzz::result_folder`].

#![no_main]

// The Parquet library panics at some forged tables, which is caught where tables are read. Therefore the hook by which
// libFuzzer ends at every panic is taken away; panics that nobody catches end it all the same.
libfuzzer_sys::fuzz_target!(
    init: drop(std::panic::take_hook()),
    |bytes: &[u8]| {
        cospike_fuzz::result_folder(bytes);
    }
);

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| coordination_ledger_fuzz::checks::run("remembered", data));

//! Analogue symbols: how a payload holds them, and how long they take.

use std::num::NonZeroUsize;

/// Bytes that hold a symbol in a payload.
pub(super) const SYMBOL_BYTES: usize = size_of::<f32>();

/// Bytes of a payload whose symbols, of the length of `bits` bits each, take no longer than `mtu_bytes`; those of one symbol at least.
pub(super) fn bytes_within(mtu_bytes: NonZeroUsize, bits: f64) -> NonZeroUsize {
    // Conversion of a float to a whole number saturates.
    let symbols = ((8 * mtu_bytes.get()) as f64 / bits) as usize;
    NonZeroUsize::MIN.saturating_add(symbols.max(1).saturating_mul(SYMBOL_BYTES) - 1)
}

/// The whole number of bytes that takes as long as the symbols in `held` bytes of a payload.
pub(super) fn bytes_on_air(held: usize, bits: f64) -> u32 {
    ((held / SYMBOL_BYTES) as f64 * bits / 8.0).ceil() as u32
}

//! The files that ship with CoSpike, embedded: scenarios, profiles, price lists, weight files.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Names of embedded files, sorted.
pub(crate) fn names(files: &'static [(&'static str, &'static [u8])]) -> impl Iterator<Item = &'static str> {
    files.iter().map(|&(name, _)| name)
}

/// Text of the embedded file `name`; `None` if there is none.
pub(crate) fn text(files: &'static [(&'static str, &'static [u8])], name: &str) -> Option<&'static str> {
    let (_, bytes) = files.iter().find(|(n, _)| *n == name)?;
    std::str::from_utf8(bytes).ok()
}

/// Names of the scenarios that ship with CoSpike.
pub fn scenarios() -> impl Iterator<Item = &'static str> {
    names(SCENARIOS)
}

/// Text of the shipped scenario `name`, to read or to copy.
pub fn scenario(name: &str) -> Option<&'static str> {
    text(SCENARIOS, name)
}

//! The profiles and price lists that ship with CoSpike, to be listed and copied.

use super::{CloudProfile, DeviceProfile, LinkProfile, Prices, Profile, all_shipped};
use crate::diagnostic::Diagnostic;
use crate::library;

/// A shipped profile or price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// Kind of profile: `device`, `link`, `cloud` or `prices`.
    pub kind: &'static str,
    /// Name by which scenarios call it, unique among profiles and among price lists.
    pub name: &'static str,
    /// What it describes.
    pub description: String,
    /// Content of its file.
    pub text: &'static str,
}

/// All shipped profiles: devices, links and clouds, each sorted by name.
///
/// # Errors
/// The first mistake in a shipped file; the tests make sure that there is none.
pub fn catalogue() -> Result<Vec<CatalogueEntry>, Diagnostic> {
    Ok([entries::<DeviceProfile>()?, entries::<LinkProfile>()?, entries::<CloudProfile>()?].concat())
}

/// All shipped price lists, sorted by name.
///
/// # Errors
/// The first mistake in a shipped file; the tests make sure that there is none.
pub fn price_catalogue() -> Result<Vec<CatalogueEntry>, Diagnostic> {
    entries::<Prices>()
}

fn entries<P: Profile>() -> Result<Vec<CatalogueEntry>, Diagnostic> {
    let entry = |(name, profile): (&'static str, P)| CatalogueEntry {
        kind: P::KIND,
        name,
        description: profile.description().into(),
        text: library::text(P::SHIPPED, name).unwrap_or_default(),
    };
    Ok(all_shipped::<P>()?.into_iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_means_one_profile() {
        let all = catalogue().unwrap();
        let names: BTreeSet<_> = all.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().chain(&price_catalogue().unwrap()).all(|entry| !entry.text.is_empty()));
    }
}

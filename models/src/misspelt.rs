//! Words that are taken for others.

/// The known word that is most like `word`, if it is like it by at least `least`: Jaro and Winkler's similarity, 0 to 1, whatever the case.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>, least: f64) -> Option<&'k str> {
    let likeness = |known: &str| strsim::jaro_winkler(&word.to_lowercase(), &known.to_lowercase());
    let likenesses = known.into_iter().map(|known| (likeness(known), known));
    let most = likenesses.max_by(|(one, _), (other, _)| one.total_cmp(other));
    most.filter(|(likeness, _)| *likeness >= least).map(|(_, known)| known)
}

/// Similarity from which on a key is taken for a misspelt one where others may be there as notes.
pub(crate) const MISSPELT_AMONG_NOTES: f64 = 0.88;

//! Marks of values that do not hold for a longer run (invariant 16): what they look like, and what is said of them.

use crate::figure::{Entry, INK, Key};
use crate::metric::{NOT_STEADY, Reading};

/// Which marks a figure has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Marks {
    is_unsteady: bool,
    is_overloaded: bool,
}

impl Marks {
    /// The marks that these readings need.
    pub(crate) fn needed(readings: impl IntoIterator<Item = Reading>) -> Self {
        readings.into_iter().fold(Self::default(), |marks, reading| Self {
            is_unsteady: marks.is_unsteady || matches!(reading, Reading::Unsteady(_)),
            is_overloaded: marks.is_overloaded || reading == Reading::Overloaded,
        })
    }

    /// Legend of the marks, where a value that is not steady has a hollow marker.
    pub(crate) fn legend(self) -> Vec<Entry> {
        let entry = |key, text: &str| Entry { key, text: text.to_owned() };
        let unsteady = self.is_unsteady.then(|| entry(Key::Ring(INK), NOT_STEADY));
        unsteady.into_iter().chain(self.crosses()).collect()
    }

    /// Legend of the marks, where a value that is not steady is written with a question mark.
    pub(crate) fn crosses(self) -> Option<Entry> {
        self.is_overloaded.then(|| Entry { key: Key::Cross(INK), text: "overloaded".to_owned() })
    }

    /// Sentences on the marks, each with a space in front; `unsteady` names that of a value that is not steady.
    pub(crate) fn note(self, unsteady: &str) -> String {
        let unsteady = match self.is_unsteady {
            true => format!(" {unsteady} stands for a value that is {NOT_STEADY}: a longer run would change it."),
            false => String::new(),
        };
        let overloaded = match self.is_overloaded {
            true => " A cross marks an overloaded place: what is measured there grows with the run.",
            false => "",
        };
        unsteady + overloaded
    }
}

/// The mark of a value that is not steady, where it is a marker.
pub(super) const HOLLOW: &str = "A hollow marker";

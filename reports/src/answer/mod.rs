//! The answer to the question of a study, in a few sentences.
//!
//! Every sentence is made from tests of what varied. A design point leads only if a test tells it from every rival; else it is level with
//! those from which none does.

mod capacity;
mod contest;
mod lead;
mod trend;

use crate::digest::Digest;
use crate::sweep::Swept;

/// Most sentences of an answer.
const MOST: usize = 4;

/// The answer, the most important sentence first.
pub(crate) fn sentences(digest: &Digest<'_>) -> Vec<String> {
    let swept: Vec<Swept> = Swept::all(digest).into_iter().filter(|swept| !swept.is_scattered).collect();
    let mut sentences: Vec<String> = swept.iter().filter_map(|swept| capacity::sentence(digest, swept)).collect();
    let asked_for_capacity = !sentences.is_empty();
    sentences.extend(swept.iter().filter_map(|swept| lead::along(digest, swept)));
    sentences.extend(swept.iter().filter_map(|swept| trend::sentence(digest, swept)));
    if !asked_for_capacity {
        let room = MOST.saturating_sub(sentences.len()).min(3);
        sentences.extend(lead::overall(digest, room));
    }
    sentences.truncate(MOST);
    sentences
}

/// Words in a row: `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

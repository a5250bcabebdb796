//! The answers that the cloud sends down.

use super::Guess;
use super::line::{Link, Linked};
use super::pool::Pool;

/// An answer on its way to its device: of a whole request, or of its steps so far where the device decides whether they are
/// enough. At most 48 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// Slot of the request.
    pub(super) request: u32,
    /// Number of steps that it is made of.
    pub(super) steps: u16,
    /// Number of answers of the request before it.
    pub(super) index: u16,
    pub(super) guess: Guess,
    /// Whether no other follows, so that it stands however uncertain it is.
    pub(super) is_last: bool,
    /// Wake-up signals sent for it.
    pub(super) signals: u8,
    link: Link,
}

/// The answers on their way.
pub(super) type Answers = Pool<Answer>;

impl Linked for Answers {
    fn link(&mut self, slot: u32) -> &mut Link {
        &mut self.get_mut(slot).link
    }
}

impl Answer {
    pub(super) fn new(request: u32, steps: u16, index: u16, guess: Guess, is_last: bool) -> Self {
        Self { request, steps, index, guess, is_last, signals: 0, link: Link::LOOSE }
    }
}

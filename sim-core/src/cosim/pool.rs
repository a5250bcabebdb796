//! Values in slots that are used again.

/// Values by slot: no allocation once the busiest moment has passed.
#[derive(Debug)]
pub(super) struct Pool<T> {
    slots: Vec<T>,
    free: Vec<u32>,
}

impl<T> Pool<T> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// Number of slots, used or free.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Puts a value into a free slot; gives the slot.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = value;
            return slot;
        }
        self.slots.push(value);
        // 2^32 slots would take more than 100 GB, so the index fits.
        (self.slots.len() - 1) as u32
    }

    /// Frees a slot. Its value stays readable until the slot is used again.
    pub(super) fn remove(&mut self, slot: u32) {
        self.free.push(slot);
    }

    pub(super) fn get(&self, slot: u32) -> &T {
        &self.slots[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut T {
        &mut self.slots[slot as usize]
    }

    /// Number of slots that are used.
    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The values of all slots, used or free.
    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.slots.iter()
    }
}

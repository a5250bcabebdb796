//! Time-weighted averages.

use crate::kernel::SimTime;

/// Time average of a whole number that changes in steps, such as the length of a queue. Exact: the area under the
/// steps is kept as an integer.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimeWeighted {
    level: u64,
    since: SimTime,
    area: u128,
}

impl TimeWeighted {
    /// Sets the level from `now` on. Times must not decrease; before the first call the level is 0.
    pub fn set(&mut self, now: SimTime, level: u64) {
        self.area = self.area_until(now);
        self.since = now;
        self.level = level;
    }

    /// Raises the level by one from `now` on.
    pub fn increase(&mut self, now: SimTime) {
        self.set(now, self.level + 1);
    }

    /// Lowers the level by one from `now` on. The level must be above zero.
    pub fn decrease(&mut self, now: SimTime) {
        self.set(now, self.level - 1);
    }

    /// Mean level from time zero to `end`, which is not before the last change; `None` if no time has passed.
    pub fn mean(&self, end: SimTime) -> Option<f64> {
        (end > SimTime::ZERO).then(|| self.area_until(end) as f64 / end.nanoseconds() as f64)
    }

    /// The current level.
    pub fn level(&self) -> u64 {
        self.level
    }

    /// Integral of the level over the nanoseconds from time zero to `end`, which is not before the last change.
    pub(crate) fn area_until(&self, end: SimTime) -> u128 {
        self.area + u128::from(self.level) * u128::from(end.since(self.since).nanoseconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_weighs_each_level_by_how_long_it_held() {
        let at = SimTime::from_nanoseconds;
        let mut level = TimeWeighted::default();
        level.set(at(10), 3);
        level.increase(at(14));
        level.decrease(at(16));
        level.set(at(17), 0);
        // 0 for 10 ns, 3 for 4, 4 for 2, 3 for 1, 0 for 3.
        assert_eq!(level.mean(at(20)), Some((12 + 8 + 3) as f64 / 20.0));
        assert_eq!(TimeWeighted::default().mean(SimTime::ZERO), None);
    }
}

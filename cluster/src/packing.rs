//! Work of known cost divided among shares of about equal cost.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Divides items, by their costs, among `shares`: the longest first, each to the share that has least so far. The `leading` first
/// items are divided before the others. Gives the items of each share, in their order. No two shares differ by more than the
/// costliest item, and the same costs give the same division everywhere.
///
/// # Panics
/// If there are no shares.
pub fn pack(costs: &[u64], leading: usize, shares: usize) -> Vec<Vec<usize>> {
    assert!(shares > 0, "a division needs a share");
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by_key(|&item| (item >= leading, Reverse(costs[item]), item));
    let mut packed = vec![vec![]; shares];
    let mut loads: BinaryHeap<Reverse<(u64, usize)>> = (0..shares).map(|share| Reverse((0, share))).collect();
    for item in order {
        if let Some(mut least) = loads.peek_mut() {
            packed[least.0.1].push(item);
            least.0.0 = least.0.0.saturating_add(costs[item]);
        }
    }
    packed.iter_mut().for_each(|items| items.sort_unstable());
    packed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::proptest;

    proptest! {
        #[test]
        fn every_item_is_packed_once_and_shares_differ_by_one_item_at_most(
            costs in vec(0..1_000_000_u64, 0..200),
            leading in 0..50_usize,
            shares in 1..40_usize,
        ) {
            let packed = pack(&costs, leading, shares);
            let mut all = packed.concat();
            all.sort_unstable();
            assert_eq!(all, (0..costs.len()).collect::<Vec<_>>());
            let loads: Vec<u64> = packed.iter().map(|items| items.iter().map(|&item| costs[item]).sum()).collect();
            let (least, most) = (loads.iter().min().unwrap(), loads.iter().max().unwrap());
            assert!(most - least <= costs.iter().copied().max().unwrap_or(0), "{loads:?}");
            assert_eq!(packed, pack(&costs, leading, shares));
        }
    }

    #[test]
    fn the_longest_goes_first_and_the_leading_before_the_others() {
        assert_eq!(pack(&[1, 2, 3, 4, 10], 0, 2), [vec![4], vec![0, 1, 2, 3]]);
        assert_eq!(pack(&[1, 1, 10], 2, 2), [vec![0, 2], vec![1]]);
    }
}

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

proptest! {
    #[test]
    fn invariant_2_events_run_by_time_priority_sequence(
        first in prop::collection::vec((0_u64..20, 0_u8..4), 1..60),
        later in prop::collection::vec((0_u64..5, 0_u8..4), 0..60),
    ) {
        let mut queue = EventQueue::new();
        let mut expected = Vec::new();
        for (sequence, &(delay, priority)) in first.iter().enumerate() {
            queue.schedule(SimTime::from_nanoseconds(delay), priority, (delay, priority, sequence)).unwrap();
            expected.push((delay, priority, sequence));
        }
        // Half the events run first, then more are scheduled from wherever the clock stands.
        let mut ran: Vec<_> = (0..first.len() / 2).map(|_| queue.pop().unwrap()).collect();
        for (index, &(delay, priority)) in later.iter().enumerate() {
            let key = (queue.now().nanoseconds() + delay, priority, first.len() + index);
            queue.schedule(SimTime::from_nanoseconds(delay), priority, key).unwrap();
            expected.push(key);
        }
        while let Some(event) = queue.pop() {
            prop_assert_eq!(queue.now().nanoseconds(), event.0);
            ran.push(event);
        }
        prop_assert!(ran.windows(2).all(|pair| pair[0].0 <= pair[1].0), "the clock ran backwards");
        let done = first.len() / 2;
        expected[..first.len()].sort_unstable();
        expected[done..].sort_unstable();
        prop_assert_eq!(ran, expected);
    }
}

#[test]
fn a_cancelled_event_does_not_happen_and_its_ticket_is_spent() {
    let after = SimTime::from_nanoseconds;
    let mut queue = EventQueue::new();
    let first = queue.schedule(after(1), 0, "first").unwrap();
    let second = queue.schedule(after(2), 0, "second").unwrap();
    queue.schedule(after(3), 0, "third").unwrap();
    assert!(queue.cancel(second));
    assert!(!queue.cancel(second), "cancelled twice");
    assert_eq!(queue.pop(), Some("first"));
    assert!(!queue.cancel(first), "cancelled after it happened");
    // The slot of the first event serves again; its old ticket must not reach the new event.
    queue.schedule(after(0), 0, "fourth").unwrap();
    assert!(!queue.cancel(first));
    assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some("fourth"), Some("third"), None));
}

/// What a simulation may do with the queue.
#[derive(Clone, Copy, Debug)]
enum Step {
    Schedule {
        delay: u64,
        priority: u8,
    },
    Pop,
    Look,
    /// Cancels the ticket issued this many tickets ago.
    Cancel(usize),
}

/// Delays of every magnitude, and many that are equal.
fn delay() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![3 => Just(0), 2 => 0_u64..4, 2 => Just(1000), 3 => (0_u32..40, any::<u64>()).prop_map(|(bits, x)| x & ((1 << bits) - 1))]
}

/// Bursts, so that the queue grows to some hundreds and shrinks again: schedule `n` or do something else `n` times.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let schedule = (delay(), 0_u8..3).prop_map(|(delay, priority)| Step::Schedule { delay, priority });
    let burst = prop_oneof![
        4 => prop::collection::vec(schedule.clone(), 1..200),
        2 => (schedule, 1_usize..300).prop_map(|(step, n)| vec![step; n]),
        4 => (1_usize..200).prop_map(|n| vec![Step::Pop; n]),
        1 => Just(vec![Step::Look]),
        2 => prop::collection::vec((0_usize..300).prop_map(Step::Cancel), 1..200),
    ];
    prop::collection::vec(burst, 1..40).prop_map(|bursts| bursts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is scheduled, cancelled, looked at and taken, the queue does what a sorted map would.
    #[test]
    fn invariant_2_the_queue_does_what_a_sorted_map_does(steps in steps()) {
        let mut queue = EventQueue::new();
        let mut sorted = BTreeMap::new();
        let mut tickets = Vec::new();
        for (sequence, step) in steps.into_iter().enumerate() {
            match step {
                Step::Schedule { delay, priority } => {
                    let key = (queue.now().nanoseconds() + delay, priority, sequence);
                    let ticket = queue.schedule(SimTime::from_nanoseconds(delay), priority, sequence).unwrap();
                    tickets.push((ticket, key));
                    sorted.insert(key, sequence);
                }
                Step::Pop => {
                    let expected = sorted.pop_first();
                    prop_assert_eq!(queue.pop(), expected.map(|(_, event)| event));
                    if let Some(((time, ..), _)) = expected {
                        prop_assert_eq!(queue.now().nanoseconds(), time);
                    }
                }
                Step::Look => {
                    let next = queue.next_time().map(SimTime::nanoseconds);
                    prop_assert_eq!(next, sorted.keys().next().map(|key| key.0));
                }
                Step::Cancel(ago) => {
                    if let Some(&(ticket, key)) = tickets.iter().rev().nth(ago) {
                        prop_assert_eq!(queue.cancel(ticket), sorted.remove(&key).is_some());
                    }
                }
            }
            prop_assert_eq!(queue.pending(), sorted.len());
        }
        while let Some((_, event)) = sorted.pop_first() {
            prop_assert_eq!(queue.pop(), Some(event));
        }
        prop_assert_eq!(queue.pop(), None);
    }
}

//! Price lists against joules worked out by hand, and what must hold for any counts.

use cospike_sim_core::energy::{Account, Form, PriceError, PriceList, matched_bits};
use cospike_sim_core::inference::{Counts, LayerCounts};
use cospike_sim_core::network::{Conv2d, Leak, Network, Neuron, Nonlinearity, Operation, Pool2d, Reduction, Shape};
use proptest::prelude::*;

const STEPS: usize = 3;
const NONE: Counts = Counts {
    ac: 0,
    mac: 0,
    neuron_updates: 0,
    weight_reads: 0,
    state_accesses: 0,
    activation_reads: 0,
    activation_writes: 0,
};

/// The values of the shipped lists, but for `real_valued_operation`, which has no price.
fn list(form: Form) -> PriceList {
    let value = move |key: &str| {
        Some(match (form, key) {
            (Form::Lemaire2022, "add") => 0.1,
            (_, "multiply") => 3.1,
            (_, "ram_base") => 13.2,
            (_, "ram_slope") => 1.09e-5,
            (_, "value_bits") => 32.0,
            (_, "accumulate" | "compare" | "subtract") => 0.05448,
            (Form::Yan2024, "mac") => 0.05448,
            (_, "weight_traffic") => 20.0,
            (_, "on_chip_traffic") => 0.25,
            (_, "weight_bits" | "state_bits") => 8.0,
            (_, "ac" | "neuron_update") => 0.9,
            (_, "mac") => 4.6,
            (_, "sram_8_kib") => 10.0,
            (_, "sram_32_kib") => 20.0,
            (_, "sram_1_mib") => 100.0,
            (_, "dram") => 1300.0,
            (_, "value_bytes" | "state_bytes") => 4.0,
            (_, "synaptic_operation") => 23.6,
            (_, "neuron_update_active") => 81.0,
            (_, "neuron_update_inactive") => 52.0,
            (_, "spike_within_tile") => 1.7,
            (_, "hop") => 3.0,
            (_, "hops_per_spike") => 1.0,
            (_, "synaptic_event") => 26.0,
            _ => return None,
        })
    };
    PriceList::new(form, value).unwrap()
}

/// A 4x4 image; a 3x3 convolution to 2 channels and integrate-and-fire neurons; a 3x3 convolution to 1 channel and leaky ones.
fn two_layers() -> Network {
    let mut net = Network::new("two", Shape::new(1, 4, 4));
    let leaky = Neuron { leak: Leak::Tau(2.0), ..Neuron::INTEGRATE_AND_FIRE };
    let a = net.conv("a", 0, Conv2d::plain(net.input(), 2, 3, 1, 1));
    let fires = net.nonlinearity("a.act", a, Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE));
    let b = net.conv("b", fires, Conv2d::plain(net.layers[fires].output, 1, 3, 1, 1));
    net.nonlinearity("b.act", b, Nonlinearity::Spiking(leaky));
    net.check().unwrap();
    net
}

/// Three steps of it. `a` works on the image, once: 32 outputs of 9 products. Its neurons fire 10 times: 6 spikes lie inside
/// and meet 9 weights each, 4 lie in corners and meet 4, so `b` has 54 + 16 = 70 accumulates. Its neurons fire 5 times.
fn three_steps() -> Vec<LayerCounts> {
    let layer = |layer, input_events, output_events, counts| LayerCounts { layer, input_events, output_events, counts };
    vec![
        layer(1, 0, 0, Counts { mac: 288, weight_reads: 288, activation_reads: 288, activation_writes: 32, ..NONE }),
        layer(
            2,
            0,
            10,
            Counts { neuron_updates: 96, state_accesses: 192, activation_reads: 96, activation_writes: 10, ..NONE },
        ),
        layer(3, 10, 0, Counts { ac: 70, weight_reads: 70, activation_reads: 10, ..NONE }),
        layer(4, 0, 5, Counts { neuron_updates: 48, state_accesses: 96, activation_writes: 5, ..NONE }),
    ]
}

fn account(form: Form) -> Account {
    list(form).account(&two_layers(), Some(STEPS), &three_steps())
}

/// Picojoules by layer and event.
fn lines(account: &Account) -> Vec<(usize, &'static str, f64)> {
    account.lines.iter().map(|e| (e.layer, e.event, e.joules().map_or(f64::NAN, |joules| joules * 1e12))).collect()
}

#[track_caller]
fn assert_lines(account: &Account, expected: &[(usize, &'static str, f64)], total: f64) {
    let found = lines(account);
    for (&(layer, event, joules), &(at, name, pj)) in found.iter().zip(expected) {
        assert_eq!((layer, event), (at, name));
        assert!(
            (joules - pj).abs() < 1e-9 * pj || (joules.is_nan() && pj.is_nan()),
            "{layer} {event}: {joules}, not {pj}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
    let sum = account.energy().total() * 1e12;
    assert!((sum - total).abs() < 1e-9 * total, "{sum} is not {total}");
}

#[test]
fn operations_by_hand() {
    let expected = [
        (1, "multiply-accumulate", 288.0 * 4.6),
        (2, "neuron update", 96.0 * 0.9),
        (3, "accumulate", 70.0 * 0.9),
        (4, "neuron update", 48.0 * 0.9),
    ];
    assert_lines(&account(Form::Operations), &expected, 1517.4);
}

/// Everything fits into 8 KiB, where 8 bytes cost 10 pJ and one 1.25. A spike among 32, or 16, neurons is an address of
/// 1 byte.
#[test]
fn memory_by_hand() {
    let expected = [
        (1, "multiply-accumulate", 288.0 * 4.6),
        (1, "weight bytes read", 288.0 * 4.0 * 1.25),
        (1, "activation bytes read", 288.0 * 4.0 * 1.25),
        (1, "activation bytes written", 32.0 * 4.0 * 1.25),
        (2, "neuron update", 96.0 * 0.9),
        (2, "membrane bytes read, written", 192.0 * 4.0 * 1.25),
        (2, "activation bytes read", 96.0 * 4.0 * 1.25),
        (2, "activation bytes written", 10.0 * 1.25),
        (3, "accumulate", 70.0 * 0.9),
        (3, "weight bytes read", 70.0 * 4.0 * 1.25),
        (3, "activation bytes read", 10.0 * 1.25),
        (4, "neuron update", 48.0 * 0.9),
        (4, "membrane bytes read, written", 96.0 * 4.0 * 1.25),
        (4, "activation bytes written", 5.0 * 1.25),
    ];
    // 1517.4 operations, 1790 weights, 1440 membranes, 1932.5 read, 178.75 written.
    assert_lines(&account(Form::Memory), &expected, 6858.65);
}

/// What must fit decides the memory: 1,024 weights of 8 bytes into 8 KiB, one more into 32 KiB, and so on.
#[test]
fn a_byte_costs_what_the_smallest_memory_that_holds_its_kind_costs() {
    let read_one = |inputs: usize| {
        let mut net = Network::new("wide", Shape::vector(inputs));
        net.push("fc", Operation::Linear, &[0], Shape::vector(1));
        let counts = Counts { weight_reads: 1, ..NONE };
        let layers = [LayerCounts { layer: 1, counts, ..LayerCounts::default() }];
        let entry = list(Form::Memory).account(&net, None, &layers).lines[0];
        (entry.key, entry.price.unwrap() * 1e12)
    };
    for (values, key, byte) in [
        (2_048, "sram_8_kib", 1.25),
        (2_049, "sram_32_kib", 2.5),
        (8_192, "sram_32_kib", 2.5),
        (8_193, "sram_1_mib", 12.5),
        (262_144, "sram_1_mib", 12.5),
        (262_145, "dram", 162.5),
    ] {
        let (found, price) = read_one(values);
        assert!(found == key && (price - byte).abs() < 1e-9, "{values} values of 4 bytes: {found} at {price}");
    }
}

/// An access to a memory of n values of 32 bits costs half of what one of 64 bits does: 6.6 + 5.45e-6 * 32 n.
#[test]
fn lemaire_by_hand() {
    let access = |values: f64| 6.6 + 5.45e-6 * 32.0 * values;
    let (image, a, weights, b) = (access(16.0), access(32.0), access(18.0), access(16.0));
    let expected = [
        (1, "multiply-accumulate", 288.0 * 3.2),
        (1, "weight read", 288.0 * weights),
        (1, "input read", 288.0 * image),
        (1, "output written", 32.0 * a),
        (2, "accumulate", (96.0 + 10.0) * 0.1),
        (2, "input read", 96.0 * a),
        (2, "membrane read", 96.0 * a),
        (2, "membrane written", 96.0 * a),
        (2, "output written", 10.0 * a),
        (3, "accumulate", 70.0 * 0.1),
        (3, "address multiply-accumulate", 20.0 * 3.2),
        (3, "address accumulate", 90.0 * 0.1),
        (3, "weight read", 70.0 * weights),
        (3, "input read", 10.0 * a),
        (3, "membrane read", 70.0 * b),
        (3, "membrane written", 70.0 * b),
        (4, "accumulate", (48.0 + 5.0) * 0.1),
        (4, "multiply-accumulate", 48.0 * 3.2),
        (4, "bias read", 48.0 * access(1.0)),
        (4, "membrane read", 48.0 * b),
        (4, "membrane written", 48.0 * b),
        (4, "output written", 5.0 * b),
    ];
    // 1171.1 arithmetic; 1,275 accesses at 6.6; 358 to 576 bits, 529 to 512, 340 to 1,024, 48 to 32, at 5.45e-6 per bit.
    assert_lines(&account(Form::Lemaire2022), &expected, 1171.1 + 8415.0 + 826_752.0 * 5.45e-6);
}

/// T = 3 tells 4 values apart, as 2 bits do.
#[test]
fn yan_by_hand() {
    let op = 0.05448;
    let expected = [
        (1, "bits multiplied, accumulated", 576.0 * op),
        (1, "matched weight bits read", 576.0 * 20.0),
        (1, "activation bits moved", 16.0 * 2.0 * 0.25),
        (2, "comparison", 96.0 * op),
        (2, "reset", 10.0 * op),
        (2, "membrane bits read, written", 192.0 * 8.0 * 0.25),
        (3, "accumulate", 70.0 * op),
        (3, "weight bits read", 560.0 * 20.0),
        (4, "comparison", 48.0 * op),
        (4, "reset", 5.0 * op),
        (4, "membrane bits read, written", 96.0 * 8.0 * 0.25),
    ];
    assert_lines(&account(Form::Yan2024), &expected, 23_347.856_4);
    assert_eq!([1, 2, 3, 4, 5, 7, 8, 15, 16].map(matched_bits), [1, 2, 2, 3, 3, 3, 4, 4, 5]);
    let alone = list(Form::Yan2024).account(&two_layers(), None, &three_steps());
    assert!(alone.is_partial(), "without T there is no counterpart");
}

/// 15 of 144 updates fire. The spikes of `b` go to no layer.
#[test]
fn chip_events_by_hand() {
    let expected = [
        (1, "real-valued operation", f64::NAN),
        (2, "active update", 10.0 * 81.0),
        (2, "inactive update", 86.0 * 52.0),
        (2, "spike within tile", 10.0 * 1.7),
        (2, "hop", 10.0 * 3.0),
        (3, "synaptic operation", 70.0 * 23.6),
        (4, "active update", 5.0 * 81.0),
        (4, "inactive update", 43.0 * 52.0),
    ];
    let account = account(Form::ChipEvents);
    assert_lines(&account, &expected, 9622.0);
    assert_eq!((account.is_partial(), account.total()), (true, None), "a partial sum is no total");
}

#[test]
fn all_in_by_hand() {
    let account = account(Form::AllIn);
    assert_lines(&account, &[(1, "real-valued operation", f64::NAN), (3, "synaptic event", 70.0 * 26.0)], 1820.0);
    assert_eq!(account.total(), None);
    let spiking_part = list(Form::AllIn).account(&two_layers(), Some(STEPS), &three_steps()[1..]);
    assert!((spiking_part.total().unwrap() - 1820e-12).abs() < 1e-20);
}

/// On a chip a shortcut's spike is a synaptic operation, two currents meet in the membrane for nothing, and a sum of stored
/// values, as in a float network, is none of the chip's operations.
#[test]
fn sums_are_what_their_operands_make_them() {
    let mut net = Network::new("sum", Shape::vector(4));
    let sum = net.push("sum", Operation::Add, &[0, 0], Shape::vector(4));
    net.pool("pool", sum, Pool2d::global(Reduction::Average, Shape::vector(4)));
    let events = |input_events, counts| {
        let layers = [LayerCounts { layer: 1, input_events, output_events: 0, counts }];
        let account = list(Form::ChipEvents).account(&net, None, &layers);
        account.lines.iter().map(|e| (e.event, e.count)).collect::<Vec<_>>()
    };
    assert_eq!(events(3, Counts { ac: 3, activation_reads: 3, ..NONE }), [("synaptic operation", 3.0)]);
    assert_eq!(events(0, Counts { ac: 4, ..NONE }), []);
    let stored = Counts { ac: 4, activation_reads: 4, activation_writes: 4, ..NONE };
    assert_eq!(events(0, stored), [("real-valued operation", 4.0)]);
}

#[test]
fn a_list_without_a_price_that_it_needs_is_refused() {
    for form in Form::ALL {
        for missing in form.keys() {
            let value = |key: &str| if key == missing.key { None } else { Some(1.0) };
            let refused = PriceError::Missing { form, key: missing.key };
            assert_eq!(PriceList::new(form, value).err(), (!missing.may_be_unpriced).then_some(refused));
            assert!(PriceList::new(form, |key| Some(if key == missing.key { f64::NAN } else { 1.0 })).is_err());
        }
    }
}

/// Counts that a run could give layer by layer: the kind of layer decides which are not zero.
fn any_counts() -> impl Strategy<Value = Vec<LayerCounts>> {
    let any = prop::array::uniform4((0..1000_u64, 0..1000_u64, 0..1000_u64));
    any.prop_map(|layers| {
        let mut counted = three_steps();
        for (layer, (a, b, c)) in counted.iter_mut().zip(layers) {
            let counts = &mut layer.counts;
            match layer.layer {
                1 => *counts = Counts { mac: 288 * a, weight_reads: 288 * a, activation_reads: b, ..NONE },
                3 => {
                    layer.input_events = a + 1;
                    *counts = Counts { ac: b, weight_reads: b, activation_reads: a + 1, activation_writes: c, ..NONE };
                }
                _ => {
                    layer.output_events = a;
                    let (updates, reads) = (a + b, if c % 2 == 0 { a + b } else { 0 });
                    *counts = Counts {
                        neuron_updates: updates,
                        state_accesses: 2 * updates,
                        activation_reads: reads,
                        activation_writes: a,
                        ..NONE
                    };
                }
            }
        }
        counted
    })
}

proptest! {
    /// Lines, parts and total agree; the account of a sum is the sum of the accounts, so that pricing a mean over samples
    /// is pricing each sample.
    #[test]
    fn invariant_5_lines_sum_to_the_total_and_counts_to_counts(one in any_counts(), other in any_counts()) {
        let net = two_layers();
        let mut both = one.clone();
        for (sum, more) in both.iter_mut().zip(&other) {
            sum.input_events += more.input_events;
            sum.output_events += more.output_events;
            sum.counts += more.counts;
        }
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (a.abs() + b.abs());
        for form in Form::ALL {
            let joules = |layers: &[LayerCounts]| {
                let account = list(form).account(&net, Some(STEPS), layers);
                (account.lines.iter().filter_map(|e| e.joules()).sum::<f64>(), account.energy().total())
            };
            let (lines, total) = joules(&both);
            prop_assert!(close(lines, total), "{form:?}: lines {lines}, total {total}");
            // Membranes of a stored sum or convolution are not touched (Lemaire): that depends on the layer, which both have.
            if one[2].counts.activation_writes > 0 && other[2].counts.activation_writes > 0 {
                prop_assert!(close(joules(&one).1 + joules(&other).1, total), "{form:?}");
            }
        }
    }

    /// Nothing but the resolution of the quantised counterpart depends on T: counts are over all steps already.
    #[test]
    fn invariant_10_no_count_is_multiplied_by_steps_or_rate(counts in any_counts(), steps in 1..64_usize) {
        let net = two_layers();
        for form in Form::ALL.into_iter().filter(|form| *form != Form::Yan2024) {
            let list = list(form);
            prop_assert_eq!(list.account(&net, Some(steps), &counts), list.account(&net, None, &counts));
        }
    }
}

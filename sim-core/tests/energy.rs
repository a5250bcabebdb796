//! Price lists against joules worked out by hand, and what must hold for any counts.

use cospike_sim_core::energy::{Account, Form, PriceError, PriceList, Unit, Yan2024, matched_bits};
use cospike_sim_core::inference::{Convention, Counts, LayerCounts};
use cospike_sim_core::network::{Conv2d, Leak, Network, Neuron, Nonlinearity, Operation, Pool2d, Reduction, Shape};
use proptest::prelude::*;

const STEPS: usize = 3;
/// The values of the shipped lists, but for `real_valued_operation`, which has no price. No switch is on.
fn list(form: Form) -> PriceList {
    with_switches(form, 0.0)
}

fn with_switches(form: Form, switch: f64) -> PriceList {
    let value = move |key: &str| {
        Some(match (form, key) {
            (_, "membranes_in_registers" | "matched_weights") => switch,
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

/// Three steps of it. `a` works on the image, once: 32 outputs of 9 products are 288, of which 2 x 100 land inside (along each
/// axis 2 + 3 + 3 + 2). Six values of the image are not zero: four inside meet 9 positions of 2 channels, two in corners 4, which
/// is 88 products. Its neurons fire 10 times: 6 spikes lie inside and meet 9 weights each, 4 lie in corners and meet 4, so `b` has
/// 54 + 16 = 70 accumulates, and 90 if the whole kernel is multiplied out. Its neurons fire 5 times.
fn three_steps() -> Vec<LayerCounts> {
    let layer = |layer, input_events, output_events, counts| LayerCounts {
        layer,
        input_events,
        output_events,
        counts,
        with_borders: counts,
        nonzero: counts,
        ..LayerCounts::default()
    };
    let products =
        |mac| Counts { mac, weight_reads: mac, activation_reads: mac, activation_writes: 32, ..Counts::NONE };
    let events = |ac| Counts { ac, weight_reads: ac, activation_reads: 10, ..Counts::NONE };
    vec![
        LayerCounts {
            nonzero_inputs: 6,
            with_borders: products(288),
            nonzero: Counts { map_bits_read: 16, ..products(88) },
            ..layer(1, 0, 0, products(200))
        },
        layer(
            2,
            0,
            10,
            Counts {
                neuron_updates: 96,
                state_accesses: 192,
                activation_reads: 96,
                activation_writes: 10,
                ..Counts::NONE
            },
        ),
        LayerCounts { with_borders: events(90), ..layer(3, 10, 0, events(70)) },
        layer(4, 0, 5, Counts { neuron_updates: 48, state_accesses: 96, activation_writes: 5, ..Counts::NONE }),
    ]
}

fn account(form: Form) -> Account {
    account_by(&list(form), Convention::Inside)
}

fn account_by(list: &PriceList, convention: Convention) -> Account {
    list.account(&two_layers(), Some(STEPS), &three_steps(), convention)
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
        (1, "multiply-accumulate", 200.0 * 4.6),
        (2, "neuron update", 96.0 * 0.9),
        (3, "accumulate", 70.0 * 0.9),
        (4, "neuron update", 48.0 * 0.9),
    ];
    assert_lines(&account(Form::Operations), &expected, 1112.6);
    // 288 products and 90 accumulates with borders; 88 products that are not zero. A map costs nothing here.
    let total = |convention| account_by(&list(Form::Operations), convention).energy().total() * 1e12;
    assert!((total(Convention::WithBorders) - (1324.8 + 81.0 + 129.6)).abs() < 1e-9);
    assert!((total(Convention::NonZero) - (404.8 + 63.0 + 129.6)).abs() < 1e-9);
}

/// Everything fits into 8 KiB, where 8 bytes cost 10 pJ and one 1.25. A spike among 32, or 16, neurons is an address of
/// 1 byte. Spike by spike, each of the 70 synaptic events reads and writes a membrane.
#[test]
fn memory_by_hand() {
    let expected = [
        (1, "multiply-accumulate", 200.0 * 4.6),
        (1, "weight bytes read", 200.0 * 4.0 * 1.25),
        (1, "activation bytes read", 200.0 * 4.0 * 1.25),
        (1, "activation bytes written", 32.0 * 4.0 * 1.25),
        (2, "neuron update", 96.0 * 0.9),
        (2, "membrane bytes read, written", 192.0 * 4.0 * 1.25),
        (2, "activation bytes read", 96.0 * 4.0 * 1.25),
        (2, "activation bytes written", 10.0 * 1.25),
        (3, "accumulate", 70.0 * 0.9),
        (3, "weight bytes read", 70.0 * 4.0 * 1.25),
        (3, "membrane bytes read, written", 140.0 * 4.0 * 1.25),
        (3, "activation bytes read", 10.0 * 1.25),
        (4, "neuron update", 48.0 * 0.9),
        (4, "membrane bytes read, written", 96.0 * 4.0 * 1.25),
        (4, "activation bytes written", 5.0 * 1.25),
    ];
    // 1112.6 operations, 1350 weights, 2140 membranes, 1492.5 read, 178.75 written.
    assert_lines(&account(Form::Memory), &expected, 6273.85);
    // Neuron by neuron, layer 3 touches no membrane: 700 pJ less.
    let registers: Vec<_> = expected.into_iter().filter(|line| (line.0, line.1) != (3, expected[5].1)).collect();
    let account = account_by(&with_switches(Form::Memory, 1.0), Convention::Inside);
    assert_lines(&account, &registers, 5573.85);
    // The memories hold 18 + 18 weights, 32 or 16 membranes, 16 or 32 activations, of 4 bytes.
    let held = |event: &str| {
        account.lines.iter().filter(|line| line.event == event).map(|line| line.held_bytes).collect::<Vec<_>>()
    };
    assert_eq!(held("weight bytes read"), [Some(144.0), Some(144.0)]);
    assert_eq!(held("membrane bytes read, written"), [Some(128.0), Some(64.0)]);
    assert_eq!(held("activation bytes read"), [Some(64.0), Some(128.0), Some(128.0)]);
    assert_eq!(held("accumulate"), [None]);
}

/// 88 of the 200 products, with their weights and values, and a map of 16 bits, which is read once: 2 bytes. The rest does not
/// change.
#[test]
fn memory_without_zeros_by_hand() {
    let account = account_by(&list(Form::Memory), Convention::NonZero);
    let expected = [
        (1, "multiply-accumulate", 88.0 * 4.6),
        (1, "weight bytes read", 88.0 * 4.0 * 1.25),
        (1, "activation bytes read", 88.0 * 4.0 * 1.25),
        (1, "activation bytes written", 32.0 * 4.0 * 1.25),
        (1, "map bytes read", 2.0 * 1.25),
    ];
    assert_lines(&Account { lines: account.lines[..5].to_vec() }, &expected, 404.8 + 440.0 + 440.0 + 160.0 + 2.5);
    assert_eq!(account.lines[5..], self::account(Form::Memory).lines[4..]);
}

/// What must fit decides the memory: 1,024 weights of 8 bytes into 8 KiB, one more into 32 KiB, and so on.
#[test]
fn a_byte_costs_what_the_smallest_memory_that_holds_its_kind_costs() {
    let read_one = |inputs: usize| {
        let mut net = Network::new("wide", Shape::vector(inputs));
        net.push("fc", Operation::Linear, &[0], Shape::vector(1));
        let counts = Counts { weight_reads: 1, ..Counts::NONE };
        let layers = [LayerCounts { layer: 1, counts, ..LayerCounts::default() }];
        let entry = list(Form::Memory).account(&net, None, &layers, Convention::Inside).lines[0];
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
        (1, "multiply-accumulate", 200.0 * 3.2),
        (1, "weight read", 200.0 * weights),
        (1, "input read", 200.0 * image),
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
    // 889.5 arithmetic; 1,099 accesses at 6.6; 270 to 576 bits, 441 to 512, 340 to 1,024, 48 to 32, at 5.45e-6 per bit.
    assert_lines(&account(Form::Lemaire2022), &expected, 889.5 + 7253.4 + 731_008.0 * 5.45e-6);
    // Without zeros: 6 values are addressed as spikes are, and a map of 16 bits is half a value.
    let skipping = account_by(&list(Form::Lemaire2022), Convention::NonZero);
    let first = [
        (1, "multiply-accumulate", 88.0 * 3.2),
        (1, "address multiply-accumulate", 12.0 * 3.2),
        (1, "address accumulate", 54.0 * 0.1),
        (1, "map read", 0.5 * image),
        (1, "weight read", 88.0 * weights),
        (1, "input read", 88.0 * image),
        (1, "output written", 32.0 * a),
    ];
    let total = first.iter().map(|line| line.2).sum();
    assert_lines(&Account { lines: skipping.lines[..7].to_vec() }, &first, total);
    assert_eq!(skipping.lines[7..], account(Form::Lemaire2022).lines[4..]);
}

/// T = 3 tells 4 values apart, as 2 bits do. Weights have 8 bits in both networks.
#[test]
fn yan_by_hand() {
    let op = 0.05448;
    let expected = [
        (1, "bits multiplied, accumulated", 400.0 * op),
        (1, "weight bits read for real values", 1600.0 * 20.0),
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
    assert_lines(&account(Form::Yan2024), &expected, 43_818.267_92);
    // Weights as wide as the activations: 2 bits instead of 8.
    let mut narrow = expected;
    narrow[1].2 = 400.0 * 20.0;
    assert_lines(&account_by(&with_switches(Form::Yan2024, 1.0), Convention::Inside), &narrow, 19_818.267_92);
    // Without zeros: 88 products, 6 values of 2 bits and a map of 16 bits.
    let skipping = account_by(&list(Form::Yan2024), Convention::NonZero);
    let first = [
        (1, "bits multiplied, accumulated", 176.0 * op),
        (1, "weight bits read for real values", 704.0 * 20.0),
        (1, "activation bits moved", 12.0 * 0.25),
        (1, "map bits moved", 16.0 * 0.25),
    ];
    assert_lines(&Account { lines: skipping.lines[..4].to_vec() }, &first, 9.588_48 + 14_080.0 + 3.0 + 4.0);
    assert_eq!([1, 2, 3, 4, 5, 7, 8, 15, 16].map(matched_bits), [1, 2, 2, 3, 3, 3, 4, 4, 5]);
    let alone = list(Form::Yan2024).account(&two_layers(), None, &three_steps(), Convention::Inside);
    assert!(alone.is_partial(), "without T there is no counterpart");
}

/// Weights that a list takes to be whole numbers: 8 bits, where the first layer meets the image as many as T = 3 resolves if
/// they are matched. Widths that no whole number has are not executed.
#[test]
fn widths_of_weights_by_hand() {
    let bits = |list: PriceList, steps| [1, 3].map(|layer| list.weight_bits(&two_layers(), steps, layer));
    assert_eq!(bits(list(Form::Yan2024), Some(STEPS)), [Some(8), Some(8)]);
    assert_eq!(bits(with_switches(Form::Yan2024, 1.0), Some(STEPS)), [Some(2), Some(8)]);
    assert_eq!(bits(list(Form::Yan2024), None), [None, Some(8)]);
    assert_eq!(bits(list(Form::Memory), Some(STEPS)), [None, None]);
    let PriceList::Yan2024(prices) = list(Form::Yan2024) else { panic!("it has this form") };
    let odd = PriceList::Yan2024(Yan2024 { weight_bits: 2.5, ..prices });
    assert_eq!(bits(odd, Some(STEPS)), [None, None]);
    assert_eq!(list(Form::Yan2024).activation_bits(Some(4)), Some(3));
    assert_eq!(list(Form::Operations).activation_bits(Some(4)), None);
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
    let spiking_part = list(Form::AllIn).account(&two_layers(), Some(STEPS), &three_steps()[1..], Convention::Inside);
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
        let layers = [LayerCounts { layer: 1, input_events, counts, ..LayerCounts::default() }];
        let account = list(Form::ChipEvents).account(&net, None, &layers, Convention::Inside);
        account.lines.iter().map(|e| (e.event, e.count)).collect::<Vec<_>>()
    };
    assert_eq!(events(3, Counts { ac: 3, activation_reads: 3, ..Counts::NONE }), [("synaptic operation", 3.0)]);
    assert_eq!(events(0, Counts { ac: 4, ..Counts::NONE }), []);
    let stored = Counts { ac: 4, activation_reads: 4, activation_writes: 4, ..Counts::NONE };
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
            let half = PriceList::new(form, |key| Some(if key == missing.key { 0.5 } else { 1.0 }));
            // A switch is 0 or 1, and a size at least 1.
            let is_refused = matches!(missing.unit, Unit::Switch | Unit::Bits | Unit::Bytes);
            assert_eq!(half.is_err(), is_refused, "{}", missing.key);
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
                1 => {
                    *counts = Counts { mac: 200 * a, weight_reads: 200 * a, activation_reads: b, ..Counts::NONE };
                    layer.with_borders = Counts { mac: 288 * a, ..*counts };
                }
                3 => {
                    layer.input_events = a + 1;
                    *counts = Counts {
                        ac: b,
                        weight_reads: b,
                        activation_reads: a + 1,
                        activation_writes: c,
                        ..Counts::NONE
                    };
                }
                _ => {
                    layer.output_events = a;
                    let (updates, reads) = (a + b, if c % 2 == 0 { a + b } else { 0 });
                    *counts = Counts {
                        neuron_updates: updates,
                        state_accesses: 2 * updates,
                        activation_reads: reads,
                        activation_writes: a,
                        ..Counts::NONE
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
            *sum += *more;
        }
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (a.abs() + b.abs());
        for form in Form::ALL {
            let joules = |layers: &[LayerCounts]| {
                let account = list(form).account(&net, Some(STEPS), layers, Convention::Inside);
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
            for convention in Convention::ALL {
                let account = |steps| list.account(&net, steps, &counts, convention);
                prop_assert_eq!(account(Some(steps)), account(None));
            }
        }
    }
}

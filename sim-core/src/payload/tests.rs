use super::*;
use crate::inference::{Feature, Real, SpikeTrain};
use crate::network::Shape;

fn spikes(shape: Shape, steps: usize) -> SpikeTrain {
    let mut train = SpikeTrain::silent(shape, steps);
    for t in 0..steps {
        for i in (0..shape.len()).filter(|i| (i * 2_654_435_761 + t * 40_503) >> 7 & 3 == 0) {
            train.fire(t, i / shape.channels, i % shape.channels);
        }
    }
    train
}

fn real(shape: Shape, steps: usize) -> Real {
    let data = (0..steps * shape.len()).map(|i| (i % 256) as f32 / 255.0).collect();
    Real { shape, steps, data }
}

/// Channels below, at and above the 64 of a word, and steps that end within a byte.
#[test]
fn spikes_pack_to_one_bit_and_come_back() {
    for (channels, height, width) in [(1, 3, 3), (3, 5, 7), (16, 4, 4), (64, 2, 3), (65, 1, 3), (130, 3, 1)] {
        let shape = Shape::new(channels, height, width);
        let coder = Coder::new(Codec::Spikes, shape, 3).unwrap();
        let feature = Feature::Spikes(spikes(shape, 3));
        let payload = coder.encode(&feature).unwrap();
        assert_eq!(payload.bytes.len(), 3 * shape.len().div_ceil(8));
        assert_eq!(coder.decode(&payload, &Damage::NONE).unwrap(), feature);
    }
}

#[test]
fn lost_bytes_are_neurons_that_did_not_fire() {
    let shape = Shape::new(4, 3, 3);
    let (coder, train) = (Coder::new(Codec::Spikes, shape, 2).unwrap(), spikes(shape, 2));
    let payload = coder.encode(&Feature::Spikes(train.clone())).unwrap();
    // Byte 6 is the second of step 1: neurons 8 to 15.
    let Feature::Spikes(received) = coder.decode(&payload, &Damage::losing(std::slice::from_ref(&(6..7)))).unwrap()
    else {
        panic!("spikes were sent")
    };
    for (t, i) in (0..2).flat_map(|t| (0..shape.len()).map(move |i| (t, i))) {
        let sent = train.get(t, i / 4, i % 4);
        assert_eq!(received.get(t, i / 4, i % 4), sent && !(t == 1 && (8..16).contains(&i)), "step {t} neuron {i}");
    }
}

#[test]
fn float32_and_pixels_come_back_and_lose_only_what_was_lost() {
    let feature = real(Shape::new(2, 3, 5), 2);
    for (codec, value_bytes) in [(Codec::Float32, 4), (Codec::Pixels8, 1)] {
        let coder = Coder::new(codec, feature.shape, 2).unwrap();
        let payload = coder.encode(&Feature::Real(feature.clone())).unwrap();
        assert_eq!(payload.bytes.len(), 60 * value_bytes);
        assert_eq!(coder.decode(&payload, &Damage::NONE).unwrap(), Feature::Real(feature.clone()));
        let mut expected = feature.clone();
        expected.data[7] = 0.0;
        expected.data[59] = 0.0;
        let lost = [7 * value_bytes..7 * value_bytes + 1, 59 * value_bytes..60 * value_bytes];
        assert_eq!(coder.decode(&payload, &Damage::losing(&lost)).unwrap(), Feature::Real(expected));
    }
}

/// Numbers up to 5 take three bits, so six of them three bytes.
#[test]
fn counts_come_back_in_as_few_bits_as_the_largest_takes() {
    let (shape, codec) = (Shape::new(2, 1, 3), Codec::Counts { max: 5 });
    let coder = Coder::new(codec, shape, 2).unwrap();
    let counts = Real { shape, steps: 2, data: [0, 1, 2, 3, 4, 5, 5, 0, 0, 0, 0, 1].map(|n: u8| n.into()).to_vec() };
    let payload = coder.encode(&Feature::Real(counts.clone())).unwrap();
    assert_eq!((payload.bytes.len(), payload.step_starts.as_slice()), (6, &[0, 3][..]));
    assert_eq!(coder.decode(&payload, &Damage::NONE).unwrap(), Feature::Real(counts.clone()));
    // Bit 3 of the first byte is the lowest of the second number, which is missing then; bit 13 makes 6 of the fifth one's 4.
    let damage = Damage { erased: &[3], flipped: &[13], ..Damage::NONE };
    let Feature::Real(damaged) = coder.decode(&payload, &damage).unwrap() else { panic!("values were sent") };
    assert_eq!(damaged.data[..6], [0.0, 0.0, 2.0, 3.0, 5.0, 5.0]);
    for value in [6.0, -1.0, 0.5, f32::NAN] {
        let wrong = Real { data: vec![value; 12], ..counts.clone() };
        assert!(coder.encode(&Feature::Real(wrong)).unwrap_err().to_string().contains("no whole number from 0 to 5"));
    }
}

#[test]
fn a_jpeg_scan_with_a_gap_is_a_feature_of_zeros() {
    let feature = real(Shape::new(3, 8, 8), 1);
    let coder = Coder::new(Codec::Jpeg { quality: 100 }, feature.shape, 1).unwrap();
    let payload = coder.encode(&Feature::Real(feature.clone())).unwrap();
    let Feature::Real(whole) = coder.decode(&payload, &Damage::NONE).unwrap() else { panic!("values were sent") };
    assert!(whole.data.iter().zip(&feature.data).all(|(a, b)| (a - b).abs() < 4.0 / 255.0));
    let zeros = Feature::Real(Real::zeros(feature.shape, 1));
    assert_eq!(coder.decode(&payload, &Damage::losing(std::slice::from_ref(&(10..11)))).unwrap(), zeros);
}

#[test]
fn packets_cover_the_payload_and_never_mix_steps_when_streaming() {
    let shape = Shape::new(16, 5, 5);
    let coder = Coder::new(Codec::Spikes, shape, 4).unwrap();
    let payload = coder.encode(&Feature::Spikes(spikes(shape, 4))).unwrap();
    let mtu = NonZeroUsize::new(32).unwrap();
    let message = payload.packets(mtu, Packetise::Message);
    let steps = payload.packets(mtu, Packetise::Step);
    for packets in [&message, &steps] {
        assert!(packets.iter().all(|p| (1..=32).contains(&p.len())));
        assert_eq!(packets.iter().cloned().flatten().collect::<Vec<_>>(), (0..200).collect::<Vec<_>>());
    }
    assert_eq!(message.len(), 7);
    assert_eq!(steps.len(), 8);
    assert!(steps.iter().all(|p| p.start / 50 == (p.end - 1) / 50));
}

#[test]
fn what_does_not_fit_the_coder_is_an_error() {
    let shape = Shape::new(2, 2, 2);
    let coder = Coder::new(Codec::Spikes, shape, 2).unwrap();
    assert!(matches!(coder.encode(&Feature::Real(Real::zeros(shape, 2))), Err(PayloadError::Feature { .. })));
    assert!(matches!(
        coder.encode(&Feature::Spikes(SpikeTrain::silent(shape, 3))),
        Err(PayloadError::Feature { steps: 3, .. })
    ));
    let payload = Payload { bytes: vec![0; 3], step_starts: vec![0, 1] };
    assert!(matches!(
        coder.decode(&payload, &Damage::NONE),
        Err(PayloadError::PayloadLength { found: 3, needed: 2, .. })
    ));
    let payload = Payload { bytes: vec![0; 2], step_starts: vec![0, 1] };
    assert!(matches!(
        coder.decode(&payload, &Damage::losing(std::slice::from_ref(&(1..3)))),
        Err(PayloadError::LostRange { end: 3, len: 2, .. })
    ));
}

/// One step of eight neurons per byte, so that what each rule makes of a hole can be written down.
#[test]
fn missing_bits_become_what_the_receiver_was_told() {
    let coder = Coder::new(Codec::Spikes, Shape::vector(8), 3).unwrap();
    let payload = Payload { bytes: vec![0b1010_1010, 0b1111_0000, 0b0000_1111], step_starts: vec![0, 1, 2] };
    let decode = |missing, damage: Damage<'_>| {
        let Feature::Spikes(train) = coder.clone().with_missing(missing).decode(&payload, &damage).unwrap() else {
            panic!("spikes were sent")
        };
        (0..train.steps()).map(|step| train.step(step)[0] as u8).collect::<Vec<_>>()
    };
    let second = std::slice::from_ref(&(1..2));
    assert_eq!(decode(Missing::Zero, Damage::losing(second)), [0b1010_1010, 0, 0b0000_1111]);
    assert_eq!(decode(Missing::Last, Damage::losing(second)), [0b1010_1010, 0b1010_1010, 0b0000_1111]);
    assert_eq!(decode(Missing::DropStep, Damage::losing(second)), [0b1010_1010, 0b0000_1111]);
    assert_eq!(decode(Missing::DropStep, Damage::losing(std::slice::from_ref(&(0..3)))), [0]);
    // Bit 1 of step 0 inverted; bit 0 (was 1) and bit 5 (was 0) of step 2 erased: step 1 had 0 and 1 there.
    let bits = Damage { lost: &[], flipped: &[1], erased: &[16, 21], ..Damage::NONE };
    assert_eq!(decode(Missing::Zero, bits), [0b1010_1000, 0b1111_0000, 0b0000_1110]);
    assert_eq!(decode(Missing::Last, bits), [0b1010_1000, 0b1111_0000, 0b0010_1110]);
    assert_eq!(decode(Missing::DropStep, bits), [0b1010_1000, 0b1111_0000]);
    let outside = Damage { flipped: &[24], ..Damage::NONE };
    assert_eq!(coder.decode(&payload, &outside), Err(PayloadError::DamagedBit { bit: 24, len: 3 }));
}

/// Whatever bits are inverted, a scan decodes to values or is missing as a whole.
#[test]
fn a_damaged_jpeg_scan_is_values_or_a_missing_step() {
    let feature = real(Shape::new(3, 8, 8), 1);
    let coder = Coder::new(Codec::Jpeg { quality: 80 }, feature.shape, 1).unwrap();
    let payload = coder.encode(&Feature::Real(feature)).unwrap();
    let mut missing = 0;
    for first in 0..payload.bytes.len() as u32 * 8 - 16 {
        // Sixteen bits on end can make any marker.
        let flipped: Vec<u32> = (first..first + 16).collect();
        let damage = Damage { flipped: &flipped, ..Damage::NONE };
        let Feature::Real(found) = coder.decode(&payload, &damage).unwrap() else { panic!("values were sent") };
        assert!(found.data.iter().all(|value| (0.0..=1.0).contains(value)));
        missing += usize::from(found.data.iter().all(|&value| value == 0.0));
    }
    assert!(missing > 0, "no damage was too much for the decoder");
}

/// Four levels are numbers of three bits, 0 to 4; what damage makes of the others is a level too.
#[test]
fn levels_are_numbers_of_as_few_bits_as_they_need() {
    let coder = Coder::new(Codec::Levels { levels: 4 }, Shape::vector(5), 1).unwrap();
    let feature = |data: [f32; 5]| Feature::Real(Real { shape: Shape::vector(5), steps: 1, data: data.into() });
    let payload = coder.encode(&feature([0.0, 0.25, 0.5, 0.75, 1.0])).unwrap();
    // Lowest bit first: 000 100 010 110 001.
    assert_eq!(payload.bytes, [0b1000_1000, 0b0100_0110]);
    let decode = |damage: Damage<'_>| coder.decode(&payload, &damage).unwrap();
    assert_eq!(decode(Damage::NONE), feature([0.0, 0.25, 0.5, 0.75, 1.0]));
    // Bit 5 belongs to the second value, though it is 0; bits 12 and 13 make a 7 of the 4.
    assert_eq!(decode(Damage { erased: &[5], ..Damage::NONE }), feature([0.0, 0.0, 0.5, 0.75, 1.0]));
    assert_eq!(decode(Damage { flipped: &[0, 12, 13], ..Damage::NONE }), feature([0.25, 0.25, 0.5, 0.75, 1.0]));
    // The first byte has the two lower bits of the third value.
    assert_eq!(decode(Damage::losing(std::slice::from_ref(&(0..1)))), feature([0.0, 0.0, 0.0, 0.75, 1.0]));
    let dropped = coder.clone().with_missing(Missing::DropStep);
    assert_eq!(dropped.decode(&payload, &Damage::losing(std::slice::from_ref(&(1..2)))).unwrap(), feature([0.0; 5]));
    for value in [0.3, -0.25, 1.25, f32::NAN] {
        let refused = coder.encode(&feature([0.0, 0.25, value, 0.75, 1.0]));
        assert!(matches!(refused, Err(PayloadError::Level { levels: 4, .. })), "{value}: {refused:?}");
    }
    let seven = Payload { bytes: vec![0b111, 0], step_starts: vec![0] };
    assert_eq!(coder.decode(&seven, &Damage::NONE), Err(PayloadError::Grade { found: 7, max: 4 }));
    // As many bits as the numbers of spikes in as many steps need.
    for (levels, bits) in [(2, 2), (3, 2), (4, 3), (7, 3), (8, 4), (255, 8)] {
        let coder = Coder::new(Codec::Levels { levels }, Shape::vector(8), 1).unwrap();
        let bytes = coder.encode(&Feature::Real(Real::zeros(Shape::vector(8), 1))).unwrap().bytes;
        assert_eq!(bytes.len(), bits, "{levels} levels");
    }
}

/// As in the code of BottleNet++: a missing bit counts half of what it would be worth, so a missing byte is in the middle.
#[test]
fn missing_values_become_the_middle_of_what_they_can_be() {
    let shape = Shape::vector(3);
    let decode = |codec, bytes: &[u8], damage: Damage<'_>| {
        let coder = Coder::new(codec, shape, 1).unwrap().with_missing(Missing::Middle);
        let payload = Payload { bytes: bytes.into(), step_starts: vec![0] };
        let Feature::Real(real) = coder.decode(&payload, &damage).unwrap() else { panic!("values were sent") };
        real.data
    };
    let lost = std::slice::from_ref(&(2..3));
    // 200 = 0b1100_1000 without its highest bit (72 + 64) and with its bit 3, which is 1, unknown (192 + 4).
    let found = decode(Codec::Pixels8, &[200, 200, 255], Damage { lost, erased: &[7, 11], ..Damage::NONE });
    assert_eq!(found, [136.0 / 255.0, 196.0 / 255.0, 127.5 / 255.0]);
    // Levels 0 to 4 in three bits: an unknown bit 2 of a 4 is a 2, and one of a 3 is more than a 4 can be.
    let coder = Coder::new(Codec::Levels { levels: 4 }, shape, 1).unwrap();
    let levels = Real { shape, steps: 1, data: vec![1.0, 0.75, 0.25] };
    let bytes = coder.encode(&Feature::Real(levels)).unwrap().bytes;
    let found = decode(Codec::Levels { levels: 4 }, &bytes, Damage { erased: &[2, 5], ..Damage::NONE });
    assert_eq!(found, [0.5, 1.0, 0.25]);
    // Nothing is known of an image that cannot be decoded, nor of a symbol that is lost; float32 values have no middle.
    let symbols: Vec<u8> = [0.25_f32, 0.5, 1.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let lost = Damage { lost: std::slice::from_ref(&(4..8)), noise: &[0.5, 7.0, -0.25], ..Damage::NONE };
    assert_eq!(decode(Codec::Symbols, &symbols, lost), [0.75, 0.5, 0.75]);
    assert_eq!(decode(Codec::Float32, &symbols, Damage { noise: &[], ..lost }), [0.25, 0.0, 1.0]);
}

/// At 20 dB a symbol takes as long as log2(101) / 2 = 3.329 bits: 24 of them fit the time of 10 bytes, and 7 that of 3.
#[test]
fn symbols_take_the_time_of_the_bits_that_a_perfect_code_would_send() {
    let bits = 101.0_f64.log2() / 2.0;
    let feature = real(Shape::vector(31), 1);
    let payload = Coder::new(Codec::Symbols, feature.shape, 1).unwrap().encode(&Feature::Real(feature)).unwrap();
    let mtu = |bytes| std::num::NonZeroUsize::new(bytes).unwrap();
    assert_eq!(payload.symbol_packets(mtu(10), Packetise::Message, bits), [(0..96, 10), (96..124, 3)]);
    assert_eq!(payload.symbol_packets(mtu(1_500), Packetise::Message, bits), [(0..124, 13)]);
    // A packet shorter than a symbol holds one all the same.
    let one = payload.symbol_packets(mtu(1), Packetise::Message, 20.0);
    assert_eq!((one.len(), one[30].clone()), (31, (120..124, 3)));
}

//! What was measured, as text.

use crate::output::table;
use cospike_bench::{DensitySweep, LargeNetwork, LayerTimes, Peak, Throughput};

pub(super) fn peak(peak: Peak) -> String {
    format!(
        "peak of one core, on registers: {:.1} G float additions/s, {:.1} G multiply-adds/s",
        peak.adds_per_second / 1e9,
        peak.multiply_adds_per_second / 1e9
    )
}

pub(super) fn throughput(throughput: &Throughput) -> String {
    let title = format!(
        "reference network, T = {}, {:.2} M synaptic operations per image; its ReLU twin, {:.1} M multiply-adds:",
        throughput.time_steps,
        throughput.synaptic_operations_per_image / 1e6,
        throughput.float_multiply_accumulates_per_image / 1e6
    );
    let mut rows = table(&["network", "batch", "threads", "images/s", "G operations/s", "% of peak"]);
    for (name, batches) in [("spiking", &throughput.spiking), ("float", &throughput.float)] {
        for batch in batches {
            rows.add_row([
                name.to_string(),
                batch.batch.to_string(),
                batch.threads.to_string(),
                format!("{:.0}", batch.images_per_second),
                format!("{:.2}", batch.operations_per_second / 1e9),
                format!("{:.1}", 100.0 * batch.share_of_peak),
            ]);
        }
    }
    format!("{title}\n{rows}\noperations: additions, or multiply-adds; the peak is that of as many cores as threads")
}

pub(super) fn layers(layers: &LayerTimes, peak: Peak) -> String {
    let seconds = &layers.seconds_per_image;
    let kinds = [
        ("event-driven convolution", seconds.event_driven_convolution),
        ("neuron update", seconds.neuron_update),
        ("first layer", seconds.first_layer),
        ("counting, pool, classifier", seconds.rest),
    ];
    let total: f64 = kinds.iter().map(|(_, seconds)| seconds).sum();
    let mut times = table(&["kind", "us per image", "% of time"]);
    for (kind, seconds) in kinds {
        times.add_row([kind.to_string(), format!("{:.1}", seconds * 1e6), format!("{:.1}", 100.0 * seconds / total)]);
    }
    let titles = ["channels", "M synaptic operations", "G/s", "% of peak", "with neurons: G/s", "% of peak"];
    let mut rates = table(&[&titles[..], &["rows alone: G/s", "% of peak"]].concat());
    for width in &layers.widths {
        let measured = [
            (width.operations_per_second, width.share_of_peak),
            (width.operations_per_second_with_neurons, width.share_of_peak_with_neurons),
            (width.rows_alone_per_second, width.rows_alone_per_second / peak.adds_per_second),
        ];
        let measured =
            measured.iter().flat_map(|(rate, share)| [format!("{:.1}", rate / 1e9), format!("{:.0}", 100.0 * share)]);
        let first = [width.channels.to_string(), format!("{:.2}", width.synaptic_operations / 1e6)];
        rates.add_row(first.into_iter().chain(measured).collect::<Vec<_>>());
    }
    format!(
        "{times}\n\n{rates}\nrows alone: nothing but reading rows of as many weights in no order, and adding them up"
    )
}

pub(super) fn density(sweeps: &[DensitySweep]) -> String {
    let densities = sweeps.first().map_or(&[][..], |sweep| &sweep.density);
    let mut titles = vec!["channels".to_string(), "map".into()];
    titles.extend(densities.iter().map(|density| format!("{:.0} %", 100.0 * density)));
    titles.extend(["dense".into(), "crossover".into()]);
    let mut rows = table(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for sweep in sweeps {
        let mut row = vec![sweep.channels.to_string(), format!("{0}x{0}", sweep.side)];
        let seconds = sweep.event_driven_seconds.iter().chain([&sweep.dense_seconds]);
        row.extend(seconds.map(|seconds| format!("{:.1}", seconds * 1e6)));
        let crossover = sweep.crossover.map(|density| format!("{:.0} %", 100.0 * density));
        row.push(crossover.unwrap_or("none up to 50 %".into()));
        rows.add_row(row);
    }
    let steps = DensitySweep::STEPS;
    format!("3x3 convolution, T = {steps}, us per input by the share of neurons that fire in a step:\n{rows}")
}

pub(super) fn large_network(large: &LargeNetwork) -> String {
    let speed = format!(
        "{}, 224x224, T = {}, random weights (seed {}): {:.2} s per image, {:.2} G synaptic operations, {:.2} G/s; \
         {:.1} % of neurons fire in a step",
        large.network,
        large.time_steps,
        large.seed,
        large.seconds_per_image,
        large.synaptic_operations as f64 / 1e9,
        large.synaptic_operations as f64 / large.seconds_per_image / 1e9,
        100.0 * large.density
    );
    let resident = large.most_resident_bytes;
    let resident = resident.map(|bytes| format!("; most memory held by this process: {} MB", bytes / 1_000_000));
    format!(
        "{speed}\nweights {} MB, features at most {} MB at once{}",
        large.weight_bytes / 1_000_000,
        large.most_feature_bytes / 1_000_000,
        resident.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::tests::sweep;
    use cospike_bench::{BatchRate, KindSeconds, WidthRates};

    const PEAK: Peak = Peak { adds_per_second: 50e9, multiply_adds_per_second: 60.04e9 };

    /// The lines of a text with single spaces.
    fn lines(text: &str) -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn rates_are_in_billions_and_shares_in_per_cent() {
        assert_eq!(peak(PEAK), "peak of one core, on registers: 50.0 G float additions/s, 60.0 G multiply-adds/s");
        let rate = BatchRate {
            batch: 64,
            threads: 2,
            images_per_second: 2000.0,
            operations_per_second: 8e9,
            share_of_peak: 0.08,
        };
        let measured = Throughput {
            time_steps: 4,
            synaptic_operations_per_image: 4e6,
            float_multiply_accumulates_per_image: 18.2e6,
            spiking: vec![rate],
            float: vec![],
        };
        assert_eq!(
            lines(&throughput(&measured)),
            [
                "reference network, T = 4, 4.00 M synaptic operations per image; its ReLU twin, 18.2 M multiply-adds:",
                "network batch threads images/s G operations/s % of peak",
                "spiking 64 2 2000 8.00 8.0",
                "operations: additions, or multiply-adds; the peak is that of as many cores as threads",
            ]
        );
    }

    #[test]
    fn times_of_layers_have_their_share_of_the_sum() {
        let seconds_per_image =
            KindSeconds { event_driven_convolution: 5e-4, neuron_update: 2e-4, first_layer: 1e-4, rest: 2e-4 };
        let width = WidthRates {
            channels: 16,
            synaptic_operations: 1.67e6,
            operations_per_second: 12e9,
            share_of_peak: 0.24,
            operations_per_second_with_neurons: 9e9,
            share_of_peak_with_neurons: 0.18,
            rows_alone_per_second: 40e9,
        };
        let text = layers(&LayerTimes { seconds_per_image, widths: vec![width] }, PEAK);
        let rows = lines(&text);
        assert_eq!(
            rows[1..5].join("; "),
            "event-driven convolution 500.0 50.0; neuron update 200.0 20.0; first layer 100.0 10.0; counting, pool, classifier 200.0 20.0"
        );
        assert_eq!(rows[7], "16 1.67 12.0 24 9.0 18 40.0 80");
    }

    #[test]
    fn densities_and_the_large_network_are_in_their_units() {
        let sweep = sweep();
        let crossing = DensitySweep { crossover: Some(0.37), ..sweep.clone() };
        let rows = lines(&density(&[sweep, crossing]));
        assert_eq!(rows[1], "channels map 1 % 50 % dense crossover");
        assert_eq!(rows[2], "16 28x28 10.0 300.0 200.0 none up to 50 %");
        assert_eq!(rows[3], "16 28x28 10.0 300.0 200.0 37 %");
        let large = LargeNetwork {
            network: "resnet50",
            time_steps: 4,
            seed: 1,
            seconds_per_image: 0.5,
            synaptic_operations: 3_000_000_000,
            density: 0.125,
            weight_bytes: 102_000_000,
            most_feature_bytes: 7_000_000,
            most_resident_bytes: Some(250_000_000),
        };
        assert_eq!(
            large_network(&large),
            "resnet50, 224x224, T = 4, random weights (seed 1): 0.50 s per image, 3.00 G synaptic operations, 6.00 G/s; \
             12.5 % of neurons fire in a step\n\
             weights 102 MB, features at most 7 MB at once; most memory held by this process: 250 MB"
        );
    }
}

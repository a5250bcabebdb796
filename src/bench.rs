//! `bench inference`: how fast this machine executes networks.

use crate::arguments::BenchInference;
use crate::failure::Failure;
use crate::output::{print_json, say, table};
use cospike_bench::{DensitySweep, InferenceBench, LargeNetwork, LayerTimes, Peak, Selection, Throughput};
use cospike_reports::{DensityLine, FIGURE, density_figure};
use cospike_results::store::whole_file::WholeFile;
use std::io::Write;

/// Measures, prints tables or JSON, and draws the figure if one is asked for.
pub(crate) fn inference(arguments: &BenchInference) -> Result<(), Failure> {
    let selection = Selection { density: arguments.density, large_network: arguments.resnet50 };
    // Before minutes are spent on what could not be written.
    let svg = arguments.svg.as_deref().map(|path| WholeFile::create(path, FIGURE)).transpose();
    let svg = svg.map_err(Failure::mistake)?;
    let bench = InferenceBench::measure(selection)?;
    if let (Some(file), Some(sweeps)) = (svg, &bench.density) {
        file.file().write_all(density_svg(sweeps)?.as_bytes())?;
        file.finish()?;
    }
    if arguments.json {
        print_json(&serde_json::to_value(&bench)?);
        return Ok(());
    }
    say!(
        "peak of one core, on registers: {:.1} G float additions/s, {:.1} G multiply-adds/s\n",
        bench.peak.adds_per_second / 1e9,
        bench.peak.multiply_adds_per_second / 1e9
    );
    print_throughput(&bench.reference);
    say!();
    print_layers(&bench.layers, bench.peak);
    if let Some(sweeps) = &bench.density {
        say!();
        print_density(sweeps);
    }
    if let Some(large) = &bench.large_network {
        say!();
        print_large(large);
    }
    Ok(())
}

fn print_throughput(throughput: &Throughput) {
    say!(
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
    say!("{rows}");
    say!("operations: additions, or multiply-adds; the peak is that of as many cores as threads");
}

fn print_layers(layers: &LayerTimes, peak: Peak) {
    let seconds = &layers.seconds_per_image;
    let kinds = [
        ("event-driven convolution", seconds.event_driven_convolution),
        ("neuron update", seconds.neuron_update),
        ("first layer", seconds.first_layer),
        ("counting, pool, classifier", seconds.rest),
    ];
    let total: f64 = kinds.iter().map(|(_, seconds)| seconds).sum();
    let mut rows = table(&["kind", "us per image", "% of time"]);
    for (kind, seconds) in kinds {
        rows.add_row([kind.to_string(), format!("{:.1}", seconds * 1e6), format!("{:.1}", 100.0 * seconds / total)]);
    }
    say!("{rows}\n");
    let titles = ["channels", "M synaptic operations", "G/s", "% of peak", "with neurons: G/s", "% of peak"];
    let mut rows = table(&[&titles[..], &["rows alone: G/s", "% of peak"]].concat());
    for width in &layers.widths {
        let rates = [
            (width.operations_per_second, width.share_of_peak),
            (width.operations_per_second_with_neurons, width.share_of_peak_with_neurons),
            (width.rows_alone_per_second, width.rows_alone_per_second / peak.adds_per_second),
        ];
        let rates =
            rates.iter().flat_map(|(rate, share)| [format!("{:.1}", rate / 1e9), format!("{:.0}", 100.0 * share)]);
        let first = [width.channels.to_string(), format!("{:.2}", width.synaptic_operations / 1e6)];
        rows.add_row(first.into_iter().chain(rates).collect::<Vec<_>>());
    }
    say!("{rows}");
    say!("rows alone: nothing but reading rows of as many weights in no order, and adding them up");
}

fn print_density(sweeps: &[DensitySweep]) {
    let steps = DensitySweep::STEPS;
    say!("3x3 convolution, T = {steps}, us per input by the share of neurons that fire in a step:");
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
    say!("{rows}");
}

/// The figure of the sweep over densities, as SVG.
fn density_svg(sweeps: &[DensitySweep]) -> Result<String, Failure> {
    let line = |sweep: &DensitySweep| DensityLine {
        label: format!("{} channels, {1}x{1}", sweep.channels, sweep.side),
        event_driven: sweep.density.iter().copied().zip(sweep.event_driven_seconds.iter().copied()).collect(),
        dense: sweep.dense_seconds,
    };
    Ok(density_figure(&sweeps.iter().map(line).collect::<Vec<_>>())?)
}

fn print_large(large: &LargeNetwork) {
    say!(
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
    say!(
        "weights {} MB, features at most {} MB at once{}",
        large.weight_bytes / 1_000_000,
        large.most_feature_bytes / 1_000_000,
        resident.unwrap_or_default()
    );
}

//! `bench inference`: how fast this machine executes networks.

mod text;

use crate::arguments::BenchInference;
use crate::ending::check_ending;
use crate::failure::Failure;
use crate::output::{print_json, say};
use cospike_bench::{DensitySweep, InferenceBench, Selection};
use cospike_reports::{DensityLine, FIGURE, density_figure};
use cospike_results::store::whole_file::WholeFile;
use std::io::Write;
use std::path::Path;

/// Measures, prints tables or JSON, and draws the figure if one is asked for.
pub(crate) fn inference(arguments: &BenchInference) -> Result<(), Failure> {
    let selection = Selection { density: arguments.density, large_network: arguments.resnet50 };
    // Before minutes are spent on what could not be written.
    let begin = |path: &Path| {
        check_ending(path, "a figure in SVG", "svg")?;
        WholeFile::create(path, FIGURE).map_err(Failure::mistake)
    };
    let svg = arguments.svg.as_deref().map(begin).transpose()?;
    let bench = InferenceBench::measure(selection)?;
    if let (Some(file), Some(sweeps)) = (svg, &bench.density) {
        file.file().write_all(density_svg(sweeps)?.as_bytes())?;
        file.finish()?;
    }
    if arguments.json {
        print_json(&serde_json::to_value(&bench)?);
        return Ok(());
    }
    let density = bench.density.as_deref().map(text::density);
    let large_network = bench.large_network.as_ref().map(text::large_network);
    let parts = [text::peak(bench.peak), text::throughput(&bench.reference), text::layers(&bench.layers, bench.peak)];
    let parts: Vec<String> = parts.into_iter().chain(density).chain(large_network).collect();
    say!("{}", parts.join("\n\n"));
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A sweep whose dense kernel is the faster one at the end, and of which no crossing was found.
    pub(super) fn sweep() -> DensitySweep {
        DensitySweep {
            channels: 16,
            side: 28,
            density: vec![0.01, 0.5],
            event_driven_seconds: vec![1e-5, 3e-4],
            dense_seconds: 2e-4,
            crossover: None,
        }
    }

    #[test]
    fn the_figure_names_its_lines() {
        let svg = density_svg(&[sweep()]).ok().unwrap();
        assert!(svg.contains("16 channels, 28x28") && svg.contains("Neurons that fire in a step"), "{svg}");
    }
}

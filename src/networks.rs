//! `networks`: the architectures, and what a cut of one of them costs at each layer.

use crate::arguments::{Family, Networks};
use crate::failure::Failure;
use crate::output::{print_json, say, say_paragraph, table};
use cospike_scenarios::diagnostic::did_you_mean;
use cospike_sim_core::network::{Network, NetworkError, NetworkName, Neuron, ParameterRule};
use serde_json::{Value, json};

/// Default number of time steps and of levels: that of the zoo's networks.
const TIME_STEPS: u32 = 4;
/// Number of bits of a float32 value.
const FLOAT_BITS: u64 = 32;

/// Lists the architectures, or shows one layer by layer.
pub(crate) fn networks(arguments: &Networks) -> Result<(), Failure> {
    let Some(text) = &arguments.name else {
        list(arguments.json);
        return Ok(());
    };
    let name: NetworkName = text.parse().map_err(|error| unknown(&error))?;
    let Networks { family, time_steps, levels, .. } = *arguments;
    if family != Family::Spiking && time_steps.is_some() {
        let name = family.name();
        return Err(Failure::mistake(format!("a {name} network runs once\nhelp: leave `--time-steps` out")));
    }
    if family != Family::Quantised && levels.is_some() {
        let name = family.name();
        return Err(Failure::mistake(format!("a {name} network has no quantisers\nhelp: leave `--levels` out")));
    }
    let sized = Sized::new(name, family, time_steps.or(levels).unwrap_or(TIME_STEPS));
    if arguments.unit.is_given() {
        arguments.unit.form(&sized.network, text, None)?.print(arguments.json);
        return Ok(());
    }
    if arguments.json {
        print_json(&sized.json())
    } else {
        sized.print()
    }
    Ok(())
}

/// A name that is not a network, with what was probably meant.
pub(crate) fn unknown(error: &NetworkError) -> Failure {
    Failure::mistake(match error {
        NetworkError::UnknownArchitecture { name, known } => {
            format!("{error}\nhelp: {}", did_you_mean(name, known.iter().copied()))
        }
        _ => format!("{error}\nhelp: a name is ARCHITECTURE[-WIDTH][@SIDE][:CLASSES], see `cospike networks`"),
    })
}

fn list(as_json: bool) {
    let all = NetworkName::all().map(|name| Sized::new(name, Family::Float, TIME_STEPS));
    if as_json {
        print_json(&Value::Array(all.map(|sized| sized.summary()).collect()));
        return;
    }
    let mut rows = table(&["network", "input", "classes", "parameters", "MACs", "split points"]);
    for Sized { name, network, .. } in all {
        rows.add_row([
            name.to_string(),
            name.input().to_string(),
            name.classes().to_string(),
            format!("{:.3} M", network.parameters(whole(&network), name.parameter_rule()) as f64 / 1e6),
            format!("{:.3} M", network.dense_macs(whole(&network)) as f64 / 1e6),
            network.split_points.len().to_string(),
        ]);
    }
    say!("{rows}");
    say!();
    say_paragraph(
        "parameters: as trained, with batch normalisation; MACs: multiply-accumulates, dense, one time step; both are the same in the \
         spiking, the float and the quantised network.",
        0,
    );
    say_paragraph(
        "other widths, image sizes and classes: ARCHITECTURE[-WIDTH][@SIDE][:CLASSES]; layers and split points of one: \
         `cospike networks NAME`",
        0,
    );
}

/// Indices of all layers.
fn whole(network: &Network) -> std::ops::Range<usize> {
    0..network.layers.len()
}

/// A network with the sizes of its layers.
struct Sized {
    name: NetworkName,
    network: Network,
    layers: Vec<SizedLayer>,
    family: Family,
    /// Number of time steps, T, of a spiking network; of levels of a quantised one.
    steps: u32,
}

/// Sizes of one layer.
struct SizedLayer {
    /// Number of parameters as trained.
    parameters: u64,
    /// Number of parameters with batch normalisation folded into weights and biases.
    folded: u64,
    /// Number of dense multiply-accumulates in one time step.
    macs: u64,
    /// Size of the output as a float32 tensor, in bits.
    float_bits: u64,
    /// Size of the output as spikes of all time steps, or as levels of a quantiser, in bits; `None` where other values are
    /// emitted.
    code_bits: Option<u64>,
    /// Name of the split point behind the layer, if there is one.
    split: Option<String>,
    /// Share of the network's multiply-accumulates up to and including the layer, in per cent.
    head_percent: f64,
}

impl Sized {
    fn new(name: NetworkName, family: Family, steps: u32) -> Self {
        let network = match family {
            Family::Spiking => name.spiking(Neuron::INTEGRATE_AND_FIRE),
            Family::Float => name.float(),
            Family::Quantised => name.quantised(steps),
        };
        let total = network.dense_macs(whole(&network));
        let code_bits = match family {
            Family::Quantised => network.level_bits(),
            Family::Spiking | Family::Float => network.spike_bits(steps as usize),
        };
        let layers = network.layers.iter().zip(code_bits).enumerate().map(|(i, (layer, code_bits))| SizedLayer {
            parameters: network.parameters(i..i + 1, name.parameter_rule()),
            folded: network.parameters(i..i + 1, ParameterRule::Folded),
            macs: network.dense_macs(i..i + 1),
            float_bits: layer.output.len() as u64 * FLOAT_BITS,
            code_bits,
            split: network.split_points.iter().find(|split| split.layer == i).map(|split| split.name.clone()),
            head_percent: 100.0 * network.dense_macs(0..i + 1) as f64 / total as f64,
        });
        Self { name, layers: layers.collect(), family, steps, network }
    }

    /// Sum of a size over the layers.
    fn sum(&self, size: impl Fn(&SizedLayer) -> u64) -> u64 {
        self.layers.iter().map(size).sum()
    }

    fn print(&self) {
        let codes = match self.family {
            Family::Spiking => Some(format!("bits of {}-step spikes", self.steps)),
            Family::Float => None,
            Family::Quantised => Some(format!("bits of {} levels", self.steps)),
        };
        let mut titles = vec!["layer", "output", "parameters", "MACs", "bits of float32"];
        titles.extend(codes.as_deref());
        titles.extend(["split point", "head MACs %"]);
        let mut rows = table(&titles);
        for (layer, sized) in self.network.layers.iter().zip(&self.layers) {
            let mut row = vec![
                layer.name.clone(),
                layer.output.to_string(),
                sized.parameters.to_string(),
                sized.macs.to_string(),
                sized.float_bits.to_string(),
            ];
            if codes.is_some() {
                row.push(sized.code_bits.map_or("-".into(), |bits| bits.to_string()));
            }
            row.push(sized.split.clone().unwrap_or_default());
            row.push(if sized.split.is_some() { format!("{:.1}", sized.head_percent) } else { String::new() });
            rows.add_row(row);
        }
        say!("{rows}");
        say!();
        let sizes = format!(
            "{}, {} classes: {} parameters as trained ({}), {} with it folded into weights and biases; {} MACs",
            self.name,
            self.name.classes(),
            self.sum(|layer| layer.parameters),
            rule(self.name.parameter_rule()),
            self.sum(|layer| layer.folded),
            self.sum(|layer| layer.macs),
        );
        say_paragraph(&sizes, 0);
        let counted = match self.family {
            Family::Spiking => format!(
                "MACs: dense, one of {} time steps, and what spikes save is not in them (`cospike infer` counts it); bits of spikes: `-` \
                 where real values are passed on",
                self.steps
            ),
            Family::Float => "MACs: dense".into(),
            Family::Quantised => {
                "MACs: dense; bits of levels: `-` where a sum, a mean or a convolution passes on other values".into()
            }
        };
        say_paragraph(&counted, 0);
    }

    /// Sizes that are the same in all families, as JSON.
    fn summary(&self) -> Value {
        let input = self.name.input();
        let split_points: Vec<_> = self.network.split_points.iter().map(|split| &split.name).collect();
        json!({
            "network": self.name.to_string(),
            "input": [input.channels, input.height, input.width],
            "classes": self.name.classes(),
            "parameters": self.sum(|layer| layer.parameters),
            "parameters_folded": self.sum(|layer| layer.folded),
            "macs": self.sum(|layer| layer.macs),
            "split_points": split_points,
        })
    }

    fn json(&self) -> Value {
        let layers = self.network.layers.iter().zip(&self.layers).map(|(layer, sized)| {
            json!({
                "layer": layer.name,
                "output": [layer.output.channels, layer.output.height, layer.output.width],
                "parameters": sized.parameters,
                "parameters_folded": sized.folded,
                "macs": sized.macs,
                "float32_bits": sized.float_bits,
                "spike_bits": sized.code_bits.filter(|_| self.family == Family::Spiking),
                "level_bits": sized.code_bits.filter(|_| self.family == Family::Quantised),
                "split_point": sized.split,
                "head_macs_percent": sized.head_percent,
            })
        });
        let mut value = self.summary();
        value["family"] = self.family.name().into();
        value["time_steps"] = if self.family == Family::Spiking { self.steps } else { 1 }.into();
        value["levels"] = (self.family == Family::Quantised).then_some(self.steps).into();
        value["parameter_rule"] = rule(self.name.parameter_rule()).into();
        value["layers"] = layers.collect();
        value
    }
}

/// What a rule counts besides the weights.
fn rule(rule: ParameterRule) -> &'static str {
    match rule {
        ParameterRule::Folded => "one bias per channel",
        ParameterRule::Normalised => "two of batch normalisation per channel of a convolution",
        ParameterRule::BiasedNormalised => "a bias and two of batch normalisation per channel of a convolution",
    }
}

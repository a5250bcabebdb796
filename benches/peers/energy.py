"""The energy account of the shipped ResNet-14 again, in NumPy and from nothing but the weight files, the test images and the price
lists: both networks are executed on the first images, operations are counted by all three conventions, and lists of the forms
`memory` and `yan-2024` are applied. Then every count of every layer, every sum of joules and every ratio is compared with what
`cospike` says; the script fails if one differs by more than 1e-6 of its value.

Nothing is taken from CoSpike's code. Counts are made differently, too: here a layer *gathers* (how many values that are not zero lie
under the kernel, output by output), there it *scatters* (how many outputs a value reaches).

    pip install numpy==2.4.6 safetensors==0.8.0
    cargo build --release
    python benches/peers/energy.py > benches/peers/energy.txt
"""

import gzip
import json
import math
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy
from numpy.lib.stride_tricks import sliding_window_view
from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target/release/cospike"
IMAGES = 20
STEPS = 4
TOLERANCE = 1e-6
CONVENTIONS = {"inside": "", "with-borders": "_with_borders", "non-zero": "_nonzero"}  # and the ending in `cospike infer`
COUNTS = ("ac", "mac", "neuron_updates", "weight_reads", "state_accesses", "activation_reads", "activation_writes",
          "map_bits_read", "map_bits_written")


def images():
    with gzip.open(ROOT / "models/data/fashion-mnist/t10k-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    return pixels[:IMAGES].astype(numpy.float32) / numpy.float32(255)


def windows(x, kernel, stride, padding):
    """`[row][column][channel][kernel row][kernel column]` of what each output position sees of `x`, `[channel][row][column]`."""
    padded = numpy.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    seen = sliding_window_view(padded, (kernel, kernel), axis=(1, 2))[:, ::stride, ::stride]
    return seen.transpose(1, 2, 0, 3, 4)


class Layer:
    """What a layer counts over all images, and its shape."""

    def __init__(self, inputs, outputs, weights=0, neurons=False, on_spikes=False):
        self.inputs, self.outputs, self.weights, self.neurons, self.on_spikes = inputs, outputs, weights, neurons, on_spikes
        self.input_events = self.output_events = self.nonzero_inputs = 0
        self.real_inputs = 0  # of weighted layers on real values
        self.counts = {convention: dict.fromkeys(COUNTS, 0) for convention in CONVENTIONS}

    def add(self, key, all_alike=None, **by_convention):
        for convention in CONVENTIONS:
            self.counts[convention][key] += int(by_convention.get(convention.replace("-", "_"), all_alike or 0))


class Network:
    """One family of the ResNet-14 on one image after the other. `bits(on_spikes)` is the width of the whole numbers that weights
    are rounded to, or none."""

    def __init__(self, family, bits=lambda on_spikes: None):
        self.spiking, self.quantised, self.bits = family == "spiking", family == "quantised", bits
        self.tensors = load_file(ROOT / f"models/zoo/resnet14-{family}.safetensors")
        self.layers = {}

    def weights(self, name, on_spikes):
        """Weights and biases, normalisation folded in (in double precision, then rounded to float32), and the weights rounded to
        whole multiples of a step, one for each output channel."""
        tensor = lambda part: self.tensors[f"{name}.{part}"].astype(numpy.float64)
        scale = tensor("norm.weight") / numpy.sqrt(tensor("norm.running_var") + 1e-5)
        bias = tensor("norm.bias") - tensor("norm.running_mean") * scale
        weight = (tensor("weight") * scale[:, None, None, None]).astype(numpy.float32)
        if bits := self.bits(on_spikes):
            step = numpy.abs(weight).max((1, 2, 3), keepdims=True).astype(numpy.float64) / (2 ** (bits - 1) - 1)
            whole = numpy.sign(weight) * numpy.floor(numpy.abs(weight) / step + 0.5)  # half away from zero
            weight = (whole * step).astype(numpy.float32)
        return weight, bias.astype(numpy.float32)

    def layer(self, name, *shape, **kind):
        return self.layers.setdefault(name, Layer(*shape, **kind))

    def written(self, layer, values, mapped):
        """Stored real values; a map says which of them are not zero if the next layer skips zeros."""
        layer.add("activation_writes", values.size, non_zero=numpy.count_nonzero(values) if mapped else values.size)
        layer.add("map_bits_written", non_zero=values.size if mapped else 0)

    def convolution(self, name, steps, stride, on_spikes):
        """The outputs of a convolution on each of `steps`."""
        weight, bias = self.weights(name, on_spikes)
        outs, _, kernel, _ = weight.shape
        padding, results = kernel // 2, []
        for x in steps:
            seen = windows(x, kernel, stride, padding).astype(numpy.float64)
            sums = numpy.tensordot(seen, weight.astype(numpy.float64), ((2, 3, 4), (1, 2, 3))) + bias
            results.append(sums.transpose(2, 0, 1).astype(numpy.float32))
            layer = self.layer(name, x.size, results[0].size, weights=weight.size, on_spikes=on_spikes)
            layer.on_spikes |= on_spikes
            inside = int(numpy.count_nonzero(seen)) * outs
            if on_spikes:
                # Beyond the borders the output goes on as far as the padding is wide.
                beyond = windows(x, kernel, stride, padding + stride * math.ceil(padding / stride))
                outside = int(numpy.count_nonzero(beyond)) * outs
                spikes = int(x.sum())
                layer.input_events += spikes
                layer.add("ac", inside, with_borders=outside)
                layer.add("weight_reads", inside, with_borders=outside)
                layer.add("activation_reads", spikes)
                continue
            ones = windows(numpy.ones_like(x), kernel, stride, padding)
            dense = {"inside": int(ones.sum()) * outs, "with_borders": ones.size * outs, "non_zero": inside}
            for key in ("mac", "weight_reads", "activation_reads"):
                layer.add(key, **dense)
            layer.add("map_bits_read", non_zero=x.size)
            layer.nonzero_inputs += int(numpy.count_nonzero(x))
            layer.real_inputs += x.size
        return results

    def neurons(self, name, currents, stored):
        """Integrate-and-fire: threshold 1, start at a half, a spike subtracts 1. `stored` currents are read in each step."""
        membrane, spikes = numpy.full(currents[0].shape, 0.5, numpy.float32), []
        layer = self.layer(name, membrane.size, membrane.size, neurons=True)
        for step in range(STEPS):
            membrane = membrane + currents[step % len(currents)]
            fires = membrane >= 1
            membrane = membrane - fires.astype(numpy.float32)
            spikes.append(fires.astype(numpy.float32))
            layer.add("neuron_updates", fires.size)
            layer.add("state_accesses", 2 * fires.size)
            layer.add("activation_reads", fires.size if stored else 0)
            layer.add("activation_writes", int(fires.sum()))
            layer.output_events += int(fires.sum())
        return spikes

    def activation(self, name, producer, x, stored=False):
        """Neurons, or a ReLU or a quantiser, which is applied as `producer` writes."""
        if self.spiking:
            if stored:
                self.written(self.layers[producer], x[0], mapped=False)
            return self.neurons(name, x, stored)
        if self.quantised:
            x = [numpy.floor(numpy.clip(x[0], 0, 1) * numpy.float32(STEPS) + numpy.float32(0.5)) / numpy.float32(STEPS)]
        else:
            x = [numpy.maximum(x[0], 0)]
        self.written(self.layers[producer], x[0], mapped=True)
        return x

    def block(self, name, x, stride):
        first = self.convolution(f"{name}.conv1", x, stride, self.spiking)
        second = self.convolution(f"{name}.conv2", self.activation(f"{name}.act1", f"{name}.conv1", first), 1, self.spiking)
        has_down = f"{name}.down.weight" in self.tensors
        shortcut = self.convolution(f"{name}.down", x, stride, self.spiking) if has_down else x
        layer = self.layer(f"{name}.add", 2 * second[0].size, second[0].size)
        if self.spiking and not has_down:
            spikes = int(sum(step.sum() for step in shortcut))
            layer.input_events += spikes
            layer.on_spikes = True
            layer.add("ac", spikes)
            layer.add("activation_reads", spikes)
        elif self.spiking:
            layer.add("ac", STEPS * second[0].size)  # two currents, which meet in the membrane
        else:
            self.written(self.layers[f"{name}.conv2"], second[0], mapped=True)
            if has_down:
                self.written(self.layers[f"{name}.down"], shortcut[0], mapped=True)
            both = int(numpy.count_nonzero(second[0] * (shortcut[0] != 0)))
            layer.add("ac", second[0].size, non_zero=both)
            layer.add("activation_reads", second[0].size, non_zero=both)
            layer.add("map_bits_read", non_zero=2 * second[0].size)
            layer.nonzero_inputs += int(numpy.count_nonzero(second[0]) + numpy.count_nonzero(shortcut[0]))
        sums = [a + b for a, b in zip(second, shortcut)]
        return self.activation(f"{name}.act2", f"{name}.add", sums)

    def run(self, image):
        x = self.convolution("stem.conv", [image], 2, on_spikes=False)
        x = self.activation("stem.act", "stem.conv", x, stored=True)
        for stage, stride in ((1, 1), (2, 2), (3, 2)):
            x = self.block(f"stage{stage}.0", x, stride)
            x = self.block(f"stage{stage}.1", x, 1)
        for values in x:
            pool = self.layer("pool", values.size, values.shape[0], on_spikes=self.spiking)
            nonzero, mean = int(numpy.count_nonzero(values)), values.mean((1, 2), dtype=numpy.float64).astype(numpy.float32)
            if self.spiking:
                pool.input_events += nonzero
                pool.add("ac", nonzero)
                pool.add("activation_reads", nonzero)
            else:
                pool.add("ac", values.size, non_zero=nonzero)
                pool.add("activation_reads", values.size, non_zero=nonzero)
                pool.add("map_bits_read", non_zero=values.size)
                pool.nonzero_inputs += nonzero
            self.written(pool, mean, mapped=True)
            fc = self.layer("fc", mean.size, 10, weights=640)
            kept = 10 * int(numpy.count_nonzero(mean))
            for key in ("mac", "weight_reads", "activation_reads"):
                fc.add(key, 640, non_zero=kept)
            fc.add("map_bits_read", non_zero=mean.size)
            fc.add("activation_writes", 10)
            fc.nonzero_inputs += int(numpy.count_nonzero(mean))
            fc.real_inputs += mean.size
        return self


def memory(price, layers, convention):
    """Joules of the form `memory` over all images."""
    tiers = [("sram_8_kib", 8), ("sram_32_kib", 32), ("sram_1_mib", 1024), ("dram", math.inf)]
    byte = lambda held: next(price[key] for key, kib in tiers if held <= 1024 * kib) / 8  # an access moves 8 bytes
    address = lambda places: math.ceil(max(1, math.ceil(math.log2(places))) / 8)
    value, state, total = price["value_bytes"], price["state_bytes"], 0.0
    all_weights = sum(layer.weights for layer in layers)
    for layer in layers:
        count = layer.counts[convention]
        total += count["ac"] * price["ac"] + count["mac"] * price["mac"] + count["neuron_updates"] * price["neuron_update"]
        total += count["weight_reads"] * value * byte(all_weights * value)
        accesses = count["state_accesses"]
        if not price["membranes_in_registers"] and not layer.neurons and count["activation_writes"] == 0 and layer.on_spikes:
            accesses += 2 * count["ac"]
        total += accesses * state * byte(layer.outputs * state)
        read = address(layer.inputs) if layer.input_events else value
        written = address(layer.outputs) if layer.neurons else value
        total += (count["activation_reads"] * read + count["map_bits_read"] / 8) * byte(layer.inputs * value)
        total += (count["activation_writes"] * written + count["map_bits_written"] / 8) * byte(layer.outputs * value)
    return total * 1e-12


def yan(price, layers, convention):
    """Joules of the form `yan-2024` over all images."""
    bits, total = math.ceil(math.log2(STEPS + 1)), 0.0
    wide = bits if price["matched_weights"] else price["weight_bits"]
    for layer in layers:
        count, chip = layer.counts[convention], price["on_chip_traffic"]
        total += count["ac"] * price["accumulate"] + count["neuron_updates"] * price["compare"]
        total += layer.output_events * price["subtract"] if layer.neurons else 0
        total += count["ac"] * price["weight_bits"] * price["weight_traffic"] if layer.weights else 0
        total += count["state_accesses"] * price["state_bits"] * chip
        total += count["mac"] * (bits * price["mac"] + wide * price["weight_traffic"])
        if layer.weights:
            inputs = layer.nonzero_inputs if convention == "non-zero" else layer.real_inputs
            total += (inputs * bits + count["map_bits_read"]) * chip
    return total * 1e-12


FORMS = {"memory": memory, "yan-2024": yan}


def run(family, bits=lambda on_spikes: None):
    network = Network(family, bits)
    for image in images():
        network.run(image)
    return network


def widths(table):
    """Bits of the weights that meet spikes and of those that meet real values, as a list takes them to be; none for float32."""
    if table["form"] == "yan-2024":
        wide = int(table["weight_bits"]["value"])
        return wide, math.ceil(math.log2(STEPS + 1)) if table["matched_weights"]["value"] else wide
    return table.get("integer_bits"), table.get("integer_bits")


def lists():
    for path in sorted((ROOT / "scenarios/prices").glob("*.toml")):
        with path.open("rb") as file:
            table = tomllib.load(file)
        if table["form"] in FORMS:
            prices = {key: value["value"] for key, value in table.items() if isinstance(value, dict)}
            yield path.stem, table["form"], prices, widths(table)


def cospike(*arguments):
    command = [PROGRAM, *arguments, "--samples", str(IMAGES), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    largest = 0.0

    def compare(what, ours, theirs):
        nonlocal largest
        error = abs(ours - theirs) / abs(theirs) if theirs else abs(ours)
        largest = max(largest, error)
        if error > TOLERANCE:
            sys.exit(f"{what}: {ours} here, {theirs} in CoSpike")

    networks, values = {}, 0
    for family in ("spiking", "float", "quantised"):
        network = networks[family, (None, None)] = run(family)
        for found in cospike("infer", f"resnet14-{family}")["layers"]:
            layer = network.layers.get(found["layer"], Layer(0, 0))  # an activation function counts nothing
            for convention, ending in CONVENTIONS.items():
                for key in COUNTS:
                    compare(f"{family} {found['layer']} {key}{ending}", layer.counts[convention][key] / IMAGES, found[key + ending])
                    values += 1
            for key in ("input_events", "output_events", "nonzero_inputs"):
                compare(f"{family} {found['layer']} {key}", getattr(layer, key) / IMAGES, found[key])
                values += 1
    print(f"resnet14, {IMAGES} images, T = {STEPS}: {values} counts of layers agree")
    for convention in CONVENTIONS:
        for (family, _), network in networks.items():
            total = {key: sum(layer.counts[convention][key] for layer in network.layers.values()) / IMAGES for key in COUNTS}
            print(f"{convention:13} {family:9} ac {total['ac']:12,.1f}  mac {total['mac']:12,.1f}"
                  f"  neuron updates {total['neuron_updates']:10,.1f}")
    found = {prices["name"]: prices for prices in cospike("energy", "resnet14", "--borders")["price_lists"]}
    print(f"\n{'price list':27} {'convention':13} {'spiking uJ':>14} {'twin':>9} {'twin uJ':>14} {'ratio':>10}")
    for name, form, price, width in lists():
        twin = "quantised" if form == "yan-2024" else "float"
        for family in ("spiking", twin):
            if (family, width) not in networks:
                networks[family, width] = run(family, lambda on_spikes: width[0] if on_spikes else width[1])
        for pair in found[name]["conventions"]:
            convention, joules = pair["convention"], {}
            for family in ("spiking", twin):
                layers = list(networks[family, width].layers.values())
                joules[family] = FORMS[form](price, layers, convention) / IMAGES
                compare(f"{name} {convention} {family}", joules[family], pair[family]["joules"])
            ratio = joules["spiking"] / joules[twin]
            compare(f"{name} {convention} ratio", ratio, pair["ratio"])
            print(f"{name:27} {convention:13} {joules['spiking'] * 1e6:14.6f} {twin:>9} {joules[twin] * 1e6:14.6f} {ratio:10.6f}")
    print(f"\nlargest relative difference {largest:.1e}")


if __name__ == "__main__":
    main()

"""Images per second of the reference network in SpikingJelly, snnTorch and CoSpike, and of its ReLU twin in PyTorch and
CoSpike, one after the other on this machine. All run the same weights (sim-core/tests/data/ref_spiking_hard.npz), and what
each peer answers is compared with the recorded scores first.

    pip install numpy==2.4.6 torch==2.6.0 spikingjelly==2.0.0 snntorch==1.0.0
    cargo build --release
    python benches/peers/inference.py
"""

import json
import subprocess
import time
from pathlib import Path

import numpy
import snntorch
import torch
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = numpy.load(ROOT / "sim-core/tests/data/ref_spiking_hard.npz")
STEPS = 4
BATCHES = (1, 64)
SECONDS = 4.0  # per measurement; the shortest run counts, as in CoSpike


def conv_bn(wrapped, name):
    """The convolution and batch normalisation of the arrays `name[0]` and `name[1]`; `wrapped` makes them multi-step."""
    weight = REFERENCE[f"w/{name[0]}.weight"]
    outs, ins, kernel, _ = weight.shape
    strided = ins != outs and ins > 1
    conv = wrapped.Conv2d(ins, outs, kernel, 2 if strided else 1, kernel // 2, bias=False)
    norm = wrapped.BatchNorm2d(outs)
    conv.weight.data = torch.from_numpy(weight)
    for part in ("weight", "bias", "running_mean", "running_var"):
        getattr(norm, part).data = torch.from_numpy(REFERENCE[f"w/{name[1]}.{part}"])
    return nn.Sequential(conv, norm)


class Block(nn.Module):
    def __init__(self, wrapped, activation, name):
        super().__init__()
        self.first = conv_bn(wrapped, (f"{name}.conv1", f"{name}.bn1"))
        self.second = conv_bn(wrapped, (f"{name}.conv2", f"{name}.bn2"))
        has_down = f"w/{name}.down.0.weight" in REFERENCE
        self.down = conv_bn(wrapped, (f"{name}.down.0", f"{name}.down.1")) if has_down else nn.Identity()
        self.act1, self.act2 = activation(), activation()

    def forward(self, x):
        return self.act2(self.second(self.act1(self.first(x))) + self.down(x))


class Network(nn.Module):
    """The residual network, with the layers of `wrapped` and the given activation."""

    def __init__(self, wrapped, activation):
        super().__init__()
        self.stem, self.act = conv_bn(wrapped, ("conv", "bn")), activation()
        self.blocks = nn.Sequential(*(Block(wrapped, activation, f"blocks.{i}") for i in range(6)))
        self.fc = nn.Linear(64, 10)
        self.fc.weight.data = torch.from_numpy(REFERENCE["w/fc.weight"])
        self.fc.bias.data = torch.from_numpy(REFERENCE["w/fc.bias"])

    def forward(self, x):
        return self.fc(self.blocks(self.act(self.stem(x))).mean((-2, -1)))


class SpikingJelly:
    name = "SpikingJelly 2.0, multi-step"

    def __init__(self):
        lif = lambda: neuron.LIFNode(tau=2.0, v_threshold=1.0, v_reset=0.0)
        self.net = Network(layer, lif).eval()
        functional.set_step_mode(self.net, "m")

    def __call__(self, x):
        functional.reset_net(self.net)
        return self.net(x.unsqueeze(0).expand(STEPS, *x.shape)).mean(0)


class SnnTorch:
    name = "snnTorch 1.0, step loop"

    def __init__(self):
        # u = 2 v: the membrane before the division by tau.
        lif = lambda: snntorch.Leaky(
            beta=0.5, threshold=2.0, reset_mechanism="zero", reset_delay=False, init_hidden=True
        )
        self.net = Network(nn, lif).eval()

    def __call__(self, x):
        for module in self.net.modules():
            if isinstance(module, snntorch.Leaky):
                module.reset_hidden()
        return sum(self.net(x) for _ in range(STEPS)) / STEPS


class Torch:
    name = "PyTorch 2.6"

    def __init__(self):
        self.net = Network(nn, nn.ReLU).eval()

    def __call__(self, x):
        return self.net(x)


def images_per_second(run, batch):
    images = torch.from_numpy(REFERENCE["input"])
    x = images.repeat(-(-batch // len(images)), 1, 1, 1)[:batch]
    run(x)
    shortest, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        run(x)
        shortest = min(shortest, time.perf_counter() - start)
    return batch / shortest


def cospike():
    command = [ROOT / "target/release/cospike", "bench", "inference", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["reference"]


def rates(batches):
    return {(row["batch"], row["threads"]): row["images_per_second"] for row in batches}


def answers(peer):
    """The largest difference of the mean scores from those that were recorded."""
    scores = peer(torch.from_numpy(REFERENCE["input"])).numpy()
    return abs(scores - REFERENCE["logits_mean_f32"]).max()


def main():
    torch.set_grad_enabled(False)
    before = cospike()
    threads = sorted({row["threads"] for row in before["spiking"]})
    measured = []
    for peer, twin in ((SpikingJelly(), "spiking"), (SnnTorch(), "spiking"), (Torch(), "float")):
        if twin == "spiking":
            print(f"{peer.name}: scores differ from the recorded ones by up to {answers(peer):.1e}")
        for count in threads:
            torch.set_num_threads(count)
            for batch in BATCHES:
                measured.append((twin, peer.name, batch, count, images_per_second(peer, batch)))
    after = cospike()
    best = {kind: {key: max(rate, rates(after[kind])[key]) for key, rate in rates(before[kind]).items()}
            for kind in ("spiking", "float")}
    print("\n| network | peer | batch | threads | peer, images/s | CoSpike, images/s | ratio |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for kind, name, batch, count, rate in measured:
        ours = best[kind][batch, count]
        print(f"| {kind} | {name} | {batch} | {count} | {rate:.1f} | {ours:.0f} | {ours / rate:.1f} |")


main()

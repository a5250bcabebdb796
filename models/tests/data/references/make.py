"""Makes small references with SpikingJelly 2.0.0: `pip install torch==2.6.0 spikingjelly==2.0.0 numpy`, `python make.py`.

Random weights, random images, batch normalisation with random statistics; a few channels and images, so that the files stay
small. Each differs from the others in kind, reset, leak, strides and widths.
"""

import json

import numpy as np
import torch
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn


class Block(nn.Module):
    def __init__(self, sew, ins, outs, stride, make):
        super().__init__()
        self.sew = sew
        self.conv1 = layer.Conv2d(ins, outs, 3, stride, 1, bias=False, step_mode="m")
        self.bn1 = layer.BatchNorm2d(outs, step_mode="m")
        self.lif1 = make()
        self.conv2 = layer.Conv2d(outs, outs, 3, 1, 1, bias=False, step_mode="m")
        self.bn2 = layer.BatchNorm2d(outs, step_mode="m")
        self.lif2 = make()
        self.down = None
        if stride != 1 or ins != outs:
            self.down = nn.Sequential(
                layer.Conv2d(ins, outs, 1, stride, bias=False, step_mode="m"), layer.BatchNorm2d(outs, step_mode="m")
            )
            if sew:
                self.lifs = make()

    def forward(self, x):
        shortcut = x if self.down is None else self.down(x)
        if self.sew and self.down is not None:
            shortcut = self.lifs(shortcut)
        y = self.bn2(self.conv2(self.lif1(self.bn1(self.conv1(x)))))
        return self.lif2(y) + shortcut if self.sew else self.lif2(y + shortcut)


class Net(nn.Module):
    def __init__(self, sew, ins, stem_stride, widths, classes, make):
        super().__init__()
        self.conv = layer.Conv2d(ins, widths[0], 3, stem_stride, 1, bias=False, step_mode="m")
        self.bn = layer.BatchNorm2d(widths[0], step_mode="m")
        self.lif = make()
        pairs = zip([widths[0]] + widths, widths)
        self.blocks = nn.Sequential(*[Block(sew, a, b, 1 if a == b else 2, make) for a, b in pairs])
        self.fc = layer.Linear(widths[-1], classes, step_mode="m")

    def forward(self, x):
        return self.fc(self.blocks(self.lif(self.bn(self.conv(x)))).mean((3, 4)))


def make_reference(name, seed, kind, reset, make, meta, shape, stem_stride, widths, classes, steps):
    torch.manual_seed(seed)
    net = Net(kind == "sew", shape[1], stem_stride, widths, classes, make).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.02, 0.2)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0.3, 0.2)
    recorded = {}
    for path, module in net.named_modules():
        if isinstance(module, neuron.BaseNode):
            module.register_forward_hook(lambda _, __, out, path=path: recorded.__setitem__(path, out.numpy() != 0))
    images = torch.rand(shape)
    with torch.no_grad():
        logits = net(images.unsqueeze(0).repeat(steps, 1, 1, 1, 1)).numpy()
    arrays = {"input": images.numpy(), "logits_f32_TNC": logits, "logits_mean_f32": logits.mean(0)}
    arrays |= {f"w/{key}": value.numpy() for key, value in net.state_dict().items()}
    for path, spikes in recorded.items():
        arrays[f"spike_bits/{path}"] = np.packbits(spikes)
        arrays[f"spike_shape/{path}"] = np.array(spikes.shape)
    arrays["meta"] = np.array(json.dumps({"T": steps, "reset": reset, "kind": kind, "bn_eps": 1e-5} | meta))
    np.savez_compressed(f"{name}.npz", **arrays)
    print(name, {path: round(float(spikes.mean()), 3) for path, spikes in recorded.items()})


def nodes(cls, reset, **kwargs):
    return lambda: cls(v_reset=None if reset == "soft" else kwargs.get("v_reset", 0.0), step_mode="m",
                       **{k: v for k, v in kwargs.items() if k != "v_reset"})


if __name__ == "__main__":
    make_reference(
        "sew_hard_plif", 1, "sew", "hard", nodes(neuron.ParametricLIFNode, "hard", init_tau=1.7, v_threshold=0.5, v_reset=-0.1),
        {"v_th": 0.5, "v_reset": -0.1, "decay_input": True, "tau": 1.7, "neuron": "plif"}, (3, 2, 13, 11), 1, [6, 6, 10], 5, 3)
    make_reference(
        "spiking_soft_slow", 2, "spiking", "soft", nodes(neuron.LIFNode, "soft", tau=3.3, decay_input=False, v_threshold=0.8),
        {"v_th": 0.8, "tau": 3.3, "decay_input": False}, (3, 3, 16, 16), 2, [7, 9, 9, 12], 4, 5)
    make_reference(
        "sew_soft_if", 3, "sew", "soft", nodes(neuron.IFNode, "soft", v_threshold=1.3),
        {"v_th": 1.3, "tau": None}, (2, 1, 15, 15), 2, [5, 5, 5, 8, 8], 3, 6)
    make_reference(
        "spiking_hard_reset_up", 4, "spiking", "hard", nodes(neuron.LIFNode, "hard", tau=1.9, decay_input=False, v_reset=0.2),
        {"v_th": 1.0, "tau": 1.9, "decay_input": False, "v_reset": 0.2}, (3, 1, 9, 14), 1, [20, 20], 10, 4)
    # Two that are wrong: neurons that did not run, and a weight of another shape.
    arrays = dict(np.load("sew_soft_if.npz"))
    meta = json.loads(str(arrays["meta"]))
    np.savez_compressed("wrong_threshold.npz", **arrays | {"meta": np.array(json.dumps(meta | {"v_th": 1.31}))})
    np.savez_compressed("wrong_shape.npz", **arrays | {"w/blocks.1.bn1.bias": np.zeros(4, np.float32)})

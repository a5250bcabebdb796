"""Reads a file that `cospike export` wrote with the official Python package (nir 1.0.8), executes it on test images by the forward Euler
method over torch's operators, in the order of the graph, and writes what its spiking nodes emit for `cospike infer --compare`.

    python check_export.py NET.nir images.npy STEPS OUT.npz
"""

import sys

import nir
import numpy as np
import torch
import torch.nn.functional as F

net, images, steps, out = nir.read(sys.argv[1]), np.load(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
DT = float(net.metadata["dt"])
reads = {name: [a for a, b in net.edges if b == name] for name in net.nodes}
state, last, record = {}, {}, {}


def emit(name, x):
    n = net.nodes[name]
    if isinstance(n, nir.Conv2d):
        return F.conv2d(x, torch.from_numpy(n.weight), torch.from_numpy(n.bias), tuple(n.stride), tuple(n.padding),
                        tuple(n.dilation), int(n.groups))
    if isinstance(n, nir.Affine):
        return x @ torch.from_numpy(n.weight).T + torch.from_numpy(n.bias)
    if isinstance(n, nir.AvgPool2d):
        return F.avg_pool2d(x, tuple(n.kernel_size), tuple(n.stride), tuple(n.padding))
    if isinstance(n, nir.Flatten):
        return x.flatten(1)
    if isinstance(n, nir.Scale):
        return x * torch.from_numpy(n.scale).float()
    if isinstance(n, nir.I):
        state[name] = state.get(name, 0) + (DT * torch.from_numpy(n.r)).float() * x
        return state[name]
    if isinstance(n, nir.Threshold):
        return (x >= torch.from_numpy(n.threshold).float()).float()
    return x


x = torch.from_numpy(images)
inputs = []
for t in range(steps):
    now = {}

    def value(name):
        if name not in now:
            if isinstance(net.nodes[name], nir.Scale) and any(isinstance(net.nodes[a], nir.Threshold) for a in reads[name]):
                source = reads[name][0]
                now[name] = emit(name, last[source]) if source in last else torch.zeros(1)
            else:
                now[name] = x if isinstance(net.nodes[name], nir.Input) else emit(name, sum(value(a) for a in reads[name]))
        return now[name]

    result = value("output")
    last = {name: v for name, v in now.items() if isinstance(net.nodes[name], nir.Threshold)}
    for name, v in list(last.items()) + [("out", result)]:
        record.setdefault(name, []).append(v.numpy())
    inputs.append(x.numpy())
arrays = {("out" if k == "out" else f"spk_{k}"): np.stack(v) for k, v in record.items()}
np.savez_compressed(out, input=np.stack(inputs), **arrays)
print({k: float(v.mean()) for k, v in arrays.items()})

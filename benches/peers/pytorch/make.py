"""Weights as PyTorch's networks save them, with the scores that they give, as `cospike import` takes them.

Run in an environment with numpy 2.x, torch 2.6.0, torchvision 0.21.0, safetensors 0.8.0 and spikingjelly 2.0.0:

    python make.py OUT_DIR

The networks are ResNet-18 for images of 32x32 with a sixteenth of the channels, so that they are small files: of torchvision, and of
SpikingJelly with LIF neurons, T = 4. Weights are rounded to float16, in which they are stored, before anything is computed.
"""

import pathlib
import sys

import numpy as np
import torch
import torchvision
from safetensors.torch import save_file
from spikingjelly.activation_based import functional, neuron
from spikingjelly.activation_based.model import spiking_resnet

OUT = pathlib.Path(sys.argv[1])
SAMPLES, STEPS = 12, 4
MEAN, STD = torch.tensor([0.49, 0.48, 0.45]), torch.tensor([0.25, 0.24, 0.26])


def narrowed(channels):
    """A sixteenth, at least 8, as `cospike networks` rounds it."""
    return max(8, channels // 16)


def narrow(net):
    """Replaces every layer by one with a sixteenth of its channels; the stem is that of small images."""
    for name, module in list(net.named_modules()):
        parent = net.get_submodule(name.rpartition(".")[0]) if "." in name else net
        leaf = name.rpartition(".")[2]
        kind = type(module)
        if isinstance(module, torch.nn.Conv2d):
            ins = 3 if module.in_channels == 3 else narrowed(module.in_channels)
            size, stride, padding = module.kernel_size, module.stride, module.padding
            if module.in_channels == 3:
                size, stride, padding = 3, 1, 1
            new = kind(ins, narrowed(module.out_channels), size, stride, padding, bias=False)
        elif isinstance(module, torch.nn.BatchNorm2d):
            new = kind(narrowed(module.num_features))
        elif isinstance(module, torch.nn.Linear):
            new = kind(narrowed(module.in_features), module.out_features)
        else:
            continue
        setattr(parent, leaf, new)
    net.maxpool = torch.nn.Identity()


def randomise(net, gain):
    """Values as after training: no mean is 0, no variance 1, and spikes reach the last layer."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, gain / 2, gain)
            torch.nn.init.normal_(module.bias, 0.3, 0.2)
    with torch.no_grad():
        for tensor in net.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())


def save(net, file):
    # The exporter of docs/networks.md, in float16.
    weights = {key: value.contiguous() for key, value in net.state_dict().items()}
    halves = {key: value.half() if value.is_floating_point() else value for key, value in weights.items()}
    save_file(halves, OUT / f"{file}.safetensors")


def normalised(images):
    pixels = torch.from_numpy(images).float() / 255
    return (pixels - MEAN.view(3, 1, 1)) / STD.view(3, 1, 1)


def main():
    torch.manual_seed(11)
    images = np.random.default_rng(11).integers(0, 256, (SAMPLES, 3, 32, 32), dtype=np.uint8)
    float_net = torchvision.models.resnet18(num_classes=10)
    spiking = spiking_resnet.spiking_resnet18(
        pretrained=False, spiking_neuron=neuron.LIFNode, tau=2.0, detach_reset=True, num_classes=10
    )
    for net, file, gain in ((float_net, "torchvision_resnet18", 2), (spiking, "spikingjelly_resnet18", 8)):
        narrow(net)
        randomise(net, gain)
        net.eval()
        save(net, file)
    functional.set_step_mode(spiking, "m")
    with torch.no_grad():
        scores = float_net(normalised(images))
        steps = spiking(normalised(images).unsqueeze(0).repeat(STEPS, 1, 1, 1, 1))
    print(scores[:2], steps.mean(0)[:2])
    np.savez_compressed(OUT / "resnet18.npz", images=images, labels=np.zeros(SAMPLES, np.uint8))
    np.save(OUT / "torchvision_scores.npy", scores.numpy())
    np.save(OUT / "spikingjelly_scores.npy", steps.mean(0).numpy())


main()

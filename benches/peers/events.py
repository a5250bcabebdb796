"""A small set of event frames, and a spiking network in the NIR format that tells them apart, with what it answers.

Run in an environment with numpy 2.x and h5py 3.x:

    python events.py OUT_DIR

writes `test.npz`, `net.nir` and `reference.npz`. A bar moves to the right, to the left, down or up; a camera reports a pixel that became
brighter in channel 1 and one that became darker in channel 0, as often as it did, as `tonic.transforms.ToFrame` gives it: int16, (steps,
polarities, rows, columns), stacked over the samples. The network is executed by the loops below, over numpy alone.
"""

import pathlib
import sys

import h5py
import numpy as np

OUT = pathlib.Path(sys.argv[1])
SAMPLES, T, H, W = 24, 7, 9, 12
DIRECTIONS = [(0, 1), (0, -1), (1, 0), (-1, 0)]


def events(rng, step):
    """Events of a bar of four pixels that moves by one pixel in each time step, and of noise."""
    frames = (rng.random((T, 2, H, W)) < 0.03).astype(np.int16)
    along = np.array([abs(step[1]), abs(step[0])])
    start = np.array([H // 2, W // 2]) - (T // 2) * np.array(step) - 2 * along + rng.integers(-1, 2, 2)
    for t in range(T):
        for place, polarity in ((start + t * np.array(step), 0), (start + (t + 1) * np.array(step), 1)):
            for pixel in range(4):
                row, column = place + pixel * along
                if 0 <= row < H and 0 <= column < W:
                    frames[t, polarity, row, column] += rng.integers(1, 3)
    return frames


def network():
    """Four detectors, one for each direction, whose spikes are summed up."""
    weight = np.zeros((4, 2, 3, 3), np.float32)
    for direction, (down, right) in enumerate(DIRECTIONS):
        for side in (-1, 0, 1):
            row, column = 1 + side * abs(right), 1 + side * abs(down)
            weight[direction, 0, row, column] += 0.25
            weight[direction, 1, row + down, column + right] += 0.25
            weight[direction, 1, row, column] -= 0.5
            weight[direction, 1, row - down, column - right] -= 1
    return weight, np.zeros(4, np.float32), np.full((4, H, W), 1.6, np.float32)


def execute(frames, weight, threshold):
    """Class scores: the mean over time of the number of spikes of each detector. Also all spikes."""
    membrane, sums, spikes = np.zeros((4, H, W), np.float32), np.zeros(4), 0
    for frame in frames.astype(np.float32):
        padded = np.pad(frame, ((0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
        membrane = membrane + np.einsum("chwij,ocij->ohw", windows, weight)
        fired = membrane > threshold
        membrane[fired] = 0.0
        sums += fired.sum((1, 2))
        spikes += int(fired.sum())
    return sums / T, spikes


def write(path, weight, bias, threshold):
    """The file as version 1.0 of the format lays it out."""
    area = H * W
    linear = np.kron(np.eye(4, dtype=np.float32), np.ones((1, area), np.float32))
    nodes = {
        "input": ("Input", {"shape": np.array([2, H, W])}),
        "conv": ("Conv2d", {
            "weight": weight, "bias": bias, "stride": np.array([1, 1]), "padding": np.array([1, 1]),
            "dilation": np.array([1, 1]), "groups": np.int64(1), "input_shape": np.array([H, W]),
        }),
        "if": ("IF", {"r": np.ones((4, H, W), np.float32), "v_threshold": threshold,
                      "v_reset": np.zeros((4, H, W), np.float32)}),
        "flat": ("Flatten", {"start_dim": np.int64(0), "end_dim": np.int64(-1), "input_type": np.array([4, H, W])}),
        "sum": ("Linear", {"weight": linear}),
        "output": ("Output", {"shape": np.array([4])}),
    }
    names = list(nodes)
    with h5py.File(path, "w", track_order=False) as file:
        file["version"] = "1.0"
        top = file.create_group("node")
        top["type"] = "NIRGraph"
        edges = np.array([[a, b] for a, b in zip(names, names[1:])], dtype=object)
        top.create_dataset("edges", data=edges, dtype=h5py.string_dtype())
        for name, (kind, values) in nodes.items():
            node = top.create_group(f"nodes/{name}")
            node["type"] = kind
            for key, value in values.items():
                node[key] = value


rng = np.random.default_rng(7)
labels = np.arange(SAMPLES) % 4
frames = np.stack([events(rng, DIRECTIONS[label]) for label in labels])
weight, bias, threshold = network()
answers = [execute(sample, weight, threshold) for sample in frames]
scores = np.array([score for score, _ in answers], np.float32)
np.savez_compressed(OUT / "test.npz", frames=frames, labels=labels)
write(OUT / "net.nir", weight, bias, threshold)
np.savez_compressed(OUT / "reference.npz", scores=scores, spikes=np.int64(sum(spikes for _, spikes in answers)))
print(frames.shape, frames.dtype, "largest count", frames.max(), "events", frames.sum())
print("correct", int((scores.argmax(1) == labels).sum()), "of", SAMPLES, "spikes", sum(s for _, s in answers))
print(scores[:4])

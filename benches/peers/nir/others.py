"""Networks in the NIR format that Norse and Sinabs export, with what these frameworks emit, as `cospike infer NET.nir --compare REF.npz`
takes them.

Run in an environment with numpy, torch (1.12 or later), nir 1.0.8, nirtorch 2.6, norse 1.1.0 and sinabs 3.1.3:

    python others.py OUT_DIR

| file | executed so | why |
|---|---|---|
| `norse_box` | `--dt 1e-6` | Norse writes `dt / tau_mem_inv` for the time constant, which is one of `dt` too small, so its step of 1e-3 is one of 1e-6 |
| `norse_readout` | `--dt 1e-6` | the same, and the last node (LI) emits its membrane |
| `sinabs_iaf` | `--dt 1 --fire ge --reset soft` | Sinabs counts time in steps, and a spike takes the threshold off; `SingleSpike`, since it emits several otherwise |

Norse's `LIFCell` is no case: it adds what comes in to the synaptic current as it is, while the node that it is exported as (CubaLIF with
`w_in` = 1) adds `dt / tau_syn` of it.
"""

import pathlib
import sys

import nir
import numpy as np
import torch

OUT = pathlib.Path(sys.argv[1])
T, N = 12, 3


def save(name, graph, x, nodes):
    """`nodes` in the order of execution, the last of which is the output."""
    nir.write(OUT / f"{name}.nir", graph)
    nodes = {key: np.stack(value) for key, value in nodes.items()}
    binary = {key: bool(np.isin(value, (0, 1)).all()) for key, value in nodes.items()}
    arrays = {f"spk_{key}" if binary[key] else f"v_{key}": value for key, value in nodes.items()}
    np.savez_compressed(OUT / f"{name}.npz", input=x, out=list(nodes.values())[-1], **arrays)
    print(name, sorted(graph.nodes), {key: (value.shape, float(value.mean())) for key, value in nodes.items()})


def grid(net, scale):
    """Weights in 32nds, so that sums are exact whatever their order."""
    for parameter in net.parameters():
        parameter.data = torch.round(parameter.data * 32 * scale) / 32


def spikes(seed, rate, *shape):
    return (np.random.default_rng(seed).random((T, N, *shape)) < rate).astype(np.float32)


def norse(name, last):
    import norse.torch as norse
    from norse.torch.functional.leaky_integrator import LIParameters
    from norse.torch.functional.lif_box import LIFBoxParameters
    from norse.torch.utils.export_nir import to_nir

    torch.manual_seed(11)
    # Shares of a half and a quarter in each step of 1e-3.
    fast = LIFBoxParameters(tau_mem_inv=torch.full((6,), 500.0), v_th=torch.full((6,), 0.25), v_leak=torch.zeros(6))
    slow = LIFBoxParameters(tau_mem_inv=torch.full((4,), 250.0), v_th=torch.full((4,), 0.125), v_leak=torch.zeros(4))
    li = LIParameters(tau_mem_inv=torch.full((4,), 250.0), v_leak=torch.zeros(4))
    ends = {"spikes": norse.LIFBoxCell(slow), "readout": norse.LIBoxCell(li)}
    net = norse.SequentialState(torch.nn.Linear(9, 6), norse.LIFBoxCell(fast), torch.nn.Linear(6, 4), ends[last])
    grid(net, 2)
    x = spikes(11, 0.4, 9)
    nodes, states = {"1": [], "3": []}, [None, None]
    with torch.no_grad():
        for step in torch.from_numpy(x):
            value, states[0] = net[1](net[0](step), states[0])
            nodes["1"].append(value.numpy())
            value, states[1] = net[3](net[2](value), states[1])
            nodes["3"].append(value.numpy())
        graph = to_nir(net, torch.from_numpy(x[0][:1]), dt=0.001)
    # The shapes that Norse writes are those of the sample with its batch.
    graph.nodes["input"] = nir.Input(np.array([9]))
    graph.nodes["output"] = nir.Output(np.array([4]))
    save(name, graph, x, nodes)


def sinabs_iaf():
    import sinabs.layers as sl
    from sinabs.activation import SingleSpike
    from sinabs.nir import to_nir

    torch.manual_seed(12)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1),
        sl.IAFSqueeze(batch_size=1, spike_fn=SingleSpike, spike_threshold=0.5),
        sl.SumPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 5),
        sl.IAFSqueeze(batch_size=1, spike_fn=SingleSpike),
    )
    grid(net, 2)
    x = spikes(12, 0.2, 2, 8, 8)
    nodes = {"1": np.zeros((T, N, 4, 8, 8), np.float32), "5": np.zeros((T, N, 5), np.float32)}
    with torch.no_grad():
        for sample in range(N):
            net[1].reset_states()
            net[5].reset_states()
            # With a batch of one, the first axis is time.
            value = torch.from_numpy(x[:, sample])
            for i, module in enumerate(net):
                value = module(value)
                if str(i) in nodes:
                    nodes[str(i)][:, sample] = value.numpy()
        graph = to_nir(net, torch.from_numpy(x[:1, 0]))
    # Sinabs leaves these out, without which nir 1.0.8 writes no file.
    graph.nodes["0"].input_shape = np.array([8, 8])
    graph.nodes["3"].input_type = {"input": np.array([4, 4, 4])}
    save("sinabs_iaf", graph, x, nodes)


norse("norse_box", "spikes")
norse("norse_readout", "readout")
sinabs_iaf()

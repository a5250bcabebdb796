"""Networks in the NIR format with recorded values, as `cospike infer NET.nir --compare REF.npz` takes them.

Run in an environment with numpy 2.x, torch 2.6.0, nir 1.0.8, nirtorch 2.6, snntorch 1.0.0 and spikingjelly 2.0.0:

    python make.py OUT_DIR

Each network is executed by the framework that wrote it (`snntorch_*`, `spikingjelly_*`), or, where no framework writes such a
graph, by the loops at the end of this file over torch's own operators (`graph_*`). What every neuron node emits is recorded.
"""

import pathlib
import sys

import nir
import numpy as np
import torch
import torch.nn.functional as F

OUT = pathlib.Path(sys.argv[1])
T, N = 10, 3


def save(name, graph, input_, nodes, out, dt=None):
    nir.write(OUT / f"{name}.nir", graph)
    arrays = {f"spk_{key}" if is_binary(value) else f"v_{key}": value for key, value in nodes.items()}
    if dt is not None:
        arrays["dt"] = np.float64(dt)
    np.savez_compressed(OUT / f"{name}.npz", input=input_, out=out, **arrays)
    spikes = {key: float(value.mean()) for key, value in nodes.items()}
    print(name, spikes, "out", float(np.mean(out)))


def is_binary(value):
    return bool(np.isin(value, (0, 1)).all())


def spikes(rng, rate, *shape):
    return (rng.random(shape) < rate).astype(np.float32)


def snntorch_conv():
    """A convolutional network of snnTorch whose neurons have values of their own."""
    import snntorch as snn
    from snntorch.export_nir import export_to_nir

    torch.manual_seed(1)

    def leaky(*shape):
        beta = 0.6 + 0.35 * torch.rand(shape)
        threshold = 0.5 + 0.5 * torch.rand(shape)
        return snn.Leaky(beta=beta, threshold=threshold, reset_mechanism="zero", reset_delay=False, init_hidden=True)

    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1),
        leaky(4, 12, 10),
        torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(4, 6, 3, stride=(2, 1), bias=False),
        leaky(6, 2, 3),
        torch.nn.Flatten(),
        torch.nn.Linear(36, 5),
        leaky(5),
    )
    for module in net:
        if hasattr(module, "weight"):
            module.weight.data *= 3
    x = spikes(np.random.default_rng(1), 0.3, T, N, 2, 12, 10)
    nodes = {"1": [], "4": [], "7": []}
    with torch.no_grad():
        for t in range(T):
            value = torch.from_numpy(x[t])
            if t == 0:
                for i in (1, 4, 7):
                    net[i].reset_mem()
            for i, module in enumerate(net):
                value = module(value)
                if str(i) in nodes:
                    nodes[str(i)].append(value.numpy())
        nodes = {key: np.stack(value) for key, value in nodes.items()}
        for i in (1, 4, 7):
            net[i].reset_mem()
        graph = export_to_nir(net, torch.from_numpy(x[0][:1]), ignore_dims=[0])
    print(sorted(graph.nodes))
    names = {key: key for key in nodes}
    save("snntorch_conv", graph, x, {names[k]: v for k, v in nodes.items()}, nodes["7"])


def snntorch_recurrent():
    """A recurrent layer of current-based neurons of snnTorch, which writes it as a graph in the graph."""
    import snntorch as snn
    from snntorch.export_nir import export_to_nir

    torch.manual_seed(2)
    rsyn = snn.RSynaptic(
        alpha=0.5 + 0.4 * torch.rand(12),
        beta=0.5 + 0.4 * torch.rand(12),
        threshold=torch.full((12,), 0.8),
        linear_features=12,
        reset_mechanism="zero",
    )
    leaky = snn.Leaky(beta=torch.full((4,), 0.8), threshold=torch.full((4,), 0.5), reset_mechanism="zero",
                      reset_delay=False, init_hidden=True)
    net = torch.nn.Sequential(torch.nn.Linear(9, 12), rsyn, torch.nn.Linear(12, 4), leaky)
    x = spikes(np.random.default_rng(2), 0.3, 20, N, 9)
    hidden, out = [], []
    with torch.no_grad():
        spk, syn, mem = (torch.zeros(N, 12) for _ in range(3))
        leaky.reset_mem()
        for t in range(len(x)):
            # Its own reset comes one step late and takes the input of that step with it; NIR's does not.
            spk, syn, mem = rsyn(net[0](torch.from_numpy(x[t])), spk, syn, mem * (1 - spk))
            hidden.append(spk.numpy())
            out.append(leaky(net[2](spk)).numpy())
        rsyn.reset_mem()
        leaky.reset_mem()
        rsyn.init_hidden = True
        graph = export_to_nir(net, torch.from_numpy(x[0][:1]), ignore_dims=[0])
    print(sorted(graph.nodes))
    save("snntorch_recurrent", graph, x, {"1.lif": np.stack(hidden), "3": np.stack(out)}, np.stack(out))


def spikingjelly_if():
    """IF and LIF neurons of SpikingJelly without decay of the input, weights in eighths: thresholds are met exactly."""
    from spikingjelly.activation_based import functional, layer, neuron
    from spikingjelly.activation_based.nir_exchange import export_to_nir

    torch.manual_seed(3)
    net = torch.nn.Sequential(
        layer.Conv2d(1, 6, 3, stride=2, padding=1),
        neuron.IFNode(),
        layer.Conv2d(6, 4, 3, padding=1, bias=False),
        neuron.LIFNode(tau=2.0, decay_input=False, v_reset=-0.25),
        layer.Flatten(),
        layer.Linear(100, 7),
        neuron.IFNode(v_threshold=0.5),
    )
    for module in net:
        for parameter in module.parameters():
            parameter.data = torch.round(parameter.data * 16) / 8
    x = spikes(np.random.default_rng(3), 0.4, T, N, 1, 9, 9)
    nodes = {"1": [], "3": [], "6": []}
    with torch.no_grad():
        for t in range(T):
            value = torch.from_numpy(x[t])
            for i, module in enumerate(net):
                value = module(value)
                if str(i) in nodes:
                    nodes[str(i)].append(value.numpy())
        functional.reset_net(net)
        graph = export_to_nir(net, torch.from_numpy(x[0][:1]), dt=1e-4)
    nodes = {key: np.stack(value) for key, value in nodes.items()}
    save("spikingjelly_if", graph, x, nodes, nodes["6"], dt=1e-4)


# Graphs that no framework writes, executed by the forward Euler method in float64.

DT = 1e-3


class Lif:
    def __init__(self, node):
        self.n, self.v = node, np.asarray(node.v_leak, dtype=np.float64)

    def __call__(self, x):
        n = self.n
        self.v = self.v + DT / n.tau * (n.v_leak - self.v + n.r * x)
        fired = self.v > n.v_threshold
        self.v = np.where(fired, n.v_reset, self.v)
        return fired.astype(np.float32)


class Cuba(Lif):
    def __init__(self, node):
        self.n, self.v, self.i = node, np.asarray(node.v_leak, dtype=np.float64), 0.0

    def __call__(self, x):
        n = self.n
        self.i = self.i + DT / n.tau_syn * (n.w_in * x - self.i)
        self.v = self.v + DT / n.tau_mem * (n.v_leak - self.v + n.r * self.i)
        if not hasattr(n, "v_threshold"):
            return self.v.astype(np.float32)
        fired = self.v > n.v_threshold
        self.v = np.where(fired, n.v_reset, self.v)
        return fired.astype(np.float32)


class Li:
    def __init__(self, node):
        self.n, self.v = node, np.asarray(node.v_leak, dtype=np.float64)

    def __call__(self, x):
        self.v = self.v + DT / self.n.tau * (self.n.v_leak - self.v + self.n.r * x)
        return self.v.astype(np.float32)


def conv(node):
    padding = node.padding if isinstance(node.padding, str) else tuple(node.padding)

    def run(x):
        y = F.conv2d(torch.from_numpy(x), torch.from_numpy(node.weight), torch.from_numpy(node.bias), tuple(node.stride),
                     padding, tuple(node.dilation), int(node.groups))
        return y.numpy()

    return run


def lif(rng, *shape, r=4.0):
    return nir.LIF(
        tau=rng.uniform(2e-3, 2e-2, shape),
        r=np.full(shape, r),
        v_leak=rng.uniform(-0.05, 0.05, shape),
        v_threshold=rng.uniform(0.2, 0.5, shape),
        v_reset=rng.uniform(-0.1, 0.0, shape),
    )


def conv_node(rng, outs, ins, kernel, groups=1, **options):
    weight = rng.normal(0, 1 / np.sqrt(ins * kernel[0] * kernel[1]), (outs, ins, *kernel)).astype(np.float32)
    values = dict(stride=(1, 1), padding=(1, 1), dilation=(1, 1), input_shape=(8, 8)) | options
    return nir.Conv2d(weight=weight, bias=rng.normal(0, 0.1, outs).astype(np.float32), groups=groups, **values)


def graph_residual():
    """Residual sum, depthwise and dilated convolutions, "same" padding, both pools, a graph in the graph, unordered edges."""
    rng = np.random.default_rng(4)
    stem = conv_node(rng, 6, 2, (3, 3))
    lif0 = lif(rng, 6, 8, 8)
    depthwise = conv_node(rng, 6, 1, (3, 4), groups=6, padding="same")
    lif1 = lif(rng, 6, 8, 8)
    point = conv_node(rng, 6, 6, (1, 1), padding=(0, 0))
    dilated = conv_node(rng, 6, 3, (3, 3), groups=2, dilation=(2, 2), padding=(2, 2))
    lif2 = lif(rng, 6, 8, 8)
    scale = nir.Scale(rng.uniform(0.5, 1.5, (6, 4, 4)))
    fc = nir.Affine(rng.normal(0, 0.2, (5, 24)).astype(np.float32), rng.normal(0, 0.1, 5).astype(np.float32))
    li = nir.LI(tau=np.full(5, 1e-2), r=np.full(5, 1.0), v_leak=np.zeros(5))
    inner = np.array([6, 8, 8])
    block = nir.NIRGraph(
        nodes={
            "input": nir.Input(inner),
            "0": depthwise,
            "1": lif1,
            "2": point,
            "output": nir.Output(inner),
        },
        edges=[("2", "output"), ("1", "2"), ("input", "0"), ("0", "1")],
        type_check=False,
    )
    graph = nir.NIRGraph(
        nodes={
            "in": nir.Input(np.array([2, 8, 8])),
            "stem": stem,
            "lif.0": lif0,
            "block": block,
            "side": dilated,
            "lif.2": lif2,
            "sum": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
            "scale": scale,
            "mean": nir.AvgPool2d(np.array([3, 3]), np.array([2, 2]), np.array([1, 1])),
            "flat": nir.Flatten(np.array([6, 2, 2]), 0, -1),
            "fc": fc,
            "li": li,
            "out": nir.Output(np.array([5])),
        },
        edges=[("fc", "li"), ("li", "out"), ("in", "stem"), ("stem", "lif.0"), ("lif.0", "block"), ("lif.0", "side"),
               ("side", "lif.2"), ("block", "lif.2"), ("lif.0", "lif.2"), ("lif.2", "sum"), ("sum", "scale"),
               ("scale", "mean"), ("mean", "flat"), ("flat", "fc")],
        type_check=False,
    )
    x = rng.normal(0, 1, (T, N, 2, 8, 8)).astype(np.float32)
    run0, run1, run2, run_li = Lif(lif0), Lif(lif1), Lif(lif2), Li(li)
    record = {"lif.0": [], "block.1": [], "lif.2": [], "li": []}
    for t in range(T):
        a = run0(conv(stem)(x[t]))
        b = run1(conv(depthwise)(a))
        c = run2(conv(point)(b) + conv(dilated)(a) + a)
        pooled = F.avg_pool2d(torch.from_numpy(c), 2) * 4
        y = F.avg_pool2d(pooled * torch.from_numpy(scale.scale).float(), 3, 2, 1).flatten(1).numpy()
        z = run_li(y @ fc.weight.T + fc.bias)
        for key, value in zip(record, (a, b, c, z)):
            record[key].append(value)
    record = {key: np.stack(value) for key, value in record.items()}
    save("graph_residual", graph, x, record, record["li"], dt=DT)


def graph_recurrent():
    """Current-based neurons with a loop over two layers, a threshold, and a leaky readout; a 1-d convolution in front."""
    rng = np.random.default_rng(5)
    size = 3 * 10

    def cuba(n, w_in):
        return nir.CubaLIF(
            tau_syn=rng.uniform(2e-3, 6e-3, n), tau_mem=rng.uniform(5e-3, 2e-2, n), r=np.full(n, 6.0), v_leak=np.zeros(n),
            v_threshold=np.full(n, 0.3), v_reset=np.full(n, -0.1), w_in=np.full(n, w_in),
        )

    front = nir.Conv1d(input_shape=20, weight=rng.normal(0, 0.6, (3, 1, 5)).astype(np.float32), stride=2, padding=2,
                       dilation=1, groups=1, bias=rng.normal(0, 0.1, 3).astype(np.float32))
    fires = nir.Threshold(rng.uniform(0.1, 0.4, (3, 10)))
    w_in = nir.Affine(rng.normal(0, 0.3, (16, size)).astype(np.float32), rng.normal(0, 0.1, 16).astype(np.float32))
    hidden = cuba(16, 3.0)
    w_up = nir.Linear(rng.normal(0, 0.5, (8, 16)).astype(np.float32))
    upper = cuba(8, 3.0)
    w_back = nir.Affine(rng.normal(0, 0.5, (16, 8)).astype(np.float32), rng.normal(0, 0.05, 16).astype(np.float32))
    w_self = nir.Linear(rng.normal(0, 0.3, (16, 16)).astype(np.float32))
    w_out = nir.Linear(rng.normal(0, 0.5, (4, 8)).astype(np.float32))
    li = nir.CubaLI(tau_syn=np.full(4, 4e-3), tau_mem=np.full(4, 1e-2), r=np.ones(4), v_leak=np.zeros(4), w_in=np.ones(4))
    graph = nir.NIRGraph(
        nodes={
            "input": nir.Input(np.array([1, 20])),
            "front": front,
            "fires": fires,
            "flat": nir.Flatten(np.array([3, 10]), 0, -1),
            "w_in": w_in,
            "hidden": hidden,
            "w_up": w_up,
            "upper": upper,
            "w_back": w_back,
            "w_self": w_self,
            "w_out": w_out,
            "li": li,
            "output": nir.Output(np.array([4])),
        },
        edges=[("input", "front"), ("front", "fires"), ("fires", "flat"), ("flat", "w_in"), ("w_in", "hidden"),
               ("hidden", "w_up"), ("w_up", "upper"), ("upper", "w_back"), ("w_back", "hidden"), ("hidden", "w_self"),
               ("w_self", "hidden"), ("upper", "w_out"), ("w_out", "li"), ("li", "output")],
        type_check=False,
    )
    steps = 25
    x = rng.normal(0, 1, (steps, N, 1, 20)).astype(np.float32)
    run_hidden, run_upper, run_li = Cuba(hidden), Cuba(upper), Cuba(li)
    last_hidden, last_upper = np.zeros((N, 16), np.float32), np.zeros((N, 8), np.float32)
    record = {"fires": [], "hidden": [], "upper": [], "li": []}
    for t in range(steps):
        y = F.conv1d(torch.from_numpy(x[t]), torch.from_numpy(front.weight), torch.from_numpy(front.bias), 2, 2).numpy()
        fired = (y > fires.threshold).astype(np.float32)
        current = fired.reshape(N, -1) @ w_in.weight.T + w_in.bias
        current += last_upper @ w_back.weight.T + w_back.bias + last_hidden @ w_self.weight.T
        last_hidden = run_hidden(current)
        last_upper = run_upper(last_hidden @ w_up.weight.T)
        z = run_li(last_upper @ w_out.weight.T)
        for key, value in zip(record, (fired, last_hidden, last_upper, z)):
            record[key].append(value)
    record = {key: np.stack(value) for key, value in record.items()}
    save("graph_recurrent", graph, x, record, record["li"], dt=DT)


def graph_images():
    """A network for images of 28x28 pixels, of small random weights, for tests of what needs samples: nothing is recorded."""
    rng = np.random.default_rng(6)

    def neurons(*shape):
        return nir.IF(r=np.full(shape, 1.0), v_threshold=np.full(shape, 1.0))

    graph = nir.NIRGraph(
        nodes={
            "in": nir.Input(np.array([1, 28, 28])),
            "conv": nir.Conv2d((28, 28), rng.normal(0, 0.5, (4, 1, 5, 5)).astype(np.float32), 3, 2, 1, 1, np.zeros(4, np.float32)),
            "if.1": neurons(4, 10, 10),
            "pool": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
            "flat": nir.Flatten(np.array([4, 5, 5]), 0, -1),
            "fc": nir.Affine(rng.normal(0, 0.1, (10, 100)).astype(np.float32), np.zeros(10, np.float32)),
            "if.2": neurons(10),
            "out": nir.Output(np.array([10])),
        },
        edges=[("in", "conv"), ("conv", "if.1"), ("if.1", "pool"), ("pool", "flat"), ("flat", "fc"), ("fc", "if.2"),
               ("if.2", "out")],
        type_check=False,
    )
    nir.write(OUT / "graph_images.nir", graph)


for make in (graph_images, snntorch_conv, snntorch_recurrent, spikingjelly_if, graph_residual, graph_recurrent):
    make()

"""Networks in the ONNX format with what onnxruntime computes of them, as `cospike infer NET.onnx --compare REF.npz` takes them.

Run in an environment with numpy 2.x, onnx 1.23.2 and onnxruntime 1.32.0:

    python make.py OUT_DIR

The graphs are written as exporters write them: `residual` as PyTorch with a batch normalisation that is not folded yet, a batch whose
size is open, and sizes that the graph computes; `channels` with one axis, groups and products by constants; `mobile` with depthwise
convolutions, the padding "same", weights of int8 and a softmax at the end; `dense` with concatenations as in Inception, DenseNet and behind
a Flatten; `quantised` as onnxruntime's static quantisation writes it, in pairs of QuantizeLinear and DequantizeLinear.
"""

import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

OUT = pathlib.Path(sys.argv[1])
SAMPLES = 3


class Graph:
    """A graph with one input, written node by node."""

    def __init__(self, shape, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.constants, self.at = [], [], "image"
        self.input = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
        self.shape = shape

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weight(self, name, *shape, scale=None):
        scale = scale or 1.4 / np.sqrt(np.prod(shape[1:]))
        return self.constant(name, (self.rng.standard_normal(shape) * scale).astype(np.float32))

    def add(self, kind, name, *constants, inputs=None, output=None, **attributes):
        inputs = [self.at] if inputs is None else inputs
        self.at = output or f"{name}_output_0"
        self.nodes.append(helper.make_node(kind, [*inputs, *constants], [self.at], name=name, **attributes))
        return self.at

    def conv(self, name, outs, ins, kernel, bias=True, **attributes):
        constants = [self.weight(f"{name}.weight", outs, ins, *kernel)]
        if bias:
            constants.append(self.weight(f"{name}.bias", outs, scale=0.3))
        return self.add("Conv", name, *constants, **attributes)

    def norm(self, name, channels, **attributes):
        values = [
            self.constant(f"{name}.weight", self.rng.uniform(0.5, 1.5, channels).astype(np.float32)),
            self.weight(f"{name}.bias", channels, scale=0.3),
            self.weight(f"{name}.mean", channels, scale=0.3),
            self.constant(f"{name}.var", self.rng.uniform(0.2, 2.0, channels).astype(np.float32)),
        ]
        return self.add("BatchNormalization", name, *values, **attributes)

    def model(self, file, classes, opset=17):
        output = helper.make_tensor_value_info(self.at, TensorProto.FLOAT, [self.shape[0], classes])
        graph = helper.make_graph(self.nodes, file, [self.input], [output], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="make.py")
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        return model

    def save(self, file, classes, opset=17, is_recorded=True):
        model = self.model(file, classes, opset)
        onnx.save_model(model, OUT / f"{file}.onnx")
        if is_recorded:
            self.record(model, file)

    def record(self, model, file):
        """Executes the network with every value between nodes as an output too."""
        batch = self.rng.random((SAMPLES, *self.shape[1:])).astype(np.float32)
        inferred = onnx.shape_inference.infer_shapes(model)
        types = {value.name: value for value in inferred.graph.value_info}
        names = [node.output[0] for node in model.graph.node if node.output[0] in types]
        model.graph.output.extend(types[name] for name in names if types[name].type.tensor_type.elem_type == TensorProto.FLOAT)
        # Without optimisation, so that what is recorded is what the nodes say.
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        keys = [output.name for output in session.get_outputs()]
        values = dict(zip(keys, session.run(keys, {"image": batch})))
        out = values.pop(model.graph.node[-1].output[0])
        # Where a function of each channel is folded into the weights before it, what came in is not computed.
        weighted = {node.output[0] for node in model.graph.node if node.op_type in WEIGHTED}
        constants = {constant.name for constant in model.graph.initializer}
        functions = [node for node in model.graph.node if any(name in constants for name in node.input)]
        folded = {node.input[0] for node in functions if node.op_type in FOLDED} & weighted
        kept = {f"v_{key}": value for key, value in values.items() if key not in folded and value.shape[0] == SAMPLES}
        np.savez_compressed(OUT / f"{file}.npz", input=batch, out=out, **kept)
        print(file, "out", out.std(), "values", len(kept))


WEIGHTED = ("Conv", "Gemm", "MatMul", "Sub")
FOLDED = ("BatchNormalization", "Add", "Mul", "Div")


def residual():
    graph = Graph(["batch", 3, 17, 14], 1)
    graph.conv("/stem/Conv", 8, 3, (3, 3), bias=False, pads=[1, 1, 1, 1], strides=[2, 2])
    graph.norm("/stem/Norm", 8, epsilon=1e-3)
    graph.add("Relu", "/stem/Relu")
    stem = graph.add("MaxPool", "/pool/MaxPool", kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1], ceil_mode=1)
    graph.conv("/block/conv1/Conv", 8, 8, (3, 3), pads=[2, 2, 2, 2], dilations=[2, 2])
    graph.norm("/block/norm1", 8)
    graph.add("Clip", "/block/relu6", graph.constant("zero", np.float32(0)), graph.constant("six", np.float32(6)))
    graph.conv("/block/conv2/Conv", 8, 8, (1, 3), pads=[0, 1, 0, 1])
    graph.add("Add", "/block/Add", inputs=[graph.at, stem])
    graph.norm("/block/norm3", 8)
    graph.add("Relu", "/block/Relu")
    graph.add("AveragePool", "/mean/AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    pooled = graph.at
    # `x.view(x.size(0), -1)`, as PyTorch's first exporter writes it.
    graph.add("Shape", "/Shape", inputs=[pooled])
    graph.add("Gather", "/Gather", graph.constant("first", np.int64(0)), axis=0)
    graph.add("Unsqueeze", "/Unsqueeze", graph.constant("axis", np.array([0])))
    size = graph.add("Concat", "/Concat", graph.constant("rest", np.array([-1])), axis=0)
    graph.add("Reshape", "/Reshape", inputs=[pooled, size])
    graph.add("Gemm", "/fc1/Gemm", graph.weight("fc1.weight", 12, 48), graph.weight("fc1.bias", 12), transB=1, alpha=0.5)
    graph.add("Relu", "/fc1/Relu")
    graph.add("Dropout", "/drop")
    dropped = graph.at
    matrix = graph.add("Transpose", "/fc2/Transpose", inputs=[graph.weight("fc2.weight", 5, 12)], perm=[1, 0])
    graph.add("MatMul", "/fc2/MatMul", inputs=[dropped, matrix])
    graph.add("Add", "/fc2/Add", graph.weight("fc2.bias", 5))
    graph.save("residual", 5)


def channels():
    graph = Graph(["batch", 4, 40], 2)
    graph.add("Sub", "mean", graph.weight("mean.values", 1, 4, 1))
    graph.add("Div", "deviation", graph.constant("std", np.full((4, 1), 0.5, np.float32)))
    graph.conv("conv1", 8, 2, (5,), group=2, strides=[2], auto_pad="SAME_LOWER")
    graph.add("Sigmoid", "act1")
    graph.add("MaxPool", "pool", kernel_shape=[3], strides=[2], dilations=[2])
    graph.norm("norm", 8)
    graph.add("ReduceMean", "mean_over_time", axes=[-1], keepdims=0)
    graph.add("Gemm", "scores", graph.weight("w", 8, 3), graph.weight("b", 1, 3), beta=2.0)
    graph.save("channels", 3, opset=13)


def mobile():
    graph = Graph(["batch", 1, 12, 12], 3)
    graph.conv("stem", 6, 1, (3, 3), auto_pad="SAME_UPPER", strides=[2, 2])
    graph.add("Relu", "relu")
    graph.conv("depthwise", 6, 1, (3, 3), group=6, auto_pad="SAME_UPPER")
    graph.add("Mul", "scaled", graph.constant("factors", np.linspace(0.5, 1.5, 6, dtype=np.float32).reshape(6, 1, 1)))
    graph.add("Clip", "clip", graph.constant("low", np.float32(0)), graph.constant("one", np.float32(1)))
    image = graph.at
    whole = graph.constant("pointwise.int8", graph.rng.integers(-127, 128, (9, 6, 1, 1), dtype=np.int8))
    scales = graph.constant("pointwise.scale", np.linspace(0.001, 0.01, 9, dtype=np.float32))
    zeros = graph.constant("pointwise.zero", np.zeros(9, np.int8))
    weight = graph.add("DequantizeLinear", "dequantised", inputs=[whole, scales, zeros], axis=0)
    graph.add("Conv", "pointwise", inputs=[image, weight])
    graph.add("GlobalAveragePool", "pool")
    graph.add("Flatten", "flatten")
    graph.add("Gemm", "fc", graph.weight("fc.weight", 4, 9), transB=1)
    graph.add("Softmax", "softmax", axis=1, output="probabilities")
    graph.save("mobile", 4)


def dense():
    graph = Graph(["batch", 3, 6, 6], 6)
    graph.conv("stem", 8, 3, (3, 3), pads=[1, 1, 1, 1])
    stem = graph.add("Relu", "stem/relu")
    # An Inception block: three branches of the same rows and columns.
    graph.conv("one", 6, 8, (1, 1))
    one = graph.add("Relu", "one/relu")
    graph.at = stem
    three = graph.conv("three", 70, 8, (3, 3), pads=[1, 1, 1, 1])
    pooled = graph.add("MaxPool", "pool", inputs=[stem], kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    block = graph.add("Concat", "inception", inputs=[one, three, pooled], axis=1)
    # A DenseNet layer: normalised, and put behind what it read.
    graph.norm("norm", 84)
    graph.add("Relu", "norm/relu")
    graph.conv("grown", 4, 84, (3, 3), pads=[1, 1, 1, 1], bias=False)
    graph.add("Concat", "densenet", inputs=[block, graph.at], axis=-3)
    mean = graph.add("GlobalAveragePool", "mean")
    graph.add("Flatten", "mean/flat")
    flat = graph.at
    graph.add("AveragePool", "small", inputs=[stem], kernel_shape=[3, 3], strides=[3, 3])
    small = graph.add("Flatten", "small/flat")
    graph.add("Concat", "vectors", inputs=[small, flat], axis=1)
    graph.add("Gemm", "fc", graph.weight("fc.weight", 5, 120), graph.weight("fc.bias", 5), transB=1)
    graph.save("dense", 5)


class Samples(CalibrationDataReader):
    def __init__(self, batch):
        self.left = [{"image": sample[None]} for sample in batch]

    def get_next(self):
        return self.left.pop() if self.left else None


def quantised():
    graph = Graph(["batch", 2, 9, 9], 7)
    graph.conv("stem", 8, 2, (3, 3), strides=[2, 2], pads=[1, 1, 1, 1])
    graph.add("Relu", "stem/relu")
    stem = graph.at
    graph.conv("conv", 8, 8, (3, 3), pads=[1, 1, 1, 1])
    graph.add("Add", "sum", inputs=[graph.at, stem])
    graph.add("MaxPool", "pool", kernel_shape=[2, 2], strides=[2, 2])
    graph.add("Flatten", "flat")
    graph.add("Gemm", "fc", graph.weight("fc.weight", 4, 32), graph.weight("fc.bias", 4), transB=1)
    samples = Samples(graph.rng.random((32, 2, 9, 9)).astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        onnx.save_model(graph.model("quantised", 4), folder / "float.onnx")
        made = str(folder / "quantised.onnx")
        quantize_static(
            str(folder / "float.onnx"), made, samples, quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )  # fmt: skip
        model = onnx.load_model(made)
    onnx.checker.check_model(model, full_check=True)
    onnx.save_model(model, OUT / "quantised.onnx")
    graph.record(model, "quantised")


def images():
    """A network for images of 28x28, that is never compared, but simulated."""
    graph = Graph(["batch", 1, 28, 28], 4)
    graph.conv("conv", 8, 1, (5, 5), strides=[3, 3])
    graph.add("Relu", "relu")
    graph.add("GlobalMaxPool", "pool")
    graph.add("Flatten", "flatten")
    graph.add("Gemm", "fc", graph.weight("fc.weight", 10, 8), graph.weight("fc.bias", 10), transB=1)
    graph.save("images", 10, is_recorded=False)


def wrong():
    """Files with one mistake each, as small as they can be."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 4, 4])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])
    rng = np.random.default_rng(5)
    constants = {
        "kernel": rng.standard_normal((2, 1, 3, 3)).astype(np.float32),
        "matrix": rng.standard_normal((2, 2)).astype(np.float32),
    }
    node = helper.make_node
    conv = node("Conv", ["image", "kernel"], ["features"], name="conv")
    end = [node("GlobalAveragePool", ["relu"], ["mean"], name="mean"), node("Flatten", ["mean"], ["flat"], name="flat")]
    fc = [node("Gemm", ["flat", "matrix"], ["scores"], name="fc")]
    relu = [node("Relu", ["features"], ["relu"], name="relu")]

    def save(file, nodes=None, inputs=(image,), outputs=(scores,), opset=17, **changed):
        tensors = [numpy_helper.from_array(value, name) for name, value in {**constants, **changed}.items()]
        graph = helper.make_graph(nodes or [conv, *relu, *end, *fc], file, list(inputs), list(outputs), tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 8
        (OUT / "wrong" / f"{file}.onnx").write_bytes(model.SerializeToString())
        return model

    (OUT / "wrong").mkdir(exist_ok=True)
    right = save("right").SerializeToString()
    (OUT / "wrong" / "truncated.onnx").write_bytes(right[: len(right) // 2])
    (OUT / "wrong" / "text.onnx").write_text("this is no network")
    (OUT / "wrong" / "empty.onnx").write_bytes(b"")
    save("old", opset=11)
    save("operator", [conv, node("Elu", ["features"], ["relu"], name="elu"), *end, *fc])
    save("domain", [conv, node("Relu", ["features"], ["relu"], name="relu", domain="com.microsoft"), *end, *fc])
    save("sizes", inputs=[helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, "height", "width"])])
    save("whole", inputs=[helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 1, 4, 4])])
    save("inputs", inputs=[image, helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["batch", 2])])
    save("outputs", outputs=[scores, helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["batch", 2, 1, 1])])
    save("map", [conv, node("Relu", ["features"], ["scores"], name="relu")])
    save("order", [*relu, conv, *end, *fc])
    save("nan", kernel=np.full((2, 1, 3, 3), np.nan, np.float32))
    save("channels", kernel=np.ones((2, 3, 3, 3), np.float32))
    save("vector", matrix=np.ones((3, 2), np.float32))
    save("attribute", [node("Conv", ["image", "kernel"], ["features"], name="conv", border="mirror"), *relu, *end, *fc])
    save("window", kernel=np.ones((2, 1, 5, 5), np.float32))
    norm = ["features", "gain", "shift", "mean_", "var"]
    values = {name: np.ones(2, np.float32) for name in norm[1:4]}
    norm = node("BatchNormalization", norm, ["normal"], name="norm")
    relu_of_norm = node("Relu", ["normal"], ["relu"], name="relu")
    save("variance", [conv, norm, relu_of_norm, *end, *fc], var=np.array([1, -1], np.float32), **values)
    quantise = node("QuantizeLinear", ["features", "scale", "zero"], ["whole"], name="quantise")
    back = node("DequantizeLinear", ["whole", "scale", "zero"], ["relu"], name="back")
    other = node("DequantizeLinear", ["whole", "scale", "other"], ["relu"], name="back")
    scale, zero = {"scale": np.float32(0.1)}, {"zero": np.uint8(0)}
    save("zero", [conv, quantise, other, *end, *fc], other=np.uint8(3), **scale, **zero)
    save("scales", [conv, quantise, back, *end, *fc], scale=np.full(2, 0.1, np.float32), zero=np.zeros(2, np.uint8))
    pool = node("MaxPool", ["whole"], ["max"], name="max", kernel_shape=[1, 1])
    whole = node("DequantizeLinear", ["max", "scale", "zero"], ["relu"], name="back")
    save("numbers", [conv, quantise, pool, whole, *end, *fc], **scale, **zero)
    half = node("GlobalAveragePool", ["features"], ["half"], name="half")
    for file, axis, inputs in [("rows", 2, ["features", "features"]), ("ragged", 1, ["features", "half"])]:
        save(file, [conv, half, node("Concat", inputs, ["relu"], name="joint", axis=axis), *end, *fc])
    border = node("AveragePool", ["features"], ["relu"], name="mean_inside", kernel_shape=[2, 2], pads=[1, 1, 1, 1])
    save("border", [conv, border, *end, *fc])
    external = save("external")
    tensor = external.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    (OUT / "wrong" / "external.onnx").write_bytes(external.SerializeToString())
    short = save("short")
    short.graph.initializer[0].raw_data = short.graph.initializer[0].raw_data[:-4]
    (OUT / "wrong" / "short.onnx").write_bytes(short.SerializeToString())


residual()
channels()
mobile()
dense()
quantised()
images()
wrong()

"""Keras's JSON in three dialects, its archives, TensorFlow's `same`, and channels that come last there."""

import io
import json
import zipfile
from typing import Any

import pytest
from foreign import counted, refused, shapes

import convcli
from convcli.diagnostics import ConvcliError

Layers = list[tuple[str, dict[str, Any]]]
CHAIN: Layers = [
    ("Conv2D", {"filters": 8, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "use_bias": False}),
    ("BatchNormalization", {"axis": -1}),
    ("Activation", {"activation": "relu"}),
    ("DepthwiseConv2D", {"kernel_size": [3, 3], "padding": "valid", "activation": "relu6"}),
    ("MaxPooling2D", {"pool_size": [2, 2], "padding": "valid"}),
    ("Flatten", {}),
    ("Dense", {"units": 10, "activation": "softmax"}),
]
PARAMS = 3 * 8 * 9 + 16 + 8 * 10 + 7 * 7 * 8 * 10 + 10


def named(layers: Layers) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (kind, f"{kind.lower()}_{at}", {**config, "name": f"{kind.lower()}_{at}"})
        for at, (kind, config) in enumerate(layers)
    ]


def first(layers: Layers, shape: list[Any] | None = None) -> str:
    """Write a chain as Keras 1 does: its configuration is a list."""
    written = [{"class_name": kind, "config": config} for kind, _, config in named(layers)]
    written[0]["config"]["batch_input_shape"] = [None, *(shape or [32, 32, 3])]
    return json.dumps({"class_name": "Sequential", "config": written, "keras_version": "1.2.2"})


def second(layers: Layers, shape: list[Any] | None = None) -> str:
    """Write a graph as Keras 2 does."""
    written: list[Any] = [
        {"class_name": "InputLayer", "name": "in", "inbound_nodes": [],
         "config": {"name": "in", "batch_input_shape": [None, *(shape or [32, 32, 3])]}}
    ]  # fmt: skip
    before = "in"
    for kind, name, config in named(layers):
        written.append({"class_name": kind, "name": name, "config": config, "inbound_nodes": [[[before, 0, 0, {}]]]})
        before = name
    config = {"layers": written, "input_layers": [["in", 0, 0]], "output_layers": [[before, 0, 0]]}
    return json.dumps({"class_name": "Model", "config": config, "keras_version": "2.4.0"})


def tensor(name: str) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None], "keras_history": [name, 0, 0]}}


def node(*names: str) -> dict[str, Any]:
    """Return a call of a layer as Keras 3 writes it."""
    args = [tensor(names[0])] if len(names) == 1 else [[tensor(name) for name in names]]
    return {"args": args, "kwargs": {}}


def layer(kind: str, name: str, *taken: str, **config: Any) -> dict[str, Any]:
    record = {"module": "keras.layers", "class_name": kind, "config": {"name": name, **config}, "name": name}
    return {**record, "registered_name": None, "inbound_nodes": [node(*taken)] if taken else []}


def third(*layers: dict[str, Any], shape: list[Any] | None = None, last: str = "") -> str:
    """Write a graph as Keras 3 does."""
    start = layer("InputLayer", "in", batch_shape=[None, *(shape or [32, 32, 3])])
    config = {
        "layers": [start, *layers],
        "input_layers": ["in", 0, 0],
        "output_layers": [last or layers[-1]["name"], 0, 0],
    }
    return json.dumps({"module": "keras", "class_name": "Functional", "config": config}, indent=1)


def in_a_row(layers: Layers) -> str:
    written, before = [], "in"
    for kind, name, config in named(layers):
        written.append(layer(kind, name, before, **{key: value for key, value in config.items() if key != "name"}))
        before = name
    return third(*written)


@pytest.mark.parametrize("write", [first, second, in_a_row])
def test_three_dialects_are_one_network(tmp_path, write):
    report = counted(tmp_path, "model.json", write(CHAIN))
    assert report.totals.params == PARAMS
    assert shapes(report)["maxpooling2d_4"] == (8, 7, 7)
    assert (report.format, report.outputs[0].shape) == ("keras", (1, 10))
    assert report.layers[0].name == "conv2d_0.0"  # `same` pads the end alone here, by a layer of its own


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [7, 8, 13])
@pytest.mark.parametrize("kind", ["Conv2D", "MaxPooling2D", "AveragePooling2D", "Conv2DTranspose", "SeparableConv2D"])
def test_same_has_tensorflows_size(tmp_path, kernel, stride, side, kind):
    size = {"pool_size": [kernel] * 2} if "Pooling" in kind else {"filters": 4, "kernel_size": [kernel] * 2}
    text = in_a_row([(kind, {**size, "strides": [stride] * 2, "padding": "same"})]).replace("32", str(side))
    expected = side * stride if kind.endswith("Transpose") else -(-side // stride)
    assert counted(tmp_path, "same.json", text).outputs[0].shape[2:] == (expected, expected)


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_valid_transposed_convolutions_have_tensorflows_size(tmp_path, kernel, stride):
    text = in_a_row([("Conv2DTranspose", {"filters": 4, "kernel_size": kernel, "strides": stride, "padding": "valid"})])
    expected = 32 * stride + max(kernel - stride, 0)
    assert counted(tmp_path, "valid.json", text).outputs[0].shape[2:] == (expected, expected)


def test_branches_meet(tmp_path):
    text = third(
        layer("Conv2D", "a", "in", filters=8, kernel_size=3, padding="same"),
        layer("Conv2D", "b", "in", filters=8, kernel_size=1, padding="same"),
        layer("Add", "sum", "a", "b"), layer("Concatenate", "both", "sum", "in", axis=-1),
        layer("GlobalAveragePooling2D", "pool", "both"), layer("Reshape", "shape", "pool", target_shape=[1, 1, 11]),
        layer("Multiply", "scaled", "both", "shape"), last="scaled",
    )  # fmt: skip
    found = shapes(counted(tmp_path, "net.json", text))
    assert (found["both"], found["shape"], found["scaled"]) == ((11, 32, 32), (11, 1, 1), (11, 32, 32))


def test_the_order_of_layers_in_the_file_does_not_matter(tmp_path):
    layers = [
        layer("Dense", "d", "f", units=10),
        layer("Flatten", "f", "c"),
        layer("Conv2D", "c", "in", filters=8, kernel_size=3),
    ]
    assert counted(tmp_path, "net.json", third(*layers, last="d")).outputs[0].shape == (1, 10)


def test_a_model_inside_of_a_model_is_a_scope(tmp_path):
    inner = json.loads(first([("Conv2D", {"filters": 8, "kernel_size": 3}), ("ReLU", {})]))
    record = {**layer("Sequential", "body", "in"), "config": {"name": "body", "layers": inner["config"]}}
    more = [layer("Conv2D", "c", "in", filters=4, kernel_size=1), layer("ReLU", "r", "c")]
    config = {"name": "more", **json.loads(third(*more, shape=[30, 30, 8]))["config"]}
    graph = {**layer("Functional", "more", "body"), "config": config}
    report = counted(tmp_path, "net.json", third(record, graph))
    assert [one.name for one in report.layers] == ["body.conv2d_0", "body.relu_1", "more.c", "more.r"]
    assert report.totals.params == 224 + 36


def test_a_layer_that_is_called_twice_is_counted_once(tmp_path):
    both = layer("Conv2D", "c", "in", filters=3, kernel_size=3, padding="same")
    both["inbound_nodes"].append(
        {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["c", 0, 0]}}], "kwargs": {}}
    )
    out = layer("ReLU", "r", "c")
    out["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ["c", 1, 0]
    report = counted(tmp_path, "net.json", third(both, out))
    assert (report.totals.params, report.totals.macs) == (84, 2 * 81 * 1024)


def test_an_open_size_is_asked_for(tmp_path):
    text = second([("Conv2D", {"filters": 8, "kernel_size": 3, "padding": "same"})], [None, None, 3])
    assert refused(tmp_path, "net.json", text).code == "CV007"
    assert counted(tmp_path, "net.json", text, input="3x20x24").outputs[0].shape == (1, 8, 20, 24)


def test_channels_may_come_first(tmp_path):
    text = second([("Conv2D", {"filters": 8, "kernel_size": 3, "data_format": "channels_first"}),
                   ("BatchNormalization", {"axis": 1})], [3, 20, 24])  # fmt: skip
    assert counted(tmp_path, "net.json", text).outputs[0].shape == (1, 8, 18, 22)


@pytest.mark.parametrize(
    ("config", "code", "help"),
    [
        ({"filter": 8, "kernel_size": 3}, "CV081", "`filter` is no option of Conv2D: write `filters`"),
        ({"filters": 8, "kernel_size": 3, "activation": "sofmax"}, "CV083", "did you mean `softmax`?"),
    ],
)
def test_a_slip_of_the_pen_is_told_from_what_was_meant(tmp_path, config, code, help):
    found = refused(tmp_path, "net.json", in_a_row([("Conv2D", config)]))
    assert (found.code, found.help) == (code, help)


SEQUENCES: dict[str, tuple[list[Any], Layers, int, tuple[int, ...]]] = {
    "LSTM": ([10, 7], [("LSTM", {"units": 5, "return_sequences": True}), ("LSTM", {"units": 4})], 420, (4,)),
    "GRU": ([10, 7], [("GRU", {"units": 5, "reset_after": True, "return_sequences": True})], 210, (5, 10)),
    "old GRU": ([10, 7], [("GRU", {"units": 5})], 195, (5,)),
    "SimpleRNN": ([10, 7], [("SimpleRNN", {"units": 5, "use_bias": False})], 60, (5,)),
    "both": ([10, 7], [("Bidirectional", {"merge_mode": "concat", "layer": {
        "class_name": "LSTM", "config": {"units": 5, "return_sequences": True}}})], 520, (10, 10)),
    "their sum": ([10, 7], [("Bidirectional", {"merge_mode": "sum", "layer": {
        "class_name": "GRU", "config": {"units": 4, "reset_after": True}}})], 312, (4,)),
    "cell": ([10, 7], [("RNN", {"cell": {"class_name": "LSTMCell", "config": {"units": 6}}})], 336, (6,)),
    "words": ([20], [("Embedding", {"input_dim": 100, "output_dim": 8}), ("Conv1D", {
        "filters": 6, "kernel_size": 3, "padding": "causal", "dilation_rate": 2})], 950, (6, 20)),
    "steps": ([6], [("RepeatVector", {"n": 5}), ("TimeDistributed", {"layer": {
        "class_name": "Dense", "config": {"name": "dense", "units": 4}}})], 28, (4, 5)),
    "frames": ([5, 16, 16, 3], [("TimeDistributed", {"layer": {"class_name": "Conv2D", "config": {
        "name": "conv", "filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}}})], 112, (4, 5, 8, 8)),
    "ConvLSTM": ([5, 16, 16, 3], [("ConvLSTM2D", {"filters": 4, "kernel_size": 3, "padding": "same"})],
                 1024, (4, 16, 16)),
    "sum": ([10, 7], [("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 8], "bias_axes": "d"})],
            64, (8, 10)),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SEQUENCES))
def test_sequences_have_the_parameters_and_sizes_that_keras_gives_them(tmp_path, name):
    shape, layers, params, out = SEQUENCES[name]
    report = counted(tmp_path, "net.json", second(layers, shape))
    assert (report.totals.params, report.outputs[0].shape[1:]) == (params, out)


def test_a_lstm_is_counted_as_torchs_is(tmp_path):
    text = second([("LSTM", {"units": 5})], [10, 7])
    theirs = convcli.shape("LSTM(7, 5, batch_first=True)", input="1x10x7").totals.macs
    assert counted(tmp_path, "net.json", text).totals.macs == theirs


def test_what_is_torchs_own_can_be_built(tmp_path):
    pytest.importorskip("torch")
    text = second(
        [("GRU", {"units": 5, "reset_after": True, "return_sequences": True}), ("GlobalMaxPooling1D", {})], [10, 7]
    )
    (tmp_path / "net.json").write_text(text, encoding="utf-8")
    assert convcli.verify(str(tmp_path / "net.json"))


def test_attention_takes_several_tensors(tmp_path):
    """Keras gives a query of 10 x 8 with two heads of four 288 parameters."""
    text = third(
        layer("MultiHeadAttention", "mha", "in", num_heads=2, key_dim=4), layer("Add", "sum", "in", "mha"),
        layer("AdditiveAttention", "more", "sum", "in"), layer("Dot", "dot", "more", "sum", axes=[2, 2]),
        shape=[10, 8],
    )  # fmt: skip
    report = counted(tmp_path, "net.json", text)
    assert report.totals.params == 288 + 8
    assert shapes(report)["dot"] == (10, 10)


def test_states_are_further_results(tmp_path):
    record = layer("LSTM", "enc", "in", units=5, return_state=True)
    after = layer("Dense", "d", "enc", units=2)
    after["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ["enc", 0, 2]
    assert counted(tmp_path, "net.json", third(record, after, shape=[10, 7])).outputs[0].shape == (1, 2)


def test_a_model_with_several_inputs_stands_inside_of_another(tmp_path):
    inside = json.loads(third(layer("Dense", "wide", "in", units=4), shape=[8]))["config"]
    second_input = layer("InputLayer", "too", batch_shape=[None, 5])
    join = layer("Concatenate", "both", "wide", "too", axis=-1)
    inside["layers"] += [second_input, join]
    inside |= {"output_layers": [["both", 0, 0], ["wide", 0, 0]], "name": "inner"}
    body = {**layer("Functional", "inner", "in", "other"), "config": inside}
    outer = layer("InputLayer", "other", batch_shape=[None, 5])
    head, side = layer("Dense", "o", "inner", units=3), layer("Dense", "p", "inner", units=2)
    side["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ["inner", 0, 1]
    report = counted(tmp_path, "net.json", third(outer, body, head, side, shape=[8], last="p"))
    found = shapes(report)
    assert (found["inner.both"], found["o"], found["p"]) == ((9,), (3,), (2,))
    assert report.totals.params == 8 * 4 + 4 + 9 * 3 + 3 + 4 * 2 + 2


FIRST = {"class_name": "Sequential", "keras_version": "1.2.2", "config": [
    {"class_name": "Convolution2D", "config": {"nb_filter": 32, "nb_row": 3, "nb_col": 5, "subsample": [2, 1],
     "border_mode": "same", "bias": False, "dim_ordering": "tf", "batch_input_shape": [None, 28, 28, 1]}},
    {"class_name": "MaxPooling2D", "config": {"pool_size": [2, 2], "strides": [2, 2], "border_mode": "valid"}},
    {"class_name": "Dropout", "config": {"p": 0.25}}, {"class_name": "Flatten", "config": {}},
    {"class_name": "Dense", "config": {"output_dim": 10, "bias": True}},
]}  # fmt: skip


def test_the_first_versions_words_are_understood(tmp_path):
    report = counted(tmp_path, "net.json", json.dumps(FIRST))
    assert (report.totals.params, report.outputs[0].shape) == (3 * 5 * 32 + 32 * 7 * 14 * 10 + 10, (1, 10))


def test_the_first_versions_theano_has_channels_in_front(tmp_path):
    text = json.dumps(FIRST).replace('"tf"', '"th"').replace("[null, 28, 28, 1]", "[null, 1, 28, 28]")
    assert counted(tmp_path, "net.json", text).inputs[0].shape == (1, 1, 28, 28)


def strange(kind: str, **config: Any) -> str:
    return third(layer("Conv2D", "c", "in", filters=4, kernel_size=3), layer(kind, "s", "c", **config),
                 layer("Dense", "d", "s", units=2))  # fmt: skip


def test_a_function_of_somebodys_own_has_the_size_that_the_file_says(tmp_path):
    report = counted(tmp_path, "net.json", strange("Lambda", output_shape=[15, 30, 4]))
    assert (shapes(report)["s"], report.totals.params) == ((4, 15, 30), 112 + 10)
    assert [(one.op, "params" in one.missing) for one in report.uncounted] == [("Lambda", False)]


def test_the_size_of_a_layer_of_ones_own_is_what_takes_it_says(tmp_path):
    text = strange("MyLayer").replace('"shape": [\n', '"shape": [\n')
    record = json.loads(text)
    taken = record["config"]["layers"][-1]["inbound_nodes"][0]["args"][0]
    taken["config"]["shape"] = [None, 15, 30, 6]
    report = counted(tmp_path, "net.json", json.dumps(record))
    assert shapes(report)["s"] == (6, 15, 30)
    assert [(one.op, "params" in one.missing) for one in report.uncounted] == [("MyLayer", True)]


@pytest.mark.parametrize(
    ("kind", "said"), [("Lambda", "function of somebody's own"), ("QConv2D", "no layer that is known")]
)
def test_without_a_size_it_is_an_error_that_says_what_to_write(tmp_path, kind, said):
    found = refused(tmp_path, "net.json", strange(kind))
    assert (found.code, said in found.message, '"output_shape"' in found.help) == ("CV083", True, True)


@pytest.mark.parametrize(
    ("kind", "config", "buffers"),
    [("Normalization", {"axis": -1}, 7), ("Normalization", {"axis": -1, "mean": [1, 2, 3]}, 0), ("Rescaling", {}, 0)],
)
def test_what_normalises_by_what_was_seen_has_it_as_buffers(tmp_path, kind, config, buffers):
    assert counted(tmp_path, "net.json", second([(kind, config)])).totals.buffers == buffers


def test_a_norm_without_a_scale_is_counted(tmp_path):
    report = counted(tmp_path, "net.json", in_a_row([("BatchNormalization", {"scale": False})]))
    assert (report.totals.params, report.totals.buffers) == (3, 7)


def archive(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as into:
        for name, data in members:
            into.writestr(name, data)
    return made.getvalue()


def test_an_archive_is_read_without_its_weights(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(
        archive(("metadata.json", b"{}"), ("config.json", in_a_row(CHAIN).encode()), ("model.weights.h5", b"x"))
    )
    assert convcli.profile(str(path)).totals.params == PARAMS
    path.write_bytes(archive(("metadata.json", b"{}")))
    with pytest.raises(ConvcliError) as caught:
        convcli.profile(str(path))
    assert [one.code for one in caught.value.diagnostics] == ["CV064"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("Flatten", "Flaten"), "CV083"),
        (('"filters": 8', '"filters": "many"'), "CV081"),
        (('"units": 10', '"units": -10'), "CV081"),
        (('"strides": [', '"strides": [0, '), "CV081"),
        (('"batchnormalization_1"', '"gone"'), "CV082"),
        (('"use_bias": false', '"use_bias": false,'), "CV081"),
        (('"kernel_size"', '"kernel_sizes"'), "CV081"),
    ],
)
def test_a_mistake_has_its_code_and_its_place(tmp_path, change, code):
    text = in_a_row(CHAIN).replace(*change)
    text = text.replace('"name": "gone"', '"name": "batchnormalization_1"') if change[1] == '"gone"' else text
    with pytest.raises(ConvcliError) as caught:
        counted(tmp_path, "net.json", text)
    assert (caught.value.diagnostics[0].code, caught.value.diagnostics[0].span is not None) == (code, True)


@pytest.mark.parametrize(("old", "new"), [
    ("kernel_size", "kernel_sizes"), ("padding", "pading"), ("use_bias", "use_bais"), ("filters", "filter"),
])  # fmt: skip
def test_an_option_that_is_nearly_one_is_a_warning_or_beside_what_is_missing(tmp_path, old, new):
    conv = {
        "name": "c",
        "filters": 4,
        "kernel_size": 3,
        "padding": "same",
        "use_bias": False,
        "kernel_regularizer": None,
    }
    conv[new] = conv.pop(old)
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 8, 8, 3]}},
        {"class_name": "Conv2D", "config": conv},
    ]
    text = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}})
    (tmp_path / "net.json").write_text(text, encoding="utf-8")
    try:
        found = convcli.profile(tmp_path / "net.json").findings
    except convcli.ConvcliError as error:
        found = error.diagnostics
    (one,) = [one for one in found if one.code in ("CV081", "CV192")]
    assert one.span.text() == f'"{new}"'
    assert f"`{old}`" in one.help

"""Write a quantised encoder again with the operators that onnxruntime runs fastest, weights as is.

The exporter spells attention out in a dozen operators per layer, asks for shapes again and again,
and multiplies by query, key and value one after the other. Here a layer is fifteen operators: one
product for query, key and value, ONNX's ``Attention``, and ``DynamicQuantizeMatMul``. Residuals go
through ``Sum`` on purpose: onnxruntime would fuse ``Add`` and the normalisation after it into its
``SkipLayerNormalization``, which takes three times as long as the two apart.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 23
"""The first with ``Attention``."""

HEADS = 12
EPSILON = 1e-12
_MICROSOFT = "com.microsoft"
_IR_VERSION = 11

Arrays = Mapping[str, NDArray[np.generic]]
_Attributes = Mapping[str, object]


def layer_output(layer: int) -> str:
    """Return the graph's name for the states above ``layer`` layers."""
    return f"/bert/encoder/layer.{layer - 1}/output/LayerNorm/LayerNormalization_output_0"


def fuse(source: Path, target: Path) -> None:
    """Write the graph of ``source``, a whole encoder or its upper layers, with fused operators.

    Query, key and value become one matrix ``attention.self.qkv``; the other initialisers keep their
    names and every one its values, so the outputs differ by rounding alone.

    Raises:
        ValueError: when a matrix has zero points other than 0, which the fused product ignores.
    """
    old = onnx.load(source).graph
    weights = {i.name: numpy_helper.to_array(i) for i in old.initializer}
    graph = _Graph(weights)
    numbers = sorted({int(name.split(".")[2]) for name in weights if name.startswith("encoder.")})
    whole = "embeddings.LayerNorm.weight" in weights
    states = _embedded(graph) if whole else old.input[0].name
    mask = _attention_mask(graph) if whole else None
    for number in numbers:
        last = number == numbers[-1]
        above = old.output[0].name if last else layer_output(number + 1)
        states = _layer(graph, f"encoder.layer.{number}", states, mask, above)
    if whole:
        _pooled(graph, states)
    onnx.save(graph.model(old.input, old.output), target)


class _Graph:
    """The nodes so far, and those of the old graph's initialisers that they use."""

    def __init__(self, weights: Arrays) -> None:
        self._weights = weights
        self._used: dict[str, NDArray[np.generic]] = {}
        self._nodes: list[onnx.NodeProto] = []

    def weight(self, *names: str, new: str = "") -> str:
        """Use an initialiser of the old graph, or several of them side by side as ``new``."""
        arrays = [self._weights[name] for name in names]
        return self.constant(new or names[0], np.concatenate(arrays, axis=-1) if new else arrays[0])

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """Use an initialiser that the old graph has not."""
        self._used[name] = value
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: object) -> str:
        """Append an operator and return the name of its one output."""
        name = f"{kind}_{len(self._nodes)}"
        self._append(kind, inputs, [output or name], attributes)
        return output or name

    def split(self, values: str, parts: int) -> list[str]:
        """Append a split along the last axis and return the names of its equal parts."""
        outputs = [f"Split_{len(self._nodes)}_{part}" for part in range(parts)]
        self._append("Split", [values], outputs, {"axis": -1, "num_outputs": parts})
        return outputs

    def product(self, values: str, *names: str, new: str = "") -> str:
        """Quantise ``values``, multiply them by an int8 matrix and add its bias.

        Several matrices are put side by side and called ``new``.
        """
        if any(self._weights[f"{name}.weight_zero_point"].any() for name in names):
            msg = f"{names[0]} is not quantised symmetrically"
            raise ValueError(msg)
        matrix, scale, bias = (
            self.weight(*(name + part for name in names), new=new and new + part)
            for part in (".weight_quantized", ".weight_scale", ".bias")
        )
        return self.add("DynamicQuantizeMatMul", [values, matrix, scale, "", bias])

    def dequantised(self, values: str, name: str) -> str:
        """Append what turns rows of a quantised table into float32."""
        parts = [self.weight(f"{name}.weight_{part}") for part in ("scale", "zero_point")]
        return self.add("DequantizeLinear", [values, *parts])

    def normalised(self, values: Sequence[str], name: str, output: str = "") -> str:
        """Append the sum of ``values`` and its layer normalisation."""
        parts = [self.weight(f"{name}.{part}") for part in ("weight", "bias")]
        total = self.add("Sum", values)
        return self.add("LayerNormalization", [total, *parts], output, epsilon=EPSILON)

    def model(
        self, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        """Return the model, its initialisers as raw bytes."""
        tensors = [numpy_helper.from_array(value, name) for name, value in self._used.items()]
        graph = helper.make_graph(self._nodes, "encoder", inputs, outputs, tensors)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)

    def _append(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: _Attributes
    ) -> None:
        name = f"{kind}_{len(self._nodes)}"
        domain = _MICROSOFT if kind == "DynamicQuantizeMatMul" else ""
        self._nodes.append(
            helper.make_node(kind, inputs, outputs, name=name, domain=domain, **attributes)
        )


def _embedded(graph: _Graph) -> str:
    """Append the sum of word, position and type embeddings, normalised; the type is always 0."""
    words, positions, types = (
        f"embeddings.{kind}_embeddings" for kind in ("word", "position", "token_type")
    )
    first, after = (graph.constant(f"at_{n}", np.array([n], dtype=np.int64)) for n in (0, 1))
    tokens = graph.add("Shape", ["input_ids"], "tokens", start=1, end=2)
    rows = {
        words: graph.add("Gather", [graph.weight(f"{words}.weight_quantized"), "input_ids"]),
        positions: graph.add(
            "Slice", [graph.weight(f"{positions}.weight_quantized"), first, tokens]
        ),
        types: graph.add("Slice", [graph.weight(f"{types}.weight_quantized"), first, after]),
    }
    each = [graph.dequantised(values, name) for name, values in rows.items()]
    return graph.normalised(each, "embeddings.LayerNorm")


def _attention_mask(graph: _Graph) -> str:
    """Append the mask that attention takes, (batch, 1, tokens, tokens): true where a token is."""
    kept = graph.add("Cast", ["attention_mask"], to=TensorProto.BOOL)
    axes = graph.constant("axes_1_2", np.array([1, 2], dtype=np.int64))
    ones = graph.constant("one", np.array([1], dtype=np.int64))
    # onnxruntime does not broadcast over the tokens that ask.
    shape = graph.add("Concat", [ones, ones, "tokens", ones], axis=0)
    return graph.add("Expand", [graph.add("Unsqueeze", [kept, axes]), shape])


def _layer(graph: _Graph, name: str, states: str, mask: str | None, output: str) -> str:
    """Append a layer, its states called ``output``; ``name`` is what BERT calls the layer."""
    own = f"{name}.attention.self"
    read = [f"{own}.{part}" for part in ("query", "key", "value")]
    asked = graph.split(graph.product(states, *read, new=f"{own}.qkv"), len(read))
    given = [*asked, mask] if mask else asked
    seen = graph.add("Attention", given, q_num_heads=HEADS, kv_num_heads=HEADS)
    dense = graph.product(seen, f"{name}.attention.output.dense")
    between = graph.normalised([dense, states], f"{name}.attention.output.LayerNorm")
    wide = graph.add("Gelu", [graph.product(between, f"{name}.intermediate.dense")])
    dense = f"{name}.output.dense"
    keep, channels, rows = (
        graph.weight(f"{dense}.{part}") for part in ("keep", "channels", "outliers")
    )
    rest = graph.product(graph.add("Mul", [wide, keep]), dense)
    apart = graph.add("MatMul", [graph.add("Gather", [wide, channels], axis=2), rows])
    return graph.normalised([rest, apart, between], f"{name}.output.LayerNorm", output)


def _pooled(graph: _Graph, states: str) -> None:
    """Append the embedding: the mean of the kept tokens, its length 1 (so the sum will do)."""
    axis = graph.constant("one", np.array([1], dtype=np.int64))
    kept = graph.add("Cast", ["attention_mask"], to=TensorProto.FLOAT)
    total = graph.add("MatMul", [graph.add("Unsqueeze", [kept, axis]), states])
    graph.add("LpNormalization", [graph.add("Squeeze", [total, axis])], "embedding", axis=-1, p=2)

"""Read weights out of our quantised ONNX files, or ask one for more, without the onnx package.

An ONNX file is a protobuf message; only the initialisers of its graph are read here. Field numbers
are those of onnx.proto (ModelProto.graph 7, GraphProto.initializer 5 and output 12,
TensorProto.dims 1, data_type 2, name 8, raw_data 9, ValueInfoProto.name 1).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_GRAPH, _INITIALISER, _OUTPUT = 7, 5, 12
_VALUE_NAME = 1
_DIMS, _DATA_TYPE, _NAME, _RAW_DATA = 1, 2, 8, 9
_DTYPES = {1: "<f4", 2: "u1", 3: "i1", 7: "<i8"}
_FUSED, _APART = ".self.qkv.", (".self.query.", ".self.key.", ".self.value.")
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return the encoder's weights by their names in ``transformers.BertModel``, dequantised.

    Query, key and value, one matrix in the graph, come apart again.

    Raises:
        ValueError: when the file is not one that ``models.convert`` made.
    """
    raw = _initialisers(memoryview(path.read_bytes()))
    weights: dict[str, NDArray[np.float32]] = {}
    for name, array in raw.items():
        base, separator, _ = name.rpartition("_quantized")
        if separator:
            weights[base] = _dequantised(raw, base)
        elif name.startswith(("embeddings.", "encoder.")) and name.endswith((".weight", ".bias")):
            weights[name] = array.astype(np.float32)
    for name in [name for name in weights if _FUSED in name]:
        parts = np.split(weights.pop(name), 3)
        weights |= {name.replace(_FUSED, p): v for p, v in zip(_APART, parts, strict=True)}
    if not weights:
        msg = f"{path} has no layers of an encoder: it was not made by models.convert"
        raise ValueError(msg)
    return weights


def with_output(model: bytes, name: str) -> bytes:
    """Return ``model`` with one more output: the value ``name`` inside its graph.

    Protobuf merges what is said twice of one message, so a graph that holds nothing but the output
    can follow the model; the file itself, and its digest, stay as they are.
    """
    value = _field(_VALUE_NAME, name.encode())
    return model + _field(_GRAPH, _field(_OUTPUT, value))


def _field(number: int, content: bytes) -> bytes:
    return _written(number << 3 | _BYTES) + _written(len(content)) + content


def _written(value: int) -> bytes:
    groups = []
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*groups, value))


def _dequantised(raw: dict[str, NDArray[np.generic]], base: str) -> NDArray[np.float32]:
    scale = raw[f"{base}_scale"].astype(np.float32)
    # The layers' matrices are symmetric and have none.
    zero = raw.get(f"{base}_zero_point", np.zeros(1)).astype(np.float32)
    full = (raw[f"{base}_quantized"].astype(np.float32) - zero) * scale
    module = base.removesuffix(".weight")
    if f"{module}.channels" in raw:
        # These rows are multiplied in float32 by the graph (see models/train/export.py).
        full[raw[f"{module}.channels"].astype(np.int64)] = raw[f"{module}.outliers"]
    # ONNX multiplies inputs by (inputs x outputs); torch keeps (outputs x inputs).
    full = full if "_embeddings." in base else full.T
    return np.ascontiguousarray(full, dtype=np.float32)


def _initialisers(model: memoryview) -> dict[str, NDArray[np.generic]]:
    tensors: dict[str, NDArray[np.generic]] = {}
    for number, graph in _fields(model):
        if number != _GRAPH or isinstance(graph, int):
            continue
        for inner, tensor in _fields(graph):
            if inner == _INITIALISER and not isinstance(tensor, int):
                name, array = _tensor(tensor)
                tensors[name] = array
    return tensors


def _tensor(message: memoryview) -> tuple[str, NDArray[np.generic]]:
    dims: list[int] = []
    name, kind, data = "", 0, memoryview(b"")
    for number, value in _fields(message):
        if number == _DIMS:
            # Proto writers may pack repeated numbers or not.
            dims += [value] if isinstance(value, int) else _packed(value)
        elif number == _DATA_TYPE and isinstance(value, int):
            kind = value
        elif number == _NAME and not isinstance(value, int):
            name = bytes(value).decode()
        elif number == _RAW_DATA and not isinstance(value, int):
            data = value
    if kind not in _DTYPES or not data:
        return name, np.zeros(0, dtype=np.float32)
    return name, np.frombuffer(data, _DTYPES[kind]).reshape(dims)


def _packed(values: memoryview) -> list[int]:
    numbers, position = [], 0
    while position < len(values):
        number, position = _varint(values, position)
        numbers.append(number)
    return numbers


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire == _BYTES:
            size, position = _varint(message, position)
        elif wire in {_FIXED32, _FIXED64}:
            size = 4 if wire == _FIXED32 else 8
        else:
            msg = f"not an ONNX file: wire type {wire} at byte {position}"
            raise ValueError(msg)
        yield number, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7

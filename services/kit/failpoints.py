"""Named places where a test may kill the process, to prove what survives; unarmed they do nothing.

``SOUFFLEUR_FAILPOINTS="name=3,other=10"`` kills the process with SIGKILL the third time it passes
``name``, or the tenth time it passes ``other``.
"""

import os
import signal

VARIABLE = "SOUFFLEUR_FAILPOINTS"

_left: dict[str, int] = {}


def arm(text: str) -> None:
    """Arm failpoints from ``name=count`` pairs; an empty text disarms all."""
    _left.clear()
    for pair in filter(None, text.split(",")):
        name, _, count = pair.partition("=")
        _left[name] = int(count)


def hit(name: str) -> None:
    """Pass a failpoint."""
    if not _left or name not in _left:
        return
    _left[name] -= 1
    if _left[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


if os.environ.get("SOUFFLEUR_ENV") != "production":
    arm(os.environ.get(VARIABLE, ""))

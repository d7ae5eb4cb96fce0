"""Playbooks as they are written: reads YAML or JSON, says line by line what is wrong or weak.

The gateway reads with it what a tenant pushes, the assistant what it serves, ``souffleur playbook
check`` what lies on a laptop: one reader, so that what one takes no other refuses.
"""

from services.playbooks.faults import Fault, InvalidPlaybook
from services.playbooks.reading import BuiltIn, Written, labels_of, read
from services.playbooks.source import MAX_BYTES, Kind
from services.playbooks.warnings import Warned, warnings_of

__all__ = [
    "MAX_BYTES",
    "BuiltIn",
    "Fault",
    "InvalidPlaybook",
    "Kind",
    "Warned",
    "Written",
    "labels_of",
    "read",
    "warnings_of",
]

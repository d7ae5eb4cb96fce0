"""Errors that only the journal raises."""

from services.kit.errors import SouffleurError


class ResyncNeeded(SouffleurError):
    """The cursor does not lead on from what the journal holds: read afresh, tail from there."""

    code = "resync_needed"
    status = 410
    close_code = 1012

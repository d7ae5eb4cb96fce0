"""What loops that run until they are cancelled have in common."""

import asyncio


def going_on() -> bool:
    """Say whether the current task may go on; for ``while`` loops around Redis calls.

    redis-py 8.1 swallows a cancellation now and then. The task stays marked as being cancelled,
    which this sees, so that the loop ends one round later instead of never.
    """
    task = asyncio.current_task()
    return task is None or not task.cancelling()

"""Threads for what would hold up the event loop: first come, first served, one job each at a time.

A turn pays for the way to a thread and back, and finds the caches full of model weights: what
``run_in_executor`` does besides (a future of its own, a lock, work items) is worth saving.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar, TypeVarTuple

R = TypeVar("R")
A = TypeVarTuple("A")

_Job = tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]


class Workers:
    """``count`` threads that wait for work; safe to use from several event loops."""

    def __init__(self, count: int, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        # Daemons, so that a program that never closes them still ends; `close` waits for them.
        self._threads = [
            Thread(target=_serve, args=(self._jobs,), name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]
        # Started by the first job: a process may be forked from one that has only loaded models.
        self._started = False
        self._starting = Lock()

    def run(self, work: Callable[[*A], R], *arguments: *A) -> asyncio.Future[R]:
        """Return the future of ``work(*arguments)``; cancelled before its turn, it never runs.

        Raises:
            RuntimeError: after ``close``, or outside an event loop.
        """
        if self._closed:
            msg = "these workers are closed"
            raise RuntimeError(msg)
        if not self._started:
            self._start()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._jobs.put((loop, answer, work, arguments))
        return answer

    def _start(self) -> None:
        with self._starting:
            if not self._started:
                for thread in self._threads:
                    thread.start()
                self._started = True

    def close(self) -> None:
        """Finish the jobs under way, drop those that wait, and stop the threads."""
        self._closed = True
        if not self._started:
            return
        with suppress(Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    _tell(job[0], job[1].cancel)
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()


def _serve(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        loop, answer, work, arguments = job
        if not answer.cancelled():
            try:
                result = work(*arguments)
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                _tell(loop, _fail, answer, error)
            else:
                _tell(loop, _succeed, answer, result)
                del result
        # Nothing of the last job is kept while the thread waits for the next.
        del job, answer, work, arguments


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[..., object], *arguments: object) -> None:
    # A loop that has been closed meanwhile wants no answer.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(what, *arguments)


def _succeed(answer: asyncio.Future[Any], result: object) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)

"""Threads that run the engine; one that hangs is left behind and replaced."""

import asyncio
import threading
import time
from queue import SimpleQueue

from services.kit.errors import Unavailable
from services.transcribe.backlog import Job
from services.transcribe.engines.port import Engine, Transcript

CLOSING_S = 3.0
"""How long the last decodes may take when the service stops; the longest takes about one second."""

_Inbox = SimpleQueue["tuple[Job, asyncio.Future[Transcript]] | None"]


class DecodeThreads:
    """Decodes each job in a thread of its own loop; idle threads are used again.

    A hung native call cannot be interrupted. Its thread is a daemon, so that it does not keep the
    process alive, and at most ``most`` threads exist: beyond that a restart is the only cure.
    """

    def __init__(self, engine: Engine, *, words: bool, most: int) -> None:
        self._engine = engine
        self._words = words and engine.capabilities.words
        self._most = most
        self._count = 0
        self._idle: list[_Inbox] = []
        self._started: list[tuple[threading.Thread, _Inbox]] = []

    def __call__(self, job: Job) -> "asyncio.Future[Transcript]":
        """Start decoding a job and return its result to come."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Transcript] = loop.create_future()
        if not self._idle and self._count >= self._most:
            future.set_exception(Unavailable("every decode thread hangs; restart the service"))
            return future
        inbox = self._idle.pop() if self._idle else self._start(loop)
        inbox.put((job, future))
        return future

    def close(self) -> None:
        """Let every thread end once it has done what it does, and wait for that; it blocks.

        A thread that is inside native code when the interpreter goes away takes the process with it
        (SIGABRT). One that hangs is not waited for longer than ``CLOSING_S``.
        """
        for _, inbox in self._started:
            inbox.put(None)
        self._idle.clear()
        until = time.monotonic() + CLOSING_S
        for thread, _ in self._started:
            thread.join(max(0.0, until - time.monotonic()))

    def _start(self, loop: asyncio.AbstractEventLoop) -> _Inbox:
        inbox: _Inbox = SimpleQueue()
        self._count += 1
        thread = threading.Thread(
            target=self._work, args=(loop, inbox), name=f"decode-{self._count}", daemon=True
        )
        thread.start()
        self._started.append((thread, inbox))
        return inbox

    def _work(self, loop: asyncio.AbstractEventLoop, inbox: _Inbox) -> None:
        while (task := inbox.get()) is not None:
            job, future = task
            outcome: Transcript | Exception
            try:
                outcome = self._engine.transcribe(
                    job.samples, job.language(), final=job.full, words=self._words and job.full
                )
            except Exception as error:  # noqa: BLE001 - an engine may raise anything
                outcome = error
            try:
                loop.call_soon_threadsafe(self._finish, inbox, future, outcome)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more

    def _finish(
        self, inbox: _Inbox, future: "asyncio.Future[Transcript]", outcome: Transcript | Exception
    ) -> None:
        self._idle.append(inbox)
        if future.done():
            return
        if isinstance(outcome, Transcript):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)

"""One running Souffleur for all end-to-end tests that only talk to it."""

from collections.abc import Iterator

import pytest

from tests.fakes.stack import Stack, start


@pytest.fixture(scope="session")
def souffleur(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """``souffleur up``, as its users start it."""
    stack = start(tmp_path_factory.mktemp("souffleur"), "up", "--port", "0")
    yield stack
    assert stack.stop() == 0

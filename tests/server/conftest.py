"""One daemon for all tests that leave it alive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.server.users import add
from tests.server.seat import PEOPLE, PIN, Seat, quiet, serving


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    folder = tmp_path_factory.mktemp("seat")
    for name, role in PEOPLE.items():
        add(folder / "users.yaml", name, role, PIN, f"badge-{name}")
    with serving(folder) as seat:
        yield seat


@pytest.fixture
def seat(shared: Seat) -> Iterator[Seat]:
    """The daemon, alive before and after the test, with nothing under way."""
    yield shared
    assert shared.process.poll() is None
    quiet(shared)

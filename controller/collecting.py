"""When Python looks for cycles of garbage. It stops everything meanwhile: some 10 ms for what makes up a tool."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MAKING = (50_000, 20, 100)  # a command keeps what it makes: collecting often only looks at it again
AT_WORK = (1_000, 10, 100)  # new objects between two looks: a quarter of a millisecond each


@contextmanager
def at_work() -> Iterator[None]:
    """While inside, for a job in real time, Python looks at new objects only, and at few of them at once."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*AT_WORK)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

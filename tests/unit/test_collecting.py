"""Python's collector of garbage, while a job is at work."""

from __future__ import annotations

import gc
import weakref

from controller.collecting import at_work


class Knot:
    """Refers to itself: only the collector can free it."""

    def __init__(self) -> None:
        self.me = self


def test_a_job_waits_for_no_look_at_what_was_there_before() -> None:
    old = weakref.ref(Knot())
    with at_work():
        new = weakref.ref(Knot())
        gc.collect()
        assert new() is None and old() is not None
    gc.collect()
    assert old() is None


def test_few_new_objects_are_looked_at_at_once_and_afterwards_all_is_as_it_was() -> None:
    before = gc.get_threshold()
    with at_work():
        assert gc.get_threshold()[0] <= 1000
    assert gc.get_threshold() == before and gc.get_freeze_count() == 0

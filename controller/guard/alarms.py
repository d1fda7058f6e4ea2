"""Alarms as events, in the words that an operator needs: happened, we did, likely, do."""

from __future__ import annotations

from collections.abc import Mapping

from controller.guard.safe import FailureClass
from controller.record.events import Alarm


def raised(
    code: str,
    failure_class: FailureClass,
    happened: str,
    we_did: str,
    *,
    likely: str = "",
    do: str = "",
    first_out: str = "",
    values: Mapping[str, float | None] | None = None,
) -> Alarm:
    """An alarm that has just become active; `first_out` is the condition or instrument that changed first."""
    return Alarm(code, int(failure_class), True, happened, we_did, likely, do, first_out, dict(values or {}))

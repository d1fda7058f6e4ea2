"""Interlocks that a person puts out of force for a run: checked before it starts, told to the guard when it does."""

from __future__ import annotations

from collections.abc import Mapping

from controller.cli.exits import CommandError, Exit
from controller.guard.scan import Guard


def refuse_bypasses(guard: Guard, bypasses: Mapping[str, str]) -> None:
    """CommandError for an interlock that does not exist, or is never out of force."""
    may = [interlock.id for interlock in guard.interlocks if interlock.bypass_s]
    for name in bypasses:
        if name not in may:
            raise CommandError(f"{name} is never bypassed; what may be: {', '.join(may)}", Exit.REFUSED)


def begin_bypasses(guard: Guard, bypasses: Mapping[str, str]) -> None:
    """Put them out of force, each for as long as its record allows."""
    for name, why in bypasses.items():
        guard.bypass(name, "operator", why)

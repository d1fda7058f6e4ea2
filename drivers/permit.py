"""The leave to actuate. Every driver method that moves, heats or pressurises asks for one; only the gate makes them.

A rule test checks that `Permit(` is written nowhere but in the guard.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for one command.

    `epoch` is the gate's count of trips when the command was permitted; a line refuses older ones. `safe` marks a
    command that takes energy away: it goes ahead of everything else on its line and is never too old.
    """

    epoch: int
    safe: bool = False

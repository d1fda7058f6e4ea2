"""The first thing on a tool: its safe state, commanded and read back; then what a killed controller left is closed.

Nobody knows what the tool was told last, so every start does it, whether a record was left open or not. It energises
nothing and begins no run.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from controller.equipment.line import Call
from controller.guard.safe import FailureClass, SafeOutcome
from controller.guard.safing import Safing
from controller.record.events import Event, Intent, Outcome
from controller.record.recover import left_open
from controller.site_acts import close_left_open, enter_act
from controller.station import NoRecord, Station, StationError
from drivers.reading import TagTable

ACT = "restart"


class _Beside(NoRecord):
    """Keeps what was ordered: safe orders wait for no disk, and the run to which they could belong is no more."""

    def __init__(self) -> None:
        self.orders: dict[int, str] = {}
        self.results: dict[int, str] = {}

    def event(self, event: Event) -> None:
        """Keep orders and what became of them."""
        if isinstance(event, Intent):
            self.orders[event.id] = f"{event.output} {event.value:g} {event.unit}".rstrip()
        elif isinstance(event, Outcome):
            self.results[event.id] = event.result

    def told(self) -> list[str]:
        """What was ordered, in order."""
        return [f"{order}: {self.results.get(id, 'no answer')}" for id, order in self.orders.items()]


async def restart(station: Station, runs: Path) -> list[str]:
    """Bring an open station into its safe state, read everything back, close what was left open in `runs`.

    Returns, for people, what was found. StationError, with the station closed, when the safe state is not confirmed;
    records are closed all the same.
    """
    beside = _Beside()
    station.attach(beside)
    outcomes = await _safe(station)
    station.attach(NoRecord())
    interrupted = [path.parent.name for path in left_open(runs)]
    said = close_left_open(runs)
    if interrupted:
        found = read_back(station.tags, asyncio.get_running_loop().time())
        confirmed = {outcome.name: outcome.confirmed for outcome in outcomes}
        facts = {"interrupted": interrupted, "orders": beside.told(), "confirmed": confirmed, "read_back": found}
        said += enter_act(runs, ACT, facts)
    missing = [f"{outcome.name} ({outcome.detail})" for outcome in outcomes if not outcome.confirmed]
    if missing:
        await station.close()
        raise StationError(f"the safe state is not confirmed: {'; '.join(missing)}; look at the tool before you start")
    return said


def read_back(tags: TagTable, now_s: float) -> dict[str, float | None]:
    """What the instruments report, actuators included; None where a reading is not to be trusted."""
    polled = [(i, name) for i, name in enumerate(tags.names) if tags.time_s[i] > 0.0]
    return {name: tags.value[i] if tags.fresh(i, now_s) else None for i, name in polled}


async def _safe(station: Station) -> list[SafeOutcome]:
    """The safe state of every module; the guard's own is left for the run, which has yet to begin."""
    guard = station.tool.guard
    safing = Safing(guard)
    safing.modules = guard.modules
    await station.tool.line.call(Call.NONE)  # what the old controller called for, nobody waits for any more
    safing.begin(FailureClass.LOSS_OF_KNOWLEDGE, frozenset(guard.lost), frozenset(guard.modules))
    return await safing.wait()

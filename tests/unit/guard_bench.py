"""A tag table, a record that keeps what it is told, and interlocks bound to both: the guard without a wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.guard.alarms import AlarmRecord, Alarms, alarm_record
from controller.guard.interlocks import Interlock, load
from controller.recipe.expressions import Bound, parse
from controller.record.events import Event, Intent
from drivers.reading import Quality, TagTable, Value


class Kept:
    """A record in a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def event(self, event: Event) -> None:
        self.events.append(event)

    async def intent(self, event: Intent) -> None:
        self.events.append(event)

    def sample(self) -> None:
        """Nothing is sampled."""

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


class Bench:
    """Tags `box.flow`, `box.speed` (L/min, rpm) and `box.on`, all fresh for an hour."""

    def __init__(self) -> None:
        self.tags = TagTable()
        for name, unit in (("flow", "L/min"), ("speed", "rpm"), ("on", "")):
            self.tags.fresh_s[self.tags.add("box", Value(name, unit, -1e6, 1e6, "of the bench"))] = 3600.0
        self.put(flow=5.0, speed=0.0, on=1.0)
        self.record = Kept()

    def put(self, now_s: float = 0.0, **values: float) -> None:
        for name, value in values.items():
            self.tags.put(self.tags.index(f"box.{name}"), value, now_s)

    def lose(self, name: str) -> None:
        self.tags.quality[self.tags.index(f"box.{name}")] = Quality.STALE

    def bind(self, text: str) -> Bound:
        units = {name: self.tags.units[self.tags.index(name)] for name in self.tags}
        return parse(text, units, {}).bind(self.tags)

    def interlock(self, **record: Any) -> Interlock:
        given = {"id": "box.flow", "kind": "trip", "module": "box", **record}
        given.setdefault("must", [{"that": "box.flow >= 3 L/min", "fix": "open the tap"}])
        return load([given], self.bind)[0]

    def alarms(self, *records: Mapping[str, Any]) -> Alarms:
        book = Alarms(self.record.event)
        book.use([self.alarm_record(**record) for record in records])
        return book

    def alarm_record(self, code: str, latches: bool = False, **record: Any) -> AlarmRecord:
        return alarm_record(code, record, self.bind, latches=latches)

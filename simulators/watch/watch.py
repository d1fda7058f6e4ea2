"""The independent monitor of one run: it taps the wires, follows the plant tick by tick, and reads the record.

It imports nothing of the controller and asks it nothing; whoever starts the run says where the record is, when a fault
is made, and when the run is over.
"""

from __future__ import annotations

from pathlib import Path

from simulators.station import SimulatedStation
from simulators.watch import line, paper, press, wet
from simulators.watch.limits import read_limits
from simulators.watch.paper import TRUE, Honest
from simulators.watch.record import Record
from simulators.watch.rule import Rule, Scene, Violation
from simulators.watch.tap import Tap
from simulators.watch.twin import Twin

RULES: tuple[type[Rule], ...] = (*press.RULES, *wet.RULES, *line.RULES, *paper.RULES)


class Watch:
    """Attach it to a station before its lines are served."""

    def __init__(
        self, station: SimulatedStation, tool_text: str, recipe_text: str, twin: SimulatedStation | None = None
    ) -> None:
        """A `twin` is a station of the same scene without faults, on which signatures are found."""
        self._station = station
        self._plant = plant = station.plant
        self._tap = tap = Tap(lambda: plant.now_tick() * 0.01)
        station.wires = tap.put_on(station.wires)
        self._scene = Scene(plant, tap, read_limits(tool_text, recipe_text), Record(), recipe_text)
        self._rules = [rule(self._scene) for rule in RULES]
        self._honest = next(rule for rule in self._rules if isinstance(rule, Honest))
        self._step = [rule.step for rule in self._rules if type(rule).step is not Rule.step]
        self._drive = [rule.drive for rule in self._rules if type(rule).drive is not Rule.drive]
        self._enabled = False
        self.twin = Twin(station, twin) if twin is not None else None
        tap.on_answer = self.twin.exchanged if self.twin is not None else None
        plant.on_step, plant.on_drive = self._stepped, self._driven

    def begin(self, record: Path) -> None:
        """The run begins, and this is its record."""
        self._scene.record.begin(record, self._plant.now_tick() * 0.01)

    def fault(self, *, lies: bool, passes_s: float = 0.0) -> None:
        """Something goes wrong now, for a while or for good; with `lies` instruments may say what is not true."""
        self._scene.faulty = self._scene.faulty or lies
        ends_s = self._plant.now_tick() * 0.01 + passes_s
        self._scene.last_fault_s = max(self._scene.last_fault_s, ends_s)
        if self.twin is not None:
            self.twin.look()

    def stalled(self) -> None:
        """The host has just stood still for a while."""
        self._scene.stalled_s.append(self._plant.now_tick() * 0.01)

    def finish(self, *, whole: bool = True) -> list[Violation]:
        """The run is over and its record closed: everything that was broken, in the order of time.

        A record that could not be written to its end is not `whole`; then only the machine is looked at.
        """
        self._plant.advance()
        self._scene.record.look()
        now_s = self._plant.now_tick() * 0.01
        for rule in self._rules:
            if whole or not rule.reads_record:
                rule.end(now_s)
        return sorted(self._scene.violations, key=lambda violation: violation.t_s)

    def escaped(self) -> list[str]:
        """Results that the record calls inside their limits and that truly were outside, and damage of the part."""
        part = self._station.part
        found = [f"the part is {damage.value}" for damage in (part.damage if part is not None else [])]
        for at_s, event in self._scene.record.of("result"):
            tag, over_s = self._scene.limits.measured.get(event["name"], ("", 0.0))
            if tag not in TRUE or not event["ok"]:
                continue
            column, slack = TRUE[tag]
            seen = self._honest.true_span(column, at_s - over_s - 2.5, at_s + 0.1)
            low, high = event["low"], event["high"]
            if seen and ((low is not None and seen[1] < low - slack) or (high is not None and seen[0] > high + slack)):
                found.append(f"{event['name']} {event['value']:g} passed, truly {seen[0]:.2f} to {seen[1]:.2f}")
        return found

    def _stepped(self, tick: int) -> None:
        t_s = tick * 0.01
        enabled = self._plant.hardwired.enabled
        if self._enabled and not enabled:
            self._scene.enable_lost_s.append(t_s)
        self._enabled = enabled
        for step in self._step:
            step(t_s)

    def _driven(self, actuator: str, value: float) -> None:
        t_s = self._plant.now_tick() * 0.01
        for drive in self._drive:
            drive(t_s, actuator, value)
        if self.twin is not None:
            self.twin.drive(actuator, value)

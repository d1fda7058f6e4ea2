"""What must hold of the whole line: the safe state and its lasting, one part, a bounded pace on the wires."""

from __future__ import annotations

from itertools import pairwise

from simulators.watch.rule import Rule, Scene
from simulators.watch.tap import SHARED

REQUESTS_PER_S = {"plc": 60, "pressure": 120, SHARED: 90, "dispenser": 120, "balance": 60, "stage": 60, "gauge": 60}
PRESSED_Pa = 20e3
VENTED_AT_END_Pa = 6e3
IN_FLIGHT_S = 0.15  # what was on the wire already when the abort came
ENERGISES = frozenset({
    "platen_contactor", "mold_contactor", "spindle_contactor", "spindle_run", "dispenser_air", "needle_down",
    "wheel_down", "inner_vacuum", "pump", "dump_shut", "inner_vent_shut", "chuck_motor", "dispense_shot",
    "enable_reset",
})  # fmt: skip


class SafeEnd(Rule):
    """A run ends with the tool in its safe state, read from the machine itself."""

    id = "safe.end"

    def end(self, t_s: float) -> None:
        plant = self.plant
        press, grinder, dispenser = plant.press, plant.grinder, plant.dispenser
        unsafe = {
            f"{press.gauge_Pa / 1e3:.1f} kPa in the outer chamber": abs(press.gauge_Pa) > VENTED_AT_END_Pa,
            "the pressure controller is on": press.loop.control_on and press.dump_shut,
            "the vacuum pump runs": press.inner.pump,
            "the platen heater has power": plant.platen.contactor,
            "the mold heater has power": plant.mold_heater.contactor,
            "the dispenser has air": dispenser.air_valve,
            "the needle is down": dispenser.needle_down,
            "the spindle has power": grinder.spindle.contactor,
            "the spindle turns": not grinder.spindle.standstill,
            "the wheel is in the material": grinder.force_N > 0.0,
            "the wheel is moving down": self._goes_down(),
        }
        for text, true in unsafe.items():
            if true:
                self.report(t_s, f"the run ended and {text}")

    def _goes_down(self) -> bool:
        grinder = self.plant.grinder
        return grinder.stage.moving and grinder.stage.wheel_down and grinder.stage.feed_um_s < 100.0


class Latch(Rule):
    """After a trip or an abort nothing is energised again: no contactor, valve, motion down or pressure up."""

    id = "trip.latch"
    reads_record = True

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._drives: list[tuple[float, str]] = []

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if actuator in ENERGISES:
            up = value > 0.0
        elif actuator == "pressure_target":
            up = value > max(0.0, self.plant.press.gauge_Pa / 1e3) + 2.0
        elif actuator == "z_target":
            up = value < self.plant.grinder.stage.height - 2.0
        else:
            up = False
        if up:
            self._drives.append((t_s, f"{actuator} {value:g}"))

    def end(self, t_s: float) -> None:
        record = self.scene.record
        trips = [at_s for at_s, event in record.of("alarm") if event["failure_class"] <= 2 and event["active"]]
        aborts = [at_s for at_s, event in record.of("job") if event["new"] == "ABORTING"]
        tripped_s = min([*trips, *aborts], default=float("inf"))
        for at_s, text in self._drives:
            if at_s > tripped_s + IN_FLIGHT_S:
                self.report(at_s, f"{text} after the trip")


class OnePart(Rule):
    """A part is in one place, and a run works on one part only."""

    id = "one.part"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._worked: set[int] = set()

    def step(self, t_s: float) -> None:
        plant = self.plant
        press, grinder = plant.press, plant.grinder
        ids = [part.id for part in (press.part, plant.mold.part, grinder.part) if part is not None]
        if len(ids) != len(set(ids)):
            self.report(t_s, "one part was in two places")
        if press.part is not None and press.gauge_Pa > PRESSED_Pa:
            self._worked.add(press.part.id)
        if grinder.part is not None and grinder.force_N > 0.0:
            self._worked.add(grinder.part.id)
        if len(self._worked) > 1:
            self.report(t_s, f"one run worked on parts {sorted(self._worked)}")


class Ends(Rule):
    """A minute after the last fault the job processes, is held within its bound, or is over; no way there lasts."""

    id = "liveness"
    reads_record = True
    # While setting up, a person is waited for at the reset button for two minutes.
    WAY_S = {"SETTING_UP": 125.0, "PAUSING": 60.0, "STOPPING": 60.0, "ABORTING": 60.0}  # noqa: RUF012

    def end(self, t_s: float) -> None:
        calm_s = self.scene.last_fault_s
        changes = [*self.scene.record.of("job"), (t_s, {"new": "", "old": ""})]
        for (since_s, event), (until_s, _) in pairwise(changes):
            lasted_s = until_s - max(since_s, calm_s, self._worked_s(event["new"], until_s))
            most_s = self.scene.limits.hold_s if event["new"] == "PAUSED" else self.WAY_S.get(event["new"])
            if most_s is not None and lasted_s > most_s + 1.0:
                self.report(until_s, f"{event['new']} went on for {lasted_s:.0f} s after the last fault")

    def _worked_s(self, state: str, until_s: float) -> float:
        """A stop lets the step at work come to its end, within the step's own bounds: when that was."""
        if state != "STOPPING":
            return 0.0
        done = (at_s for at_s, event in self.scene.record.of("phase") if event["new"] == "COMPLETE" and at_s <= until_s)
        return max(done, default=0.0)


class Pace(Rule):
    """Each line carries a bounded number of requests per second, whatever is repeated."""

    id = "wire.pace"

    def end(self, t_s: float) -> None:
        for line, most in self.scene.tap.most_per_s.items():
            if most > REQUESTS_PER_S[line]:
                self.report(t_s, f"{most} requests in one second on {line}")


class Finite(Rule):
    """No number that is none (NaN, infinite) reaches an actuator or the record."""

    id = "numbers"
    reads_record = True

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if not abs(value) < 1e9:
            self.report(t_s, f"{actuator} was driven to {value}")

    def end(self, t_s: float) -> None:
        for text in self.scene.record.texts:
            if "NaN" in text or "Infinity" in text:
                self.report(t_s, f"the record holds {text[:120]}")


RULES: tuple[type[Rule], ...] = (SafeEnd, Latch, OnePart, Ends, Pace, Finite)

"""What must hold of the record: orders before actuations, states of the tables, one end, no gap, true results."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import pairwise
from typing import Any

from simulators.watch.rule import Rule, Scene

GAP_S = 1.6  # one and a half sampling periods while nothing moves, and a scan
BESIDE_S = 3.0  # a safe order may wait so long on a slow wire
SAFE_GAP_S = 2.5  # while safe orders go before the scan on a slow wire
# The tables of the standards, as this line uses them: SEMI E40 for the job, ISA-88 for a step.
JOB = frozenset({
    ("QUEUED", "SETTING_UP"), ("SETTING_UP", "PROCESSING"), ("PROCESSING", "PROCESS_COMPLETE"),
    ("SETTING_UP", "PAUSING"), ("PROCESSING", "PAUSING"), ("PAUSING", "PAUSED"), ("PAUSING", "PROCESSING"),
    ("PAUSED", "PROCESSING"), ("STOPPING", "STOPPED"), ("ABORTING", "ABORTED"),
    *((state, "STOPPING") for state in ("SETTING_UP", "PROCESSING", "PAUSING", "PAUSED")),
    *((state, "ABORTING") for state in ("SETTING_UP", "PROCESSING", "PAUSING", "PAUSED", "STOPPING")),
})  # fmt: skip
FINAL = ("PROCESS_COMPLETE", "STOPPED", "ABORTED")
PHASE = frozenset({
    ("IDLE", "RUNNING"), ("RUNNING", "COMPLETE"), ("RUNNING", "HOLDING"), ("RESTARTING", "HOLDING"),
    ("HOLDING", "HELD"), ("HELD", "RESTARTING"), ("RESTARTING", "RUNNING"), ("STOPPING", "STOPPED"),
    ("ABORTING", "ABORTED"),
    *((state, "STOPPING") for state in ("RUNNING", "HOLDING", "HELD", "RESTARTING")),
    *((state, "ABORTING") for state in ("RUNNING", "HOLDING", "HELD", "RESTARTING", "STOPPING")),
})  # fmt: skip
# actuator -> output in the record, and how far the value on the wire may be from the one recorded (None: any)
OUTPUTS: dict[str, tuple[tuple[str, ...], float | None]] = {
    "pressure_target": (("press_pressure.target",), 0.06), "pressure_rate": (("press_pressure.rate",), 0.02),
    "pressure_control": (("press_pressure.control",), 0.0), "platen_setpoint": (("press.platen_setpoint",), 0.06),
    "mold_setpoint": (("mold.setpoint",), 0.06), "spindle_run": (("spindle.start",), None),
    "spindle_reference": (("spindle.speed", "spindle.stop", "spindle.start"), None),
    "dispense_pressure": (("dispenser.pressure",), 0.06), "dispense_shot": (("dispenser.shot",), None),
    "z_target": (("z_stage.position",), None), "z_home": (("grinder.z",), None),
}  # fmt: skip
PLC_OUTPUTS = (
    "door_lock", "clamp", "dump_shut", "inner_vacuum", "inner_vent_shut", "pump", "dispenser_air", "needle_down",
    "wheel_down", "coolant", "chuck_vacuum", "chuck_motor", "platen_contactor", "mold_contactor", "spindle_contactor",
    "inner_control", "guard_lock", "inner_target", "inner_rate",
)  # fmt: skip
INDIRECT = frozenset({"platen_setpoint", "mold_setpoint"})  # they act once the loop listens to them
OUTPUTS.update({name: ((f"line_plc.{name}",), 0.02) for name in PLC_OUTPUTS})
# tag -> where its true value stands in the log, and how far an honest instrument may be off
TRUE = {
    "press.pressure": (0, 2.0), "press.gap": (1, 3.0), "grinder.thickness": (2, 2.0), "grinder.spindle": (3, 25.0),
    "press.platen": (4, 3.0), "mold.temperature": (5, 3.0),
}  # fmt: skip


class Recorded(Rule):
    """Every actuation has its order in the record, on disk before it; a safe order stands beside it."""

    id = "order.recorded"
    reads_record = True

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._pending: list[tuple[float, str, float]] = []

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        record = self.scene.record
        springs = value == 0.0 and not self.plant.hardwired.enabled  # the relay's work, not the host's
        if record.path is None or springs or not self.wants_order(actuator, value):
            return
        record.look()
        if not self._ordered(actuator, value):
            self._pending.append((t_s, actuator, value))

    def end(self, t_s: float) -> None:
        for at_s, actuator, value in self._pending:
            if not self._beside(actuator, value, at_s):
                self.report(at_s, f"{actuator} {value:g} was driven without an order on disk")

    def wants_order(self, actuator: str, value: float) -> bool:
        """Whether somebody must have ordered it; the spindle's drive switches itself off when it has ramped down."""
        return actuator in OUTPUTS and not (actuator == "spindle_run" and value == 0.0)

    def _ordered(self, actuator: str, value: float, by_s: float = float("inf")) -> bool:
        """Whether the last order for the output until then, among those on disk, is for this value and no safe one."""
        outputs, tolerance = OUTPUTS[actuator]
        for at_s, event in reversed(self.scene.record.events):
            if at_s <= by_s + 0.02 and event["kind"] == "intent" and event["output"] in outputs:
                return not event["safe"] and (tolerance is None or abs(event["value"] - value) <= tolerance)
        return False

    def _beside(self, actuator: str, value: float, at_s: float) -> bool:
        """Whether a safe order for this value was recorded at about this time."""
        outputs, tolerance = OUTPUTS[actuator]
        return any(
            event["safe"]
            and event["output"] in outputs
            and (tolerance is None or abs(event["value"] - value) <= tolerance)
            for when_s, event in self.scene.record.of("intent")
            if at_s - BESIDE_S < when_s < at_s + 0.2
        )


class Confirmed(Rule):
    """An order that is recorded as done has reached the machine with its value; each order has one outcome at most."""

    id = "order.confirmed"
    reads_record = True
    LATE_S = 1e-3  # how much later than its outcome an order may seem to reach the machine

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._drives: list[tuple[float, str, float]] = []

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if actuator in OUTPUTS:
            self._drives.append((t_s, actuator, value))

    def end(self, t_s: float) -> None:
        intents = {event["id"]: (at_s, event) for at_s, event in self.scene.record.of("intent")}
        told: Counter[int] = Counter()
        for at_s, event in self.scene.record.of("outcome"):
            told[event["id"]] += 1
            asked_s, intent = intents.get(event["id"], (at_s, {"safe": True}))
            if event["result"] == "done" and not intent["safe"]:
                self._reached(asked_s, at_s, intent)
        for number, times in told.items():
            if times > 1:
                self.report(t_s, f"order {number} has {times} outcomes")

    def _reached(self, asked_s: float, at_s: float, intent: dict[str, Any]) -> None:
        """Whether the machine had the value before the order, or got it between the order and its outcome."""
        for actuator, (outputs, tolerance) in OUTPUTS.items():
            if intent["output"] not in outputs or tolerance is None or actuator in INDIRECT:
                continue
            drives = [
                (when_s, value)
                for when_s, name, value in self._drives
                if name == actuator and when_s <= at_s + self.LATE_S
            ]
            had = next((value for when_s, value in reversed(drives) if when_s < asked_s - 0.02), 0.0)
            values = [had, *(value for when_s, value in drives if when_s >= asked_s - 0.02)]
            if all(abs(value - intent["value"]) > tolerance for value in values) and not self._dropped(
                at_s, values[-1]
            ):
                self.report(at_s, f"{intent['output']} {intent['value']} is recorded as done; it was {values[-1]:g}")

    def _dropped(self, at_s: float, last: float) -> bool:
        """Whether the relay may have taken it away at that moment."""
        return last == 0.0 and any(abs(when_s - at_s) < 1.0 for when_s in self.scene.enable_lost_s)


class States(Rule):
    """Job and steps change only as the tables of the standards allow, and the job ends in a final state."""

    id = "states"
    reads_record = True

    def end(self, t_s: float) -> None:
        record = self.scene.record
        last = [event["new"] for _, event in record.of("job")][-1:]
        if last not in ([state] for state in FINAL):
            self.report(t_s, f"the job ended in {last}")
        for at_s, event in record.of("job"):
            if (event["old"], event["new"]) not in JOB:
                self.report(at_s, f"the job went from {event['old']} to {event['new']}")
        for at_s, event in record.of("phase"):
            if (event["old"], event["new"]) not in PHASE:
                self.report(at_s, f"step {event['step']} went from {event['old']} to {event['new']}")


class NoBug(Rule):
    """No scan and no handler of the controller breaks: what it says of a bug of its own is one."""

    id = "no.bug"
    reads_record = True

    def end(self, t_s: float) -> None:
        for at_s, event in self.scene.record.of("alarm"):
            if event["code"] in ("guard.scan", "sequencer.bug"):
                self.report(at_s, f"{event['code']}: {event['happened']}")


class OneEnd(Rule):
    """A run has one first and one terminal record, and nothing follows it."""

    id = "record.end"
    reads_record = True

    def end(self, t_s: float) -> None:
        kinds = [event["kind"] for _, event in self.scene.record.events]
        if kinds.count("run_started") != 1:
            self.report(t_s, f"{kinds.count('run_started')} first records")
        if kinds.count("run_ended") != 1 or kinds[-1] != "run_ended":
            self.report(t_s, f"{kinds.count('run_ended')} terminal records, the last record is {kinds[-1:]}")


class Samples(Rule):
    """Samples lie at most one and a half periods apart, or the record tells of a lost PLC; time never goes back."""

    id = "record.samples"
    reads_record = True

    def end(self, t_s: float) -> None:
        times = self.scene.record.sample_times()
        lost_s = [at_s for at_s, event in self.scene.record.of("alarm") if "line_plc" in event["happened"]]
        aborts = (at_s for at_s, event in self.scene.record.of("job") if event["new"] == "ABORTING")
        aborted_s = next(aborts, float("inf"))
        for before_s, after_s in pairwise(times):
            gap_s = after_s - before_s
            if gap_s < 0.0:
                self.report(after_s, "time went back")
            stalled = any(before_s - 0.02 <= at_s <= after_s + 0.02 for at_s in self.scene.stalled_s)
            most_s = SAFE_GAP_S if after_s > aborted_s else GAP_S
            if gap_s > most_s and not stalled and not any(at_s <= after_s for at_s in lost_s):
                self.report(after_s, f"a gap of {gap_s:.1f} s between two samples")


class Stored(Rule):
    """The recipe that ran is in the record byte for byte, with its hash."""

    id = "record.recipe"
    reads_record = True

    def end(self, t_s: float) -> None:
        text = self.scene.record.fact("recipe_text")
        claimed = next((event["sha256"] for _, event in self.scene.record.of("run_started")), "")
        if text != self.scene.recipe_text or hashlib.sha256(str(text).encode()).hexdigest() != claimed:
            self.report(t_s, "the recipe in the record is not the one that was run")


class Honest(Rule):
    """A measured result is what an honest instrument could have seen; judged only while none is made to lie."""

    id = "results"
    reads_record = True

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._log: list[tuple[float, tuple[float, ...]]] = []
        self._due_s = 0.0
        self._lies_s = float("inf")

    def step(self, t_s: float) -> None:
        if t_s < self._due_s:
            return
        self._due_s = t_s + 0.095
        if self.scene.faulty:
            self._lies_s = min(self._lies_s, t_s)
        plant = self.plant
        press, grinder = plant.press, plant.grinder
        gap = (press.gap1 + press.gap2 + press.gap3) / 3.0
        top = grinder.part.top_um if grinder.part else 0.0
        temperatures = (plant.platen.body, plant.mold_heater.body)
        self._log.append((t_s, (press.gauge_Pa / 1e3, gap, top, grinder.spindle.speed, *temperatures)))

    def end(self, t_s: float) -> None:
        for at_s, event in self.scene.record.of("result"):
            tag, over_s = self.scene.limits.measured.get(event["name"], ("", 0.0))
            if tag in TRUE and event["value"] is not None and at_s < self._lies_s:
                i, slack = TRUE[tag]
                seen = self.true_span(i, at_s - over_s - 2.5, at_s + 0.1)
                if seen and not seen[0] - slack <= event["value"] <= seen[1] + slack:
                    self.report(at_s, f"{event['name']} {event['value']:g}, truly {seen[0]:.2f} to {seen[1]:.2f}")

    def true_span(self, column: int, from_s: float, until_s: float) -> tuple[float, float] | None:
        """Lowest and highest true value of a column of the log in a span of time; None when nothing was logged."""
        values = [row[column] for at_s, row in self._log if from_s <= at_s <= until_s]
        return (min(values), max(values)) if values else None


RULES: tuple[type[Rule], ...] = (Recorded, Confirmed, States, NoBug, OneEnd, Samples, Stored, Honest)

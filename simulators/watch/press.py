"""What must never be at the press: invariants of door, pressure, inner side and heat."""

from __future__ import annotations

from simulators.watch.rule import REACTION_S, Lasting, Rule, Scene

VENTED_Pa = 6e3  # 5 kPa, and what two transmitters may differ
CLAMPED_Pa = 400e3
ALLOWABLE_Pa = 700e3
UNIT_OF = {"platen": "rs485_a#1", "mold_heater": "rs485_a#2"}
KNOWN_BAD_S = 4.0  # two polls of a warm loop, and the reaction
HOTTEST_degC = 197.0  # the tool's limit is 190
KNOWN_LOST_S = 6.0  # a cold loop is polled each 2 s: two periods, the deadline, one second to act


class Door(Rule):
    """The door lock is asked to open, and the clamp to let go, only while the chambers are within 5 kPa of the air."""

    id = "press.door"

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if value or actuator not in ("door_lock", "clamp"):
            return
        press = self.plant.press
        if abs(press.gauge_Pa) > VENTED_Pa:
            self.report(t_s, f"{actuator} was let go at {press.gauge_Pa / 1e3:.1f} kPa in the outer chamber")
        inner_Pa = press.inner.pressure - press.atmosphere
        if actuator == "door_lock" and abs(inner_Pa) > VENTED_Pa:
            self.report(t_s, f"the door was unlocked at {inner_Pa / 1e3:.1f} kPa in the inner chamber")


class Closed(Rule):
    """Air goes into the outer chamber only with the door closed and locked, the clamp on and a part present."""

    id = "press.closed"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._open = Lasting(REACTION_S)
        self._target_kPa = 0.0
        self._on = False

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if actuator == "pressure_target":
            self._target_kPa = value
        elif actuator == "pressure_control":
            self._on = bool(value)
        else:
            return
        press = self.plant.press
        more = self._on and self._target_kPa > max(press.gauge_Pa / 1e3, 0.0) + 1.0
        if more and not press.door_forced and (missing := self._missing()):  # forced: not known yet, `step` sees it
            self.report(t_s, f"{self._target_kPa:g} kPa was asked for while {missing}")

    def step(self, t_s: float) -> None:
        press = self.plant.press
        bad = press.loop.fill.opening > 0.02 and press.dump_shut and bool(self._missing())
        if self._open.too_long(t_s, bad):
            self.report(t_s, f"air went in while {self._missing()}")

    def _missing(self) -> str:
        press = self.plant.press
        missing = {
            "the door was not closed": not press.door_closed,
            "the door was not locked": not press.locked,
            "the clamp was below 400 kPa": press.clamp_Pa < CLAMPED_Pa,
            "there was no part": press.part is None,
        }
        return next((text for text, true in missing.items() if true), "")


class Dump(Rule):
    """A door that opens under pressure dumps the chamber within the reaction time."""

    id = "press.dump"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._forced = Lasting(REACTION_S)

    def step(self, t_s: float) -> None:
        press = self.plant.press
        if self._forced.too_long(t_s, not press.door_closed and press.dump_shut and press.gauge_Pa > VENTED_Pa):
            self.report(t_s, f"the door was open at {press.gauge_Pa / 1e3:.0f} kPa and the dump stayed shut")


class Inner(Rule):
    """The inner vacuum valve and the inner vent are never both open."""

    id = "press.inner"

    def step(self, t_s: float) -> None:
        inner = self.plant.press.inner
        if inner.vacuum_open and not inner.vent_shut:
            self.report(t_s, "vacuum valve and vent were both open")


class Bounds(Rule):
    """No setpoint or rate beyond the limits of recipe and tool reaches the machine; 700 kPa is never exceeded."""

    id = "limits"
    VALUES = {  # noqa: RUF012 - a table
        "pressure_target": ("press.pressure", 0.06), "platen_setpoint": ("press.platen", 0.06),
        "mold_setpoint": ("mold.temperature", 0.06), "spindle_reference": ("grinder.spindle", 1.0),
        "dispense_pressure": ("dispenser.pressure", 0.06), "dispense_shot": ("dispenser.shot", 0.002),
        "inner_target": ("press.vacuum", 0.02),
    }  # fmt: skip
    RATES = {  # noqa: RUF012
        "pressure_rate": ("press.pressure", 0.02), "inner_rate": ("press.vacuum", 0.02),
    }  # fmt: skip

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        limits = self.scene.limits
        for table, bounds, what in ((self.VALUES, limits.highest, ""), (self.RATES, limits.rates, " per second")):
            if actuator in table:
                tag, slack = table[actuator]
                if value > bounds[tag] + slack:
                    self.report(t_s, f"{actuator} {value:g} is above {bounds[tag]:g}{what} of {tag}")

    def step(self, t_s: float) -> None:
        if self.plant.press.gauge_Pa > ALLOWABLE_Pa:
            self.report(t_s, "the outer chamber was above 700 kPa")


class Heat(Rule):
    """A heater has no power soon after its sensor broke, its controller fell silent, or it is too hot."""

    id = "heat"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        plant = scene.plant
        self._tools = [
            (name, tool, Lasting(KNOWN_BAD_S), UNIT_OF[name])
            for name, tool in (("platen", plant.platen), ("mold_heater", plant.mold_heater))
        ]

    def step(self, t_s: float) -> None:
        for name, tool, bad, unit in self._tools:
            if not tool.contactor:
                bad.too_long(t_s, False)
                continue
            if bad.too_long(t_s, tool.sensor_break or tool.reading > HOTTEST_degC):
                self.report(t_s, f"{name} had power with a broken sensor, or at {tool.body:.0f} degC")
            if self.scene.tap.silent_s(unit) > KNOWN_LOST_S:
                self.report(t_s, f"{name} had power although its controller has been silent")


RULES: tuple[type[Rule], ...] = (Door, Closed, Dump, Inner, Bounds, Heat)

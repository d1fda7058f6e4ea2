"""What must never be at dispenser and grinder."""

from __future__ import annotations

from simulators.watch.rule import REACTION_S, Lasting, Rule, Scene

MIN_THICKNESS_um = 730.0
SAFE_um = 49_900.0
FEED_um_s = 11.0  # what is faster is travel
NEAR_um = 300.0  # above the part; travel ends higher
COOLANT_L_min = 3.0
HELD_kPa = -60.0
NOMINAL_W = 2400.0
DENSITY_g_uL = 1.803e-3


class Place(Rule):
    """A shot begins only over a part in the mold with the needle down, or over the cup with the needle up."""

    id = "dispense.place"

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if actuator != "dispense_shot":
            return
        plant = self.plant
        down = plant.dispenser.needle_down
        if not (down and plant.mold.present and plant.mold.part) and not (plant.balance.cup_present and not down):
            self.report(t_s, f"a shot began with the needle {'down' if down else 'up'} and nothing under it")


class Shots(Rule):
    """No more shots than were recorded as wanted, and no more mass in the mold than the recipe's cap (with 15 %)."""

    id = "dispense.count"
    reads_record = True

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._shots = 0

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        self._shots += actuator == "dispense_shot"

    def end(self, t_s: float) -> None:
        wanted = sum(event["output"] == "dispenser.shot" for _, event in self.scene.record.of("intent"))
        if self._shots > wanted:
            self.report(t_s, f"{self._shots} shots for {wanted} orders")
        part, cap_g = self.plant.mold.part or self.plant.grinder.part, self.scene.limits.mass_cap_g
        poured_g = part.cover.volume_uL * DENSITY_g_uL if part else 0.0
        if cap_g is not None and poured_g > 1.15 * cap_g:
            self.report(t_s, f"{poured_g:.2f} g are in the mold, the cap is {cap_g:g} g")


class Material(Rule):
    """Material goes into the mold only after its lot was scanned, and before the end of its pot life."""

    id = "dispense.material"

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if actuator != "dispense_shot" or not self.plant.dispenser.needle_down:
            return
        self.scene.record.look()
        scanned_s = next((at_s for at_s, _ in self.scene.record.of("answer")), None)
        life_s = self.scene.limits.pot_life_s
        if scanned_s is None or life_s is None:
            self.report(t_s, "a shot went into the mold and no lot was scanned")
        elif t_s - scanned_s > life_s:
            self.report(t_s, "a shot went into the mold after the end of the pot life")


class Feed(Rule):
    """The wheel is fed only with the spindle at speed, coolant and chuck vacuum; it stops soon after one is lost."""

    id = "grind.feed"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._unready = Lasting(REACTION_S)
        self._travel_um_s = 0.0

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if actuator == "z_speed":
            self._travel_um_s = value
        down = actuator == "z_target" and value < self.plant.grinder.stage.height
        if down and self._travel_um_s <= FEED_um_s and (missing := self._missing()):
            self.report(t_s, f"the wheel was to be fed while {missing}")

    def step(self, t_s: float) -> None:
        grinder = self.plant.grinder
        stage = grinder.stage
        feeding = stage.moving and stage.wheel_down and 0.0 < stage.feed_um_s <= FEED_um_s
        if self._unready.too_long(t_s, feeding and bool(self._missing())):
            self.report(t_s, f"the wheel was fed while {self._missing()}")

    def _missing(self) -> str:
        grinder = self.plant.grinder
        spindle = grinder.spindle
        missing = {
            "the spindle was not at speed": not spindle.powered
            or abs(spindle.speed - spindle.reference) > 0.02 * spindle.reference
            or spindle.reference < 1.0,
            "there was too little coolant": grinder.coolant_flow < COOLANT_L_min,
            "the chuck did not hold": grinder.chuck_kPa > HELD_kPa,
            "the guard was open": not grinder.guard_closed,
        }
        return next((text for text, true in missing.items() if true), "")


class Chuck(Rule):
    """A part that is no longer held is left alone: the wheel lifts, and the spindle keeps its power until it is off."""

    id = "grind.chuck"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._near = Lasting(REACTION_S + 0.4)
        self._powered = False

    def step(self, t_s: float) -> None:
        grinder = self.plant.grinder
        spindle, part = grinder.spindle, grinder.part
        if part is not None and grinder.chuck_kPa > HELD_kPa and spindle.speed > 50.0:
            near = not grinder.stage.lifted and grinder.wheel_um - part.top_um < NEAR_um and not self._leaving()
        else:
            near = False
        if self._near.too_long(t_s, near):
            self.report(t_s, "the wheel stayed near a part that was not held")
        lost_power = self._powered and not spindle.contactor
        if lost_power and grinder.force_N > 0.0 and not spindle.tripped:
            self.report(t_s, "the spindle lost its power with the wheel in the material")
        self._powered = spindle.contactor

    def _leaving(self) -> bool:
        stage = self.plant.grinder.stage
        return stage.moving and stage.feed_um_s > 1000.0


class Guard(Rule):
    """The wheel guard is unlocked only at standstill with the wheel at its safe height."""

    id = "grind.guard"

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if actuator != "guard_lock" or value:
            return
        grinder = self.plant.grinder
        if not grinder.spindle.standstill:
            self.report(t_s, "the guard was unlocked before standstill")
        if grinder.wheel_um < SAFE_um:
            self.report(t_s, f"the guard was unlocked with the wheel at {grinder.wheel_um / 1e3:.1f} mm")


class Floor(Rule):
    """The wheel is never sent below 730 um; a gauge that jumps while feeding stops the feed."""

    id = "grind.floor"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._shift = 0.0
        self._jumped = Lasting(REACTION_S)

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        if actuator == "z_target" and value < MIN_THICKNESS_um - 0.1:
            self.report(t_s, f"the wheel was sent to {value:.1f} um")

    def step(self, t_s: float) -> None:
        grinder = self.plant.grinder
        stage = grinder.stage
        feeding = stage.moving and stage.wheel_down and 0.0 < stage.feed_um_s <= FEED_um_s
        if not feeding:
            self._shift = grinder.gauge_shift
        if self._jumped.too_long(t_s, feeding and abs(grinder.gauge_shift - self._shift) > 6.0):
            self.report(t_s, "the wheel was fed on after the gauge had jumped")


class Load(Rule):
    """The wheel leaves the part soon after the spindle's load has passed its limit."""

    id = "grind.load"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._high = Lasting(REACTION_S + 0.7)  # the limit's own delay, and the drive's poll

    def step(self, t_s: float) -> None:
        grinder = self.plant.grinder
        stage = grinder.stage
        feeding = stage.moving and stage.wheel_down and 0.0 < stage.feed_um_s <= FEED_um_s
        if self._high.too_long(t_s, feeding and grinder.spindle.power_W > 0.95 * NOMINAL_W):
            self.report(t_s, f"the wheel was fed at {grinder.spindle.power_W:.0f} W")


RULES: tuple[type[Rule], ...] = (Place, Shots, Material, Feed, Chuck, Guard, Floor, Load)

"""What a pair of hands can do at the simulated station: open, put, take, carry, press a button.

Each act says whether it is possible now (a locked door is not opened) and happens at the plant's next tick. When and
why to act is the operator's business. `bench` is where a part lies between tools, `finished` where parts end.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from simulators.materials import material_of
from simulators.plant import Plant
from simulators.workpiece import Part, new_part

Place = Literal["press", "mold", "chuck"]
_CLAMP_FREE_Pa = 20e3


class Handling:
    """The acts, on one plant; new parts come from a carrier with rising ids."""

    def __init__(self, plant: Plant, kind: str = "WLP-200", first_id: int = 1001) -> None:
        self._plant = plant
        self._kind = kind
        self._next_id = first_id
        self.bench: Part | None = None
        self.came_from: Place | None = None
        self.finished: list[Part] = []

    def expect(self, kind: str) -> None:
        """Lay the part on the bench aside, if there is one; new ones are of this kind, if it is given."""
        self._kind = kind or self._kind
        if self.bench is not None:
            self.finished.append(self.bench)
            self.bench = None

    def open_door(self) -> bool:
        """Open the press door if it is neither locked nor clamped."""
        press = self._plant.press
        self._plant.advance()
        if press.locked or press.clamp_Pa > _CLAMP_FREE_Pa:
            return False
        self._plant.schedule(partial(setattr, press, "door_open", True))
        return True

    def close_door(self) -> None:
        """Close the press door; whoever forced its switch lets go."""
        press = self._plant.press
        self._plant.schedule(partial(setattr, press, "door_open", False))
        self._plant.schedule(partial(setattr, press, "door_forced", False))

    def put(self, place: Place) -> bool:
        """Put the part from the bench, or a new one, into a free tool; a part that came from there is finished."""
        if not self.can_reach(place) or self.part_in(place) is not None:
            return False
        if self.bench is not None and self.came_from == place:
            self.finished.append(self.bench)
            self.bench = None
        part = self.bench or self._take_new()
        part.mar(self._plant.flaws)
        self.bench = None
        self._plant.schedule(partial(self._set, place, part))
        return True

    def take(self, place: Place) -> bool:
        """Take the part out of a tool to the bench."""
        part = self.part_in(place)
        if part is None or not self.can_reach(place):
            return False
        if self.bench is not None:
            self.finished.append(self.bench)
        self.bench, self.came_from = part, place
        self._plant.schedule(partial(self._set, place, None))
        return True

    def can_reach(self, place: Place) -> bool:
        """Return whether a person could put a hand there now."""
        plant = self._plant
        plant.advance()
        if place == "press":
            return plant.press.door_open
        if place == "mold":
            return plant.mold.present and not plant.dispenser.needle_down
        grinder = plant.grinder
        held = grinder.part is not None and grinder.chuck_kPa < -20.0
        return grinder.spindle.standstill and not grinder.stage.moving and not held

    def current(self) -> Part | None:
        """Return the part of this run: on the bench, in a tool, or the last finished one."""
        places: tuple[Place, ...] = ("press", "mold", "chuck")
        held = [self.bench, *map(self.part_in, places), *reversed(self.finished)]
        return next((part for part in held if part is not None), None)

    def press_reset(self, pressed: bool) -> None:
        """Press the panel's reset button, or let go; pulls an E-stop that was hit before pressing."""
        if pressed:
            self._plant.schedule(partial(self._plant.set_estop_chain, True))
        self._plant.schedule(partial(self._plant.press_reset, pressed))

    def put_cup(self, present: bool) -> None:
        """Put the balance's cup under the needle, or take it away."""
        balance = self._plant.balance
        self._plant.schedule(partial(setattr, balance, "cup_present", present))
        self._plant.schedule(balance.touch)

    def mount_syringe(self, lot: str) -> None:
        """Mount the syringe of a lot, unless its material is in the dispenser already; unknown lots are left alone."""
        material, dispenser = material_of(lot), self._plant.dispenser
        if material is not None and material is not dispenser.syringe:
            self._plant.schedule(partial(dispenser.mount, material))

    def _take_new(self) -> Part:
        part = new_part(self._next_id, self._kind, self._plant.seed)
        self._next_id += 1
        return part

    def part_in(self, place: Place) -> Part | None:
        """Return the part that lies in a tool."""
        plant = self._plant
        return {"press": plant.press.part, "mold": plant.mold.part, "chuck": plant.grinder.part}[place]

    def _set(self, place: Place, part: Part | None) -> None:
        plant = self._plant
        if place == "press":
            plant.press.part = part
        elif place == "mold":
            plant.mold.part = part
        else:
            plant.grinder.part = part

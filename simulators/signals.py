"""Which true state each sensor channel shows, and the sensor's errors: gain, zero, noise, resolution.

The only place that joins channel names to the models. A channel is a row of data: an attribute and the errors of its
sensor. Reading is a pure function of the committed state and the tick at which it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, Protocol

from simulators.balance import Balance
from simulators.channels import SENSORS
from simulators.dispenser import Dispenser
from simulators.grinder import Grinder
from simulators.hardwired import Hardwired
from simulators.heater import HeatedTool
from simulators.mold import Mold
from simulators.parameters import PARAMETERS
from simulators.physics.sensors import Errors, Read, noise_offset, sensor
from simulators.press import Press

Block = Callable[[int], list[float]]
"""Reads several channels at a sample, counted in ticks from the start."""


class Tools(Protocol):
    """The models that channels show."""

    press: Press
    platen: HeatedTool
    mold_heater: HeatedTool
    mold: Mold
    dispenser: Dispenser
    balance: Balance
    grinder: Grinder
    hardwired: Hardwired


_ATMOSPHERE_kPa = PARAMETERS["ambient.pressure"].value / 1e3

_BITS = {
    "hardwired": {"estop_chain": "estop_chain", "enabled": "enabled", "reset_button": "reset_button"},
    "press": {
        "door_closed": "door_closed", "door_locked": "locked", "press_part_present": "part_present",
        "press_part": "part_id", "pressure_vent_state": "loop.vent_state", "pressure_control_on": "loop.control_on",
    },
    "platen": {
        "platen_contactor_closed": "contactor_closed", "platen_output": "output",
        "platen_sensor_break": "sensor_break", "platen_loop_break": "loop_break",
    },
    "mold_heater": {
        "mold_contactor_closed": "contactor_closed", "mold_output": "output",
        "mold_sensor_break": "sensor_break", "mold_loop_break": "loop_break",
    },
    "mold": {"mold_present": "present", "mold_part_present": "part_present", "mold_part": "part_id"},
    "dispenser": {"needle_up": "needle_up", "needle_down": "needle_down", "dispensing": "dispensing"},
    "balance": {"cup_present": "cup_present", "balance_stable": "stable"},
    "grinder": {
        "guard_closed": "guard_closed", "guard_locked": "guard_locked", "standstill": "spindle.standstill",
        "chuck_part_present": "part_present", "chuck_part": "part_id", "wheel_lifted": "stage.lifted",
        "spindle_contactor_closed": "spindle.contactor", "spindle": "spindle.speed",
        "spindle_tripped": "spindle.tripped", "z_moving": "stage.moving", "z_homed": "stage.homed",
        "z_enabled": "stage.powered",
    },
}  # fmt: skip

# channel: (model, attribute, then as `Errors`); errors of the sensors are chosen values
_ANALOG: dict[str, tuple[str, str, *tuple[float, ...]]] = {
    "outer_coarse": (
        "press", "outer", 1.0015e-3, 0.3 - _ATMOSPHERE_kPa, 0.15, 0.0, -_ATMOSPHERE_kPa, 1000 - _ATMOSPHERE_kPa, 1.4e-4,
    ),
    "outer_fine": ("press", "outer", 1e-3, -_ATMOSPHERE_kPa, 0.015, 0.0, -_ATMOSPHERE_kPa, 1000.0, 2e-5),
    "inner": ("press", "inner.pressure", 1.001e-3, 0.01, 0.02, 0.002, 0.0, 133.3, 2.1e-4),
    "clamp_pressure": ("press", "clamp_Pa", 1e-3, 0.5, 0.5, 0.0, -5.0, 1000.0),
    "supply": ("press", "supply_gauge_Pa", 1e-3, 0.5, 0.5, 0.0, -5.0, 1000.0),
    "gap1": ("press", "gap1", 1.0002, 0.05, 0.05, 0.01),
    "gap2": ("press", "gap2", 0.9999, -0.08, 0.05, 0.01),
    "gap3": ("press", "gap3", 1.0, 0.03, 0.05, 0.01),
    "pressure_effort": ("press", "loop.effort", 1.0, 0.0, 0.0, 0.0),
    "pressure_source": ("press", "supply_gauge_Pa", 1e-3, 0.0, 0.2, 0.0),
    "pressure_working_target": ("press", "loop.working_Pa", 1e-3, 0.0, 0.0, 0.0),
    "platen": ("platen", "reading", 1.0, 0.2, 0.05, 0.1, -200.0, 1372.0, 5e-4),
    "mold": ("mold_heater", "reading", 1.0, -0.2, 0.05, 0.1, -200.0, 1372.0, 5e-4),
    "coolant_flow": ("grinder", "coolant_flow", 1.0, 0.0, 0.03, 0.0),
    "chuck_pressure": ("grinder", "chuck_kPa", 1.0, 0.0, 0.3, 0.0),
    "spindle_current": ("grinder", "spindle.current_A", 1.0, 0.0, 0.0, 0.1),
    "spindle_torque": ("grinder", "spindle.torque_percent", 1.0, 0.0, 0.3, 0.1),
    "spindle_power": ("grinder", "spindle.power_W", 1.0, 0.0, 3.0, 0.0),
    "dispenser_input": ("dispenser", "inlet_Pa", 1e-3, 0.0, 0.3, 0.0),
    "balance": ("balance", "shown", 1.0, 0.0, 1e-4, 1e-4),
    "z": ("grinder", "stage.shown", 1.0, 0.0, 0.0, 0.0),
    "thickness": ("grinder", "gauge", 1.0, 0.0, 0.1, 0.1),
}  # fmt: skip


ERRORS: dict[str, Errors] = {channel: Errors(*errors) for channel, (_, _, *errors) in _ANALOG.items()}

# channel: (the loop that steers by it, in the loop's unit)
_STEERS = {
    "outer_fine": ("press.loop", 1e3), "inner": ("press.inner", 1e3),
    "platen": ("platen", 1.0), "mold": ("mold_heater", 1.0),
}  # fmt: skip


class Signals:
    """Reads of the channels of one set of tools under one seed; each takes the tick at which it reads.

    `reads` has one of each channel, `blocks` those of several channels that were asked for together.
    """

    def __init__(self, tools: Tools, seed: int) -> None:
        """Join every channel to its model; raise ValueError when a channel is missing or unknown."""
        self._tools = tools
        self.reads: dict[str, Read] = {}
        self.blocks: dict[tuple[str, ...], Block] = {}
        self._bits: dict[str, tuple[object, str]] = {}
        for owner, bits in _BITS.items():
            for channel, attribute in bits.items():
                self._bits[channel] = model, name = _locate(tools, owner, attribute)
                self.reads[channel] = _bit(model, name)
        for channel, errors in ERRORS.items():
            model, name = _locate(tools, *_ANALOG[channel][:2])
            self.reads[channel] = sensor(model, name, errors, noise_offset(seed, channel))
        if self.reads.keys() != SENSORS.keys():
            raise ValueError(f"channels without a signal, or none such: {sorted(self.reads.keys() ^ SENSORS.keys())}")

    def make_block(self, channels: tuple[str, ...]) -> Block:
        """Keep and return what reads several channels: the plain ones of a model in one go."""
        measured = [channel for channel in channels if channel not in self._bits]
        plain: dict[int, list[str]] = {}  # by model
        for channel in channels:
            if channel in self._bits:
                plain.setdefault(id(self._bits[channel][0]), []).append(channel)
        reads = [self.reads[channel] for channel in measured]
        several = [_several([self._bits[channel] for channel in members]) for members in plain.values()]
        order = [*measured, *chain.from_iterable(plain.values())]
        pick = itemgetter(*map(order.index, channels)) if len(channels) > 1 else list

        def block(at: int) -> list[float]:
            values = [read(at) for read in reads]
            for get in several:
                values += get()
            return list(pick(values))

        self.blocks[channels] = block
        return block

    def disturb(self, channel: str, read: Read, tick: Callable[[], int]) -> None:
        """Let a channel show something else; a loop that steers by it sees that too, at the tick of its step."""
        self.reads[channel] = read
        self._bits.pop(channel, None)
        self.blocks.clear()
        if channel in _STEERS:
            owner, unit = _STEERS[channel]
            loop: Any = attrgetter(owner)(self._tools)
            loop.seen = lambda: read(tick()) * unit


def _bit(model: object, name: str) -> Read:
    return lambda at: float(getattr(model, name))


def _several(places: Sequence[tuple[object, str]]) -> Callable[[], tuple[float, ...]]:
    """Reads some attributes of one model at once."""
    (model, name), *more = places
    if not more:
        return lambda: (getattr(model, name),)
    return partial(attrgetter(*(name for _, name in places)), model)


def _locate(tools: Tools, owner: str, attribute: str) -> tuple[object, str]:
    """The innermost model that has the attribute, so that a read is one step."""
    model: object = getattr(tools, owner)
    *inner, last = attribute.split(".")
    for name in inner:
        model = getattr(model, name)
    if not hasattr(model, last):
        raise ValueError(f"{owner} has no {attribute}")
    return model, last

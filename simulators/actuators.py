"""What each actuator moves: names joined to the models' attributes and verbs.

The counterpart of `signals`. It decides neither when (the plant's grid) nor whether (the hard-wired chain).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulators.channels import ACTUATORS

if TYPE_CHECKING:
    from simulators.plant import Plant

Action = Callable[[float], None]
# Each drive of these counts; others are ignored while the value stays the same.
PULSES = frozenset({
    "heartbeat", "enable_reset", "pressure_vent", "spindle_reset", "dispense_shot", "dispense_stop", "balance_tare",
    "z_target", "z_stop", "z_home", "spindle_run",
})  # fmt: skip
# These act on the 0.1 s grid of the heaters, so that a setpoint ramp does not cut the long steps.
SLOW = frozenset({"platen_setpoint", "mold_setpoint"})
# These move no physics: they only show.
SHOWN = frozenset({"tower", "operator_call"})
# Whose steps an event cuts short.
PRESS, DISPENSER, GRINDER = frozenset({"press"}), frozenset({"dispenser"}), frozenset({"grinder"})
EVERYONE = PRESS | DISPENSER | GRINDER
_BY_PLANT = frozenset({"heartbeat", "tower", "operator_call"})


def make_actions(plant: Plant) -> dict[str, tuple[Action, frozenset[str]]]:
    """Return what every actuator does with its value, and whose steps that concerns; not those the plant takes."""
    by_tool: dict[frozenset[str], dict[str, Action]] = {
        PRESS: _press_actions(plant), DISPENSER: _dispenser_actions(plant), GRINDER: _grinder_actions(plant),
        frozenset(): _slow_actions(plant), EVERYONE: {"enable_reset": plant.ask_enable},
    }  # fmt: skip
    actions = {name: (act, tools) for tools, acts in by_tool.items() for name, act in acts.items()}
    missing = ACTUATORS.keys() ^ (actions.keys() | _BY_PLANT)
    if missing:
        raise ValueError(f"actuators without an action, or the other way round: {sorted(missing)}")
    return actions


def _press_actions(plant: Plant) -> dict[str, Action]:
    press = plant.press
    inner, loop = press.inner, press.loop
    return {
        "door_lock": _bit(press, "lock_asked"),
        "clamp": press.set_clamp,
        "dump_shut": _bit(press, "dump_shut"),
        "inner_vacuum": _bit(inner, "vacuum_open"),
        "inner_vent_shut": _bit(inner, "vent_shut"),
        "pump": _bit(inner, "pump"),
        "inner_control": inner.set_control,
        "inner_target": _number(inner, "target_kPa"),
        "inner_rate": _number(inner, "rate_kPa_s"),
        "bleed": _number(inner, "bleed_percent"),
        "pressure_target": _number(loop, "target_kPa"),
        "pressure_rate": _number(loop, "rate_kPa_s"),
        "pressure_control": lambda value: loop.switch(bool(value), press.gauge_Pa),
        "pressure_vent": lambda value: loop.start_vent(bool(value), press.gauge_Pa),
    }


def _slow_actions(plant: Plant) -> dict[str, Action]:
    """Heaters and balance: they have steps of fixed length."""
    platen, mold, balance = plant.platen, plant.mold_heater, plant.balance
    return {
        "platen_contactor": _bit(platen, "contactor"),
        "mold_contactor": _bit(mold, "contactor"),
        "platen_setpoint": _number(platen, "setpoint"),
        "mold_setpoint": _number(mold, "setpoint"),
        "balance_tare": lambda _: balance.tare(),
    }


def _dispenser_actions(plant: Plant) -> dict[str, Action]:
    dispenser = plant.dispenser
    return {
        "dispenser_air": _bit(dispenser, "air_valve"),
        "needle_down": _bit(dispenser, "needle_down"),
        "dispense_pressure": _number(dispenser, "pressure_kPa"),
        "dispense_vacuum": _number(dispenser, "vacuum_kPa"),
        "dispense_shot": dispenser.shot,
        "dispense_stop": dispenser.stop,
    }


def _grinder_actions(plant: Plant) -> dict[str, Action]:
    grinder = plant.grinder
    stage, spindle = grinder.stage, grinder.spindle
    return {
        "wheel_down": _bit(stage, "wheel_down"),
        "coolant": _bit(grinder, "coolant"),
        "chuck_vacuum": _bit(grinder, "chuck_vacuum"),
        "chuck_motor": _bit(grinder, "chuck_motor"),
        "guard_lock": _bit(grinder, "guard_lock_asked"),
        "spindle_contactor": spindle.set_contactor,
        "spindle_run": spindle.set_run,
        "spindle_reference": _number(spindle, "reference"),
        "spindle_reset": spindle.reset,
        "z_target": stage.move,
        "z_speed": _number(stage, "speed_um_s"),
        "z_stop": stage.stop,
        "z_home": stage.home,
    }


def _bit(model: object, attribute: str) -> Action:
    """Return an action that sets an attribute to True or False."""
    return lambda value: setattr(model, attribute, bool(value))


def _number(model: object, attribute: str) -> Action:
    """Return an action that sets an attribute to the value."""
    return partial(setattr, model, attribute)

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
_BY_PLANT = frozenset({"heartbeat", "tower", "operator_call"})


def make_actions(plant: Plant) -> dict[str, Action]:
    """Return what every actuator does with its value; all but those that the plant itself takes."""
    actions = {**_press_actions(plant), **_heat_and_dispense_actions(plant), **_grinder_actions(plant)}
    actions["enable_reset"] = plant.ask_enable
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


def _heat_and_dispense_actions(plant: Plant) -> dict[str, Action]:
    platen, mold, dispenser, balance = plant.platen, plant.mold_heater, plant.dispenser, plant.balance
    return {
        "platen_contactor": _bit(platen, "contactor"),
        "mold_contactor": _bit(mold, "contactor"),
        "platen_setpoint": _number(platen, "setpoint"),
        "mold_setpoint": _number(mold, "setpoint"),
        "dispenser_air": _bit(dispenser, "air_valve"),
        "needle_down": _bit(dispenser, "needle_down"),
        "dispense_pressure": _number(dispenser, "pressure_kPa"),
        "dispense_vacuum": _number(dispenser, "vacuum_kPa"),
        "dispense_shot": dispenser.shot,
        "dispense_stop": dispenser.stop,
        "balance_tare": lambda _: balance.tare(),
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

"""What each actuator moves, and what each fault breaks: names joined to the models' attributes and verbs.

The counterpart of `signals`. It decides neither when (the plant's grid) nor whether (the hard-wired chain).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulators.channels import ACTUATORS
from simulators.parameters import Parameters
from simulators.scenario import Fault

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


def make_faults(plant: Plant, parameters: Parameters, fault: Fault) -> list[tuple[float, Callable[[], None]]]:
    """Return what a plant fault does, as (seconds after its onset, act); raise ValueError for a wire fault."""
    if fault.wire:
        raise ValueError(f"{fault.name}={fault.value} is a fault of the wire; hand it to the wire servers")
    press, grinder, dispenser = plant.press, plant.grinder, plant.dispenser
    leak = fault.number or parameters["press.c_leak_fault"]
    shift = grinder.gauge_shift + parameters["gauge.jump"]
    acts: dict[str, Callable[[], None]] = {
        "line.estop": partial(plant.set_estop_chain, False),
        "press.door": partial(setattr, press, "door_forced", True),
        "press.supply": partial(setattr, press, "supply", parameters["press.supply_low"]),
        "press.leak": partial(setattr, press, "c_leak", leak),
        "press.inner_vent": partial(setattr, press.inner, "vent_stuck", True),
        "platen.heater": partial(setattr, plant.platen, "element_open", True),
        "platen.sensor": partial(setattr, plant.platen, "sensor_break", True),
        "mold.heater": partial(setattr, plant.mold_heater, "element_open", True),
        "mold.sensor": partial(setattr, plant.mold_heater, "sensor_break", True),
        "dispenser.needle": dispenser.clog,
        "spindle.trip": grinder.spindle.trip,
        "grinder.coolant": partial(setattr, grinder, "coolant_lost", True),
        "grinder.chuck": partial(setattr, grinder, "chuck_lost", True),
        "grinder.gauge": partial(setattr, grinder, "gauge_shift", shift),
        "grinder.guard": partial(setattr, grinder, "guard_open", True),
    }
    timed = [(0.0, acts[fault.name])]
    if fault.name == "line.estop" and fault.number is not None:
        timed.append((fault.number, partial(plant.set_estop_chain, True)))
    return timed


def _bit(model: object, attribute: str) -> Action:
    """Return an action that sets an attribute to True or False."""
    return lambda value: setattr(model, attribute, bool(value))


def _number(model: object, attribute: str) -> Action:
    """Return an action that sets an attribute to the value."""
    return partial(setattr, model, attribute)

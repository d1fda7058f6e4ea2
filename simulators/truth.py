"""True states of the plant under plain names, for tests that judge safe states. No instrument may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.plant import Plant


def truth(plant: Plant) -> dict[str, float]:
    """Return pressures (kPa; outer gauge, inner absolute), degC, heights (um) and energised states (0, 1)."""
    return {name: float(value) for name, value in {**_press(plant), **_rest(plant), **_grinder(plant)}.items()}


def _press(plant: Plant) -> dict[str, float]:
    press, inner = plant.press, plant.press.inner
    return {
        "outer_kPa": press.gauge_Pa / 1e3,
        "inner_kPa": inner.pressure / 1e3,
        "clamp_kPa": press.clamp_Pa / 1e3,
        "fill_open": press.loop.fill.opening,
        "vent_open": press.loop.vent.opening,
        "pressure_control": press.loop.control_on,
        "dump_open": not press.dump_shut,
        "inner_vacuum_open": inner.vacuum_open,
        "inner_vent_open": inner.vent_open,
        "pump": inner.pump,
        "door_open": press.door_open,
        "door_locked": press.locked,
        "gap_um": press.part.gap_um if press.part else 0.0,
    }


def _rest(plant: Plant) -> dict[str, float]:
    platen, mold, dispenser = plant.platen, plant.mold_heater, plant.dispenser
    cover = plant.mold.part.cover if plant.mold.part else None
    return {
        "enabled": plant.hardwired.enabled,
        "estop_chain": plant.hardwired.estop_chain,
        "platen_degC": platen.body,
        "mold_degC": mold.body,
        "platen_contactor": platen.contactor_closed,
        "mold_contactor": mold.contactor_closed,
        "dispenser_air": dispenser.air_valve,
        "dispenser_kPa": dispenser.barrel_Pa / 1e3,
        "dispensing": dispenser.dispensing,
        "needle_down": dispenser.needle_down,
        "spilled_g": dispenser.spilled_g,
        "cup_g": plant.balance.liquid_g,
        "cover_um": cover.height_um if cover else 0.0,
        "cover_uL": cover.volume_uL if cover else 0.0,
        "cure": cover.degree if cover else 0.0,
    }


def _grinder(plant: Plant) -> dict[str, float]:
    grinder = plant.grinder
    return {
        "wheel_um": grinder.wheel_um,
        "wheel_lifted": grinder.stage.lifted,
        "z_moving": grinder.stage.moving,
        "z_powered": grinder.stage.powered,
        "spindle_rpm": grinder.spindle.speed,
        "spindle_powered": grinder.spindle.powered,
        "spindle_contactor": grinder.spindle.contactor,
        "force_N": grinder.force_N,
        "deflection_um": grinder.deflection,
        "top_um": grinder.part.top_um if grinder.part else 0.0,
        "coolant_L_min": grinder.coolant_flow,
        "chuck_kPa": grinder.chuck_kPa,
        "chuck_motor": grinder.chuck_motor,
        "guard_locked": grinder.guard_locked,
        "standstill": grinder.spindle.standstill,
    }

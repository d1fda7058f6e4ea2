"""What each interlock must do, written down a second time: from the description of the machine, not from its record.

`config/interlocks.yaml` is compared with this by what the guard does, not by its text: every value of `must` and of
`active` is tried in the guard, on both sides of its limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.tables.sides import Sides, above, at_least, at_most, below, between, moves_within, off, on, rises

EMERGENCY, NOT_KNOWN = "trips, class 1", "trips, class 2"


@dataclass(frozen=True, slots=True)
class Words:
    """What it does, once one value of `must` is bad while all of `active` are good.

    `also` are values that are healthy together although one of them alone is not. `returns` must be good for
    `returns_s` until the alarm counts as gone; with a bad value of `heard` the alarm is no news.
    """

    does: frozenset[str]
    module: str
    must: Mapping[str, Sides]
    active: Mapping[str, Sides] = field(default_factory=dict)
    delay_s: float = 0.0
    bypass_s: float = 0.0
    also: tuple[Mapping[str, float], ...] = ()
    returns: Mapping[str, Sides] = field(default_factory=dict)
    returns_s: float = 0.0
    heard: Mapping[str, Sides] = field(default_factory=dict)


def refuses(
    module: str,
    action: str,
    must: Mapping[str, Sides],
    *,
    bypass_s: float = 0.0,
    also: tuple[Mapping[str, float], ...] = (),
) -> Words:
    """A permissive: the action is refused, nothing else happens."""
    return Words(frozenset({f"refuses {action}"}), module, must, bypass_s=bypass_s, also=also)


def no_start(module: str, must: Mapping[str, Sides], *, bypass_s: float = 0.0) -> Words:
    """An inhibit: a job with the module does not start."""
    return Words(frozenset({"refuses job.start"}), module, must, bypass_s=bypass_s)


def trips(
    module: str, how: str, must: Mapping[str, Sides], active: Mapping[str, Sides] | None = None, delay_s: float = 0.0
) -> Words:
    """A trip: the job is aborted into the safe state of a class, and stays so."""
    return Words(frozenset({how}), module, must, active or {}, delay_s)


WORDS: dict[str, Words] = {
    # ------------------------------------------------------------------------------------------ press
    "press.pressurise": refuses(
        "press",
        "press.pressurise",
        {
            "press.door_closed": on,
            "press.door_locked": on,
            "press.clamp_pressure": above(450.0),
            "press.part_present": on,
            "line_plc.out_dump_shut": on,
            "press.supply": Sides((450.2,), (450.0, 449.8)),  # 50 kPa more than what is asked for
            "press.asked": Sides((400.0,), (400.4,)),
            "press.pressure": at_most(600.0),
            "line.enabled": on,
        },
    ),
    "press.air": no_start("press", {"press.supply": above(400.0)}, bypass_s=1800.0),
    "press.unlock": refuses(
        "press",
        "press.unlock",
        {
            "press.pressure": between(-5.0, 5.0),
            "press.pressure_coarse": between(-5.0, 5.0),
            "press.vacuum": between(96.3, 106.3),
            "press.platen": below(60.0),
            "line_plc.platen_contactor_closed": off,
        },
    ),
    "press.unclamp": refuses(
        "press",
        "press.unclamp",
        {"press.pressure": between(-5.0, 5.0), "press.pressure_coarse": between(-5.0, 5.0)},
    ),
    "press.heat": refuses(
        "press", "press.heat", {"press.door_locked": on, "platen_heater.sensor_break": off, "line.enabled": on}
    ),
    "press.inner": refuses("press", "press.evacuate", {"line_plc.out_inner_vent_shut": on, "press.door_locked": on}),
    "press.inner_both": Words(
        frozenset({"holds press, class 3"}),
        "press",
        {"line_plc.out_inner_vent_shut": on},
        {"line_plc.out_inner_vacuum": on},
    ),
    "press.inner_vent": refuses("press", "press.vent_inner", {"line_plc.out_inner_vacuum": off}),
    "press.door": trips("press", EMERGENCY, {"press.door_closed": on}, {"press.door_locked": on}),
    "press.closed": trips(
        "press",
        EMERGENCY,
        {"press.door_locked": on, "press.clamp_pressure": at_least(400.0)},
        {"press.pressure": above(5.0)},
    ),
    "press.over": trips(
        "press", EMERGENCY, {"press.pressure": at_most(600.0), "press.pressure_coarse": at_most(600.0)}
    ),
    "press.disagree": trips(
        "press",
        NOT_KNOWN,
        {
            "press.pressure": Sides((300.0,), ()),
            "press.pressure_coarse": Sides((300.0, 285.0, 285.06, 314.94, 315.0), (284.94, 315.06)),
        },
        {"line_plc.out_dump_shut": on, "line.enabled": on},
        delay_s=1.0,
    ),
    "press.leak": trips(
        "press",
        NOT_KNOWN,
        {"press.effort_settled": Sides((30.0,), ()), "press.effort": at_most(50.0)},  # 20 % above its value then
        {"press.holding": on},
        delay_s=5.0,
    ),
    "press.no_response": trips(
        "press",
        NOT_KNOWN,
        {"press.pressure_error": between(-40.0, 40.0)},
        {"press_pressure.control": on},
        delay_s=10.0,
    ),
    "press.frozen": trips(
        "press",
        NOT_KNOWN,
        {"press.pressure": moves_within(20.0), "press.pressure_coarse": moves_within(20.0)},
        {"press_pressure.control": on},
    ),
    "press.platen_response": trips(
        "press",
        NOT_KNOWN,
        {"press.platen": rises(1.0, 120.0)},
        {
            "press.platen_output": above(80.0),
            "line_plc.platen_contactor_closed": on,
        },
        delay_s=150.0,
    ),
    "press.platen_sensor": trips("press", NOT_KNOWN, {"platen_heater.sensor_break": off}),
    "press.platen_hot": trips("press", EMERGENCY, {"press.platen": at_most(195.0)}),
    # ------------------------------------------------------------------------------------------ mold tool, dispenser
    "mold.heat": refuses(
        "dispenser", "mold.heat", {"mold_heater.sensor_break": off, "dispenser.needle_up": on, "line.enabled": on}
    ),
    "mold.response": trips(
        "dispenser",
        NOT_KNOWN,
        {"mold.temperature": rises(1.0, 120.0)},
        {"mold.output": above(80.0), "line_plc.mold_contactor_closed": on},
        delay_s=150.0,
    ),
    "mold.sensor": trips("dispenser", NOT_KNOWN, {"mold_heater.sensor_break": off}),
    "mold.hot": trips("dispenser", EMERGENCY, {"mold.temperature": at_most(195.0)}),
    "disp.shot": refuses(
        "dispenser",
        "dispenser.shot",
        {
            "mold.present": on,
            "mold.part_present": on,
            "mold.temperature": below(80.0),
            "dispenser.needle_down": on,
            "dispenser.alarm": off,
            "dispenser.lot_scanned": on,
            "dispenser.pot_life_left": above(0.0),
        },
    ),
    "disp.calibrate": refuses(
        "dispenser",
        "dispenser.calibrate",
        {"dispenser.cup_present": on, "dispenser.needle_up": on, "dispenser.alarm": off},
        bypass_s=1800.0,
    ),
    "disp.cap": refuses(
        "dispenser",
        "dispenser.shot",
        {
            "dispenser.mass_out": Sides((1.0,), ()),
            "dispenser.mass_cap": Sides((5.0,), ()),
            "dispenser.mass_asked": Sides(
                (3.0, 1.004, 5.0), (1.0, 0.9, 5.02)
            ),  # more than before, not more than the cap
        },
    ),
    # ------------------------------------------------------------------------------------------ grinder
    "grind.feed": Words(
        frozenset({"refuses grinder.feed", "holds grinder, class 3"}),
        "grinder",
        {
            "grinder.speed_error": below(2.0).for_s(1.0),
            "grinder.coolant": at_least(3.0),
            "grinder.chuck_vacuum": at_most(-60.0),
            "grinder.guard_closed": on,
            "grinder.thickness": above(0.0),
        },
        {"grinder.feeding": on},
        returns={"grinder.coolant": at_least(3.2), "grinder.guard_closed": on},
        returns_s=2.0,
        heard={"line.enabled": on},
    ),
    "grind.start": refuses(
        "grinder",
        "grinder.spindle",
        {
            "grinder.guard_closed": on,
            "grinder.guard_locked": on,
            "grinder.chuck_vacuum": at_most(-60.0),
            "grinder.part_present": Sides((1.0,), ()),
            "line.enabled": on,
        },
        also=({"grinder.chuck_vacuum": 0.0, "grinder.part_present": 0.0},),  # nothing to be held
    ),
    "grind.chuck": trips(
        "grinder",
        EMERGENCY,
        {"grinder.chuck_vacuum": at_most(-60.0)},
        {"grinder.spindle": above(50.0), "grinder.part_present": on},
        delay_s=0.2,
    ),
    "grind.load": trips("grinder", NOT_KNOWN, {"grinder.load": at_most(90.0)}, {"grinder.feeding": on}, delay_s=0.3),
    "grind.gauge_jump": trips(
        "grinder",
        NOT_KNOWN,
        {"grinder.thickness_step": at_most(5.0), "grinder.gauge_offset": at_most(4.0)},
        {"grinder.feeding": on},
    ),
    "grind.frozen": trips(
        "grinder",
        NOT_KNOWN,
        {
            "grinder.coolant": moves_within(20.0),
            "grinder.chuck_vacuum": moves_within(20.0),
            "grinder.thickness": moves_within(60.0),
        },
        {"grinder.feeding": on},
    ),
    "grind.drive": trips("grinder", NOT_KNOWN, {"spindle.fault": off}),
    "guard.open": refuses("grinder", "grinder.unlock_guard", {"grinder.standstill": on, "grinder.z": at_least(49.9)}),
    # ------------------------------------------------------------------------------------------ line
    "line.chain": no_start("line", {"line.estop_chain": on}),
    "line.estop": trips("line", EMERGENCY, {"line.estop_chain": on}),
    "line.enable": trips("line", EMERGENCY, {"line.enabled": on}, {"line.estop_chain": on}),
    "line.heartbeat": trips("line", EMERGENCY, {"line.plc_beat_age": at_most(1.0)}),
}


@dataclass(frozen=True, slots=True)
class AlarmWords:
    """An alarm that belongs to no interlock: `code` is one of a family, `shelve_s` the longest time of silence."""

    latches: bool = False
    shelve_s: float = 0.0
    code: str = ""


ALARMS: dict[str, AlarmWords] = {
    "any.lost": AlarmWords(shelve_s=1800.0),
    "any.readback": AlarmWords(latches=True),
    "guard.scan": AlarmWords(latches=True),
    "safe.unconfirmed": AlarmWords(latches=True),
    "monitor.*": AlarmWords(shelve_s=1800.0, code="monitor.band"),
    "result.outside": AlarmWords(),
    "step.deviation": AlarmWords(),
    "step.retried": AlarmWords(),
    "step.failed": AlarmWords(),
    "hold.expired": AlarmWords(),
    "balance.zero": AlarmWords(),
    "start.inhibited": AlarmWords(),
    "record.failed": AlarmWords(),
    "watch.violated": AlarmWords(),
    "sequencer.bug": AlarmWords(),
}

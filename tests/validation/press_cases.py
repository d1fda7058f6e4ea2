"""Validation cases of the press: orifices, filling, vacuum, gas temperature, heaters, clamp seal, valves."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, sqrt

from simulators.inner_side import InnerSide
from simulators.parameters import Parameters
from simulators.physics.gas import GAMMA, Gas, Port, Vessel, gas_at, gas_step
from simulators.physics.heat import TwoNodes, simc, two_node_step
from simulators.physics.pneumatics import chamber_step, mass_flow, seal_conductance, unit_flow
from simulators.physics.vacuum import effective_speed
from simulators.physics.valve import mean_opening, stuck_stem
from tests.validation.case import Case

ROOM_K = 293.15
ISO = "ISO 6358, closed form"
VACUUM = "textbook: pump-down and rate of rise"
PLATEN = TwoNodes(5500.0, 500.0, 3.5, 0.5, 40.0)
MEDIUM = {"press.inner_volume": 2e-3, "press.pump_speed": 1.111e-3, "press.line_conductance": 1e6}
TIGHT = {"press.c_inner_leak": 0.0, "press.outgassing": 0.0}


def case(
    name: str, title: str, expected: float, unit: str, relative: float, got: Callable[[], float], source: str
) -> Case:
    """A case with a relative tolerance."""
    return Case(name, title, expected, unit, abs(expected) * relative, got, source)


# ---------------------------------------------------------------------------------------------------- orifice, filling
def psi(ratio: float) -> float:
    """Flow function at b = 0.5."""
    return unit_flow(700e3, 700e3 * ratio, 0.5)[0] / (700e3 * 1e5)


def ideal_orifice() -> float:
    """Conductance of 1 mm2 of ideal nozzle, dm3/(s bar): its choked mass flow through the flow law."""
    gas_constant = 287.05
    choked = sqrt(GAMMA / (gas_constant * ROOM_K)) * (2.0 / (GAMMA + 1.0)) ** ((GAMMA + 1.0) / (2.0 * (GAMMA - 1.0)))
    return 1e-6 * choked * 500e3 * gas_constant * ROOM_K / unit_flow(500e3, 100e3, 0.528)[0] * 1e8


def filled(seconds: float, volume_m3: float = 5e-3, dt_s: float = 0.001) -> float:
    """Isothermal filling from 101 300 Pa by a supply of 700 kPa, Pa."""
    p = 101_300.0
    for _ in range(round(seconds / dt_s)):
        p = chamber_step(p, dt_s, volume_m3, (700e3, 2e-8), (101_300.0, 0.0), 0.5)
    return p


# ------------------------------------------------------------------------------------------------------ gas temperature
def adiabatic_fill() -> float:
    """Temperature of a tank filled from empty without heat to the wall, K."""
    return gas_step(gas_at(1.0, ROOM_K, 5e-3), Vessel(5e-3, 0.0, ROOM_K), [Port(7e5, ROOM_K, 2e-8)], 0.3, 60.0).kelvin


def isothermal_limit() -> float:
    """The filling of V4 by the full model with a wall that takes all heat, Pa."""
    vessel = Vessel(5e-3, 1e7, ROOM_K)
    return gas_step(gas_at(101_300.0, ROOM_K, 5e-3), vessel, [Port(7e5, ROOM_K, 2e-8)], 0.5, 1.870).pressure(5e-3)


def rebound(wall_W_K: float) -> float:
    """Pressure (kPa) after a vent from 6 bar to 3 bar, valve shut, once the air is warm again."""
    vessel, volume = Vessel(5e-3, wall_W_K, ROOM_K), 5e-3
    gas: Gas = gas_at(600e3, ROOM_K, volume)
    while gas.pressure(volume) > 300e3:
        gas = gas_step(gas, vessel, [Port(101_325.0, ROOM_K, 5e-8)], 0.3, 1e-4)
    return gas_step(gas, Vessel(volume, 5.0, ROOM_K), [], 0.3, 200.0).pressure(volume) / 1e3


# -------------------------------------------------------------------------------------------------------------- vacuum
def inner(**changes: float) -> InnerSide:
    """The inner side under its pump, without its vent; changes of parameters with `_` for the dot after press."""
    side = InnerSide(Parameters({**TIGHT, **{f"press.{name}": value for name, value in changes.items()}}))
    side.vent_shut = side.vacuum_open = side.pump = True
    return side


def run(side: InnerSide, seconds: float) -> InnerSide:
    """Let time pass in steps of 10 ms."""
    for _ in range(round(seconds * 100)):
        side.step(1, 0.0)
    return side


def medium_leak() -> InnerSide:
    """2 L behind a pump of 1.111e-3 m3/s and 10 Pa, with a leak of 1e-3 Pa m3/s."""
    changes = {name.removeprefix("press."): value for name, value in MEDIUM.items()}
    return run(inner(**changes, pump_ultimate=10.0, c_inner_leak=1e-3 / (1e5 * 101_325.0)), 30.0)


def rise_per_s() -> float:
    """Rate of rise of the shut-in leak, Pa/s."""
    side = medium_leak()
    side.vacuum_open = False
    before = side.pressure
    return (run(side, 10.0).pressure - before) / 10.0


def pump_down_time(line_m3_s: float) -> float:
    """Time constant of a pump-down between 1 s and 2 s, s."""
    side = run(inner(pump_ultimate=0.0, line_conductance=line_m3_s), 1.0)
    before = side.pressure
    return 1.0 / log(before / run(side, 1.0).pressure)


def outgassing_rise(from_s: float, to_s: float) -> float:
    """Rise of pressure by outgassing alone, shut in; times since the evacuation began, Pa."""
    side = run(inner(outgassing=1e-5), from_s)
    side.vacuum_open = False
    before = side.pressure
    return run(side, to_s - from_s).pressure - before


def trapped_end() -> float:
    """Pressure (Pa) at which a virtual leak ends: 10 mL at atmosphere spread over 500 mL."""
    side = run(inner(pump_ultimate=0.0), 20.0)
    side.vacuum_open, side.c_trapped = False, 1e-6
    return run(side, 200.0).pressure


# ------------------------------------------------------------------------------------------------------ heaters, valves
def heated(node: int, seconds: float) -> float:
    """Temperature of a node above ambient under 1500 W, K; in steps of 0.2 s."""
    steady, matrix, t = PLATEN.steady(1500.0), PLATEN.transition(0.2), (0.0, 0.0)
    for _ in range(round(seconds / 0.2)):
        t = two_node_step(*t, steady, matrix)
    return t[node]


def reversal_band() -> float:
    """Travel of the command, right after a slip, that moves a sticking stem back."""
    command = stem = 0.0
    while stem == 0.0:
        command += 1e-4
        stem = stuck_stem(0.0, command, 0.03, 0.01)
    turned_at = command
    while stuck_stem(stem, command, 0.03, 0.01) == stem:
        command -= 1e-4
    return turned_at - command


CASES = [
    case("V1", "choked mass flow, C 2e-8, 700 kPa", 0.01659, "kg/s", 1e-3,
         lambda: mass_flow(2e-8 * unit_flow(700e3, 100e3, 0.3)[0]), ISO),
    Case("V2a", "flow function at ratio 0.8, b 0.5", 0.8, "", 1e-9, lambda: psi(0.8), ISO),
    Case("V2b", "flow function at ratio 0.9, b 0.5", 0.6, "", 1e-9, lambda: psi(0.9), ISO),
    case("V3", "conductance of 1 mm2 of ideal nozzle", 0.1986, "dm3/(s bar)", 1e-3, ideal_orifice,
         "isentropic choked nozzle"),
    case("V4a", "isothermal fill: end of choked flow", 350e3, "Pa", 2e-3, lambda: filled(0.888), ISO),
    case("V4b", "isothermal fill: half the subsonic time", 597_487.0, "Pa", 2e-3, lambda: filled(1.870), ISO),
    case("V4c", "isothermal fill: full", 700e3, "Pa", 2e-3, lambda: filled(2.852), ISO),
    case("V4d", "the same by the full gas model, wall of infinite conductance", 597_487.0, "Pa", 2e-3,
         isothermal_limit, ISO),
    case("V6", "adiabatic fill of an evacuated tank", GAMMA * ROOM_K, "K", 2e-3, adiabatic_fill, "energy balance"),
    case("V7a", "rebound after an adiabatic vent 6 bar to 3 bar", 300.0 * 2.0 ** (1.0 - 1.0 / GAMMA), "kPa", 1e-3,
         lambda: rebound(0.0), "isentropic expansion"),
    case("V7b", "no rebound where the wall keeps the air warm", 300.0, "kPa", 1e-3, lambda: rebound(1e6), "isothermal"),
    Case("V8", "stiff fill of 5 mL in steps of 0.1 s", 700e3, "Pa", 1.0, lambda: filled(0.5, 5e-6, 0.1), ISO),
    case("V10a", "base pressure of a leaking chamber", 10.9, "Pa", 1e-2, lambda: medium_leak().pressure, VACUUM),
    case("V10b", "rate of rise of the same chamber", 0.5, "Pa/s", 1e-2, rise_per_s, VACUUM),
    case("V11a", "effective speed behind a clogged line", 3.448e-4, "m3/s", 1e-4,
         lambda: effective_speed(1.111e-3, 5e-4), VACUUM),
    case("V11b", "pump-down, healthy line", 0.5e-3 * (1 / 1.1e-3 + 1 / 5e-3), "s", 1e-3,
         lambda: pump_down_time(5e-3), VACUUM),
    case("V11c", "pump-down, clogged line", 0.5e-3 * (1 / 1.1e-3 + 1 / 5e-4), "s", 1e-3,
         lambda: pump_down_time(5e-4), VACUUM),
    case("V11d", "outgassing bends: rise from 100 s to 200 s", 1e-5 * 3600.0 / 0.5e-3 * log(2.0), "Pa", 1e-2,
         lambda: outgassing_rise(100.0, 200.0), "integral of Q1 t1/t"),
    case("V11e", "outgassing bends: the same from 200 s to 400 s", 1e-5 * 3600.0 / 0.5e-3 * log(2.0), "Pa", 1e-2,
         lambda: outgassing_rise(200.0, 400.0), "integral of Q1 t1/t"),
    case("V11f", "virtual leak ends at the common pressure", 101_325.0 * 1e-5 / (0.5e-3 + 1e-5), "Pa", 1e-2,
         trapped_end, "two volumes"),
    case("V12a", "platen: slow time constant", 1500.3, "s", 1e-4, lambda: -1.0 / PLATEN.rates()[0], "eigenvalues"),
    case("V12b", "platen: fast time constant", 11.33, "s", 1e-3, lambda: -1.0 / PLATEN.rates()[1], "eigenvalues"),
    Case("V12c", "platen after 60 s of 1500 W", 14.97, "K", 0.01, lambda: heated(0, 60.0), "closed form"),
    Case("V12d", "load after 60 s of 1500 W", 11.84, "K", 0.01, lambda: heated(1, 60.0), "closed form"),
    Case("V12e", "platen after 1000 s of 1500 W", 182.86, "K", 0.01, lambda: heated(0, 1000.0), "closed form"),
    Case("V12f", "load after 1000 s of 1500 W", 179.02, "K", 0.01, lambda: heated(1, 1000.0), "closed form"),
    case("V12g", "rise of the platen held by 379.4 W", 95.0, "K", 1e-3, lambda: PLATEN.steady(379.4)[0], "balance"),
    case("V13a", "SIMC gain, 0.25 K/W, 1500 s, dead time 5 s, loop 20 s", 240.0, "W/K", 1e-9,
         lambda: simc(0.25, 1500.0, 5.0, 20.0)[0], "Skogestad, SIMC rules"),
    case("V13b", "SIMC integral time of the same", 100.0, "s", 1e-9,
         lambda: simc(0.25, 1500.0, 5.0, 20.0)[1], "Skogestad, SIMC rules"),
    case("V13c", "seal under 0.5 MPa with a clamp of 20 kN", 1e-7 * (24_550.0 - 20e3) / 24_550.0, "m3/(s Pa)", 1e-9,
         lambda: seal_conductance(0.0, 1e-7, 0.5e6 * 0.0491, 20e3), "force balance"),
    case("V13d", "mean opening over two time constants", 1.0 - (1.0 - exp(-2.0)) / 2.0, "", 1e-9,
         lambda: mean_opening(0.0, 1.0, (1.0 - exp(-2.0)) / 2.0), "integral of a first-order lag"),
    Case("V13e", "sticking stem: band on reversal", 0.03, "", 2e-4, reversal_band, "two-parameter stiction, S"),
]  # fmt: skip

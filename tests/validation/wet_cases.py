"""Cases of the wet side: liquid through a needle, into a recess, its cure, and what the cured cover does to a wafer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from math import exp, pi, sqrt

from simulators.balance import Balance
from simulators.dispenser import Dispenser
from simulators.mold import Mold
from simulators.parameters import Parameters
from simulators.physics import cure, flatness, flow
from simulators.workpiece import Part
from tests.validation.case import Case

RADIUS_m, LENGTH_m, PRESSURE_Pa = 130e-6, 12.7e-3, 300e3
NEWTONIAN, POWER_LAW, FILLED = flow.Fluid(10.0), flow.Fluid(20.0, 0.7), flow.Fluid(20.0, 0.7, 200.0)
EPOXY = cure.Kamal(1.0e5, 65e3, 1.2e6, 62e3, 1.0, 1.5, -20.0, 150.0, 0.5)
SILICON, FILM = (725e-6, 130e9 / 0.72), (60e-6, 10e9 / 0.7)
SHRINKS = 7.4e-6 * 130.0


def _flow_uL_s(fluid: flow.Fluid, radius_m: float = RADIUS_m) -> float:
    return flow.needle_flow(PRESSURE_Pa, radius_m, LENGTH_m, fluid) * 1e9


def _share_of_newtonian() -> float:
    return _flow_uL_s(flow.Fluid(10.0, 1.0, 300.0)) / _flow_uL_s(NEWTONIAN)


def _cured(rate: Callable[[float], float], seconds: int, degree: float = 0.0) -> float:
    for _ in range(seconds):
        degree = cure.runge_kutta(rate, degree, 1.0)
    return degree


def _lee_loos(seconds: int) -> float:
    """3501-6 at 177 degC; the constants are published per minute."""
    rt = 8.314462618 * 450.15
    k1, k2, k3 = 2.101e9 * exp(-80.7e3 / rt), -2.014e9 * exp(-77.8e3 / rt), 1.960e5 * exp(-56.6e3 / rt)

    def rate(a: float) -> float:
        return ((k1 + k2 * a) * (1.0 - a) * (0.47 - a) if a <= 0.3 else k3 * (1.0 - a)) / 60.0

    return _cured(rate, seconds, 1e-6)


@cache
def _default_epoxy(seconds: int) -> float:
    k1, k2 = EPOXY.constants(423.15)
    return _cured(partial(cure.kamal_rate, k1=k1, k2=k2, m=1.0, n=1.5), seconds)


def _seconds_to(degree: float) -> float:
    second = next(s for s in range(1000) if _default_epoxy(s) >= degree)
    after, before = _default_epoxy(second), _default_epoxy(second - 1)
    return second - (after - degree) / (after - before)


def _kappa(film: tuple[float, float], plate: tuple[float, float], strain: float) -> float:
    return flatness.bilayer_curvature(film, plate, strain)


def _share_in_time(fill_mL: float) -> float:
    """What a 1 s shot of an ideal needle (V27's 10 mL barrel) delivers before its end, as a share of the whole, %."""
    p = Parameters(
        {"barrel.volume": 10e-6, "barrel.fill": fill_mL * 1e-6, "barrel.friction": 0.0, "needle.radius": RADIUS_m}
    )
    dispenser = Dispenser(p, Balance(p), Mold(p))
    dispenser.inlet_Pa, dispenser.air_valve, dispenser.pressure_kPa = 600e3, True, 300.0
    dispenser.shot(1.0)
    for _ in range(100):
        dispenser.step(1, 600e3)
    return 100.0 * (fill_mL * 1e-6 - dispenser.liquid_m3) * 1e9 / _flow_uL_s(NEWTONIAN)


def _poured_height() -> float:
    mold, part = Mold(Parameters()), Part(1)
    mold.part = part
    mold.pour(3.8542e-6, 0.0, 0.0)
    return part.cover.height_um


CASES: list[Case] = [
    Case("V26a", "Hagen-Poiseuille: 130 um x 12.7 mm, 300 kPa, 10 Pa s", 0.26494, "uL/s", 3e-4,
         lambda: _flow_uL_s(NEWTONIAN), "closed form pi R^4 P/(8 eta L)"),
    Case("V26b", "flow through a needle clogged to 0.9 of its radius", 0.6561, "", 1e-4,
         lambda: _flow_uL_s(NEWTONIAN, 0.9 * RADIUS_m) / _flow_uL_s(NEWTONIAN), "fourth power of the radius"),
    Case("V27a", "power law: K 20 Pa s^0.7, n 0.7", 0.7689, "uL/s", 8e-4,
         lambda: _flow_uL_s(POWER_LAW), "closed form of the power law in a tube"),
    Case("V27b", "Herschel-Bulkley: the same with a yield stress of 200 Pa", 0.5917, "uL/s", 6e-4,
         lambda: _flow_uL_s(FILLED), "closed form of Herschel-Bulkley in a tube"),
    Case("V27c", "Bingham liquid against a Newtonian one, yield stress 300 Pa", 0.73997, "", 7e-4,
         _share_of_newtonian, "Buckingham-Reiner equation"),
    Case("V28a", "1 s shot from a full 10 mL barrel (1 mL of air, tau 0.05 s): delivered in time", 95.0, "%", 0.5,
         lambda: _share_in_time(9.0), "closed form 1 - tau/t (1 - exp(-t/tau))"),
    Case("V28b", "the same from a nearly empty barrel (9 mL of air, tau 0.45 s)", 59.9, "%", 0.5,
         lambda: _share_in_time(1.0), "closed form 1 - tau/t (1 - exp(-t/tau))"),
    Case("V29", "cure of order 1.5, k t = 1", 1.0 - (1.0 + 0.5) ** -2.0, "", 1e-6,
         lambda: _cured(partial(cure.kamal_rate, k1=0.01, k2=0.0, m=1.0, n=1.5), 100), "closed form 1 - (1 + kt/2)^-2"),
    Case("V30a", "autocatalytic cure, m = n = 1, k1 1e-3/s, k2 1e-2/s, after 300 s", 0.70361, "", 1e-4,
         lambda: _cured(partial(cure.kamal_rate, k1=1e-3, k2=1e-2, m=1.0, n=1.0), 300), "closed form"),
    Case("V30b", "its highest rate is at this degree", 0.45, "", 1e-3,
         lambda: max((a / 1e4 for a in range(10001)), key=lambda a: cure.kamal_rate(a, 1e-3, 1e-2, 1.0, 1.0)),
         "closed form (1 - k1/k2)/2"),
    Case("V31a", "3501-6 at 177 degC, degree of cure after 10 min", 0.5322, "", 0.002,
         lambda: _lee_loos(600), "kinetics of Lee and Loos (published constants)"),
    Case("V31b", "3501-6 at 177 degC, after 30 min", 0.8381, "", 0.002, lambda: _lee_loos(1800), "Lee and Loos"),
    Case("V31c", "3501-6 at 177 degC, after 60 min", 0.9670, "", 0.002, lambda: _lee_loos(3600), "Lee and Loos"),
    Case("V32a", "default epoxy at 150 degC, degree of cure after 60 s", 0.1215, "", 0.002,
         lambda: _default_epoxy(60), "independent integration"),
    Case("V32b", "default epoxy at 150 degC, after 300 s", 0.8980, "", 0.002,
         lambda: _default_epoxy(300), "independent integration"),
    Case("V32c", "default epoxy at 150 degC, after 600 s", 0.9801, "", 0.002,
         lambda: _default_epoxy(600), "independent integration"),
    Case("V32d", "default epoxy at 150 degC reaches 0.60", 159.1, "s", 1.0,
         lambda: _seconds_to(0.60), "independent integration"),
    Case("V33a", "gel point of the default epoxy", 1.0 / sqrt(3.0), "", 5e-4,
         lambda: Parameters()["epoxy.gel"], "Flory-Stockmayer 1/sqrt((f-1)(g-1)), f 4, g 2"),
    Case("V33b", "Tg at a degree of cure of 0.5", 110.0 / 3.0, "degC", 1e-6,
         lambda: EPOXY.glass_transition(0.5), "closed form of DiBenedetto's equation"),
    Case("V34", "bilayer of two equal layers, 1 mm each, 20 ppm/K, 100 K", 1.5, "1/m", 1e-6,
         lambda: _kappa((1e-3, 1e11), (1e-3, 1e11), 20e-6 * 100.0), "Timoshenko: 3/2 strain over thickness"),
    Case("V35a", "60 um of mold on 725 um of silicon, 130 K: curvature", 0.05482, "1/m", 2.7e-4,
         lambda: _kappa(FILM, SILICON, SHRINKS), "Timoshenko with biaxial moduli"),
    Case("V35b", "the same: bow over 200 mm", 274.0, "um", 1.4,
         lambda: flatness.bow(_kappa(FILM, SILICON, SHRINKS), 0.2) * 1e6, "Timoshenko with biaxial moduli"),
    Case("V35c", "thin-film limit: curvature per um of film",
         6.0 * FILM[1] * SHRINKS * 1e-6 / (SILICON[1] * SILICON[0] ** 2), "1/m", 1e-6,
         lambda: _kappa((1e-9, FILM[1]), SILICON, SHRINKS) * 1e3, "Stoney's formula"),
    Case("V43a", "levelling over 5 mm: 60 um of 5 Pa s", 795.7, "s", 0.8,
         lambda: flow.levelling_time(5.0, 5e-3, 60e-6, 0.035), "Orchard, closed form"),
    Case("V43b", "levelling over 5 mm: 60 um of 0.3 Pa s", 47.74, "s", 0.05,
         lambda: flow.levelling_time(0.3, 5e-3, 60e-6, 0.035), "Orchard, closed form"),
    Case("W1", "viscosity 8 K below room temperature", 1.744, "", 2e-3,
         lambda: flow.warming_factor(290.15, 298.15, 50e3), "Arrhenius, 50 kJ/mol"),
    Case("W2", "viscosity at a degree of cure of 0.2, gel at 0.6", 3.0**1.7 / 2.0**1.7, "", 1e-9,
         lambda: flow.curing_factor(0.2, 0.6), "Castro-Macosko, closed form"),
    Case("W3", "lag of a 25 G needle behind a bubble of 0.1 uL at 400 kPa abs", 0.2831, "s", 3e-4,
         lambda: flow.bubble_lag(1e-10, 400e3, PRESSURE_Pa, _flow_uL_s(NEWTONIAN) * 1e-9), "resistance x compliance"),
    Case("W4", "height of the nominal liquid in the recess above the chip face",
         (3854.2 - pi * (104**2 - 100**2) * 0.725 + pi * (102**2 - 101**2) * 0.60) / (pi * 104**2) * 1e3, "um", 0.01,
         _poured_height, "geometry of the recess"),
]  # fmt: skip

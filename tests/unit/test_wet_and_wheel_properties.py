"""What holds for the wet side and the wheel whatever one does with them: nothing is lost, nothing runs backwards."""

from __future__ import annotations

from math import pi

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.balance import Balance
from simulators.dispenser import Dispenser
from simulators.epoxy import Epoxy
from simulators.grinder import Grinder
from simulators.mold import Mold
from simulators.parameters import Parameters
from simulators.workpiece import Cover, Part

P = Parameters()
FILLED = Parameters({"epoxy.viscosity": 20.0, "epoxy.exponent": 0.7, "epoxy.yield": 200.0})
DENSITY_g_uL = P["epoxy.density"] * 1e-6


def turning(degree: float, height_um: float = 70.0) -> Grinder:
    """A grinder at speed with coolant, its wheel 2 um above a covered part."""
    grinder = Grinder(P)
    grinder.part = Part(1, cover=Cover(volume_uL=3850.0, height_um=height_um, degree=degree))
    grinder.coolant = grinder.chuck_vacuum = True
    grinder.coolant_flow, grinder.chuck_kPa = 5.0, -85.0
    spindle, stage = grinder.spindle, grinder.stage
    spindle.contactor = spindle.run = stage.powered = stage.wheel_down = True
    spindle.speed = spindle.reference = 3000.0
    stage.height = grinder.part.top_um + 2.0
    stage.move(-1e6)  # down as far as it goes
    return grinder


Feeds = st.lists(st.tuples(st.floats(0.05, 5.0), st.integers(10, 200)), min_size=1, max_size=4)


@settings(max_examples=25)
@given(feeds=Feeds, degree=st.floats(0.0, 1.0))
def test_what_was_removed_and_what_remains_add_up_and_nothing_grows_back(
    feeds: list[tuple[float, int]], degree: float
) -> None:
    grinder = turning(degree)
    part = grinder.part
    assert part is not None
    before, removed, sharpness = part.top_um, 0.0, grinder.wheel.sharpness
    for feed, ticks in feeds:
        grinder.stage.feed_um_s = feed
        for _ in range(ticks):
            grinder.step(1)
            assert part.removed_um >= removed
            removed = part.removed_um
        assert part.top_um + part.removed_um == pytest.approx(before, abs=1e-9)
        assert part.top_um <= grinder.wheel_um + grinder.deflection + 0.01
    assert 0.0 < grinder.wheel.sharpness <= sharpness


@settings(max_examples=10)
@given(feed=st.floats(0.2, 3.0), degree=st.floats(0.0, 1.0))
def test_the_energy_of_grinding_is_the_work_of_the_tangential_force(feed: float, degree: float) -> None:
    grinder = turning(degree, 200.0)
    grinder.stage.feed_um_s = feed
    speed_m_s = 3000.0 / 60.0 * 2.0 * pi * P["wheel.radius"]
    energy = work = 0.0
    for _ in range(1500):
        before_N = grinder.force_N
        grinder.step(1)
        energy += grinder.spindle.load_W * 0.01
        work += P["grind.force_ratio"] * 0.5 * (before_N + grinder.force_N) * speed_m_s * 0.01
    assert energy > 0.0
    assert energy == pytest.approx(work, rel=1e-3)


Shots = st.lists(st.tuples(st.floats(50.0, 600.0), st.floats(0.05, 6.0)), min_size=1, max_size=4)


@settings(max_examples=25)
@given(
    shots=Shots,
    into=st.sampled_from(("cup", "mold", "nothing")),
    filled=st.booleans(),
    fill_mL=st.floats(0.5, 20.0),
    bubble_uL=st.floats(0.0, 1000.0),
)
def test_what_leaves_the_barrel_is_in_the_cup_in_the_recess_or_spilled(
    shots: list[tuple[float, float]], into: str, filled: bool, fill_mL: float, bubble_uL: float
) -> None:
    p = FILLED if filled else P
    balance, mold = Balance(p), Mold(p)
    part = Part(1)
    dispenser = Dispenser(p, balance, mold)
    dispenser.liquid_m3, dispenser.bubble_m3, dispenser.air_valve = fill_mL * 1e-6, bubble_uL * 1e-9, True
    balance.cup_present, dispenser.needle_down = into == "cup", into == "mold"
    mold.part = part if into == "mold" else None
    for pressure_kPa, seconds in shots:
        dispenser.pressure_kPa = pressure_kPa
        dispenser.shot(seconds)
        for _ in range(round(seconds / 0.1) + 60):
            dispenser.step(10, 600e3)
    lost_g = (fill_mL - dispenser.liquid_m3 * 1e6) * 1e3 * DENSITY_g_uL
    found_g = balance.liquid_g + part.cover.volume_uL * DENSITY_g_uL + dispenser.spilled_g
    assert lost_g >= 0.0
    assert found_g == pytest.approx(lost_g, abs=1e-9)
    assert part.cover.overflow_uL * DENSITY_g_uL <= dispenser.spilled_g + 1e-9
    assert part.cover.height_um <= P["recess.wall"] * 1e6 - part.chip_um + 1e-6


@given(
    celsius=st.lists(st.floats(20.0, 190.0), min_size=1, max_size=20),
    old=st.floats(0.0, 0.5),
    fresh=st.floats(0.0, 0.5),
)
def test_the_degree_of_cure_never_falls_and_stays_below_one_also_when_liquids_mix(
    celsius: list[float], old: float, fresh: float
) -> None:
    mold, part = Mold(P), Part(1)
    mold.part = part
    mold.pour(1e-6, 0.0, old)
    mold.pour(2e-6, 0.0, fresh)
    assert min(old, fresh) - 1e-12 <= part.cover.degree <= max(old, fresh) + 1e-12
    degree = part.cover.degree
    for second, degrees in enumerate(celsius):
        mold.age(1.0, degrees, float(second))
        assert degree <= part.cover.degree <= 1.0
        degree = part.cover.degree


@given(minutes=st.integers(1, 100), celsius=st.floats(10.0, 40.0))
def test_liquid_in_the_barrel_only_thickens(minutes: int, celsius: float) -> None:
    epoxy, degree = Epoxy(P), 0.0
    for _ in range(minutes):
        older = epoxy.cured(degree, celsius, 60.0)
        assert degree <= older < 1.0
        assert epoxy.fluid(celsius, older).consistency >= epoxy.fluid(celsius, degree).consistency
        degree = older


def test_a_liquid_with_a_yield_stress_never_levels() -> None:
    left = []
    for p in (P, FILLED):
        mold, part = Mold(p), Part(1)
        mold.part = part
        mold.pour(3.85e-6, 0.0, 0.0)
        for second in range(600):
            mold.age(1.0, 100.0, float(second))
        left.append(part.cover.unlevel)
    assert left[0] < 2.0
    assert left[1] == 10.0


def test_too_much_liquid_runs_over_the_wall_and_too_little_leaves_groove_and_face_bare() -> None:
    mold = Mold(P)
    little, much = Part(1), Part(2)
    mold.part = little
    assert mold.pour(0.5e-6, 0.0, 0.0) == 0.5e-6
    assert 0.0 < little.cover.groove_um < 600.0
    assert little.cover.height_um == 0.0
    mold.part = much
    assert mold.pour(9e-6, 0.0, 0.0) < 9e-6
    assert much.cover.overflow_uL == pytest.approx(9000.0 - much.cover.volume_uL)
    assert much.cover.height_um == pytest.approx(850.0 - 725.0)
    assert much.cover.groove_um == pytest.approx(600.0)

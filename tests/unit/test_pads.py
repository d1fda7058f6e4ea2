"""Pads of all materials under load: monotone, dissipative, softening, setting, held by what has gelled."""

from __future__ import annotations

from itertools import pairwise
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.materials import Purpose
from simulators.parameters import Parameters
from simulators.physics import resilient
from simulators.physics.root import falling_root
from simulators.quality import quality
from tests.unit.pad_bench import PadBench

KINDS = ("WLP-200", "WLP-200-EPOXY", "WLP-200-FOAM")
MOST_kPa = {"WLP-200": 450.0, "WLP-200-EPOXY": 450.0, "WLP-200-FOAM": 120.0}
kinds = st.sampled_from(KINDS)


def loaded(kind: str, kPa: float) -> PadBench:
    """A fresh part, loaded in two seconds."""
    bench = PadBench(kind)
    return bench.ramp(kPa, max(1.0, kPa) / 2.0)


@settings(max_examples=15)
@given(kind=kinds, shares=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=4, unique=True))
def test_more_pressure_gives_a_smaller_gap(kind: str, shares: list[float]) -> None:
    loads = sorted(share * MOST_kPa[kind] for share in shares)
    gaps = [loaded(kind, kPa).part.gap_um for kPa in loads]

    assert all(a >= b for a, b in pairwise(gaps))
    assert all(a > b for (a, b), (x, y) in zip(pairwise(gaps), pairwise(loads), strict=True) if y - x > 0.01)


@settings(max_examples=20)
@given(
    kind=kinds,
    celsius=st.floats(20.0, 180.0),
    grade=st.floats(1.0, 1e5),
    cycles=st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(1.0, 600.0)), min_size=1, max_size=4),
)
def test_set_never_decreases_and_the_height_ratio_stays_between_0_and_1(
    kind: str, celsius: float, grade: float, cycles: list[tuple[float, float]]
) -> None:
    bench = PadBench(kind, celsius)
    bench.part.mar({"grade": grade})
    sets = [0.0]
    for share, seconds in cycles:
        bench.ramp(share * MOST_kPa[kind], MOST_kPa[kind]).hold(seconds)
        sets.append(bench.part.pad.set_strain)
        bench.ramp(0.0, MOST_kPa[kind]).hold(20.0)
        sets.append(bench.part.pad.set_strain)

        assert 0.0 < quality(bench.part, Parameters()).height_ratio <= 1.0 + 1e-9
    assert all(a <= b for a, b in pairwise(sets))


@settings(max_examples=20)
@given(kind=kinds, share=st.floats(0.05, 1.0), seconds=st.floats(0.5, 100.0), ticks=st.sampled_from([1, 5, 10]))
def test_a_load_cycle_never_gives_energy(kind: str, share: float, seconds: float, ticks: int) -> None:
    """Work of the load over the gap, from rest to rest; step by step, whatever the step."""
    bench = PadBench(kind)
    steps = max(10, round(seconds * 100.0 / ticks / 10.0))
    shape = [i / steps for i in range(1, steps + 1)]
    loads = [share * MOST_kPa[kind] * 1e3 * x for x in (*shape, *reversed(shape), 0.0)]
    work, before = 0.0, 0.0
    for load in loads:
        moved = bench.stack.press(bench.part, ticks, load, 120.0, bench.inside_Pa)
        work -= 0.5 * (load + before) * moved
        before = load

    assert work >= -1e-6 * share * MOST_kPa[kind]


@given(share=st.floats(0.0, 0.95))
def test_a_root_is_found_from_anywhere_or_the_end_is_given(share: float) -> None:
    assert isclose(falling_root(lambda x: 0.7**3 - x**3, share, 0.0, 1.0), 0.7, abs_tol=1e-7)
    assert falling_root(lambda x: 2.0 - x, share, 0.0, 1.0) == 1.0
    assert falling_root(lambda x: -1.0 - x, share, 0.0, 1.0) == 0.0


def test_strain_control_relaxes_to_what_load_control_creeps_from() -> None:
    weights, times = (0.1, 0.06, 0.04), (1.0, 30.0, 600.0)
    coefficients = resilient.prony_coefficients(0.5, weights, times)
    relaxing = resilient.relax_step([0.0] * 3, *coefficients, 1000.0)
    carried = (1.0 - sum(weights)) * 1000.0 + sum(relaxing)

    elastic = resilient.creep_step(carried, 0.0, [0.0] * 3, weights, coefficients)

    assert elastic == pytest.approx(1000.0)


def test_foam_reaches_46_um_under_120_kPa() -> None:
    assert PadBench("WLP-200-FOAM").ramp(120.0, 20.0).hold(1200.0).part.gap_um == pytest.approx(46.0, abs=1.0)


def test_flexibilised_epoxy_gives_way_less_and_sets_more_than_silicone() -> None:
    silicone, epoxy = (PadBench(kind).ramp(400.0, 50.0).hold(300.0) for kind in KINDS[:2])

    assert epoxy.part.gap_um > silicone.part.gap_um + 40.0
    strains = [1.0 - bench.part.pad.stretch for bench in (silicone, epoxy)]
    shares = [bench.part.pad.set_strain / strain for bench, strain in zip((silicone, epoxy), strains, strict=True)]
    assert shares[1] > 10.0 * shares[0]


def test_a_filled_pad_is_softer_the_second_time_up_to_where_it_has_been() -> None:
    first = PadBench(pad__softening=0.2, celsius=25.0).ramp(200.0, 100.0)
    again = PadBench(pad__softening=0.2, celsius=25.0).ramp(400.0, 100.0).ramp(0.0, 100.0).hold(7200.0)
    again.ramp(200.0, 100.0)
    unfilled = PadBench(celsius=25.0).ramp(400.0, 100.0).ramp(0.0, 100.0).hold(7200.0).ramp(200.0, 100.0)

    assert again.part.gap_um < first.part.gap_um - 5.0
    assert unfilled.part.gap_um == pytest.approx(first.part.gap_um, abs=0.5)
    peak = again.part.pad.peak_energy
    assert again.ramp(350.0, 100.0).part.pad.peak_energy == peak
    assert again.ramp(440.0, 100.0).part.pad.peak_energy > peak


def test_closed_cells_swell_when_the_inner_side_is_evacuated_and_open_ones_do_not() -> None:
    gaps = {}
    for closed in (0.0, 1.0):
        bench = PadBench("WLP-200-FOAM", foam__closed_cells=closed).hold(1.0)
        assert bench.part.gap_um == pytest.approx(150.0, abs=1e-3)
        bench.inside_Pa = 1e3
        gaps[closed] = bench.hold(60.0).part.gap_um  # without a pressure outside: only the cells feel it

    assert gaps[0.0] == pytest.approx(150.0, abs=1e-3)
    assert gaps[1.0] > 160.0


def encapsulated(release_kPa_s: float, partial_kPa: float = 100.0) -> PadBench:
    """Filled, compressed and let up in part while cold, then cured in the press and let up wholly."""
    bench = PadBench(celsius=25.0)
    bench.part.pour(Purpose.ENCAPSULANT, 4500.0, 0.0)
    bench.ramp(400.0, 50.0).hold(60.0).ramp(partial_kPa, release_kPa_s)
    bench.celsius = 120.0
    return bench


def test_encapsulant_that_gels_at_a_partial_release_holds_the_gap() -> None:
    bench = encapsulated(10.0).hold(900.0)
    liquid = bench.part.encapsulant
    assert liquid.gel_gap_um is not None
    assert liquid.degree > 0.9
    assert liquid.filled == 1.0
    at_gel = bench.part.gap_um

    bench.ramp(0.0, 10.0).hold(600.0)
    free = PadBench(celsius=25.0).ramp(400.0, 50.0).hold(60.0).ramp(100.0, 10.0).hold(900.0).ramp(0.0, 10.0).hold(600.0)
    assert at_gel + 1.0 < bench.part.gap_um < 0.5 * (at_gel + free.part.gap_um)


def test_after_a_fast_release_it_gels_at_a_lower_gap() -> None:
    """The pads have had less time to creep back."""
    gaps = []
    for rate in (2.0, 60.0):
        bench = PadBench(celsius=25.0)
        bench.part.pour(Purpose.ENCAPSULANT, 4500.0, 0.0)
        bench.ramp(400.0, 60.0).hold(3600.0).ramp(20.0, rate)
        bench.celsius = 170.0
        bench.hold(120.0)
        assert bench.part.encapsulant.gel_gap_um is not None
        gaps.append(bench.part.encapsulant.gel_gap_um)

    assert gaps[0] > gaps[1] + 0.4  # eight times the noise of a gap head


def test_a_thick_liquid_and_a_fast_release_leave_voids() -> None:
    slow, fast = encapsulated(10.0), encapsulated(60.0)
    assert 0.0 < slow.part.encapsulant.suction < fast.part.encapsulant.suction < 0.1
    late = PadBench(encapsulant__viscosity=300.0, celsius=25.0)
    late.part.pour(Purpose.ENCAPSULANT, 4500.0, 0.0)
    late.ramp(400.0, 60.0).hold(10.0)
    late.inside_Pa = 1e3
    late.ramp(0.0, 60.0)

    assert late.part.encapsulant.suction > 1.0


def test_too_little_encapsulant_fills_and_holds_less() -> None:
    bench = PadBench()
    bench.part.pour(Purpose.ENCAPSULANT, 1000.0, 0.0)
    bench.ramp(100.0, 50.0).hold(900.0)

    assert 0.2 < bench.part.encapsulant.filled < 0.35
    assert bench.part.encapsulant.modulus_Pa < 0.35 * 2e6


@settings(max_examples=20)
@given(
    temperatures=st.lists(st.floats(20.0, 190.0), min_size=1, max_size=6),
    volume_uL=st.floats(100.0, 6000.0),
    purpose=st.sampled_from([Purpose.ENCAPSULANT, Purpose.ADHESIVE]),
)
def test_what_is_in_the_press_cures_and_never_goes_back(
    temperatures: list[float], volume_uL: float, purpose: Purpose
) -> None:
    bench = PadBench(celsius=25.0)
    bench.part.pour(purpose, volume_uL, 0.0)
    bench.ramp(200.0, 100.0)
    liquid = bench.part.encapsulant if purpose is Purpose.ENCAPSULANT else bench.part.adhesive
    degrees, moduli = [0.0], [0.0]
    for bench.celsius in temperatures:
        bench.hold(60.0)
        degrees.append(liquid.degree)
        moduli.append(liquid.modulus_Pa)

    assert all(a <= b <= 1.0 for a, b in pairwise(degrees))
    assert all(a <= b for a, b in pairwise(moduli))
    assert purpose is Purpose.ENCAPSULANT or moduli[-1] == 0.0


def test_a_pad_held_too_long_when_hot_recovers_less() -> None:
    ratios = []
    for seconds in (300.0, 4 * 3600.0):
        bench = PadBench("WLP-200-EPOXY").ramp(400.0, 50.0).hold(seconds).ramp(0.0, 10.0).hold(3600.0)
        ratios.append(quality(bench.part, Parameters()).height_ratio)

    assert ratios[1] < ratios[0] - 0.005

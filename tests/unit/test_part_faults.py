"""Flaws of a part show: in what the gap heads say on the wire, or in the inspection record, beyond three sigma."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

import pytest

from simulators.handling import Handling
from simulators.inspection import inspect
from simulators.scenario import parse_fault
from tests.unit.plant_bench import Bench

HEADS = ("gap1", "gap2", "gap3")


@dataclass(frozen=True, slots=True)
class Gap:
    """Readings of the three gap heads over five seconds, um: mean height, span of the heads, and their scatter."""

    mean: float
    tilt: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What the control software could see of a part that was compressed hot and let up."""

    free: Gap
    compressed: Gap
    released: Gap
    record: dict[str, float]

    @property
    def height_ratio(self) -> float:
        return self.released.mean / self.free.mean


def read_gap(bench: Bench) -> Gap:
    means, tilts = [], []

    def look() -> None:
        heads = bench.sense(*HEADS)
        means.append(fmean(heads))
        tilts.append(max(heads) - min(heads))

    bench.run(5.0, watch=look)
    return Gap(fmean(means), fmean(tilts), max(stdev(means), stdev(tilts)))


@cache
def seen(*faults: str) -> Seen:
    """Loaded by hand, 400 kPa for five minutes at 120 degC, released at 10 kPa/s, inspected."""
    bench = Bench().enable()
    for fault in faults:
        bench.plant.inject(parse_fault(fault))
    bench.run(0.2)
    hands = Handling(bench.plant)
    hands.open_door()
    bench.run(0.2)
    assert hands.put("press")
    hands.close_door()
    bench.drive(door_lock=1, clamp=1, dump_shut=1, platen_contactor=1, platen_setpoint=120)
    bench.run(900.0)
    free = read_gap(bench)
    bench.pressurise(400, 50)
    bench.run(300.0)
    compressed = read_gap(bench)
    bench.drive(pressure_target=0, pressure_rate=10)
    bench.run(100.0)
    part = bench.plant.press.part
    assert part is not None
    record = {name: value for name, (value, _) in inspect(part, 1).items()}
    return Seen(free, compressed, read_gap(bench), record)


def test_bad_pads_recover_less() -> None:
    good, bad = seen(), seen("part.bad_pads")

    assert good.height_ratio > 0.975
    assert bad.height_ratio < good.height_ratio - 3.0 * 1.5 * good.released.sigma / good.free.mean
    assert bad.released.mean < 142.5  # the limit that a recipe sets
    assert seen("part.bad_pads=1e6").height_ratio < 0.8


def test_missing_pads_lower_the_gap_and_tilt_it_under_load() -> None:
    good, bad = seen(), seen("part.missing_pads")

    assert bad.free.mean == pytest.approx(good.free.mean, abs=3.0 * good.free.sigma)
    assert bad.compressed.mean < good.compressed.mean - 3.0 * good.compressed.sigma - 2.0
    assert bad.compressed.tilt > good.compressed.tilt + 3.0 * good.compressed.sigma + 5.0


def test_leads_that_stick_lift_their_bonds_and_do_not_peel() -> None:
    good, bad = seen(), seen("part.adhesion")

    assert (good.record["lifted_bonds"], good.record["cracked_leads"]) == (0.0, 0.0)
    assert good.record["peeled_fraction"] > 99.9
    assert bad.record["peeled_fraction"] < 99.9 - 3.0 * 0.005
    assert bad.record["lifted_bonds"] > 3.0 * 20_000**0.5
    assert bad.compressed == good.compressed  # the heads show nothing of it


def test_pads_that_are_too_high_crack_leads() -> None:
    good, bad = seen(), seen("part.high_pads")

    assert bad.free.mean > good.free.mean * 1.15 - 3.0 * good.free.sigma - 0.5
    assert bad.record["cracked_leads"] > 100.0
    assert bad.record["lead_strain_max"] > good.record["lead_strain_max"] + 3.0 * 0.05


def test_flaws_add_up_and_a_part_in_the_press_has_them_too() -> None:
    bench = Bench()
    part = bench.close_press()
    bench.plant.inject(parse_fault("part.high_pads=10"))
    bench.plant.inject(parse_fault("part.missing_pads=20"))
    bench.run(2.0)

    assert (part.flaws.height, part.flaws.coverage, part.flaws.grade) == pytest.approx((1.1, 0.8, 1.0))
    assert part.gap_um == pytest.approx(165.0, abs=0.1)
    assert part.lowest_gap_um == pytest.approx(165.0, abs=0.1)

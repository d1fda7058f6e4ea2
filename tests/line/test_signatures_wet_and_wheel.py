"""Every fault of dispenser, cure and grinder shows where a controller could see it: on the wire, or in the record.

One plant per case, driven for seconds and read through the instruments' own protocols; three sigma of the channel is
the least that a signature must be.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import pytest

from simulators.inspection import inspect
from simulators.instruments.abb_acs355 import STATUS, AbbAcs355
from simulators.instruments.eurotherm_3216 import Eurotherm3216, Reg
from simulators.instruments.heidenhain_nd287 import HeidenhainNd287
from simulators.instruments.sartorius_sbi import SartoriusSbi
from simulators.scenario import parse_fault
from simulators.workpiece import Damage, Part
from tests.unit.plant_bench import Bench

MASS_SIGMA_g, POWER_SIGMA_W, GAUGE_SIGMA_um = 1e-4, 3.0, 0.1
TTV_SIGMA_um, CURE_SIGMA_percent, VOID_SIGMA_percent = 0.05, 0.5, 0.02
POWER = STATUS + 4


class Line(Bench):
    """A bench with the instruments of this file on it."""

    def __init__(self, fault: str = "") -> None:
        super().__init__()
        self._balance = SartoriusSbi(self.plant, self.clock)
        self._gauge = HeidenhainNd287(self.plant, self.clock)
        self._drive = AbbAcs355(self.plant, self.clock)
        self._mold = Eurotherm3216(self.plant, "mold", self.clock)
        if fault:
            self.plant.inject(parse_fault(fault))
        self.enable()

    def mass_g(self) -> float:
        [answer] = self._balance.receive(b"\x1bP")
        return float(answer.data[6:17].replace(b" ", b""))

    def thickness_um(self) -> float:
        [answer] = self._gauge.receive(b"\x1bA0200\r")
        return int(answer.data[1:11]) / 10.0

    def power_W(self) -> float:
        reads = []
        for _ in range(5):
            self.run(0.1, poll_s=0.1)
            reads.append(int.from_bytes(self._drive.read_holding(POWER, 1), "big", signed=True))
        return sum(reads) / len(reads)

    def mold_degC(self) -> float:
        return int.from_bytes(self._mold.read_holding(Reg.PV, 1), "big", signed=True) / 10.0


class Shot(NamedTuple):
    """A weighed shot: what the balance shows shortly after its end, and when nothing drips any more."""

    soon_g: float
    at_last_g: float


@cache
def weighed(fault: str = "") -> Shot:
    line = Line(fault)
    line.plant.schedule(lambda: setattr(line.plant.balance, "cup_present", True))
    line.drive(dispenser_air=1, dispense_pressure=300)
    line.run(6)
    line.drive(balance_tare=1)
    line.run(0.4)
    line.drive(dispense_shot=1)
    line.run(1.2)
    soon = line.mass_g()
    line.run(20)
    return Shot(soon, line.mass_g())


@pytest.mark.parametrize(
    ("fault", "share"),
    [
        ("dispenser.needle=clog", 0.656),
        ("dispenser.cold=17", 0.573),
        ("dispenser.pot=old", 0.486),
        ("dispenser.regulator=drift", 0.95),
        ("balance.gain=drift", 1.05),
    ],
)
def test_a_fault_of_the_flow_changes_the_weight_of_every_shot(fault: str, share: float) -> None:
    healthy, sick = weighed(), weighed(fault)

    assert sick.at_last_g == pytest.approx(share * healthy.at_last_g, rel=0.01)
    assert abs(sick.at_last_g - healthy.at_last_g) > 3 * MASS_SIGMA_g


@pytest.mark.parametrize(("fault", "most"), [("dispenser.bubble=200", 0.8), ("dispenser.barrel=low", 0.85)])
def test_air_in_the_wrong_place_makes_a_shot_late_and_gives_it_a_tail(fault: str, most: float) -> None:
    healthy, sick = weighed(), weighed(fault)

    assert sick.soon_g < most * healthy.soon_g - 3 * MASS_SIGMA_g
    assert sick.at_last_g - sick.soon_g > healthy.at_last_g - healthy.soon_g + 3 * MASS_SIGMA_g
    assert sick.at_last_g == pytest.approx(healthy.at_last_g, rel=0.08)


def test_an_empty_barrel_gives_nothing() -> None:
    assert weighed("dispenser.barrel=0").at_last_g == pytest.approx(0.0, abs=3 * MASS_SIGMA_g)


def test_trapped_air_ends_as_voids_in_the_cover() -> None:
    line = Line("dispenser.bubble=200")
    part = line.put("mold")
    line.drive(needle_down=1, dispenser_air=1, dispense_pressure=300)
    line.run(2)
    line.drive(dispense_shot=8)
    line.run(16)

    assert inspect(part, 1)["void_index"][0] == pytest.approx(3.4, abs=0.3)  # 1 %, swollen up to fourfold
    assert inspect(part, 1)["void_index"][0] > 3 * VOID_SIGMA_percent


def cured(bias_K: int = 0) -> tuple[float, float]:
    """The temperature on the wire and the inspected degree of cure, after five minutes at 150 degC on the display."""
    line = Line(f"sensor.mold.bias={bias_K}" if bias_K else "")
    part = line.put("mold")
    part.cover.volume_uL, part.cover.height_um = 3850.0, 70.0
    heater = line.plant.mold_heater
    heater.body = heater.load = heater.reading = 150.0 - bias_K
    line.drive(mold_contactor=1, mold_setpoint=150)
    line.run(300, poll_s=0.5)
    return line.mold_degC(), inspect(part, 1)["degree_of_cure"][0]


def test_a_mold_that_is_colder_than_it_shows_leaves_the_cover_under_cured() -> None:
    (shown, degree), (sick_shown, sick_degree) = cured(), cured(20)

    assert (shown, sick_shown) == (pytest.approx(150.0, abs=2.0), pytest.approx(150.0, abs=2.0))
    assert degree == pytest.approx(88.0, abs=3.0)
    assert sick_degree == pytest.approx(43.0, abs=6.0)
    assert degree - sick_degree > 3 * CURE_SIGMA_percent


class Ground(NamedTuple):
    """What the instruments and the record say of one ground part, and the wheel after it."""

    coarse_W: float
    fine_W: float
    exposing_W: float
    error_um: float
    ttv_um: float
    exposed: float
    sharpness: float
    part: Part


def on_chuck(line: Line, degree: float) -> Part:
    """A covered part under a wheel that turns, 5 um above it; with coolant."""
    part = line.put("grinder")
    part.cover.volume_uL, part.cover.height_um, part.cover.degree = 3850.0, 56.0, degree
    line.drive(spindle_contactor=1, wheel_down=1, coolant=1, chuck_vacuum=1, chuck_motor=1, guard_lock=1)
    line.drive(spindle_reference=3000, spindle_run=1, z_home=1)
    line.run(4)
    line.drive(z_speed=5000, z_target=part.top_um + 5.0)
    line.run(13)
    return part


def feed_until(line: Line, target_um: float, speed_um_s: float) -> None:
    """Feed as the controller does: until the gauge reads the target."""
    line.drive(z_speed=speed_um_s, z_target=line.truth("wheel_um") - 40.0)
    while line.thickness_um() > target_um:
        line.run(0.1, poll_s=0.1)


@cache
def ground(fault: str = "", degree: float = 0.95) -> Ground:
    line = Line(fault)
    part = on_chuck(line, degree)
    chip = part.chip_um
    feed_until(line, chip + 50.0, 3.0)
    coarse = line.power_W()
    feed_until(line, chip + 47.0, 3.0)
    line.drive(z_stop=1)
    line.run(3)
    feed_until(line, chip + 42.0, 0.5)
    fine = line.power_W()
    feed_until(line, chip + 25.5, 0.5)
    exposing = line.power_W()
    feed_until(line, chip + 25.0, 0.5)
    line.drive(z_stop=1)
    line.run(5)
    record = inspect(part, 1)
    error = line.thickness_um() - chip - 25.0
    sharpness = line.plant.grinder.wheel.sharpness
    return Ground(coarse, fine, exposing, error, record["ttv"][0], record["exposed_fraction"][0], sharpness, part)


def test_a_healthy_wheel_grinds_a_cured_cover_well() -> None:
    healthy = ground()

    assert healthy.part.damage == []
    assert abs(healthy.error_um) < 1.0
    assert healthy.ttv_um < 0.4
    assert healthy.exposed > 99.0
    assert healthy.exposing_W == pytest.approx(healthy.fine_W, abs=3 * POWER_SIGMA_W)
    assert healthy.sharpness > 0.99


def test_an_under_cured_cover_grinds_badly_because_it_is_under_cured() -> None:
    degrees = (0.95, 0.8, 0.75, 0.7)
    parts = [ground(degree=degree) for degree in degrees]

    for better, worse in pairwise(parts):
        assert worse.coarse_W > better.coarse_W + 3 * POWER_SIGMA_W
        assert worse.sharpness < better.sharpness
    good, bad = parts[0], parts[-1]
    assert bad.coarse_W > 1.5 * good.coarse_W
    assert abs(bad.error_um) > abs(good.error_um) + 3 * GAUGE_SIGMA_um
    assert bad.ttv_um > good.ttv_um + 3 * TTV_SIGMA_um


def test_a_glazed_wheel_takes_twice_the_power() -> None:
    idle_W = 150.0
    healthy, glazed = ground(), ground("wheel.glazed=0.5")

    assert glazed.coarse_W - idle_W == pytest.approx(2.0 * (healthy.coarse_W - idle_W), rel=0.1)
    assert abs(glazed.error_um) > abs(healthy.error_um)


def test_a_wheel_that_loads_with_solder_takes_more_power_once_it_meets_the_bumps() -> None:
    loaded = ground("wheel.loading=0.2")

    assert loaded.fine_W == pytest.approx(ground().fine_W, abs=3 * POWER_SIGMA_W)
    assert loaded.exposing_W > loaded.fine_W + 50 * POWER_SIGMA_W


def test_a_worn_bearing_shows_in_the_power_without_load() -> None:
    powers = []
    for fault in ("", "spindle.bearing=worn"):
        line = Line(fault)
        on_chuck(line, 0.95)
        powers.append(line.power_W())

    assert powers[1] - powers[0] == pytest.approx(60.0, abs=3 * POWER_SIGMA_W)


def test_a_dry_wheel_loads_and_burns_the_part() -> None:
    line = Line()
    part = on_chuck(line, 0.95)
    line.drive(z_speed=3, z_target=part.chip_um + 5.0)
    line.run(5)
    before = line.power_W()
    line.plant.inject(parse_fault("grinder.coolant=lost"))
    line.run(4)

    assert line.power_W() > before + 10 * POWER_SIGMA_W
    assert line.truth("coolant_L_min") < 0.5
    assert part.damage == [Damage.BURNED]


@pytest.mark.parametrize(
    ("fault", "more_um"), [("grinder.tilt=11", 0.94), ("grinder.particle=5", 5.0), ("spindle.imbalance=1", 1.0)]
)
def test_what_the_wheel_leaves_uneven_is_found_by_inspection(fault: str, more_um: float) -> None:
    healthy, uneven = ground(), ground(fault)

    assert uneven.ttv_um - healthy.ttv_um == pytest.approx(more_um, abs=0.2)
    assert uneven.ttv_um - healthy.ttv_um > 3 * TTV_SIGMA_um
    assert uneven.coarse_W == pytest.approx(healthy.coarse_W, abs=3 * POWER_SIGMA_W)


def test_a_tilted_wheel_leaves_bumps_covered() -> None:
    assert ground("grinder.tilt=500").exposed < ground().exposed - 1.0


def test_a_chip_under_the_probe_and_a_drift_show_at_the_gauge_only() -> None:
    line = Line()
    line.put("grinder")
    line.run(2)
    before = line.thickness_um()
    line.plant.inject(parse_fault("grinder.gauge=3"))
    line.run(1)
    stepped = line.thickness_um()
    line.plant.inject(parse_fault("grinder.gauge_drift=0.5"))
    line.run(3600, poll_s=0.5)

    assert stepped - before == pytest.approx(3.0, abs=3 * GAUGE_SIGMA_um)
    assert line.thickness_um() - stepped == pytest.approx(0.5, abs=3 * GAUGE_SIGMA_um)
    assert line.truth("top_um") == pytest.approx(before, abs=3 * GAUGE_SIGMA_um)


def test_gauge_and_stage_disagree_when_the_gauge_drifts_while_it_grinds() -> None:
    healthy, drifting = ground(), ground("grinder.gauge_drift=200")

    assert drifting.part.top_um < healthy.part.top_um - 3 * GAUGE_SIGMA_um
    assert abs(drifting.error_um) < 1.0

"""The simulated dispenser, mold, balance and grinder, and what inspection says of a finished part."""

from __future__ import annotations

import pytest

from simulators.inspection import inspect
from simulators.scenario import parse_fault
from simulators.workpiece import Damage, Part
from tests.unit.plant_bench import Bench


def shots(bench: Bench, count: int = 4, seconds: float = 8.0) -> None:
    bench.drive(dispenser_air=1, dispense_pressure=300)
    bench.run(2)
    for _ in range(count):
        bench.drive(dispense_shot=seconds)
        bench.run(seconds + 4)


def covered(bench: Bench) -> Part:
    bench.enable()
    part = bench.put("mold")
    bench.drive(needle_down=1)
    bench.run(0.2)
    shots(bench)
    bench.drive(needle_down=0, mold_contactor=1, mold_setpoint=125)
    return part


def test_four_shots_of_8_s_weigh_6_94_g_in_the_cup() -> None:
    bench = Bench().enable()
    bench.plant.schedule(lambda: setattr(bench.plant.balance, "cup_present", True))
    bench.run(3)
    bench.drive(balance_tare=1)
    bench.run(1)
    assert bench.sense("balance")[0] == pytest.approx(0.0, abs=0.001)
    shots(bench)
    assert bench.sense("balance")[0] == pytest.approx(6.94, rel=0.01)
    assert bench.sense("balance_stable") == [1.0]


def test_the_balance_is_unstable_while_liquid_falls() -> None:
    bench = Bench().enable()
    bench.plant.schedule(lambda: setattr(bench.plant.balance, "cup_present", True))
    bench.drive(dispenser_air=1, dispense_pressure=300)
    bench.run(3)
    bench.drive(dispense_shot=2)
    bench.run(1)
    assert bench.sense("balance_stable", "dispensing") == [0.0, 1.0]
    bench.run(1.02, poll_s=0.01)
    assert bench.sense("dispensing") == [0.0]


def test_a_stopped_shot_and_a_dead_air_valve_dispense_less() -> None:
    bench = Bench().enable()
    bench.plant.schedule(lambda: setattr(bench.plant.balance, "cup_present", True))
    bench.drive(dispenser_air=1, dispense_pressure=300)
    bench.run(3)
    bench.drive(dispense_shot=8)
    bench.run(1)
    bench.drive(dispense_stop=1)
    bench.run(5)
    assert 0.15 < bench.truth("cup_g") < 0.25
    bench.drive(dispenser_air=0)
    bench.run(3)
    bench.drive(dispense_shot=8)
    bench.run(9)
    assert bench.truth("cup_g") < 0.25


def test_a_clogged_needle_gives_two_thirds() -> None:
    bench = Bench().enable()
    bench.plant.inject(parse_fault("dispenser.needle"))
    bench.plant.schedule(lambda: setattr(bench.plant.balance, "cup_present", True))
    shots(bench, 1)
    assert bench.truth("cup_g") == pytest.approx(6.94 / 4 * 0.656, rel=0.01)


def test_liquid_without_cup_or_part_is_spilled() -> None:
    bench = Bench().enable()
    shots(bench, 1, 1.0)
    assert bench.truth("spilled_g") > 0.2


def test_the_cover_is_70_um_high_gels_and_cures() -> None:
    bench = Bench()
    part = covered(bench)
    assert part.cover.volume_uL == pytest.approx(3850, rel=0.01)
    assert part.cover.height_um == pytest.approx(70, abs=1.0)
    bench.run(1800)
    assert part.cover.gelled_at_s is not None
    assert part.cover.degree > 0.9
    assert bench.truth("cure") == part.cover.degree


def test_from_cold_at_12_K_per_minute_it_gels_after_880_s_and_is_cured_after_1338_s() -> None:
    bench = Bench()
    part = covered(bench)
    bench.drive(mold_setpoint=25)
    bench.run(120)
    began = bench.now
    for i in range(1, 2801):
        bench.drive(mold_setpoint=min(125.0, 25.0 + 0.1 * i))
        bench.run(0.5, poll_s=0.5)
        if part.cover.degree >= 0.9:
            break
    assert part.cover.gelled_at_s is not None
    assert part.cover.gelled_at_s - began == pytest.approx(880, abs=40)
    assert bench.now - began == pytest.approx(1338, abs=40)


def cured_on_chuck(bench: Bench, degree: float = 0.95) -> Part:
    bench.enable()
    part = bench.put("grinder")
    part.cover.volume_uL, part.cover.height_um, part.cover.degree = 3850.0, 70.0, degree
    return part


def start_wheel(bench: Bench) -> None:
    bench.drive(spindle_contactor=1, wheel_down=1, coolant=1, chuck_vacuum=1, chuck_motor=1, guard_lock=1)
    bench.drive(spindle_reference=3000, spindle_run=1, z_home=1)
    bench.run(15)
    bench.drive(z_speed=5000, z_target=1000)
    bench.run(15)


def feed(bench: Bench, target: float, speed: float, seconds: float) -> None:
    bench.drive(z_speed=speed, z_target=target)
    bench.run(seconds)


def test_homing_gives_the_encoder_its_zero() -> None:
    bench = Bench().enable()
    assert bench.sense("z_homed", "z", "wheel_lifted") == [0.0, 0.0, 1.0]
    bench.drive(z_home=1)
    bench.run(6)
    assert bench.sense("z_homed", "z", "z_moving") == [1.0, 60_000.0, 0.0]


def test_grinding_reaches_its_thickness_with_the_expected_load() -> None:
    bench = Bench()
    part = cured_on_chuck(bench)
    start_wheel(bench)
    assert bench.sense("spindle", "coolant_flow")[0] == 3000
    feed(bench, part.chip_um + 75.0, 50.0, 5)
    feed(bench, part.chip_um + 40.0, 3.0, 10)
    assert bench.sense("spindle_power")[0] == pytest.approx(1020 + 150, rel=0.03)
    assert bench.truth("force_N") == pytest.approx(72, rel=0.03)
    assert bench.truth("deflection_um") == pytest.approx(2.4, abs=0.1)
    bench.run(5)
    feed(bench, part.chip_um + 25.0, 0.3, 55)
    bench.run(5)
    assert part.top_um - part.chip_um == pytest.approx(25.0 + 0.5, abs=0.3)
    assert bench.sense("thickness")[0] == pytest.approx(part.top_um, abs=0.4)
    assert part.ground
    assert part.damage == []


def test_removed_and_remaining_thickness_add_up() -> None:
    bench = Bench()
    part = cured_on_chuck(bench)
    start_wheel(bench)
    feed(bench, part.chip_um + 60.0, 3.0, 120)
    wear = bench.plant.grinder.wheel.wear_um
    assert wear == pytest.approx(0.012 * part.removed_um, rel=0.01)
    growth = bench.plant.grinder.growth_um
    assert 0.1 < growth < 1.0
    assert part.top_um == pytest.approx(part.chip_um + 60.0 + wear - growth, abs=0.01)


def test_a_soft_cover_loads_the_wheel() -> None:
    powers = []
    for degree in (0.95, 0.5):
        bench = Bench()
        part = cured_on_chuck(bench, degree)
        start_wheel(bench)
        feed(bench, part.chip_um + 75.0, 50.0, 5)
        feed(bench, part.chip_um + 40.0, 3.0, 10)
        powers.append(bench.sense("spindle_power")[0])
    assert powers[1] > 1.5 * powers[0]


@pytest.mark.parametrize(
    ("fault", "damage"), [("grinder.coolant=lost", Damage.BURNED), ("grinder.chuck=lost", Damage.LOST)]
)
def test_losing_coolant_or_chuck_while_grinding_spoils_the_part(fault: str, damage: Damage) -> None:
    bench = Bench()
    part = cured_on_chuck(bench)
    start_wheel(bench)
    feed(bench, part.chip_um + 75.0, 50.0, 5)
    bench.plant.inject(parse_fault(fault))
    feed(bench, part.chip_um + 40.0, 3.0, 10)
    assert part.damage == [damage]


def test_a_tripped_spindle_coasts_and_a_reset_does_not_start_it() -> None:
    bench = Bench().enable()
    start_wheel(bench)
    bench.plant.inject(parse_fault("spindle.trip"))
    bench.run(2)
    assert bench.sense("spindle_tripped") == [1.0]
    assert 2500 < bench.truth("spindle_rpm") < 2900
    bench.drive(spindle_reset=1)
    bench.run(30)
    assert bench.sense("spindle_tripped", "spindle", "standstill") == [0.0, 0.0, 1.0]


def test_pressing_a_standing_wheel_into_the_part_breaks_it() -> None:
    bench = Bench()
    part = cured_on_chuck(bench)
    start_wheel(bench)
    bench.drive(spindle_run=0)
    bench.run(10)
    feed(bench, part.chip_um, 50.0, 10)
    assert Damage.BROKEN in part.damage
    assert part.removed_um == 0.0


def test_quick_lift_takes_the_wheel_off_at_once() -> None:
    bench = Bench()
    part = cured_on_chuck(bench)
    start_wheel(bench)
    feed(bench, part.chip_um + 60.0, 3.0, 100)
    before = part.removed_um
    bench.drive(wheel_down=0)
    bench.run(0.02, poll_s=0.01)
    assert bench.truth("force_N") == 0.0
    bench.run(2)
    assert part.removed_um == pytest.approx(before, abs=0.05)


def test_gauge_steps_by_the_fault() -> None:
    bench = Bench()
    part = cured_on_chuck(bench)
    bench.run(2)
    bench.plant.inject(parse_fault("grinder.gauge=jump"))
    bench.run(1)
    assert bench.sense("thickness")[0] == pytest.approx(part.top_um + 8.0, abs=0.5)


def test_inspection_of_a_good_part() -> None:
    part = Part(1001)
    part.lowest_gap_um, part.highest_gap_after_um, part.gap_um = 89.3, 147.3, 147.3
    part.cover.volume_uL, part.cover.height_um, part.cover.degree = 3850.0, 70.0, 0.95
    part.cover.groove_um, part.cover.gelled_at_s, part.cover.hottest_solid_degC = 600.0, 900.0, 125.0
    part.removed_um, part.ground = 45.0, True
    found = inspect(part, 1)
    assert found == inspect(part, 1)
    assert found["cracked_leads"] == (0.0, "")
    assert found["peeled_fraction"][0] > 99.9
    assert found["lead_strain_max"][0] == pytest.approx(8.4, abs=0.6)
    assert found["exposed_fraction"][0] > 99.5
    assert found["degree_of_cure"][0] == pytest.approx(95, abs=2)
    assert found["groove_ok"] == (1.0, "")
    assert found["groove_depth"][0] == pytest.approx(600, abs=8)
    assert found["warpage"][0] == pytest.approx(83.5, abs=6)  # Stoney: 25 um, 100 K
    assert found["ttv"][0] < 0.3
    assert (found["void_index"], found["projection"]) == ((0.0, "%"), (0.0, "um"))


def test_inspection_of_an_overstretched_or_untouched_part() -> None:
    high = Part(1002, lowest_gap_um=89.0, highest_gap_after_um=172.0)
    assert inspect(high, 1)["cracked_leads"][0] > 100
    fresh = inspect(Part(1003), 1)
    assert {name: value for name, (value, _) in fresh.items()} == dict.fromkeys(fresh, 0.0)

"""The simulated press: ramps, gap, release, inner side, clamp, leak, heat."""

from __future__ import annotations

import pytest

from simulators.scenario import parse_fault
from tests.unit.plant_bench import Bench


def test_default_part_has_its_gap_at_400_kPa_and_60_s_after_release() -> None:
    bench = Bench()
    part = bench.close_press()
    bench.drive(platen_contactor=1, platen_setpoint=120)
    bench.run(1200)
    bench.pressurise(400, 60)
    bench.run(300)
    assert bench.truth("outer_kPa") == pytest.approx(400, abs=0.2)
    assert part.gap_um == pytest.approx(89.3, abs=0.3)
    bench.drive(pressure_target=0, pressure_rate=10)
    bench.run(40.2)
    assert part.gap_um == pytest.approx(143.5, abs=1.0)
    bench.run(60)
    assert part.gap_um == pytest.approx(147.3, abs=0.3)
    assert part.gap_um / 150.0 == pytest.approx(0.982, abs=0.003)


def test_second_part_compresses_alike() -> None:
    bench = Bench()
    part = bench.close_press("PKG-15")
    bench.pressurise(400, 60)
    assert 89 < part.gap_um < 94


@pytest.mark.parametrize("rate", [5, 20, 60])
def test_pressure_tracks_a_ramp_within_two_kPa(rate: float) -> None:
    bench = Bench()
    bench.close_press()
    bench.drive(pressure_target=300, pressure_rate=rate, pressure_control=1)
    worst = [0.0]

    def watch() -> None:
        off = bench.plant.press.gauge_Pa - bench.plant.press.loop.working_Pa
        worst[0] = max(worst[0], abs(off) / 1e3)

    bench.run(300 / rate + 2, poll_s=0.05, watch=watch)
    assert worst[0] < 2.2
    assert bench.truth("outer_kPa") == pytest.approx(300, abs=0.5)


def test_a_vent_reports_its_progress_and_ends_at_atmosphere() -> None:
    bench = Bench()
    bench.close_press()
    bench.pressurise(100, 50)
    bench.drive(pressure_rate=20, pressure_vent=1)
    bench.run(2)
    assert bench.sense("pressure_vent_state", "pressure_control_on") == [1.0, 0.0]
    bench.run(10)
    assert bench.sense("pressure_vent_state") == [2.0]
    assert abs(bench.truth("outer_kPa")) < 0.6


def test_control_off_closes_both_valves_and_keeps_the_pressure() -> None:
    bench = Bench()
    bench.close_press()
    bench.pressurise(200, 50)
    bench.drive(pressure_control=0)
    bench.run(20)
    assert bench.truth("fill_open") + bench.truth("vent_open") < 1e-6
    assert bench.truth("outer_kPa") == pytest.approx(200, abs=0.5)


def test_relief_valve_opens_at_680_kPa() -> None:
    bench = Bench()
    bench.close_press()
    bench.drive(pressure_target=690, pressure_rate=60, pressure_control=1)
    bench.run(60)
    assert 675 < bench.truth("outer_kPa") < 685


def test_a_leak_shows_in_the_effort_and_hides_in_the_pressure() -> None:
    bench = Bench()
    bench.close_press()
    bench.pressurise(400, 60)
    bench.run(10)
    assert bench.sense("pressure_effort")[0] < 2
    bench.plant.inject(parse_fault("press.leak"))
    bench.run(20)
    assert bench.sense("pressure_effort")[0] > 22
    assert bench.truth("outer_kPa") == pytest.approx(400, abs=1.0)


def test_without_part_or_with_the_door_open_the_gap_heads_see_nothing() -> None:
    bench = Bench().enable()
    assert bench.sense("gap1", "gap2", "gap3") == pytest.approx([1000] * 3, abs=1)
    bench.put("press")
    assert bench.sense("gap1", "gap2", "gap3") == pytest.approx([150] * 3, abs=5)


def test_clamp_keeps_its_pressure_when_the_supply_sinks() -> None:
    bench = Bench()
    bench.close_press()
    bench.plant.inject(parse_fault("press.supply=low"))
    bench.run(5)
    assert bench.sense("supply")[0] == pytest.approx(249, abs=3)
    assert bench.sense("clamp_pressure")[0] > 550


def test_an_unclamped_door_leaks() -> None:
    bench = Bench()
    bench.close_press()
    bench.drive(clamp=0)
    bench.run(3)
    bench.pressurise(100, 20)
    assert bench.truth("outer_kPa") < 60


def test_inner_side_pumps_down_holds_and_comes_back_at_its_rate() -> None:
    bench = Bench()
    bench.close_press()
    bench.drive(inner_vent_shut=1, inner_vacuum=1, pump=1, inner_target=20, inner_rate=20, inner_control=1)
    bench.run(6)
    assert bench.truth("inner_kPa") == pytest.approx(20, abs=0.5)
    bench.drive(inner_target=80, inner_rate=10)
    bench.run(3)
    assert bench.truth("inner_kPa") == pytest.approx(50, abs=1.5)
    bench.run(6)
    assert bench.truth("inner_kPa") == pytest.approx(80, abs=0.5)
    bench.drive(inner_control=0, bleed=0)
    bench.run(8)
    assert bench.truth("inner_kPa") < 1.0


def test_vacuum_alone_compresses_as_pressure_does() -> None:
    bench = Bench()
    part = bench.close_press()
    bench.drive(inner_vent_shut=1, inner_vacuum=1, pump=1)
    bench.run(10)
    assert 118 < part.gap_um < 130


def test_platen_follows_8_K_per_minute_and_cools_in_25_minutes() -> None:
    bench = Bench().enable()
    bench.drive(platen_contactor=1)
    for i in range(1, 1436):
        bench.drive(platen_setpoint=min(120.0, 25.0 + 8.0 / 60.0 * 0.5 * i))
        bench.run(0.5, poll_s=0.5)
        if i == 600:
            assert bench.truth("platen_degC") == pytest.approx(25 + 40, abs=2.0)
    bench.run(300)
    assert bench.truth("platen_degC") == pytest.approx(120, abs=0.5)
    bench.drive(platen_contactor=0)
    bench.run(25 * 60)
    assert bench.truth("platen_degC") == pytest.approx(60, abs=2)


def test_mold_cools_from_125_to_80_degC_in_ten_minutes() -> None:
    bench = Bench().enable()
    bench.drive(mold_contactor=1, mold_setpoint=125)
    bench.run(600)
    assert bench.truth("mold_degC") == pytest.approx(125, abs=0.5)
    bench.drive(mold_contactor=0)
    bench.run(600)
    assert bench.truth("mold_degC") == pytest.approx(80, abs=2.5)


def test_overshoot_of_a_step_is_small() -> None:
    bench = Bench().enable()
    bench.drive(platen_contactor=1, platen_setpoint=100)
    highest = [0.0]

    def watch() -> None:
        highest[0] = max(highest[0], bench.plant.platen.body)

    bench.run(900, watch=watch)
    assert highest[0] < 101.0


def test_a_broken_heater_gives_a_loop_break_and_a_broken_sensor_no_power() -> None:
    bench = Bench().enable()
    bench.plant.inject(parse_fault("platen.heater=open@5"))
    bench.drive(platen_contactor=1, platen_setpoint=100)
    bench.run(130)
    assert bench.sense("platen_loop_break", "platen_output") == [1.0, 100.0]
    bench.plant.inject(parse_fault("platen.sensor=break"))
    bench.run(1)
    assert bench.sense("platen_sensor_break", "platen_output") == [1.0, 0.0]
    assert bench.sense("platen")[0] > 1000


def test_cut_out_opens_the_contactor_until_it_is_reset_by_hand() -> None:
    bench = Bench().enable()
    bench.drive(platen_contactor=1, platen_setpoint=260)
    bench.run(1300)
    assert bench.sense("platen_contactor_closed") == [0.0]
    assert bench.truth("platen_degC") < 212
    bench.run(300)
    bench.plant.schedule(lambda: bench.plant.press_reset(True))
    bench.run(1)
    assert bench.sense("platen_contactor_closed") == [1.0]

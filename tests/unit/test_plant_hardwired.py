"""What is wired and needs no program, and what the grid promises: heartbeat, ENABLE, locks, faults, read patterns."""

from __future__ import annotations

from functools import partial

import pytest

from simulators.channels import ACTUATORS, SENSORS
from simulators.scenario import parse_fault
from simulators.workpiece import Damage, Part, new_part
from tests.unit.plant_bench import Bench


def running() -> Bench:
    """Everything on: press at 400 kPa, heaters, dispenser, wheel at speed."""
    bench = Bench()
    bench.close_press()
    bench.drive(
        platen_contactor=1, mold_contactor=1, platen_setpoint=100, mold_setpoint=100, dispenser_air=1, needle_down=1,
        inner_vent_shut=1, inner_vacuum=1, pump=1, wheel_down=1, coolant=1, chuck_vacuum=1, chuck_motor=1,
        spindle_contactor=1, guard_lock=1, spindle_reference=3000, spindle_run=1, z_home=1,
    )  # fmt: skip
    bench.drive(spindle_run=1)
    bench.pressurise(400, 60)
    assert bench.truth("spindle_rpm") == 3000
    bench.drive(z_speed=100, z_target=1000)
    bench.run(1)
    return bench


def assert_dropped(bench: Bench) -> None:
    truth = bench.plant.truth()
    off = ["enabled", "inner_vacuum_open", "pump", "platen_contactor", "mold_contactor", "dispenser_air", "needle_down"]
    on = ["dump_open", "inner_vent_open", "wheel_lifted", "door_locked"]
    assert [truth[name] for name in off] == [0.0] * len(off)
    assert [truth[name] for name in on] == [1.0] * len(on)
    assert (truth["z_moving"], truth["z_powered"]) == (0.0, 0.0)
    assert truth["clamp_kPa"] > 590
    assert truth["coolant_L_min"] > 4.9
    assert truth["chuck_kPa"] < -10


@pytest.mark.parametrize("cause", ["heartbeat", "estop"])
def test_losing_enable_does_everything_that_springs_do(cause: str) -> None:
    bench = running()
    if cause == "heartbeat":
        bench.beating = False
        bench.run(0.9, poll_s=0.05)
    else:
        bench.plant.inject(parse_fault("line.estop"))
        bench.run(0.1, poll_s=0.05)
    assert_dropped(bench)
    assert bench.truth("spindle_contactor") == 1.0
    bench.run(1.6, poll_s=0.05)
    assert bench.truth("spindle_contactor") == 0.0
    bench.drive(pressure_control=0)
    bench.run(5)
    assert bench.truth("outer_kPa") < 5
    bench.run(30)
    assert bench.sense("standstill") == [1.0]


def test_the_relay_drops_0_8_s_after_the_last_beat() -> None:
    bench = Bench().enable()
    bench.beating = False
    bench.run(0.79, poll_s=0.01)
    assert bench.truth("enabled") == 1.0
    bench.run(0.02, poll_s=0.01)
    assert bench.truth("enabled") == 0.0


def test_the_dump_empties_the_press_though_the_controller_would_go_on_filling() -> None:
    """The dump valve also cuts the booster's air; else the two would hold several tens of kPa between them."""
    bench = running()
    bench.plant.inject(parse_fault("line.estop"))
    bench.run(10)
    assert bench.truth("outer_kPa") < 5


def test_enable_needs_button_command_chain_and_heartbeat_together() -> None:
    bench = Bench()
    plant = bench.plant
    bench.drive(enable_reset=1)
    bench.run(1)
    assert bench.truth("enabled") == 0.0
    bench.drive(enable_reset=0)
    plant.schedule(partial(plant.press_reset, True))
    bench.run(1)
    assert bench.truth("enabled") == 0.0
    plant.schedule(partial(plant.set_estop_chain, False))
    bench.drive(enable_reset=1)
    bench.run(1)
    assert bench.truth("enabled") == 0.0
    plant.schedule(partial(plant.set_estop_chain, True))
    bench.drive(enable_reset=1)
    bench.run(1)
    assert bench.truth("enabled") == 1.0


def test_without_a_heartbeat_nothing_enables() -> None:
    bench = Bench()
    bench.beating = False
    bench.plant.schedule(partial(bench.plant.press_reset, True))
    bench.drive(enable_reset=1)
    bench.run(1)
    assert bench.truth("enabled") == 0.0


def test_nothing_that_was_on_comes_back_by_itself() -> None:
    bench = running()
    bench.plant.inject(parse_fault("line.estop=1"))
    bench.run(5)
    bench.drive(dump_shut=1, platen_contactor=1, wheel_down=1, spindle_contactor=1)
    bench.enable()
    truth = bench.plant.truth()
    assert truth["dump_open"] == truth["wheel_lifted"] == truth["inner_vent_open"] == 1.0
    assert truth["platen_contactor"] == truth["spindle_contactor"] == truth["pump"] == truth["dispenser_air"] == 0.0
    assert truth["clamp_kPa"] > 590
    bench.drive(dump_shut=1)
    bench.run(0.2)
    assert bench.truth("dump_open") == 0.0


def test_the_door_stays_locked_under_pressure_and_when_hot() -> None:
    bench = Bench()
    bench.close_press()
    bench.pressurise(20, 10)
    bench.drive(door_lock=0)
    bench.run(1)
    assert bench.sense("door_locked") == [1.0]
    bench.drive(pressure_vent=1)
    bench.run(10)
    assert bench.sense("door_locked") == [0.0]
    bench.drive(door_lock=1, platen_contactor=1, platen_setpoint=70)
    bench.run(400)
    bench.drive(door_lock=0)
    bench.run(1)
    assert bench.sense("door_locked") == [1.0]


def test_the_door_stays_locked_on_vacuum() -> None:
    bench = Bench()
    bench.close_press()
    bench.drive(inner_vent_shut=1, inner_vacuum=1, pump=1)
    bench.run(3)
    bench.drive(door_lock=0)
    bench.run(1)
    assert bench.sense("door_locked") == [1.0]


def test_the_guard_unlocks_only_at_standstill() -> None:
    bench = Bench().enable()
    bench.drive(spindle_contactor=1, guard_lock=1)
    bench.drive(spindle_reference=1000, spindle_run=1)
    bench.run(4)
    bench.drive(guard_lock=0)
    bench.run(1)
    assert bench.sense("guard_locked", "standstill") == [1.0, 0.0]
    bench.drive(spindle_run=0)
    bench.run(4)
    assert bench.sense("guard_locked", "standstill") == [0.0, 1.0]


def test_a_forced_door_opens_the_switch() -> None:
    bench = Bench()
    bench.plant.inject(parse_fault("press.door=open@2"))
    bench.run(1.8)
    assert bench.sense("door_closed") == [1.0]
    bench.run(0.4)
    assert bench.sense("door_closed") == [0.0]


FAULTS = (
    "press.leak@17.123", "press.fill_stiction@5", "press.crack@16.5", "press.trapped@20", "press.sag=2@22",
    "press.vent_valve=0.05@21", "platen.sensor_loose@6", "mold.ssr@12", "sensor.outer_fine.spike=1@10",
    "sensor.platen.swap@9", "sensor.gap1.freeze@7.77", "sensor.supply.bias@3",
)  # fmt: skip


def script(bench: Bench, reads: float, seconds: float, faults: tuple[str, ...] = FAULTS[:1]) -> list[float]:
    """A fixed history of drives on a 0.25 s grid, with reads at another rhythm; return the end of it, exactly."""
    plant = bench.plant
    drives: dict[float, dict[str, float]] = {
        0.25: {"enable_reset": 1},
        1.0: {"door_lock": 1, "clamp": 1, "dump_shut": 1},
        3.0: {"pressure_target": 150, "pressure_rate": 40, "pressure_control": 1},
        4.5: {"platen_contactor": 1, "platen_setpoint": 90, "mold_contactor": 1, "mold_setpoint": 90},
        14.75: {"inner_vent_shut": 1, "inner_vacuum": 1, "pump": 1},
        21.25: {"pressure_rate": 10, "pressure_target": 30, "spindle_contactor": 1},
        30.0: {"spindle_reference": 900, "spindle_run": 1, "z_home": 1, "dispenser_air": 1},
        33.25: {"dispense_pressure": 300, "dispense_shot": 1.234},
    }
    plant.schedule(partial(setattr, plant.press, "part", new_part(1, "WLP-200", 1)))
    plant.schedule(partial(plant.press_reset, True))
    for fault in faults:
        plant.inject(parse_fault(fault))
    times = {round(0.25 * i, 6) for i in range(1, int(seconds * 4) + 1)}
    reading = {round(reads * i, 6) for i in range(1, int(seconds / reads) + 1)}
    for now in sorted(times | reading):
        bench.now = now
        if now in reading:
            plant.sense_many(tuple(SENSORS))
        if now in times and now < 40.0:
            plant.drive("heartbeat", now)
            for name, value in drives.get(now, {}).items():
                plant.drive(name, value)
    bench.now = seconds
    truth = plant.truth()
    return [*truth.values(), *plant.sense_many(tuple(SENSORS))]


@pytest.mark.parametrize("reads", [0.01, 1.0 / 7.0, 0.0333, 45.0])
def test_who_reads_how_often_never_changes_the_trajectory(reads: float) -> None:
    assert script(Bench(), reads, 45.0) == script(Bench(), 1.0, 45.0)


@pytest.mark.parametrize("reads", [0.01, 1.0 / 7.0, 45.0])
def test_nor_does_it_with_many_faults_at_once(reads: float) -> None:
    assert script(Bench(), reads, 45.0, FAULTS) == script(Bench(), 1.0, 45.0, FAULTS)


def test_what_the_other_tools_do_never_changes_the_press() -> None:
    alone, busy = Bench().enable(), Bench().enable()
    for bench in (alone, busy):
        bench.put("press")
        bench.drive(door_lock=1, clamp=1, dump_shut=1)
        bench.run(3)
        bench.drive(pressure_target=200, pressure_rate=30, pressure_control=1)
        bench.run(2.3, poll_s=0.1)
        if bench is busy:
            bench.drive(z_home=1, coolant=1, chuck_vacuum=1, dispenser_air=1, dispense_pressure=200, dispense_shot=1.0)
        bench.run(10.1, poll_s=0.1)

    true = [(bench.plant.press.outer, bench.plant.press.part) for bench in (alone, busy)]
    assert true[0] == true[1]


def test_one_seed_one_history_and_another_seed_another_noise() -> None:
    assert script(Bench(3), 1.0, 10.0) == script(Bench(3), 1.0, 10.0)
    assert script(Bench(3), 1.0, 10.0) != script(Bench(4), 1.0, 10.0)


def test_a_block_read_is_the_same_as_single_reads() -> None:
    bench = running()
    names = tuple(SENSORS)
    assert bench.plant.sense_many(names) == [bench.plant.sense(name) for name in names]


def test_every_actuator_can_be_driven_and_an_unknown_name_is_refused() -> None:
    bench = Bench().enable()
    for name in ACTUATORS:
        bench.plant.drive(name, 0.0)
    bench.run(1)
    with pytest.raises(KeyError):
        bench.plant.drive("warp", 1.0)
    with pytest.raises(KeyError):
        bench.plant.sense("warp")


def test_a_part_keeps_its_state_through_json() -> None:
    bench = Bench()
    part = bench.close_press()
    bench.pressurise(200, 60)
    part.spoil(Damage.BURNED)
    part.cover.degree = 0.5
    assert Part.from_json(part.to_json()) == part
    with pytest.raises(ValueError, match="id is missing"):
        Part.from_json("{}")

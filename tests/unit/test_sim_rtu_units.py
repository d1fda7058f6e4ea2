"""The temperature controller's and the spindle drive's firmware on a plant of dictionaries."""

from __future__ import annotations

import math

import pytest

from simulators.instruments.abb_acs355 import AbbAcs355, State
from simulators.instruments.eurotherm_3216 import Eurotherm3216, Reg, Settings
from simulators.protocols.modbus import ExceptionCode, ModbusException
from tests.wire.fake_plant import FakeClock, FakePlant


def controller(settings: Settings | None = None) -> tuple[Eurotherm3216, FakePlant, FakeClock]:
    plant, clock = FakePlant(platen=23.46, platen_output=45.24), FakeClock()
    return Eurotherm3216(plant, "platen", clock, settings), plant, clock


def word(unit: Eurotherm3216 | AbbAcs355, address: int) -> int:
    return int.from_bytes(unit.read_holding(address, 1), "big", signed=True)


# --- Eurotherm 3216


def test_temperatures_are_scaled_by_the_decimals_of_the_display() -> None:
    unit, plant, _ = controller()
    assert word(unit, Reg.PV) == 235
    assert word(unit, Reg.WORKING_OUTPUT) == 452
    plant.show(platen=-5.0)
    assert word(unit, Reg.PV) == -50
    coarse, _, _ = controller(Settings(decimals=0))
    assert word(coarse, Reg.PV) == 23


@pytest.mark.parametrize("shown", [math.inf, -math.inf, math.nan, 1e9])
def test_a_temperature_beyond_the_register_is_held_at_its_end(shown: float) -> None:
    unit, plant, _ = controller()
    plant.show(platen=shown)
    assert word(unit, Reg.PV) in (-32768, 32767)


def test_the_working_setpoint_follows_the_remote_setpoint_only_when_it_is_enabled() -> None:
    unit, plant, _ = controller()
    unit.write_holding(Reg.SP1, (600,))
    unit.write_holding(Reg.REMOTE_SP, (1235,))
    assert (word(unit, Reg.WORKING_SP), plant.actuators["platen_setpoint"]) == (600, 60.0)
    unit.write_holding(Reg.REMOTE, (1,))
    assert (word(unit, Reg.WORKING_SP), plant.actuators["platen_setpoint"]) == (1235, 123.5)
    unit.write_holding(Reg.REMOTE, (0,))
    assert plant.actuators["platen_setpoint"] == 60.0


def test_the_target_is_the_selected_local_setpoint() -> None:
    unit, plant, _ = controller()
    unit.write_holding(Reg.SP_SELECT, (1,))
    unit.write_holding(Reg.TARGET_SP, (700,))
    assert (word(unit, Reg.SP1), word(unit, Reg.SP2), word(unit, Reg.TARGET_SP)) == (0, 700, 700)
    assert plant.actuators["platen_setpoint"] == 70.0


def test_writes_of_registers_that_wear_out_are_counted() -> None:
    unit, _, _ = controller()
    for raw in range(600, 610):
        unit.write_holding(Reg.REMOTE_SP, (raw,))
    unit.write_holding(Reg.SP1, (600, 700))
    unit.write_holding(Reg.TARGET_SP, (600,))
    assert unit.eeprom_writes == {Reg.SP1: 1, Reg.SP2: 1, Reg.TARGET_SP: 1}


def test_the_plant_hears_of_a_setpoint_only_when_it_changes() -> None:
    unit, plant, _ = controller()
    for _ in range(3):
        unit.write_holding(Reg.SP1, (600,))
        unit.read_holding(Reg.PV, 5)
    assert plant.driven == [("platen_setpoint", 0.0), ("platen_setpoint", 60.0)]


@pytest.mark.parametrize("address", [0, 7, 26, 27, 276])
def test_a_range_with_an_undefined_register_is_refused(address: int) -> None:
    unit, _, _ = controller()
    with pytest.raises(ModbusException) as refused:
        unit.read_holding(address, 2)
    assert refused.value.code is ExceptionCode.ILLEGAL_ADDRESS


@pytest.mark.parametrize("address,value,code", [(Reg.REMOTE_SP, 2501, 3), (Reg.SP1, 0xFFFF, 3), (Reg.PV, 0, 2)])
def test_setpoints_out_of_limits_and_measurements_are_not_writable(address: int, value: int, code: int) -> None:
    unit, plant, _ = controller()
    with pytest.raises(ModbusException) as refused:
        unit.write_holding(address, (value,))
    assert refused.value.code == code
    assert plant.actuators == {"platen_setpoint": 0.0}


def test_the_status_word_shows_breaks_alarms_and_manual() -> None:
    unit, plant, _ = controller()
    assert word(unit, Reg.STATUS) == 0
    plant.show(platen_sensor_break=1)
    assert word(unit, Reg.STATUS) == 1 << 5
    plant.show(platen_sensor_break=0, platen_loop_break=1)
    assert word(unit, Reg.STATUS) == 1 << 6
    plant.show(platen_loop_break=0)
    unit.write_holding(Reg.ALARM_2, (200,))
    unit.write_holding(Reg.MANUAL, (1,))
    assert word(unit, Reg.STATUS) == 1 << 1 | 1 << 4


def test_manual_takes_the_setpoint_away_from_the_loop() -> None:
    unit, plant, _ = controller()
    unit.write_holding(Reg.SP1, (1200,))
    unit.write_holding(Reg.MANUAL, (1,))
    assert plant.actuators["platen_setpoint"] == 0.0
    unit.write_holding(Reg.MANUAL, (0,))
    assert plant.actuators["platen_setpoint"] == 120.0


def test_a_remote_setpoint_that_nobody_writes_is_given_up_only_if_so_configured() -> None:
    for timeout_s, status, setpoint_degC in ((0.0, 0, 80.0), (5.0, 1 << 14, 60.0)):
        unit, plant, clock = controller(Settings(remote_timeout_s=timeout_s))
        unit.write_holding(Reg.SP1, (600,))
        unit.write_holding(Reg.REMOTE_SP, (800,))
        unit.write_holding(Reg.REMOTE, (1,))
        clock.now_s += 5.1
        assert word(unit, Reg.STATUS) == status
        assert plant.actuators["platen_setpoint"] == setpoint_degC


# --- ABB ACS355


class Drive:
    def __init__(self) -> None:
        self.plant = FakePlant(spindle_contactor_closed=1)
        self.clock = FakeClock()
        self.unit = AbbAcs355(self.plant, self.clock)

    def control(self, value: int, reference: int | None = None) -> State:
        self.unit.write_holding(0, (value,) if reference is None else (value, reference))
        return self.unit.state

    def status(self) -> int:
        return word(self.unit, 3)

    def run(self, reference: int = 10000) -> None:
        self.control(0x0406)
        self.clock.now_s += 0.1
        self.control(0x0407)
        self.control(0x040F)
        assert self.control(0x047F, reference) is State.OPERATION_ENABLED

    @property
    def running(self) -> bool:
        return bool(self.plant.actuators.get("spindle_run", 0))

    @property
    def reference_rpm(self) -> float:
        return self.plant.actuators.get("spindle_reference", 0.0)


def test_the_walk_of_the_manual_starts_the_drive() -> None:
    drive = Drive()
    assert drive.status() == 0x200
    assert drive.control(0x0006) is State.READY_TO_SWITCH_ON
    assert drive.status() == 0x231
    drive.clock.now_s += 0.1
    assert drive.control(0x0007) is State.READY_TO_OPERATE
    assert drive.status() == 0x233
    assert drive.control(0x000F) is State.OPERATION_ENABLED
    assert drive.status() == 0x237
    assert drive.running
    assert drive.reference_rpm == 0
    drive.control(0x047F, 20000)
    assert drive.reference_rpm == 4500
    drive.plant.show(spindle=4480)
    assert drive.status() == 0x337


def test_a_step_that_comes_within_100_ms_is_not_taken() -> None:
    drive = Drive()
    drive.control(0x0006)
    drive.clock.now_s += 0.05
    assert drive.control(0x0007) is State.READY_TO_SWITCH_ON
    drive.clock.now_s += 0.05
    assert drive.control(0x0007) is State.READY_TO_OPERATE


@pytest.mark.parametrize("control", [0x0007, 0x000F, 0x047F])
def test_steps_cannot_be_skipped(control: int) -> None:
    drive = Drive()
    drive.clock.now_s += 1.0
    assert drive.control(control, 20000) in (State.SWITCH_ON_INHIBITED, State.NOT_READY)
    assert not drive.running


def test_ramp_and_reference_need_the_remote_bit() -> None:
    drive = Drive()
    drive.control(0x0006)
    drive.clock.now_s += 0.1
    drive.control(0x0007)
    drive.control(0x007F, 20000)
    assert (drive.running, drive.reference_rpm) == (True, 0)


@pytest.mark.parametrize("raw,rpm", [(0, 0), (10000, 2250), (20000, 4500), (30000, 4500), (0xFFFF, 0)])
def test_the_reference_is_scaled_and_bounded(raw: int, rpm: float) -> None:
    drive = Drive()
    drive.run(raw)
    assert drive.reference_rpm == rpm


def test_a_new_reference_alone_is_followed() -> None:
    drive = Drive()
    drive.run(10000)
    drive.unit.write_holding(1, (5000,))
    assert drive.reference_rpm == 1125


def test_the_ramp_bits_stop_hold_and_release() -> None:
    drive = Drive()
    drive.run(20000)
    drive.plant.show(spindle=1800)
    drive.control(0x045F)
    assert drive.reference_rpm == 1800
    drive.plant.show(spindle=1700)
    drive.unit.write_holding(1, (20000,))
    assert drive.reference_rpm == 1800
    drive.control(0x047F)
    assert drive.reference_rpm == 4500
    drive.control(0x043F)
    assert drive.reference_rpm == 0
    drive.control(0x046F)
    assert (drive.running, drive.reference_rpm) == (True, 0)


def test_off1_ramps_down_and_is_ready_again_at_standstill() -> None:
    drive = Drive()
    drive.run()
    drive.plant.show(spindle=2250)
    assert drive.control(0x047E) is State.OFF1_ACTIVE
    assert (drive.running, drive.reference_rpm) == (True, 0)
    drive.plant.show(spindle=0)
    assert drive.status() & 0xFF == 0x31
    assert drive.unit.state is State.READY_TO_SWITCH_ON
    assert not drive.running


@pytest.mark.parametrize("control,state", [(0x047D, State.SWITCH_ON_INHIBITED), (0x0477, State.READY_TO_OPERATE)])
def test_off2_and_inhibited_operation_coast(control: int, state: State) -> None:
    drive = Drive()
    drive.run()
    drive.plant.show(spindle=2250)
    assert drive.control(control) is state
    assert not drive.running


def test_off3_ramps_and_then_wants_the_whole_walk_again() -> None:
    drive = Drive()
    drive.run()
    drive.plant.show(spindle=2250)
    assert drive.control(0x047B) is State.OFF3_ACTIVE
    assert (drive.running, drive.reference_rpm) == (True, 0)
    drive.plant.show(spindle=0)
    assert drive.status() & 0x60 == 0x40
    assert drive.control(0x047F) is State.SWITCH_ON_INHIBITED


def test_lost_mains_take_the_drive_out_and_their_return_does_not_start_it() -> None:
    drive = Drive()
    drive.run()
    drive.plant.show(spindle_contactor_closed=0)
    assert drive.status() & 0x47 == 0x40
    assert not drive.running
    drive.plant.show(spindle_contactor_closed=1)
    assert drive.status() & 0x47 == 0x40
    assert drive.control(0x047F) is State.SWITCH_ON_INHIBITED
    drive.run()
    assert drive.running


def test_a_trip_shows_its_code_and_needs_the_edge_of_the_reset_bit() -> None:
    drive = Drive()
    drive.run()
    drive.plant.show(spindle_tripped=1)
    assert drive.status() & 0x0F == 0x08
    assert word(drive.unit, 8) == 1
    assert not drive.running
    drive.control(0x0480)
    drive.control(0x0480)
    assert [value for name, value in drive.plant.driven if name == "spindle_reset"] == [1]
    drive.plant.show(spindle_tripped=0)
    drive.control(0x0400)
    assert drive.status() & 0x08 == 0
    assert word(drive.unit, 8) == 0
    assert not drive.running
    drive.run()
    assert drive.running


def test_actual_values_are_scaled_as_mapped() -> None:
    drive = Drive()
    drive.plant.show(spindle=2999.6, spindle_current=3.24, spindle_torque=-12.3, spindle_power=1020.4)
    assert [word(drive.unit, address) for address in range(4, 12)] == [3000, 32, -123, 1020, 0, 0, 0, 0]


def test_status_and_actual_values_are_not_writable() -> None:
    for address, count in ((3, 1), (2, 2), (11, 1)):
        with pytest.raises(ModbusException) as refused:
            Drive().unit.write_holding(address, (0,) * count)
        assert refused.value.code is ExceptionCode.ILLEGAL_ADDRESS

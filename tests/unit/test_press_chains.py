"""Balances of the press: mass, energy, pressures between their bounds; valve and sensor chains; the ladder of steps."""

from __future__ import annotations

from math import exp, inf, sqrt
from statistics import fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.inner_side import InnerSide
from simulators.parameters import Parameters
from simulators.physics import gas, heat, pneumatics, sensors, valve
from simulators.valve import Valve
from tests.unit.plant_bench import Bench

ROOM_K = 293.15
PLATEN = heat.TwoNodes(5500.0, 500.0, 3.5, 0.5, 40.0)
pressures = st.floats(1e2, 1e6)
conductances = st.floats(0.0, 1e-7)
steps = st.floats(1e-3, 1.0)


class TestPressures:
    @given(p=pressures, supply=pressures, sink=pressures, c_in=conductances, c_out=conductances, dt=steps)
    def test_a_chamber_stays_between_nothing_and_its_highest_source(
        self, p: float, supply: float, sink: float, c_in: float, c_out: float, dt: float
    ) -> None:
        after = pneumatics.chamber_step(p, dt, 1e-3, (supply, c_in), (sink, c_out), 0.3)

        assert 0.0 <= after <= max(p, supply, sink) * (1.0 + 1e-9)

    @given(first=pressures, second=pressures, c=conductances, dt=steps)
    def test_two_closed_chambers_keep_their_gas_and_never_cross(
        self, first: float, second: float, c: float, dt: float
    ) -> None:
        v1, v2 = 5e-3, 0.5e-3
        moved = pneumatics.mean_exchange((first, v1), (second, v2), c, 0.3, dt) * dt
        after = first - moved / v1, second + moved / v2

        assert after[0] * v1 + after[1] * v2 == pytest.approx(first * v1 + second * v2, rel=1e-12)
        assert (first - second) * moved >= 0.0

    @settings(max_examples=20)
    @given(kPa=st.floats(50.0, 400.0), crack=st.floats(1e-11, 1e-9))
    def test_a_cracked_wafer_moves_gas_and_makes_none(self, kPa: float, crack: float) -> None:
        bench = Bench(parameters=Parameters({"press.c_leak": 0.0, "press.c_inner_leak": 0.0}))
        press = bench.plant.press
        bench.close_press()
        bench.drive(inner_vent_shut=1)
        bench.pressurise(kPa, 60)
        bench.drive(pressure_control=0)
        bench.run(2)
        press.part = None

        def amount() -> float:
            return press.outer * 5e-3 + press.inner.pressure * press.inner.volume

        before, inner_Pa = amount(), press.inner.pressure
        bench.plant.schedule(lambda: setattr(press, "c_crack", crack))
        bench.run(30)

        assert press.inner.pressure > inner_Pa
        assert amount() == pytest.approx(before, rel=1e-6)

    @settings(max_examples=20)
    @given(bleed=st.floats(0.0, 100.0), ticks=st.integers(1, 100), pump=st.booleans(), stuck=st.booleans())
    def test_the_inner_side_stays_between_vacuum_and_atmosphere(
        self, bleed: float, ticks: int, pump: bool, stuck: bool
    ) -> None:
        side = InnerSide(Parameters())
        side.bleed_percent, side.pump, side.vacuum_open, side.vent_shut = bleed, pump, True, stuck
        for _ in range(50):
            side.step(ticks, 0.0)
            assert 0.0 <= side.pressure <= 101_325.0 + 1e-6


class TestGas:
    @given(
        p=st.floats(1e3, 1e6), outside=st.lists(st.floats(1e3, 1e6), min_size=1, max_size=3), c=st.floats(0.0, 1e-7),
        wall=st.floats(0.0, 1e3), dt=steps,
    )  # fmt: skip
    def test_pressure_stays_positive_and_under_the_sources_and_heat(
        self, p: float, outside: list[float], c: float, wall: float, dt: float
    ) -> None:
        vessel = gas.Vessel(5e-3, wall, ROOM_K)
        ports = [gas.Port(pressure, ROOM_K, c) for pressure in outside]
        after = gas.gas_step(gas.gas_at(p, ROOM_K, 5e-3), vessel, ports, 0.3, dt)

        highest = max(p, *outside) * max(1.0, after.kelvin / ROOM_K)
        # Sub-steps are of 1 %; near the balance one may go too far by a fraction of itself: 0.06 % in 2 million tries.
        assert 0.0 < after.pressure(5e-3) <= highest * (1.0 + 1e-3)
        assert 0.0 < after.kelvin <= gas.GAMMA * ROOM_K * (1.0 + 1e-6)

    @given(p=st.floats(1e3, 1e6), kelvin=st.floats(250.0, 400.0), wall=st.floats(0.0, 100.0), dt=steps)
    def test_a_closed_vessel_keeps_its_mass_and_only_the_wall_changes_its_energy(
        self, p: float, kelvin: float, wall: float, dt: float
    ) -> None:
        before = gas.gas_at(p, kelvin, 5e-3)
        after = gas.gas_step(before, gas.Vessel(5e-3, wall, ROOM_K), [], 0.3, dt)

        assert after.mass_kg == pytest.approx(before.mass_kg, rel=1e-12)
        assert (after.energy_J - before.energy_J) * (ROOM_K - kelvin) >= -1e-9
        if wall == 0.0:
            assert after.energy_J == pytest.approx(before.energy_J, rel=1e-12)

    def test_the_press_cools_in_a_fast_dump_and_rebounds_when_it_is_shut_again(self) -> None:
        bench = Bench(parameters=Parameters({"press.gas_model": 1.0}))
        bench.close_press()
        bench.pressurise(400, 60)
        bench.run(20)
        bench.drive(pressure_control=0, dump_shut=0)
        bench.run(0.2, poll_s=0.01)
        coldest = bench.plant.press.outer_K
        bench.drive(dump_shut=1)
        bench.run(0.1, poll_s=0.01)
        low = bench.truth("outer_kPa")
        bench.run(20)

        assert coldest < 285.0
        assert bench.truth("outer_kPa") > 1.02 * low
        assert bench.plant.press.outer_K == pytest.approx(298.15, abs=1.0)


@given(power=st.floats(0.0, 1500.0), t1=st.floats(0.0, 200.0), t2=st.floats(0.0, 200.0))
def test_the_heater_stores_what_it_is_given_less_what_it_loses(power: float, t1: float, t2: float) -> None:
    dt = 1e-3  # short: losses by the mean of both ends
    n = PLATEN
    after = heat.two_node_step(t1, t2, n.steady(power), n.transition(dt))
    stored = n.c1 * (after[0] - t1) + n.c2 * (after[1] - t2)
    lost = 0.5 * dt * (n.g1 * (t1 + after[0]) + n.g2 * (t2 + after[1]))

    assert stored == pytest.approx(power * dt - lost, abs=1e-4)


class TestValve:
    def test_dead_time_holds_a_command_back(self) -> None:
        late, prompt = Valve(0.05, dead_ticks=3), Valve(0.05)

        assert [late.step(1.0, 1) for _ in range(3)] == [0.0] * 3
        assert late.step(1.0, 1) == prompt.step(1.0, 1)

    @given(ticks=st.integers(1, 100))
    def test_one_long_step_ends_where_short_ones_do(self, ticks: int) -> None:
        long, short = Valve(0.05), Valve(0.05)
        mean = long.step(0.7, ticks)
        means = [short.step(0.7, 1) for _ in range(ticks)]

        assert long.opening == pytest.approx(short.opening, rel=1e-12)
        assert mean == pytest.approx(fmean(means), rel=1e-9)

    def test_a_slow_valve_takes_its_time_and_a_frozen_one_stays(self) -> None:
        slow, frozen = Valve(0.05), Valve(0.05)
        slow.limit_rate(0.02)
        frozen.step(0.4, 100)
        frozen.limit_rate(0.0)
        for _ in range(10):
            slow.step(1.0, 100)
            frozen.step(0.0, 100)

        assert slow.opening == pytest.approx(0.2, abs=0.002)
        assert frozen.opening == pytest.approx(0.4)

    @given(opening=st.floats(0.0, 1.0))
    def test_the_characteristic_and_its_inverse(self, opening: float) -> None:
        share = valve.equal_percentage(opening, 30.0)

        assert 0.0 <= share <= 1.0 + 1e-12
        assert valve.opening_for(share, 30.0) == pytest.approx(opening, abs=1e-9)


class TestSensorChain:
    def read(self, value: float, errors: sensors.Errors, sample: int = 0) -> float:
        class Model:
            shown = value

        return sensors.sensor(Model(), "shown", errors, 0)(sample)

    def test_gain_and_offset_come_first_then_the_range_then_the_resolution(self) -> None:
        errors = sensors.Errors(gain=2.0, offset=0.3, step=0.5, low=-inf, high=10.1)

        assert self.read(1.0, errors) == 2.5
        assert self.read(9.0, errors) == 10.0

    def test_drift_grows_with_the_hours(self) -> None:
        errors = sensors.Errors(drift_per_h=0.2)

        assert self.read(5.0, errors, 5 * sensors.SAMPLES_PER_HOUR) == pytest.approx(6.0)

    def test_noise_has_its_sigma_and_belongs_to_the_sample(self) -> None:
        errors = sensors.Errors(sigma=0.3)
        values = [self.read(1.0, errors, i) for i in range(4000)]

        assert pstdev(values) == pytest.approx(0.3, rel=0.05)
        assert fmean(values) == pytest.approx(1.0, abs=3 * 0.3 / sqrt(4000))
        assert self.read(1.0, errors, 77) == values[77]


@pytest.mark.parametrize("rate", [5.0, 40.0])
def test_long_steps_end_where_short_ones_do(rate: float) -> None:
    """The ladder of steps against 10 ms throughout: pressures within 100 Pa, the gap within 0.1 um, at all times."""
    ladder, fine = Bench(), Bench()
    fine.plant.force_fine_steps()
    parts = [bench.close_press() for bench in (ladder, fine)]
    for drives, seconds in (
        ({"pressure_target": 300.0, "pressure_rate": rate, "pressure_control": 1.0}, 300.0 / rate + 10.0),
        ({"inner_vent_shut": 1.0, "inner_vacuum": 1.0, "pump": 1.0}, 10.0),
        ({"pressure_target": 0.0}, 300.0 / rate + 10.0),
    ):
        for bench in (ladder, fine):
            bench.drive(**drives)
        for _ in range(round(seconds)):
            for bench in (ladder, fine):
                bench.run(1.0)
            assert ladder.plant.press.outer == pytest.approx(fine.plant.press.outer, abs=100.0)
            assert ladder.plant.press.inner.pressure == pytest.approx(fine.plant.press.inner.pressure, abs=100.0)
            assert parts[0].gap_um == pytest.approx(parts[1].gap_um, abs=0.1)


def test_a_pump_down_follows_its_time_constant_in_any_step() -> None:
    tau = 0.5e-3 * (1.0 / 1.1e-3 + 1.0 / 5e-3)
    quiet = {"press.c_inner_leak": 0.0, "press.outgassing": 0.0, "press.pump_ultimate": 0.0}
    for ticks in (1, 10, 100):
        side = InnerSide(Parameters(quiet))
        side.vent_shut = side.vacuum_open = side.pump = True
        for _ in range(200 // ticks):
            side.step(ticks, 0.0)
        assert side.pressure == pytest.approx(101_325.0 * exp(-2.0 / tau), rel=1e-9)

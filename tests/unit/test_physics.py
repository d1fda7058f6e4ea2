"""The plant's physics against closed forms and published figures."""

from __future__ import annotations

from math import inf, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.parameters import PARAMETERS, Parameters
from simulators.physics import bumps, cure, flow, grinding, heat, leads, pneumatics, resilient
from simulators.physics.sensors import STRIDE, TABLE_SIZE, gaussian_table, noise_offset

AIR_kg_m3 = 1.185
EPOXY = cure.Kamal(1.0e5, 65e3, 1.2e6, 62e3, 1.0, 1.5, -20.0, 150.0, 0.5)


def fill(volume: float, conductance: float, seconds: float, dt: float) -> float:
    p = 101_300.0
    for _ in range(round(seconds / dt)):
        p = pneumatics.chamber_step(p, dt, volume, (700e3, conductance), (101_300.0, 0.0), 0.5)
    return p


class TestPneumatics:
    def test_choked_mass_flow_is_that_of_the_sonic_conductance(self) -> None:
        q, _, _ = pneumatics.unit_flow(700e3, 100e3, 0.3)
        assert 2e-8 * q * AIR_kg_m3 / 1e5 == pytest.approx(0.01659, rel=1e-3)

    @pytest.mark.parametrize(("ratio", "expected"), [(0.8, 0.8), (0.9, 0.6), (0.3, 1.0), (1.0, 0.0)])
    def test_flow_function_is_the_ellipse(self, ratio: float, expected: float) -> None:
        q, _, _ = pneumatics.unit_flow(700e3, 700e3 * ratio, 0.5)
        assert q / (700e3 * 1e5) == pytest.approx(expected, abs=1e-9)

    def test_conductance_of_an_ideal_orifice(self) -> None:
        """1 mm2 of ideal nozzle passes 0.1986 dm3/(s bar): choked mass flow over density and pressure."""
        gamma, gas, kelvin = 1.4, 287.05, 293.15
        choked = sqrt(gamma / (gas * kelvin)) * (2.0 / (gamma + 1.0)) ** ((gamma + 1.0) / (2.0 * (gamma - 1.0)))
        conductance = 1e-6 * choked / (1e5 / (gas * kelvin))
        q, _, _ = pneumatics.unit_flow(500e3, 100e3, 0.528)
        assert conductance * 1e8 == pytest.approx(0.1986, rel=2e-3)
        assert conductance * q / 1e5 * (1e5 / (gas * kelvin)) == pytest.approx(1e-6 * choked * 500e3, rel=1e-9)

    def test_isothermal_fill_follows_the_closed_form(self) -> None:
        assert fill(5e-3, 2e-8, 0.888, 0.001) == pytest.approx(350e3, rel=2e-3)
        assert fill(5e-3, 2e-8, 1.870, 0.001) == pytest.approx(597_487.0, rel=2e-3)

    @given(dt=st.floats(0.001, 5.0))
    def test_a_stiff_fill_never_overshoots_the_supply(self, dt: float) -> None:
        p = pneumatics.chamber_step(101_300.0, dt, 5e-6, (700e3, 2e-8), (101_300.0, 0.0), 0.5)
        assert 101_300.0 <= p <= 700e3 + 1e-6

    def test_a_stiff_fill_ends_at_the_supply(self) -> None:
        assert fill(5e-6, 2e-8, 0.5, 0.1) == pytest.approx(700e3, abs=1.0)

    @given(up=st.floats(1e5, 1e6), share=st.floats(0.01, 0.998))
    def test_derivatives_are_those_of_the_flow(self, up: float, share: float) -> None:
        down = up * share
        _, by_up, by_down = pneumatics.unit_flow(up, down, 0.3)
        h = 1e-2
        assert by_up == pytest.approx(
            (pneumatics.unit_flow(up + h, down, 0.3)[0] - pneumatics.unit_flow(up - h, down, 0.3)[0]) / (2 * h),
            rel=1e-3,
            abs=50.0,
        )
        assert by_down == pytest.approx(
            (pneumatics.unit_flow(up, down + h, 0.3)[0] - pneumatics.unit_flow(up, down - h, 0.3)[0]) / (2 * h),
            rel=1e-3,
            abs=50.0,
        )


class TestHeat:
    PLATEN = heat.TwoNodes(5500.0, 500.0, 3.5, 0.5, 40.0)

    def test_time_constants_of_the_platen(self) -> None:
        slow, fast = self.PLATEN.rates()
        assert (-1.0 / slow, -1.0 / fast) == pytest.approx((1500.3, 11.33), rel=1e-3)

    @pytest.mark.parametrize("dt", [0.2, 2.0, 20.0])
    def test_full_power_step_is_exact_at_any_step(self, dt: float) -> None:
        steady, matrix = self.PLATEN.steady(1500.0), self.PLATEN.transition(dt)
        at: dict[float, tuple[float, float]] = {}
        t = (0.0, 0.0)
        for i in range(1, round(1000.0 / dt) + 1):
            t = heat.two_node_step(*t, steady, matrix)
            at[round(i * dt, 6)] = t
        assert at[60] == pytest.approx((14.97, 11.84), abs=0.01)
        assert at[1000] == pytest.approx((182.86, 179.02), abs=0.01)

    def test_hold_power_and_drop_to_the_load(self) -> None:
        first, second = self.PLATEN.steady(379.4)
        assert first == pytest.approx(95.0, abs=0.01)
        assert first - second == pytest.approx(1.17, abs=0.01)


class TestResilientElement:
    def test_bonded_pad_of_the_default_shape(self) -> None:
        apparent = resilient.apparent_modulus(1e6, 1.0 / 0.6)
        assert apparent / 1e6 == pytest.approx(6.556, rel=1e-3)
        assert resilient.Bonded(apparent).stress(0.7) == pytest.approx(2.930e6, rel=1e-3)
        assert resilient.Bonded(1e6).stress(0.7) == pytest.approx(0.4469e6, rel=1e-3)

    @given(stretch=st.floats(0.2, 1.2))
    def test_stretch_under_a_stress_inverts_the_law(self, stretch: float) -> None:
        pad = resilient.Bonded(6.5e6)
        assert pad.stretch_under(pad.stress(stretch), 1.0) == pytest.approx(stretch, abs=1e-9)

    def test_relaxation_of_the_standard_solid(self) -> None:
        (decay,), (gain,) = resilient.prony_coefficients(30.0, (0.2,), (30.0,))
        assert 0.8 * 1.0 + decay * 0.2 == pytest.approx(0.87358, abs=1e-5)
        assert gain == pytest.approx(0.2 * (1.0 - decay))

    @pytest.mark.parametrize("steps", [1, 7, 300])
    def test_constant_strain_rate_is_exact_at_any_step(self, steps: int) -> None:
        dt = 30.0 / steps
        (decay,), (gain,) = resilient.prony_coefficients(dt, (0.2,), (30.0,))
        q = 0.0
        for _ in range(steps):
            q = decay * q + gain * 0.01 * dt
        assert 0.8 * 0.3 + q == pytest.approx(0.277927, abs=1e-6)

    def test_creep_of_the_standard_solid(self) -> None:
        """Load control, linear law: strain from 0.1 towards 0.125, at one retardation time."""
        (decay,), (gain,) = resilient.prony_coefficients(0.0375, (0.2,), (30.0,))
        q, strain = 0.02, 0.1
        for _ in range(1000):
            new = (0.1 - decay * q + gain * strain) / (0.8 + gain)
            q = decay * q + gain * (new - strain)
            strain = new
        assert strain == pytest.approx(0.115803, abs=1e-5)

    @pytest.mark.parametrize(
        ("celsius", "seconds", "percent"), [(70, 365 * 86_400, 30.0), (175, 22 * 3600, 9.96), (120, 600, 0.406)]
    )
    def test_compression_set_of_a_good_grade(self, celsius: float, seconds: float, percent: float) -> None:
        x = seconds / resilient.set_time(celsius + 273.15)
        assert 100.0 * resilient.set_increment(1.0, 0.0, x) == pytest.approx(percent, rel=1e-2)


class TestLeads:
    def test_two_arcs_at_45_degrees(self) -> None:
        assert leads.lead_strain(150.0, 150.0, 240.0, 12.0) == pytest.approx(0.08, rel=1e-6)

    @pytest.mark.parametrize(("gap", "percent"), [(50, 4.80), (100, 7.38), (160, 8.84), (170, 12.3), (180, 25.9)])
    def test_strain_over_the_gap(self, gap: float, percent: float) -> None:
        assert 100.0 * leads.lead_strain(gap, 150.0, 240.0, 12.0) == pytest.approx(percent, rel=0.01)

    def test_leads_crack_quickly_beyond_the_window(self) -> None:
        assert leads.exceeds(0.08, 0.18, 0.15) == pytest.approx(3e-8, rel=0.2)
        assert leads.exceeds(0.163, 0.18, 0.15) == pytest.approx(0.25, abs=0.01)


class TestFlowAndCure:
    def test_newtonian_flow_and_a_clog(self) -> None:
        epoxy = flow.Fluid(10.0)
        q = flow.needle_flow(300e3, 130e-6, 12.7e-3, epoxy)
        assert q * 1e9 == pytest.approx(0.2649, rel=1e-3)
        assert flow.needle_flow(300e3, 117e-6, 12.7e-3, epoxy) / q == pytest.approx(0.6561, rel=1e-4)

    def test_levelling_time_of_a_film(self) -> None:
        assert flow.levelling_time(5.0, 5e-3, 60e-6, 0.035) == pytest.approx(795.7, rel=1e-3)

    def test_autocatalytic_cure(self) -> None:
        degree = 0.0
        for _ in range(300):
            degree = cure.kamal_step(degree, 1e-3, 1e-2, (1.0, 1.0), 1.0)
        assert degree == pytest.approx(0.70361, abs=1e-4)

    def test_nth_order_cure(self) -> None:
        degree = 0.0
        for _ in range(100):
            degree = cure.kamal_step(degree, 0.01, 0.0, (1.0, 1.5), 1.0)
        assert degree == pytest.approx(0.55556, abs=1e-5)

    def test_default_epoxy_at_150_degC(self) -> None:
        degree, reached, gel = 0.0, {}, inf
        for second in range(1, 601):
            degree = cure.cure_step(EPOXY, degree, 423.15, 1.0)
            reached[second] = degree
            gel = min(gel, second) if degree >= 0.6 else gel
        assert [reached[s] for s in (60, 300, 600)] == pytest.approx([0.1215, 0.8980, 0.9801], abs=0.004)
        assert gel == pytest.approx(159.1, abs=1.5)

    @given(celsius=st.floats(20, 190), start=st.floats(0, 1), dt=st.floats(0.1, 1.0))
    def test_cure_never_goes_back_nor_beyond_one(self, celsius: float, start: float, dt: float) -> None:
        assert start <= cure.cure_step(EPOXY, start, celsius + 273.15, dt) <= 1.0


class TestGrinding:
    def test_coarse_grinding_of_a_200_mm_cover(self) -> None:
        area, energy, speed = 0.0314, 10e9, 47.1
        tau = grinding.lag_time(energy, area, 0.3, speed, 30e6)
        deflection, total = 0.0, 0.0
        for _ in range(1000):
            deflection, removed = grinding.deflection_step(deflection, 3e-6, tau, 0.01)
            total += removed
        assert tau == pytest.approx(0.7407, rel=1e-3)
        assert 30e6 * deflection == pytest.approx(66.7, rel=1e-3)
        assert grinding.removal_power(energy, area, 3e-6) == pytest.approx(942.0, rel=1e-3)
        assert 30e-6 - total == pytest.approx(2.22e-6, rel=1e-2)

    def test_share_of_bumps_exposed(self) -> None:
        assert bumps.exposed_share(0.0, 1.5) == 0.5
        assert bumps.exposed_share(10.0, 1.5) == pytest.approx(1.0)


class TestNoise:
    def test_the_table_is_normal_and_the_stride_walks_all_of_it(self) -> None:
        table = gaussian_table()
        assert sum(table) / TABLE_SIZE == pytest.approx(0.0, abs=0.01)
        assert sum(v * v for v in table) / TABLE_SIZE == pytest.approx(1.0, abs=0.02)
        assert len({i * STRIDE % TABLE_SIZE for i in range(TABLE_SIZE)}) == TABLE_SIZE

    def test_channels_and_seeds_start_elsewhere(self) -> None:
        assert len({noise_offset(s, c) for s in (1, 2, 3) for c in ("gap1", "gap2", "inner")}) == 9


class TestParameters:
    def test_every_parameter_says_where_it_comes_from(self) -> None:
        assert all(p.label.value in {"sourced", "textbook", "chosen"} for p in PARAMETERS.values())

    def test_an_unknown_change_names_the_nearest(self) -> None:
        with pytest.raises(KeyError, match=r"did you mean 'press\.relief'"):
            Parameters({"press.relif": 1.0})

    def test_recess_and_wheel_meet_the_same_area(self) -> None:
        p = Parameters()
        assert p["grind.area"] == pytest.approx(pi * p["recess.radius"] ** 2, rel=1e-4)

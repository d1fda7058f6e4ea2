"""The controller's own prediction of cure: its law, and that it stands still when the temperature is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.equipment.cure import CurePrediction, Kinetics
from drivers.reading import TagTable, Value

NOMINAL = Kinetics(half_s=60.0, at_degC=120.0, doubling_K=10.0)


class Zone:
    """A zone whose temperature is what the test says."""

    def __init__(self) -> None:
        self.tags = TagTable()
        self.column = self.tags.add("press", Value("platen", "degC", 0, 300, "platen"))
        self.tags.fresh_s[self.column] = 1.0
        self.cure = CurePrediction(self.tags, "press.platen")
        self.now_s = 0.0

    @property
    def percent(self) -> float:
        return self.tags.value[self.tags.index("press.cure")]

    def warm(self, celsius: float, seconds: int, step_s: float = 0.5) -> None:
        for _ in range(round(seconds / step_s)):
            self.now_s += step_s
            self.tags.put(self.column, celsius, self.now_s)
            self.cure.derive(self.now_s)


def test_half_is_cured_after_its_time_and_three_quarters_after_twice() -> None:
    zone = Zone()
    zone.cure.begin(NOMINAL, 0.0)

    zone.warm(120.0, 60)
    half = zone.percent
    zone.warm(120.0, 60)

    assert (half, zone.percent) == (pytest.approx(50.0), pytest.approx(75.0))


@given(celsius=st.floats(20.0, 180.0))
def test_ten_kelvin_warmer_is_twice_as_fast(celsius: float) -> None:
    assert NOMINAL.rate(celsius + 10.0) == pytest.approx(2.0 * NOMINAL.rate(celsius))


def test_before_it_begins_nothing_cures_and_a_second_beginning_starts_anew() -> None:
    zone = Zone()
    zone.warm(120.0, 60)
    assert zone.percent == 0.0

    zone.cure.begin(NOMINAL, zone.now_s)
    zone.warm(120.0, 600)
    zone.cure.begin(NOMINAL, zone.now_s)

    assert zone.percent == 0.0


def test_a_stale_temperature_cures_nothing() -> None:
    zone = Zone()
    zone.cure.begin(NOMINAL, 0.0)
    zone.warm(120.0, 60)

    zone.now_s += 600.0
    zone.cure.derive(zone.now_s)
    assert zone.percent == pytest.approx(50.0)
    zone.warm(120.0, 60)

    assert zone.percent == pytest.approx(75.0)

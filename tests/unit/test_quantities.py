"""Quantities and ranges: what is understood, and that everything else is refused with a way out."""

from __future__ import annotations

import math

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from controller.recipe import units
from controller.recipe.quantities import AbsolutePressure, Duration, PressureRate, QuantityError, parse, read
from controller.recipe.ranges import Range, parse_range


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("400 kPa", "kPa", 400.0),
        ("4 bar", "kPa", 400.0),
        ("0.4 MPa", "kPa", 400.0),
        ("-60 kPa", "kPa", -60.0),
        ("+5 Pa", "kPa", 0.005),
        ("1e3 mbar", "kPa", 100.0),
        ("5 kPa abs", "kPa abs", 5.0),
        ("50 mbar abs", "kPa abs", 5.0),
        ("4.5 min", "s", 270.0),
        ("300 ms", "s", 0.3),
        ("8 h", "s", 28800.0),
        ("2 min", "min", 2.0),
        ("125 degC", "degC", 125.0),
        ("20 K/min", "K/s", 1 / 3),
        ("0.1 K/s", "K/min", 6.0),
        ("1.5 mm", "um", 1500.0),
        ("12 mm/s", "um/s", 12000.0),
        ("1.85 g", "g", 1.85),
        ("50 mg", "g", 0.05),
        ("3.85 mL", "uL", 3850.0),
        ("80 %", "%", 80.0),
        ("80 %", "", 0.8),
        ("3", "", 3.0),
        (3, "", 3.0),
        (" 2 s ", "s", 2.0),
    ],
)
def test_a_quantity_is_converted_into_the_wanted_unit(text: object, unit: str, value: float) -> None:
    assert parse(text, unit) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "unit", "code", "words"),
    [
        ("2 kPa", "kPa/s", "R110", "rate needs pressure per time (kPa/s)"),
        ("2 kPa", "", "R110", "plain number"),
        ("125 K", "degC", "R110", "K is for differences"),
        ("2 degC", "K", "R110", "K is for differences"),
        ("250 kpa", "kPa", "R111", 'unknown unit "kpa" in "250 kpa" | did you mean "kPa"? Units are case-sensitive'),
        ("250 KPa", "kPa", "R111", 'did you mean "kPa"'),
        ("5 °C", "degC", "R111", 'did you mean "degC"'),
        ("5 µm", "um", "R111", 'did you mean "um"'),
        ("5 degC/min", "K/min", "R111", 'did you mean "K/min"'),
        ("5 kPaa", "kPa abs", "R111", 'did you mean "kPa abs"'),
        ("5 furlong", "um", "R111", "units are kPa, Pa"),
        ("5 m", "um", "R111", "unknown unit"),
        ("5 kPa gauge", "kPa", "R111", 'did you mean "kPa"'),
        ("5 kPa  abs", "kPa abs", "R111", "kPa abs"),
        ("4 min 30 s", "s", "R112", 'write "270 s" or "4.5 min"'),
        ("1 h 15 min", "s", "R112", 'write "75 min" or "1.25 h"'),
        ("3 kPa 5 s", "s", "R112", "one number"),
        ("5 kPa", "kPa abs", "R113", 'write "5 kPa abs"'),
        ("5 kPa abs", "kPa", "R113", "relative to the atmosphere"),
        ("kPa", "kPa", "R114", "number"),
        ("", "kPa", "R114", "number"),
        ("nan kPa", "kPa", "R114", "number"),
        ("inf kPa", "kPa", "R114", "number"),
        ("1e400 kPa", "kPa", "R114", "too large"),
        ("1,5 s", "s", "R114", "decimal point"),
        ("٣ s", "s", "R114", "number"),
        ("0x10 s", "s", "R111", "x10"),
        (True, "s", "R114", "number and a unit"),
        (None, "s", "R114", "number and a unit"),
        ([1], "s", "R114", "number and a unit"),
        (float("inf"), "", "R114", "number"),
        ("9" * 5000, "", "R114", "number"),
        ("400", "kPa", "R115", 'write "400 kPa"'),
        (400, "kPa", "R115", 'write "400 kPa"'),
        ("0.5", "%", "R115", 'write "0.5 %"'),
        ("400kPa", "kPa", "R116", 'write "400 kPa"'),
        ("400  kPa", "kPa", "R116", 'write "400 kPa"'),
        ("400\u00a0kPa", "kPa", "R116", 'write "400 kPa"'),
    ],
)
def test_anything_else_is_refused_with_a_way_out(text: object, unit: str, code: str, words: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse(text, unit, what="rate")

    assert caught.value.code == code
    assert words in f"{caught.value.message} | {caught.value.hint}"


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused_and_never_becomes_nan(text: str) -> None:
    try:
        written = read(text)
    except QuantityError as error:
        assert error.message
    else:
        assert math.isfinite(written.number)
        assert written.unit in units.KIND_OF


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([u for u in units.KIND_OF if u]))
def test_what_is_written_is_what_is_read(number: float, unit: str) -> None:
    assert read(f"{number!r} {unit}").number == number


def test_every_factor_agrees_with_the_library_of_units() -> None:
    registry = pint.UnitRegistry()
    spelled = {"%": "percent", "": "dimensionless", "rpm/s": "rpm/s", "degC": "delta_degC"}
    for kind in units.KINDS:
        for unit, factor in kind.units.items():
            ours = spelled.get(unit, unit.removesuffix(" abs"))
            canonical = spelled.get(kind.canonical, kind.canonical.removesuffix(" abs"))
            assert registry.Quantity(1.0, ours).to(canonical).magnitude == pytest.approx(factor, rel=1e-12), unit


@pytest.mark.parametrize(
    ("left", "right", "unit", "factor"),
    [
        ("kPa", "s", "kPa * s", 1.0),
        ("kPa/s", "s", "kPa", 1.0),
        ("um/s", "s", "um", 1.0),
        ("K/s", "s", "K", 1.0),
        ("", "kPa", "kPa", 1.0),
        ("uL/s", "s", "uL", 1.0),
    ],
)
def test_products_of_units_come_back_to_the_list(left: str, right: str, unit: str, factor: float) -> None:
    assert units.product(left, right) == (unit, factor)


def test_quotients_of_units_come_back_to_the_list() -> None:
    assert units.quotient("kPa", "s") == ("kPa/s", 1.0)
    assert units.quotient("um", "um/s") == ("s", 1.0)
    assert units.quotient("uL", "um") == ("uL / um", 1.0)
    assert units.quotient("W", "N") == ("um/s", 1e6)


def test_units_of_different_kinds_have_no_factor() -> None:
    for unit, wanted in (("kPa", "um"), ("kPa", "kPa abs"), ("degC", "K"), ("rpm", "")):
        with pytest.raises(units.UnitMismatch):
            units.factor(unit, wanted)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("142.5 um .. 152 um", None, Range(142.5, 152.0, "um")),
        ("0.1 mm .. 152 um", "um", Range(100.0, 152.0, "um")),
        ("50 um +- 1.5 um", None, Range(48.5, 51.5, "um")),
        ("125 degC +- 2 K", None, Range(123.0, 127.0, "degC")),
        ("5 kPa abs +- 1 kPa", None, Range(4.0, 6.0, "kPa abs")),
        ("min 99.5 %", None, Range(99.5, None, "%")),
        ("max 10 um", "mm", Range(None, 0.01, "mm")),
        ("max 0", "", Range(None, 0.0, "")),
        ("-5 kPa .. -1 kPa", None, Range(-5.0, -1.0, "kPa")),
        ("3 um .. 3 um", None, Range(3.0, 3.0, "um")),
    ],
)
def test_a_range_has_ends_and_a_unit(text: str, unit: str | None, expected: Range) -> None:
    found = parse_range(text, unit)

    assert found.unit == expected.unit
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5 um", "R117"),
        ("5 um .. 3 um", "R117"),
        ("5 um +- -1 um", "R117"),
        ("125 degC +- 2 degC", "R110"),
        ("5 um .. 3 kPa", "R110"),
        ("5 .. 6", "R115"),
        ("min 5", "R115"),
        ("min", "R117"),
        ("5 um..6 um", "R117"),
        (7, "R117"),
        (None, "R117"),
        (True, "R117"),
    ],
)
def test_what_is_no_range_is_refused(text: object, code: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_range(text, "um")

    assert caught.value.code == code


def test_both_ends_of_a_range_are_accepted_and_what_is_outside_has_a_side() -> None:
    gap = Range(142.5, 152.0, "um")

    assert 142.5 in gap and 152.0 in gap
    assert 142.4999 not in gap and 152.0001 not in gap
    assert math.nan not in gap and math.nan not in Range(None, 3.0, "um") and math.nan not in Range(3.0, None, "um")
    assert "150" not in gap
    assert (gap.side(140.0), gap.side(150.0), gap.side(160.0)) == ("low", "", "high")
    assert str(gap) == "142.5 um .. 152 um"
    assert (str(Range(3.0, None, "")), str(Range(None, 3.0, "%"))) == ("min 3", "max 3 %")


class Params(BaseModel):
    rate: PressureRate
    to: AbsolutePressure | None = None
    time: Duration | None = None


def test_a_field_takes_a_quantity_and_gives_a_number() -> None:
    params = Params.model_validate({"rate": "500 Pa/s", "to": "0.1 bar abs", "time": "2 min"})

    assert (params.rate, params.to, params.time) == (0.5, 10.0, 120.0)


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ({"rate": "2 kPa"}, "R110", "rate needs pressure per time"),
        ({"rate": 2}, "R115", "no unit"),
        ({"rate": "1 kPa/s", "to": "5 kPa"}, "R113", "to is absolute"),
        ({"rate": "1 kPa/s", "time": "-1 s"}, "R120", 'time "-1 s" is below 0 s'),
    ],
)
def test_a_field_refuses_with_our_code_and_its_name(data: dict[str, object], code: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Params.model_validate(data)

    (error,) = caught.value.errors()
    assert error["type"] == code
    assert words in error["ctx"]["message"]

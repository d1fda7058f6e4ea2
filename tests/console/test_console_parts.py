"""The guard against scanners, the curves, and typed commands, without a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.console.keys import KEYS, Pressed, ScanGuard, Scanned
from controller.console.rows import bar, cells, cut, fit, wrapped
from controller.console.trend import Curve, joined, strip
from controller.console.words import Misunderstood, parse
from controller.server.roles import MAY

LABEL = st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"]), min_size=2, max_size=30)


@given(LABEL, st.floats(0.0, 0.039))
def test_a_label_is_a_scan_whatever_is_on_it(label: str, gap_s: float) -> None:
    guard, effects = ScanGuard(), []
    for i, key in enumerate([*label, "enter"]):
        effects += guard.press(key, i * gap_s)
    effects += guard.due(len(label) * gap_s + 1.0)

    assert [e for e in effects if isinstance(e, Scanned)] == [Scanned(label, True)]
    assert [e.key for e in effects if isinstance(e, Pressed) if not e.key.isdigit() and e.key != "c"] == []


@given(st.lists(st.tuples(st.sampled_from([key.key for key in KEYS]), st.floats(0.041, 3.0)), max_size=12))
def test_keys_of_a_person_all_arrive_in_their_order(keys: list[tuple[str, float]]) -> None:
    guard, effects, now_s = ScanGuard(), [], 0.0
    for key, wait_s in keys:
        now_s += wait_s
        effects += guard.press(key, now_s)
    effects += guard.due(now_s + 1.0)

    assert [e.key for e in effects if isinstance(e, Pressed)] == [key for key, _ in keys]


def test_every_key_is_there_once_and_upper_case_means_acting() -> None:
    names = [key.key for key in KEYS]

    assert len(names) == len(set(names))
    assert {key.key for key in KEYS if key.acts} == {name for name in names if len(name) == 1 and name.isupper()}


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400))
def test_no_spike_of_a_curve_is_lost(values: list[float]) -> None:
    curve = Curve()
    for i, value in enumerate(values):
        curve.add(i * 0.1, value)
    found = [pair for pair in curve.columns(0.0, 0.1 * len(values), 20) if pair]

    assert min(low for low, _ in found) == min(values)
    assert max(high for _, high in found) == max(values)


def test_a_curve_forgets_the_oldest_and_stays_bounded() -> None:
    curve = Curve()
    for i in range(60_000):
        curve.add(float(i), 1.0)

    assert len(curve.times_s) < 50_000
    assert curve.times_s[-1] == 59_999.0


def test_a_hole_in_the_readings_is_a_hole_in_the_curve() -> None:
    columns = joined([(1.0, 1.0), None, None, None, (1.0, 1.0)], 1)

    assert columns == [(1.0, 1.0), (1.0, 1.0), None, None, (1.0, 1.0)]
    assert strip([None, None], 0.0, 1.0, 1) == [" "]


@given(st.text(max_size=60), st.integers(0, 40))
def test_a_row_has_exactly_its_width_whatever_is_said(text: str, width: int) -> None:
    assert sum(cells(part) for part, _ in fit([(text, ""), ("more", "")], width)) == width
    assert all(cells(line) <= max(1, width) for line in wrapped(text, max(1, width)))
    assert cells(cut("plain words", width)) <= width


@pytest.mark.parametrize(("share", "drawn"), [(0.0, "▕····▏"), (0.5, "▕██··▏"), (1.0, "▕████▏"), (7.0, "▕████▏")])
def test_a_bar(share: float, drawn: str) -> None:
    assert bar(share, 6) == drawn


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("hold", ("hold", {})),
        ("abort seal broke", ("abort", {"reason": "seal broke"})),
        ("start smoke peak=380kPa", ("start", {"recipe": "smoke", "set": {"peak": "380kPa"}})),
        ("answer Load.confirm yes", ("answer", {"prompt": "Load.confirm", "value": "yes"})),
        ("answer 'Settle pads.mass' 3 g", ("answer", {"prompt": "Settle pads.mass", "value": "3 g"})),
        ("unload a-1", ("unload", {"job": "a-1"})),
        ("handover supply valve sticks", ("handover", {"text": "supply valve sticks"})),
        ("resume_run a-1 redo", ("resume_run", {"run": "a-1", "move": "redo", "confirmed": False})),
        ("resume_run a-1 redo confirmed", ("resume_run", {"run": "a-1", "move": "redo", "confirmed": True})),
    ],
)
def test_a_typed_command_means(text: str, meant: tuple[str, dict[str, object]]) -> None:
    assert parse(text) == meant
    assert meant[0] in MAY


@pytest.mark.parametrize("text", ["", "jump", "start", "answer", "answer Load.confirm", "start smoke peak"])
def test_what_is_no_command_says_what_is(text: str) -> None:
    with pytest.raises(Misunderstood):
        parse(text)

"""What the curves of a finished run say about the tool: each sign beside the same curves of a healthy one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import pytest

from controller.record.journal import Recorder
from controller.record.result import Summary
from controller.record.runfile import RunFile
from controller.record.signs import signs
from controller.record.unusual import unusual
from drivers.reading import TagTable, Value

STEP_S = 0.1
Curves = dict[str, list[float]]


def found(folder: Path, curves: Mapping[str, Sequence[float]]) -> list[str]:
    """The signs in a record with these curves, one scan each tenth of a second."""
    now_s = 0.0
    tags = TagTable()
    for tag in curves:
        instrument, _, value = tag.partition(".")
        tags.add(instrument, Value(value, "", -1e9, 1e9, tag))
    recorder = Recorder(folder / "run.sqlite", tags, lambda: now_s, threaded=False)
    for row in zip(*curves.values(), strict=True):
        now_s += STEP_S
        for tag, value in zip(curves, row, strict=True):
            tags.put(tags.index(tag), value, now_s)
        recorder.sample()
    recorder.close("PROCESS_COMPLETE", "PASS")
    with RunFile(folder / "run.sqlite") as run:
        return signs(run)


def noisy(mean: float, sigma: float, scans: int) -> list[float]:
    draw = Random(f"{mean}:{sigma}")
    return [draw.gauss(mean, sigma) for _ in range(scans)]


def resting() -> Curves:
    """A vented press with a clamped part, a minute long."""
    return {
        "line_plc.hb_plc": [float(k) for k in range(600)],
        "line_plc.out_clamp": [1.0] * 600,
        "line_plc.out_inner_vent_shut": [0.0] * 600,
        "press.vacuum": noisy(101.4, 0.02, 600),
        "press.supply": noisy(700.0, 0.5, 600),
        **{f"line_plc.gap{n}": noisy(147.0 + n, 0.05, 600) for n in (1, 2, 3)},
    }


def freeze(curves: Curves) -> None:
    curves["press.supply"][400:] = [curves["press.supply"][400]] * 200


def answer_seven_times(curves: Curves) -> None:
    """Not a frozen channel: the PLC does not answer, and the scan records what it has."""
    for tag in ("press.supply", "line_plc.hb_plc"):
        curves[tag][400:410] = [curves[tag][400]] * 10


def spike(curves: Curves) -> None:
    curves["press.supply"][400] += 50.0


def sag(curves: Curves) -> None:
    """Not an outlier: it lasts."""
    curves["press.supply"][400:] = [kPa - 50.0 for kPa in curves["press.supply"][400:]]


def swap(curves: Curves) -> None:
    one, other = curves["line_plc.gap1"], curves["line_plc.gap2"]
    one[300:], other[300:] = other[300:], one[300:]


def trap(curves: Curves) -> None:
    curves["press.vacuum"][300:] = [kPa + 0.2 for kPa in curves["press.vacuum"][300:]]


def weather(curves: Curves) -> None:
    """A storm: 1 kPa in an hour."""
    curves["press.vacuum"] = [kPa + k / 36_000 for k, kPa in enumerate(curves["press.vacuum"])]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (freeze, ["press.supply has stood at"]),
        (spike, ["press.supply showed 749."]),
        (sag, []),
        (swap, ["Gap heads 1 and 2 jumped apart by"]),
        (trap, ["The inner side moved by"]),
        (weather, []),
        (answer_seven_times, []),
        (lambda curves: None, []),
    ],
)
def test_a_press_at_rest(change: Callable[[Curves], None], said: list[str], tmp_path: Path) -> None:
    curves = resting()
    change(curves)

    told = found(tmp_path, curves)

    assert [text[: len(start)] for text, start in zip(told, said, strict=True)] == said


@pytest.mark.parametrize(("rise_s", "signs_found"), [(2.2, 0), (0.7, 1)])
def test_a_weak_pump_lets_the_inner_side_rise_too_soon(rise_s: float, signs_found: int, tmp_path: Path) -> None:
    shut = [0.0] * 50 + [1.0] * 200
    rising = [min(100.3, 97.9 + 2.4 * k * STEP_S / rise_s) for k in range(100)]
    curves = {
        "line_plc.out_inner_vent_shut": shut,
        "line_plc.out_inner_vacuum": shut,
        "line_plc.out_inner_control": shut,
        "press.vacuum": [101.4] * 50 + [80.0] * 100 + rising,
    }

    told = found(tmp_path, curves)

    assert len(told) == signs_found
    assert all("look at pump and vacuum line" in text for text in told)


@pytest.mark.parametrize(("left_kPa", "effort", "signs_found"), [(0.9, 0.1, 0), (3.7, 0.1, 1), (0.9, 1.1, 1)])
def test_an_inlet_valve_that_sticks(left_kPa: float, effort: float, signs_found: int, tmp_path: Path) -> None:
    curves = {
        "press_pressure.control": [1.0] * 100 + [0.0] * 100,
        "line_plc.out_dump_shut": [1.0] * 200,
        "press.asked": [200.0] * 90 + [0.0] * 110,
        "press.setpoint": [200.0] * 90 + [0.0] * 110,
        "press.pressure": [200.0] * 90 + [1.0] * 10 + [left_kPa] * 100,
        "press.effort": [effort] * 200,
    }

    told = found(tmp_path, curves)

    assert len(told) == signs_found
    assert all("inlet valve of the booster" in text for text in told)


def test_a_step_of_a_few_kPa_is_not_settled_because_it_is_short(tmp_path: Path) -> None:
    """Found in a run without faults: the ramp was over between two scans, and the effort that of the ramp."""
    asked = [33.7] * 100 + [29.3] * 100
    curves = {
        "press_pressure.control": [1.0] * 200,
        "press.asked": asked,
        "press.setpoint": asked,
        "press.effort": [0.0] * 102 + [6.5] * 10 + [0.0] * 88,
    }

    assert found(tmp_path, curves) == []


@pytest.mark.parametrize(("idle", "height_mm", "signs_found"), [(6.2, 50.0, 0), (8.7, 50.0, 1), (31.9, 0.8, 0)])
def test_a_worn_bearing_is_no_cut(idle: float, height_mm: float, signs_found: int, tmp_path: Path) -> None:
    turning = {"grinder.spindle": [1200.0] * 40, "grinder.z": [height_mm] * 40}

    told = found(tmp_path, {**turning, "grinder.torque": noisy(idle, 0.3, 40)})

    assert len(told) == signs_found


@pytest.mark.parametrize(("frozen", "signs_found"), [(False, 0), (True, 1)])
def test_a_power_that_stands_while_the_torque_has_its_noise(frozen: bool, signs_found: int, tmp_path: Path) -> None:
    """Found by seed 3618; the drive answers at every third scan."""
    torque, power = noisy(6.0, 0.3, 200), noisy(60.0, 3.0, 200)
    curves = {
        "grinder.torque": [round(torque[k // 3 * 3], 1) for k in range(200)],
        "grinder.power": [0.0 if frozen else float(round(power[k // 3 * 3])) for k in range(200)],
    }

    told = found(tmp_path, curves)

    assert len(told) == signs_found


@pytest.mark.parametrize(("lag_s", "signs_found"), [(2.0, 0), (20.0, 1)])
def test_a_loose_thermocouple_shows_the_heat_too_late(lag_s: float, signs_found: int, tmp_path: Path) -> None:
    degC, seen = 25.0, [25.0]
    for _ in range(599):
        degC += (0.2 * 1000.0 - 2.05 * (degC - 25.0)) * STEP_S / 2150.0
        seen.append(seen[-1] + (degC - seen[-1]) * STEP_S / lag_s)
    curves = {
        "line_plc.out_mold_contactor": [0.0, *[1.0] * 599],
        "mold.output": [20.0] * 600,
        "mold.temperature": [round(value, 1) for value in seen],
    }

    told = found(tmp_path, curves)

    assert len(told) == signs_found
    assert all(text.startswith("The mold showed -0.6 K") for text in told)


def test_a_run_that_was_cut_short_has_curves_of_its_own() -> None:
    sign = "Idle torque was 9.0 % at 0:10: look at the bearing and the wheel."

    assert unusual(Summary(state="PROCESS_COMPLETE"), [sign]) == [sign]
    assert sign not in unusual(Summary(state="ABORTED"), [sign])

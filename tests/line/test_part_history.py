"""One part from run to run: what a run leaves in part.json is what the next one begins with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.run import RunOptions, RunOutcome
from simulators.materials import MATERIALS
from simulators.workpiece import Part
from tests.line.behind import recipe, run


def part_of(outcome: RunOutcome) -> Part:
    return Part.from_json((outcome.record.parent / "part.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> RunOutcome:
    return run(RunOptions(recipe("press-short"), out=tmp_path_factory.mktemp("pressed") / "run"))


@pytest.fixture(scope="module")
def filled(pressed: RunOutcome, tmp_path_factory: pytest.TempPathFactory) -> RunOutcome:
    before = pressed.record.parent / "part.json"
    out = tmp_path_factory.mktemp("filled") / "run"
    return run(RunOptions(recipe("encapsulate-short"), part=before, out=out))


def test_a_run_leaves_the_part_as_it_is(pressed: RunOutcome) -> None:
    part = part_of(pressed)

    assert (part.id, part.runs) == (1001, ["press-short"])
    assert part.lowest_gap_um < 120.0 < part.highest_gap_after_um


def test_the_next_run_goes_on_with_it(pressed: RunOutcome, filled: RunOutcome) -> None:
    before, after = part_of(pressed), part_of(filled)

    assert (filled.exit, filled.summary.state) == (Exit.PASSED, "PROCESS_COMPLETE")
    assert (after.id, after.runs) == (1001, ["press-short", "encapsulate-short"])
    assert after.lowest_gap_um <= before.lowest_gap_um
    assert after.pad.set_strain > before.pad.set_strain
    assert after.chip_um == before.chip_um


def test_the_syringe_that_was_scanned_is_the_one_that_was_poured(filled: RunOutcome) -> None:
    part = part_of(filled)

    assert 3500.0 < part.encapsulant.volume_uL < 6000.0
    assert 0.0 < part.encapsulant.degree < 0.01
    assert part.cover.volume_uL == 0.0
    assert set(MATERIALS) == {"EMC-7", "ENC-2", "ADH-4"}


def test_the_same_part_gives_the_same_trace(pressed: RunOutcome, tmp_path: Path) -> None:
    before = pressed.record.parent / "part.json"
    first, again, fresh = (
        run(RunOptions(recipe("press-short"), part=part, out=tmp_path / name)).result["trace_sha256"]
        for name, part in (("a", before), ("b", before), ("c", None))
    )

    assert first == again != fresh


def spoil(pressed: RunOutcome, tmp_path: Path, **changes: Any) -> Path:
    data = json.loads((pressed.record.parent / "part.json").read_text(encoding="utf-8"))
    path = tmp_path / "part.json"
    path.write_text(json.dumps({**data, **changes}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "PKG-15"}, "kind: wanted WLP-200, got PKG-15"),
        ({"kind": "WLP-300"}, "no kind 'WLP-300'"),
        ({"gap_um": "wide"}, "gap_um: wanted a number, got 'wide'"),
        ({"gap_um": -3.0}, "gap_um: wanted 1 to 1000, got -3"),
        ({"id": 0}, "id: wanted 1 to 4.29497e"),
        ({"id": 1.5}, "id: wanted a whole number"),
        ({"colour": "red"}, "colour: no part has this"),
        ({"pad": {}}, "pad.stretch is missing"),
        ({"cover": [1]}, "cover: wanted an object"),
        ({"tilt_um": [0.0]}, "tilt_um: wanted a list of 3 entries"),
        ({"damage": ["dented"]}, "'dented' is not a valid Damage"),
        ({"ground": 1}, "ground: wanted true or false"),
        ({"runs": [3]}, r"runs\[0\]: wanted a word"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_no_part_is_refused_before_anything_starts(
    pressed: RunOutcome, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    out = tmp_path / "run"
    with pytest.raises(CommandError, match=said) as refused:
        run(RunOptions("smoke", part=spoil(pressed, tmp_path, **changes), out=out))

    assert refused.value.code is Exit.INVALID
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not a JSON text"), (b"[" * 100_000, "not a JSON text"), (b"[]", "wanted an object"),
        (b"\xff\xfe", "not a part for this recipe"), (b'{"id": NaN}', "id: wanted a number"), (None, "cannot read"),
    ],
    ids=["half", "deep", "list", "binary", "nan", "absent"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "part.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=said) as refused:
        run(RunOptions("smoke", part=path, out=tmp_path / "run"))

    assert refused.value.code is Exit.INVALID
    assert not (tmp_path / "run").exists()

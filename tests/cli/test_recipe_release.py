"""`springback recipe` and `run --live`: two users of the system release a recipe, and the tool takes nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.record.archive import SITE
from controller.record.events import SiteAct
from controller.record.runfile import RunFile
from controller.record.site import LEDGER, objections
from springback.places import config_file, recipe_folder
from tests.cli.commands import MAIN, Finished, refused, springback

NOBODY = 65534
# One command twice, by root and by another user, who may not read where Python is installed: all is loaded by then.
TWICE = f"""
import os
from springback.main import main
try:
    main()
except SystemExit as first:
    print("as root:", first.code)
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
main()
"""
WHY = ("--reason", "for the line")


@pytest.fixture
def site() -> Iterator[Path]:
    """A folder that two users may write into, with a recipe, a tool file of a real tool, and a run of the twin."""
    folder = Path(tempfile.mkdtemp(prefix="springback-"))
    os.chown(folder, -1, NOBODY if os.getuid() == 0 else -1)
    folder.chmod(0o2775)
    before = os.umask(0o002)
    shutil.copy(recipe_folder() / "smoke.yaml", folder / "smoke.yaml")
    shutil.copy(config_file("tool.yaml"), folder / "tool.yaml")
    ran = springback("run", "smoke.yaml", "--tool", "tool.yaml", cwd=folder)
    assert ran.code == 0, ran.err
    yield folder
    os.umask(before)
    shutil.rmtree(folder)


def act(site: Path, *arguments: str, program: str = MAIN) -> Finished:
    return springback("recipe", *arguments, "--tool", "tool.yaml", cwd=site, program=program)


def live(site: Path, *arguments: str) -> Finished:
    return springback("run", "smoke.yaml", "--tool", "tool.yaml", "--live", *arguments, cwd=site)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def acts(path: Path) -> list[SiteAct]:
    with RunFile(path) as journal:
        return [found for _, found, _ in journal.events() if isinstance(found, SiteAct)]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a second user")
def test_two_users_release_a_recipe_and_the_tool_takes_it_until_it_changes(site: Path) -> None:
    signed = act(site, "sign", "smoke.yaml", *WHY)
    assert (signed.code, "smoke v1" in signed.out) == (0, True), signed.err
    released = act(site, "release", "smoke.yaml", *WHY, program=TWICE)
    assert (released.code, "as root: 5" in released.out, "is released by nobody" in released.out) == (0, True, True), (
        released.err
    )
    assert "another person has to release it" in released.err
    assert "line plc" in refused(live(site), 4)  # admitted: it goes to the instruments, which are not there

    edit(site / "smoke.yaml", "A little of everything", "A lot of everything")
    assert "its text is not that of version 1, released by nobody" in refused(live(site), 5)
    retired = springback("recipe", "retire", "smoke", "--reason", "pads changed", cwd=site)
    assert (retired.code, "is retired by root" in retired.out) == (0, True), retired.err

    ledger = acts(site / "runs" / SITE / LEDGER)
    assert [(a.act, a.facts["by"]["uid"], a.facts["why"]) for a in ledger] == [
        ("recipe_signed", 0, "for the line"),
        ("recipe_released", NOBODY, "for the line"),
        ("recipe_retired", 0, "pads changed"),
    ]
    days = [path for path in (site / "runs" / SITE).glob("*.sqlite") if path.name != LEDGER]
    told = [a for path in days for a in acts(path) if a.act.startswith("recipe_")]
    assert [(a.act, a.facts["by"]) for a in told] == [(a.act, a.facts["by"]) for a in ledger]
    assert objections(site / "runs") == []


def test_bad_input_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "runs" / SITE).mkdir(parents=True)

    assert "goes with --live" in refused(springback("run", "smoke", "--engineering", "x", cwd=tmp_path), 2)
    listed = springback("recipe", "list", "--json", cwd=tmp_path).json
    assert {one["state"] for one in listed["recipes"]} == {"draft"}
    (tmp_path / "runs" / SITE / LEDGER).write_bytes(b"no record")
    assert "releases.sqlite" in refused(springback("run", "smoke", "--live", cwd=tmp_path), 9)

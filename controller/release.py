"""Releasing a recipe for the tool: what is signed, what its twin must have shown, who may release it, what is refused.

The acts and their file are `record/releases.py`; the words of commands and the roles of clients are theirs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple
from pathlib import Path

from controller import wall
from controller.recipe.file_text import clean, read_bytes
from controller.recipe.folder import SUFFIX, names
from controller.recipe.model import Recipe
from controller.recipe.problems import RecipeError
from controller.record.archive import RECORD
from controller.record.events import Bypassed, RunStarted, SiteAct
from controller.record.fold import summary_of
from controller.record.releases import (
    RELEASED,
    RETIRED,
    SIGNED,
    Identity,
    Key,
    Ledger,
    Releases,
    Standing,
    State,
    act_on,
    by,
    key_in,
)
from controller.record.result import Verdict
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.verify import verify
from controller.tool import ToolFile, from_text
from springback.places import config_file


class ReleaseRefused(Exception):
    """The act is not possible: why, and what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}; {fix}")
        self.message, self.fix = message, fix


class _NoTwin(Exception):
    """Why a run is not the twin."""


def limits_sha256(tool: ToolFile) -> str:
    """The hash of what bounds recipes on a tool: its limits and the facts of its machine, as values."""
    limits = {name: astuple(limit) for name, limit in tool.limits.items()}
    bounds = json.dumps({"limits": limits, "machine": dict(tool.machine)}, sort_keys=True)
    return hashlib.sha256(bounds.encode()).hexdigest()


def key_of(recipe: Recipe, tool: ToolFile) -> Key:
    """What a release of a recipe for a tool is of. The text counts with its line ends as LF."""
    return Key(recipe.name, recipe.sha256, limits_sha256(tool))


def key_of_file(path: Path, limits: str) -> Key:
    """The same of a file by its name, unchecked, for `limits` as `limits_sha256` gives them; RecipeError."""
    text = clean(read_bytes(path), path.name)
    return Key(path.stem, hashlib.sha256(text.encode()).hexdigest(), limits)


def option(tool: ToolFile) -> str:
    """What commands need that are to know the same limits; nothing for the shipped tool file."""
    return "" if tool.path == config_file("tool.yaml") else f" --tool {tool.path}"


def standing(runs: Path, recipe: Recipe, tool: ToolFile) -> Standing:
    """How it stands with a recipe on a tool; RecordError when what is known of releases is damaged."""
    return Ledger(runs).read().standing(key_of(recipe, tool), option(tool))


def standings(runs: Path, folder: Path, tool: ToolFile) -> dict[str, Standing]:
    """How it stands with every recipe of a folder, unchecked; RecordError as above."""
    limits, releases = limits_sha256(tool), Ledger(runs).read()
    found = {}
    for name in names(folder):
        try:
            key = key_of_file(folder / f"{name}{SUFFIX}", limits)
        except RecipeError as error:
            found[name] = Standing(State.DRAFT, str(error), f"springback check {name}")
        else:
            found[name] = releases.standing(key, option(tool))
    return found


def may_run(runs: Path, recipe: Recipe, tool: ToolFile, engineering: str = "") -> str:
    """Who signed and released a recipe that is to run on a tool; ReleaseRefused when it is not released for it.

    Nothing has to be released for a simulated tool, or for an engineering run: then it returns nothing.
    """
    if tool.simulated or engineering:
        return ""
    found = standing(runs, recipe, tool)
    if not found.released:
        said = f"{recipe.name} version {recipe.version} is not released: {found.why}"
        raise ReleaseRefused(said, f"{found.fix}; or as an engineering run: --engineering WHY")
    signed, released = found.acts
    return f"signed {by(signed)}, released {by(released)}, twin run {signed.facts['twin']['run']}"


def sign(runs: Path, recipe: Recipe, tool: ToolFile, who: Identity, why: str, twin: Path | None = None) -> SiteAct:
    """Sign a recipe as its author; `twin` is a run's folder, by default the latest that fits. ReleaseRefused."""
    _wants(why)
    key = key_of(recipe, tool)
    place = twin or _latest_twin(runs, key, option(tool))
    try:
        shown = _twin(runs, place, key)
    except _NoTwin as error:
        fix = f"name a simulated run of this text that passed, or make one: springback run {recipe.name}{option(tool)}"
        raise ReleaseRefused(f"{place} is not the twin run of {recipe.name}: {error}", fix) from None

    def decide(releases: Releases) -> list[SiteAct]:
        if releases.state(key) is State.RELEASED:
            raise ReleaseRefused(
                f"{recipe.name} version {recipe.version} is released already", "nothing has to be done"
            )
        if releases.released_as(recipe.name, recipe.version) - {recipe.sha256}:
            said = f"{recipe.name} version {recipe.version} was released with another text"
            raise ReleaseRefused(said, "give this text a new `version:`, run it and sign it")
        return [act_on(SIGNED, wall.utc_text(), key, recipe.version, who, why, twin=shown)]

    return Ledger(runs).change(decide)[0]


def release(runs: Path, recipe: Recipe, tool: ToolFile, who: Identity, why: str) -> SiteAct:
    """Release what another one has signed; ReleaseRefused when it was the same person, or the twin changed."""
    _wants(why)
    key = key_of(recipe, tool)

    def decide(releases: Releases) -> list[SiteAct]:
        found = releases.standing(key, option(tool))
        if found.state is not State.SIGNED:
            why_not = found.why or "it is released already"
            raise ReleaseRefused(f"{recipe.name} cannot be released: {why_not}", found.fix or "nothing has to be done")
        signed = found.acts[0].facts
        author = Identity(**signed["by"])
        if who.may_be(author):
            you = f"you are {who.user} (uid {who.uid})"
            said = f"{recipe.name} was signed by {author.user} (uid {author.uid}), and {you}"
            raise ReleaseRefused(said, "another person has to release it, as another user of the system or by a login")
        try:
            still = _twin(runs, runs / signed["twin"]["run"], key)
            if still != signed["twin"]:
                raise _NoTwin("its record is not the one that was signed")
        except _NoTwin as error:
            said = f"the twin run {signed['twin']['run']} does not stand any more: {error}"
            raise ReleaseRefused(said, f"run and sign it again: springback run {recipe.name}{option(tool)}") from None
        return [act_on(RELEASED, wall.utc_text(), key, recipe.version, who, why)]

    return Ledger(runs).change(decide)[0]


def retire(runs: Path, name: str, version: int | None, who: Identity, why: str) -> list[SiteAct]:
    """End what is signed or released of a recipe, or of one version of it; ReleaseRefused when nothing is."""
    _wants(why)

    def decide(releases: Releases) -> list[SiteAct]:
        last = releases.standing_of(name, version)
        if not last:
            which = name if version is None else f"{name} version {version}"
            raise ReleaseRefused(f"nothing of {which} is signed or released", "springback recipe list shows what is")
        return [act_on(RETIRED, wall.utc_text(), key_in(act), act.facts["version"], who, why) for act in last]

    return Ledger(runs).change(decide)


def _wants(why: str) -> None:
    if not why.strip():
        raise ReleaseRefused("nobody would know why", "say it: --reason TEXT")


# ---------------------------------------------------------------------------------------------- the twin
def _latest_twin(runs: Path, key: Key, option: str) -> Path:
    for record in sorted(runs.glob(f"*/{RECORD}"), key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            _twin(runs, record.parent, key)
        except _NoTwin:
            continue
        return record.parent
    said = f"no simulated run in {runs} has passed with exactly this text of {key.recipe} and these limits of the tool"
    raise ReleaseRefused(said, f"run it first, as it stands: springback run {key.recipe}{option}")


def _twin(runs: Path, place: Path, key: Key) -> dict[str, str]:
    """What names the run in a folder as the twin: its id, the head of its chain, its trace. _NoTwin when it is none."""
    if place.resolve().parent != runs.resolve():
        raise _NoTwin(f"it does not lie in {runs}, whose journal keeps the head of its record")
    try:
        _shows(place / RECORD, key)
        found = verify(place / RECORD)
    except RecordError as error:
        raise _NoTwin(str(error)) from None
    if not found.intact:
        raise _NoTwin(f"its record is {found.state} {found.problem}".rstrip())
    return {"run": place.resolve().name, "head_sha256": found.head.hex(), "trace_sha256": found.trace_sha256}


def _shows(record: Path, key: Key) -> None:
    """_NoTwin unless it is a simulated run of this text under these limits, as they stand, that passed."""
    with RunFile(record) as run:
        began = [event for _, event, _ in run.events(RunStarted) if isinstance(event, RunStarted)]
        if not began or not began[0].simulated:
            raise _NoTwin("it is no simulated run")
        if (began[0].recipe, began[0].sha256) != (key.recipe, key.sha256):
            raise _NoTwin("it ran another text")
        if _limits_of(run) != key.limits_sha256:
            raise _NoTwin("it ran under other limits of the tool")
        changed = [name for name in ("set", "faults", "plant") if run.meta.get(name)]
        if changed or run.events(Bypassed):
            raise _NoTwin(f"something was different in it: {', '.join(changed) or 'an interlock was bypassed'}")
        summary = summary_of(run)
        if not summary.completed or summary.verdict is not Verdict.PASS:
            raise _NoTwin(f"it ended {summary.state} with verdict {summary.verdict}")


def _limits_of(run: RunFile) -> str:
    try:
        return limits_sha256(from_text(str(run.meta.get("tool_text", "")), run.path))
    except RecipeError:
        return ""

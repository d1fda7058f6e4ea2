"""What must be in order before a run starts, and what its record keeps of it: which part this is, what it went through.

It refuses and warns in sentences; the command line and the daemon say them in their own way. It opens no instrument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from controller import wall
from controller.recipe.model import Recipe
from controller.record.archive import LABELS, RECORD
from controller.record.history import as_fact, opened, runs_before, runs_of, unmet
from controller.record.index import Digest, digests
from controller.record.site import acts
from controller.record.store import RecordError
from controller.tool import ToolFile
from controller.upkeep.calibration import Due, dues
from controller.upkeep.counters import Counter, Whose, counters
from controller.upkeep.items import load_items, maintenance_file

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")


class LabelError(ValueError):
    """What somebody called a part, a lot or a carrier is no label, or two labels contradict each other."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a run is about, as people label it; `file` is a simulated part, beside the record of its last run."""

    part: str = ""
    lot: str = ""
    carrier: str = ""
    file: Path | None = None

    def __post_init__(self) -> None:
        for name, text in self.labels.items():
            if not LABEL.fullmatch(text):
                raise LabelError(
                    f"{name} {text[:64]!a} is no label; letters, digits and . _ : / -, at most 64, as in W-0412"
                )

    @property
    def labels(self) -> dict[str, str]:
        """Those that are known, by their names."""
        return {name: text for name in LABELS if (text := getattr(self, name))}


UNNAMED = Piece()


class NotReady(Exception):
    """A run must not start now: what was found, and what to do."""


@dataclass(slots=True)
class Start:
    """What was found: anything in `refused` forbids the start. `facts` go into the record of the run."""

    refused: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    opened_s_ago: dict[str, float] = field(default_factory=dict)  # material lots of earlier real runs


def before_start(recipe: Recipe, tool: ToolFile, piece: Piece, runs: Path, *, simulated: bool) -> Start:
    """Look into the records of a folder of runs before a run on a piece; NotReady when it must not start.

    LabelError when the part's file belongs to another part, RecordError when a record that is asked cannot be read,
    RecipeError for a wrong maintenance file. Wear and certificates decide about real runs only. It reads files, and
    takes a while when there are many runs and no index of them.
    """
    start = Start()
    known, broken = digests(runs) if piece != UNNAMED or not simulated else ([], [])
    earlier = _earlier(piece, known, simulated=simulated)
    part = piece.part or next((one.part for one in reversed(earlier) if one.part), "")
    named = part or (str(piece.file) if piece.file is not None else "")
    start.facts = {
        **piece.labels,
        **({"part": part} if part else {}),
        **({"earlier": as_fact(earlier)} if named else {}),
    }
    if recipe.needs:
        _needs(start, recipe, named, earlier, simulated=simulated)
    if named or not simulated:
        items, whose = load_items(maintenance_file(tool.path)), Whose(tool.name, simulated)
        checked = _looked_after(start, recipe, tool, counters(items, known, list(acts(runs)), whose))
        if not simulated:
            _real(start, checked, known, broken)
    if start.refused:
        raise NotReady("; ".join(start.refused))
    return start


def _earlier(piece: Piece, runs: Sequence[Digest], *, simulated: bool) -> list[Digest]:
    """The runs of this part so far, the oldest first."""
    found: dict[str, Digest] = {}
    record = piece.file.parent / RECORD if piece.file is not None else None
    if record is not None and record.is_file():
        before = runs_before(record)
        found = {one.run: one for one in before}
        known = before[-1].part
        if piece.part and known and known != piece.part:
            raise LabelError(f"{piece.file} is part {known}, not {piece.part}; name the part that it is, or none")
    if piece.part:
        found = {one.run: one for one in runs_of(piece.part, runs, simulated=simulated)} | found
    return sorted(found.values(), key=lambda one: (one.started_utc, one.run))


def _needs(start: Start, recipe: Recipe, part: str, earlier: Sequence[Digest], *, simulated: bool) -> None:
    wanted = " and ".join(f"{other} {state}" for other, state in recipe.needs.items())
    if part:
        start.refused += [f"part {part}: {recipe.name} {why}" for why in unmet(recipe.needs, earlier)]
    elif simulated:
        text = f"{recipe.name} needs {wanted}: not checked, because this simulated run names no part"
        start.warned.append(f"{text}; give --part-id, or --part with the part.json of an earlier run")
    else:
        start.refused.append(f"{recipe.name} needs {wanted}, and nobody said which part this is; give --part-id")
    start.facts["needs"] = {"wanted": dict(recipe.needs), "checked": bool(part)}


def _looked_after(start: Start, recipe: Recipe, tool: ToolFile, worn: Sequence[Counter]) -> list[Counter | Due]:
    """What wears out and what is certified, of what the recipe uses, as facts of the record."""
    in_use = [counter for counter in worn if counter.item.module in recipe.modules]
    certified = list(dues(tool, wall.today(), recipe.modules))
    start.facts["tooling"] = [counter.to_json() for counter in in_use]
    start.facts["calibration"] = {due.instrument: asdict(due.calibration) for due in certified}
    return [*in_use, *certified]


def _real(
    start: Start, checked: Iterable[Counter | Due], known: Iterable[Digest], broken: Iterable[RecordError]
) -> None:
    """What decides about real runs only: simulated ones wear nothing, and their time is not the wall's."""
    for found in checked:
        if found.state != "ok":
            (start.refused if found.state == "block" else start.warned).append(found.says())
    start.warned += [f"what this run used up is not counted: {error}" for error in broken]
    start.opened_s_ago = {lot: wall.seconds_since(utc) for lot, utc in opened(known).items()}


def scans(recipe: Recipe, labels: Mapping[str, str]) -> dict[str, str]:
    """Answers to the recipe's own scans of what is known already, by prompt id: nobody scans a label twice."""
    return {
        f"{step.name}.{ask.field}": labels[ask.field]
        for step in recipe.steps
        for ask in step.asks
        if ask.kind == "scan" and ask.field in labels
    }

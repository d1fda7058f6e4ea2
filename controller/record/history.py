"""What a part has been through: its earlier runs, and whether they are what a recipe needs.

It believes records only when their chain is whole and they are what the site's journal saw closed. What a recipe's
`needs` mean stands here; where a start is refused is the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from controller.record.archive import RECORD
from controller.record.index import Digest, digest
from controller.record.result import COMPLETED
from controller.record.runfile import RunFile
from controller.record.site import acts, heads
from controller.record.store import RecordError
from controller.record.verify import verify

_KEPT = ("run", "place", "recipe", "version", "started_utc", "state", "verdict", "simulated", "tool", "head_sha256")


def runs_of(part: str, runs: Iterable[Digest], *, simulated: bool) -> list[Digest]:
    """Those of a part; real and simulated ones are kept apart."""
    return [one for one in runs if one.part == part and one.simulated is simulated]


def opened(runs: Iterable[Digest]) -> dict[str, str]:
    """When each material lot was scanned first in a real run, UTC: from then on its pot life runs."""
    found: dict[str, str] = {}
    for one in runs:
        for lot, utc in one.lots.items() if not one.simulated else ():
            found[lot] = min(utc, found.get(lot, utc))
    return found


def runs_before(record: Path) -> list[Digest]:
    """The runs that a record names as earlier ones of its part, and itself last; RecordError when it cannot be read."""
    with RunFile(record) as run:
        named = run.meta.get("earlier") or []
    try:
        before = [Digest(**{key: one[key] for key in _KEPT}) for one in named]
    except (KeyError, TypeError):
        raise RecordError(
            f"run record {record}: its earlier runs have another form; it was not written by us"
        ) from None
    near = record.parent.parent
    found = [one if Path(one.place, RECORD).is_file() else replace(one, place=str(near / one.run)) for one in before]
    return [*found, digest(record.parent)]


def as_fact(earlier: Sequence[Digest]) -> list[dict[str, Any]]:
    """What a record keeps of the earlier runs of its part, the heads of their chains among it."""
    return [{key: value for key, value in asdict(one).items() if key in _KEPT} for one in earlier]


def unmet(needs: Mapping[str, str], earlier: Sequence[Digest]) -> list[str]:
    """Which needs of a recipe the earlier runs of a part do not meet, what was found, and what to do."""
    found = []
    for recipe, state in needs.items():
        why = _why_not(recipe, state, earlier)
        if why:
            found.append(f"needs {recipe} {state}: {why}")
    return found


def _why_not(recipe: str, state: str, earlier: Sequence[Digest]) -> str:
    """Of several runs of a recipe the last one counts, as of a repeated measurement."""
    of_recipe = [one for one in earlier if one.recipe == recipe]
    if not of_recipe:
        seen = ", ".join(dict.fromkeys(one.recipe for one in earlier)) or "none"
        return f"the part has no run of {recipe}; its runs: {seen}; run {recipe} with this part first"
    last = of_recipe[-1]
    if last.state.upper() not in COMPLETED or (state == "passed" and last.verdict != "PASS"):
        return (
            f"its last one, {last.run}, ended {last.state} with verdict {last.verdict}; run {recipe} again or scrap it"
        )
    return _doubt(last)


def _doubt(run: Digest) -> str:
    """Why the record of a run is not to be believed, or nothing."""
    record = Path(run.place, RECORD)
    if not record.is_file():
        return f"the record of {run.run} is no longer at {run.place}; bring it back"
    found = verify(record)
    if found.problem or not found.closed:
        return (
            f"the record of {run.run} is {found.state.replace('open', 'not closed')}; see springback verify {run.place}"
        )
    try:
        closed = heads(acts(record.parent.parent)).get(run.run, run.head_sha256)
    except RecordError as error:
        return f"the journal of its folder cannot be read: {error}"
    if {found.head.hex(), closed} != {run.head_sha256}:
        return f"the record of {run.run} is not the one that was closed; springback verify --all says which are"
    return ""

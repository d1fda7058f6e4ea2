"""How much of what wears out is used up: a fold over the records of a folder and the acts of its journal.

Nothing is counted while a run goes on, so nothing can be counted twice or lost: delete the index, and the same comes
out. Real and simulated tools, and tools of different names, are kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.record.events import SiteAct
from controller.record.index import Digest
from controller.record.site import DELETED
from controller.record.text import number
from controller.record.wear import MEASURES
from controller.upkeep.items import Bound, Item

REPLACED = "replaced"  # facts: item, serial, tool, simulated, by, why


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose wear it is."""

    tool: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Used:
    """What was used at a time in ISO 8601, by name of the measure."""

    utc: str
    amounts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Counter:
    """One item as it is now: `used` by name of the measure `since` it was replaced, empty for the first one."""

    item: Item
    serial: str
    since: str
    used: Mapping[str, float]

    @property
    def state(self) -> str:
        """`block`, `warn` or `ok`."""
        over = [_over(bound, self.used[measure]) for measure, bound in self.item.bounds.items()]
        return "block" if "block" in over else "warn" if "warn" in over else "ok"

    def says(self) -> str:
        """In a sentence: what, how much of how much, and what to do."""
        which = f" {self.serial}" if self.serial else ""
        return (
            f"{self.item.name}: {self.item.title}{which} has had {', '.join(self.amounts())}; {self.item.do}, then"
            f" springback maintain replaced {self.item.name} --serial S --why WHY"
        )

    def amounts(self) -> list[str]:
        """Each measure with its bound: the one that blocks, else the one that warns."""
        rows = [(m, bound.block_at or bound.warn_at, MEASURES[m].unit) for m, bound in self.item.bounds.items()]
        return [f"{m} {number(self.used[m])} of {number(most)} {unit}".rstrip() for m, most, unit in rows]

    def to_json(self) -> dict[str, Any]:
        """Plain data, as records keep it."""
        bounds = {
            measure: {"used": round(self.used[measure], 3), "unit": MEASURES[measure].unit,
                      "warn_at": bound.warn_at, "block_at": bound.block_at}
            for measure, bound in self.item.bounds.items()
        }  # fmt: skip
        return {
            "item": self.item.name, "title": self.item.title, "serial": self.serial, "since": self.since,
            "counts": bounds, "state": self.state,
        }  # fmt: skip


def counters(items: Iterable[Item], runs: Iterable[Digest], told: Sequence[SiteAct], whose: Whose) -> list[Counter]:
    """All items as they are now, from the runs of a folder and the acts in its journal."""
    uses = [*_of_runs(runs, whose), *_of_deleted(told, whose)]
    return [_counter(item, uses, told, whose) for item in items]


def wear_of(run: Digest) -> dict[str, Any]:
    """What has to outlive the record of a run that is deleted: facts of the act that says so."""
    return {
        "tool": run.tool, "simulated": run.simulated, "started_utc": run.started_utc, "used": dict(run.used),
    }  # fmt: skip


def _of_runs(found: Iterable[Digest], whose: Whose) -> list[Used]:
    return [Used(one.started_utc, one.used) for one in found if Whose(one.tool, one.simulated) == whose]


def _of_deleted(told: Iterable[SiteAct], whose: Whose) -> list[Used]:
    return [
        Used(str(act.facts["started_utc"]), act.facts["used"])
        for act in told
        if act.act == DELETED and Whose(act.facts.get("tool", ""), bool(act.facts.get("simulated"))) == whose
    ]


def _counter(item: Item, uses: Sequence[Used], told: Iterable[SiteAct], whose: Whose) -> Counter:
    serial, since = "", ""
    for act in told:
        facts = act.facts
        mine = act.act == REPLACED and facts["item"] == item.name
        if mine and Whose(facts["tool"], facts["simulated"]) == whose and act.utc >= since:
            serial, since = str(facts["serial"]), act.utc
    on_it = [use.amounts for use in uses if use.utc >= since]
    used = {measure: sum(amounts.get(measure, 0.0) for amounts in on_it) for measure in item.bounds}
    return Counter(item, serial, since, used)


def _over(bound: Bound, used: float) -> str:
    if bound.block_at is not None and used >= bound.block_at:
        return "block"
    return "warn" if used >= bound.warn_at else "ok"

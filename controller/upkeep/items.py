"""The maintenance file: what wears out, how much of it may be used, and what to do then. It counts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controller.recipe.problems import RecipeError
from controller.recipe.reader import Fields, Report
from controller.recipe.source import read
from controller.record.wear import MEASURES
from springback.places import config_file

FILE = "maintenance.yaml"
MODULES = ("press", "dispenser", "grinder")


@dataclass(frozen=True, slots=True)
class Bound:
    """How much of a measure may be used, in its unit: from here on a start warns, from there on it is refused."""

    warn_at: float
    block_at: float | None


@dataclass(frozen=True, slots=True)
class Item:
    """Something that wears out; `bounds` by name of the measure, of which the first one that is reached counts."""

    name: str
    title: str
    module: str
    bounds: Mapping[str, Bound]
    do: str


def maintenance_file(tool: Path) -> Path:
    """The one beside the tool file, else the shipped one."""
    beside = tool.with_name(FILE)
    return beside if beside.is_file() else config_file(FILE)


def load_items(path: Path) -> tuple[Item, ...]:
    """Read a maintenance file; RecipeError with every problem found."""
    report = Report(read(path))
    section = Fields(report, report.source.data, ())
    items = tuple(_item(report, section, name) for name in section)
    if report.errors:
        raise RecipeError(report.problems, report.source.text)
    return items


def _item(report: Report, section: Fields, name: str) -> Item:
    keys = ("title", "module", "counts", "do")
    fields = Fields(report, section.data[name], section.at(name), keys, keys)
    counts = Fields(report, fields.data.get("counts", {}), fields.at("counts"), MEASURES)
    if "counts" in fields and not counts.data:
        report.add("R107", f"{name} counts nothing", fields.at("counts"), f"one of {', '.join(MEASURES)}")
    bounds = {measure: _bound(report, counts, measure) for measure in counts if measure in MEASURES}
    return Item(name, fields.text("title"), fields.choice("module", MODULES, ""), bounds, fields.text("do"))


def _bound(report: Report, counts: Fields, measure: str) -> Bound:
    unit = MEASURES[measure].unit
    fields = Fields(report, counts.data[measure], counts.at(measure), ("warn_at", "block_at"), ("warn_at",))
    warn_at = fields.quantity("warn_at", unit, positive=True) or 0.0
    block_at = fields.quantity("block_at", unit, positive=True)
    if block_at is not None and block_at < warn_at:
        report.add("R122", f"{measure}: block_at is below warn_at", fields.at("block_at"), "exchange the two")
    return Bound(warn_at, block_at)

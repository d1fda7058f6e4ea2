"""Where a part comes from, as far as the record knows: what was scanned and recorded, on what, by which software.

Nothing is looked up elsewhere: what nobody recorded is not there. Earlier runs are those that were found at the start.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from controller.record.archive import scanned_lots
from controller.record.result import Summary
from controller.record.runfile import RunFile
from controller.record.text import clock_text, number

POT_LIFE = "dispenser.pot_life_left"


class Origin(NamedTuple):
    """One line: what, its value, and where it was said."""

    what: str
    value: str
    said: str


def genealogy(run: RunFile, summary: Summary) -> list[Origin]:
    """Part and lots, materials with what was left of their pot life, recipe, configuration, software."""
    return [
        *_resumed(summary),
        *_part(run, summary),
        *_recorded(summary),
        *_materials(run.meta, summary),
        *_pot_life(run),
        *_tooling(run.meta),
        *_made_with(run.meta, summary),
    ]


def _resumed(summary: Summary) -> Iterator[Origin]:
    resumed = summary.resumed
    if resumed is not None:
        how = f"{resumed.move} at {resumed.step}, chosen by {resumed.by}"
        yield Origin("resumes", resumed.run, f"{how}, {clock_text(resumed.outage_s)} after its last record")


def _part(run: RunFile, summary: Summary) -> Iterator[Origin]:
    for key, what in (("part_kind", "kind of part"), ("part", "part"), ("lot", "lot"), ("carrier", "carrier")):
        if run.meta.get(key):
            yield Origin(what, str(run.meta[key]), "at the start")
    if run.meta.get("part_sha256"):
        yield Origin("simulated part", str(run.meta["part_file"]), f"sha256 {run.meta['part_sha256'][:16]}")
    for one in run.meta.get("earlier") or []:
        came = f"{one['recipe']} version {one['version']}, {one['state'].replace('_', ' ').lower()}, {one['verdict']}"
        yield Origin("earlier run", f"{one['run']}: {came}", f"head {one['head_sha256'][:16]}")


def _recorded(summary: Summary) -> Iterator[Origin]:
    by = {row.prompt.id: row.by for row in summary.prompts}
    for t_s, record in summary.records:
        for name, value in record.fields.items():
            text = number(value) if isinstance(value, float) else str(value)
            who = by.get(f"{record.step}.{name}", "")
            when = f"in {record.run}" if record.run else clock_text(t_s)
            yield Origin(name.replace("_", " "), text, f"{record.step}, {when}{', ' if who else ''}{who}")


def _materials(meta: dict[str, Any], summary: Summary) -> Iterator[Origin]:
    for scanned in scanned_lots(meta, summary):
        life_s = scanned.about["pot_life_s"]
        life = f", pot life {clock_text(life_s)}" if life_s else ""
        name = f"{scanned.material.replace('_', ' ')} {scanned.about['type']}"
        yield Origin(name, f"lot {scanned.lot}", f"scanned at {clock_text(scanned.t_s)}{life}")


def _pot_life(run: RunFile) -> Iterator[Origin]:
    if POT_LIFE in run.tags:
        left = [value for value in run.series(POT_LIFE)[1] if math.isfinite(value)]
        if any(left):
            yield Origin("pot life left", f"{number(left[-1])} {run.tags[POT_LIFE].unit}", "at the end of the run")


def _tooling(meta: dict[str, Any]) -> Iterator[Origin]:
    """What wears out, as it was at the start, and the certificates of the instruments."""
    for item in meta.get("tooling") or []:
        used = ", ".join(f"{measure} {number(c['used'])} {c['unit']}".rstrip() for measure, c in item["counts"].items())
        since = f"since {item['since']}" if item["since"] else "since the first record"
        yield Origin(item["title"], f"{item['serial']}: {used}".removeprefix(": "), since)
    for name, one in (meta.get("calibration") or {}).items():
        yield Origin(f"calibration of {name}", f"certificate {one['certificate']}", f"{one['last']} to {one['due']}")


def _made_with(meta: dict[str, Any], summary: Summary) -> Iterator[Origin]:
    if summary.started is not None:
        started = summary.started
        yield Origin("recipe", f"{started.recipe} version {started.version}", f"sha256 {started.sha256[:16]}")
        yield Origin("tool", started.tool, "SIMULATED" if started.simulated else "")
    for key, what in (("tool_text", "tool file"), ("interlocks_text", "interlocks"), ("alarms_text", "alarms")):
        if meta.get(key):
            yield Origin(
                what, "as stored in the record", f"sha256 {hashlib.sha256(meta[key].encode()).hexdigest()[:16]}"
            )
    for name, version in meta.get("versions", {}).items():
        yield Origin(name, str(version), "wrote this record" if name == "springback" else "")

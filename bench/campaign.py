"""Write docs/campaign.md from the object that `springback campaign --json` printed: python bench/campaign.py FILE."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "campaign.md"
KNOWN = {
    "sensor.gap1.swap": "two gap heads at swapped terminals: mean and tilt, all that is judged, stay the same",
    "sensor.platen.swap": "both tools are cold: their thermocouples differ by 0.4 K, and nothing is heated by them",
    "mold.sensor_loose=loose": "a ramp of 3 K is over before a lag of 20 s has made a difference of 1 K",
    "platen.sensor_loose=loose": "a ramp of 3 K is over before a lag of 20 s has made a difference of 1 K",
    "press.inner_vent=stuck": "the inner side is 0.1 kPa off the air, less than the weather",
}


def page(told: Mapping[str, Any]) -> str:
    """The whole page."""
    judged, last = told["judged"], told["seed_from"] + told["seeds"] - 1
    rows = {
        "seeds": f"{told['seeds']} ({told['seed_from']} to {last})",
        "faults": told["faults"],
        "process": f"{told['process_s'] / 3600:.1f} h in {told['wall_s'] / 60:.1f} min on {os.cpu_count()} cores",
        "**violations** of an invariant": f"**{told['violations']}**",
        "ended": _counts(told["states"]),
        "verdicts": _counts(told["verdicts"]),
        "runs beside a twin without faults": judged["runs"],
        "of these passed": f"{judged['passed']}, {judged['passed_in_silence']} with nothing unusual in the record",
        "faults to be seen in the runs that passed": judged["signatures"],
        "**escaped**": f"**{told['escaped']}**" + (f": {_counts(told['escaped_by_fault'])}" if told["escaped"] else ""),
    }
    parts = [
        "# A campaign",
        "<!-- Written by bench/campaign.py (make campaign-release). -->",
        "One run of `springback campaign`; what it does and what the words mean is in"
        " [run the campaign](howto/run-the-campaign.md).",
        _table(("what", "figure"), [(name, str(figure)) for name, figure in rows.items()]),
    ]
    failing = [*told["failing"], *told["escapes"]]
    if failing:
        found = [(f"`{row['replay']}`", "; ".join(row["found"])[:200]) for row in failing]
        known = [f"- `{fault}`: {why}." for fault, why in KNOWN.items() if fault in told["escaped_by_fault"]]
        parts += ["## Found", _table(("again", "what"), found), *(["\n".join(known)] if known else [])]
    parts += [
        "## Faults and steps",
        _table(("fault", "times", "detected", "safe", "escaped", "in steps"), _cover(told)),
    ]
    return "\n\n".join(parts) + "\n"


def _cover(told: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for fault, steps in told["coverage"].items():
        total: Counter[str] = sum((Counter(cell) for cell in steps.values()), Counter())
        where = " ".join(f"{step}:{_cell(cell)}" for step, cell in steps.items())
        rows.append((f"`{fault}`", *(str(total[key]) for key in ("times", "detected", "safe", "escaped")), where))
    return rows


def _cell(cell: Mapping[str, int]) -> str:
    """Detected of all times in a step, and what escaped."""
    escaped = f"!{cell['escaped']}" if cell.get("escaped") else ""
    return f"{cell.get('detected', 0)}/{cell['times']}{escaped}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---" for _ in heads], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items())


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), encoding="utf-8")

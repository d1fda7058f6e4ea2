"""Write docs/campaign.md from the object that `springback campaign --json` printed: python bench/campaign.py FILE."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from controller.cli.campaign.unseen import UNSEEN

PAGE = Path(__file__).parents[1] / "docs" / "campaign.md"


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
        "faults not to be told from a healthy run": _counts(told["unseen"]) or "none",
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
        parts += ["## Found", _table(("again", "what"), found)]
    if told["unseen"]:
        reasons = [f"- `{fault}`: {row.why}." for fault, row in UNSEEN.items()]
        parts += ["## Not to be told from a healthy run", "\n".join(reasons)]
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

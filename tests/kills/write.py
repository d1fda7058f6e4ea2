"""`make killpoints` and `make kills`: deaths of every shipped recipe, and of real processes, in docs/kill-points.md.

`python -m tests.kills.write points|kills`; exit code 1 when something is wrong. Each writes its own section of the
page, and only when it was whole: a sample (KILL_EVERY, KILLS) is printed.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.kills.killing import KINDS
from tests.kills.points import SHIPPED, Proof, prove
from tests.kills.processes import RECIPE, Kill, kill_one, lasts_s
from tests.rules.walk import ROOT

PAGE = ROOT / "docs" / "kill-points.md"
WHOLE = 500
EVERY, KILLS = int(os.environ.get("KILL_EVERY", "1")), int(os.environ.get("KILLS", f"{WHOLE}"))
CORES = os.cpu_count() or 1
MOVES = ("redo", "continue", "rework", "scrap", "none")
HEAD = """# Kill points

<!-- Written by `make killpoints` and `make kills`. -->

The controller is killed, a new one starts, and the plant has lived on. What comes next, and why: [after a
crash](howto/after-a-crash.md), [0095](decisions/0095-the-process-forks-where-it-dies.md).
"""
POINTS, PROCESSES = "At every point of the journal", "Real processes"
OF_POINTS = """\
A short variant of every shipped recipe, killed after each intent and each change of state of its journal,
and before and after each outcome: the tool has obeyed by then, and the journal does not know. The new controller
brings the tool into its safe state, closes the record and takes the first move that is offered, to the recipe's end.

- **killed**: at the points that differ. Where no time has passed, no row was written and no byte went out since the
  point before, it is the same death.
- **unsafe**: the machine itself, when the new controller says that it is safe; and what the monitor finds to the end.
- **lost**: an intent that was acknowledged and is not in the record, or a record that is not intact.
- **done twice**: a step that ordered something in both runs, and neither its recipe nor its verbs say that it may.
- **another part**: the part is not the one of the run that nobody killed.
- **not ended**: the run that took it up did not complete.
- **scrap**: nothing is safe to do with the part, and nothing is energised; **none**: there is nothing to take up, the
  run had not begun or was over.
- **safe after**: from the start of the new controller to the safe state, confirmed, at most. A part under pressure is
  released gently, in up to 40 s, and a spindle has to coast down."""


def all_points() -> list[Proof]:
    """Every recipe."""
    proofs = []
    for recipe in SHIPPED:
        with tempfile.TemporaryDirectory() as folder:
            proofs.append(prove(recipe, Path(folder), EVERY))
        print(" | ".join(_row(proofs[-1])), flush=True)
    return proofs


def of_points(proofs: Sequence[Proof]) -> tuple[str, list[str]]:
    """The section of the page, and what is wrong."""
    every = [death for proof in proofs for death in proof.deaths]
    total = Proof("**all**", sum(proof.points for proof in proofs), sum(proof.different for proof in proofs), every)
    heads = ("recipe", "points", "differ", "killed", *(f"**{kind}**" for kind in KINDS), *MOVES, "safe after")
    table = _table(heads, [_row(proof) for proof in (*proofs, total)])
    figure = f"**{total.points} kill points, {total.different} of them differ, {len(every)} deaths.**"
    return "\n\n".join([OF_POINTS, figure, table]), [text for proof in proofs for text in proof.wrong]


def _row(proof: Proof) -> list[str]:
    recipe, points, different, deaths = proof
    kinds = Counter(kind for death in deaths for kind in {kind for kind, _ in death.wrong})
    moves = Counter(death.move.partition(":")[0] for death in deaths)
    counts = [points, different, len(deaths), *(kinds[kind] for kind in KINDS), *(moves[move] for move in MOVES)]
    return [recipe, *map(str, counts), f"{max((death.safe_s for death in deaths), default=0.0):.2f} s"]


def real_kills() -> list[Kill]:
    """Kill processes until as many as are asked for were met at work."""
    kills: list[Kill] = []
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(CORES) as pool:
        most_s = max(pool.map(lasts_s, [Path(folder) / f"whole-{n}" for n in range(CORES)]))
        while missing := KILLS - sum(kill.at_work for kill in kills):
            seeds = range(len(kills), len(kills) + missing)
            kills += pool.map(partial(kill_one, Path(folder), most_s=most_s), seeds)
    return kills


def of_kills(kills: Sequence[Kill]) -> tuple[str, list[str]]:
    """The section of the page, and what is wrong."""
    found = [kill.wrong for kill in kills if kill.wrong]
    met = [kill for kill in kills if kill.at_work]
    rows = {
        "processes killed at work": f"**{len(met)}**",
        "their record was closed before the signal came": f"{len(kills) - len(met)}",
        "**records that could not be closed, or are not intact**": f"**{len(found)}**",
        **{
            f"may be done with the run: {moves}": str(n)
            for moves, n in Counter(kill.found for kill in met).most_common()
        },
    }
    what = (
        f"`springback run` of the short {RECIPE}, each in a process of its own with its simulated line, killed with"
        " SIGKILL at a random instant from the first byte of its record to its end. Its record is closed then, as the"
        " next start does it."
    )
    return f"{what}\n\n{_table(('what', 'figure'), [list(row) for row in rows.items()])}", found


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def put(title: str, text: str, page: str) -> str:
    """The page with one section changed, or added."""
    section = f"## {title}\n\n{text}\n"
    changed, n = re.subn(rf"## {title}\n.*?(?=\n## |\Z)", lambda found: section, page, flags=re.DOTALL)
    return changed if n else f"{page}\n{section}"


def main(what: str) -> int:
    """Do it, print it, write its section, and say with the exit code whether nothing is wrong."""
    began_s = time.monotonic()
    if what == "points":
        title, whole = POINTS, EVERY == 1
        text, found = of_points(all_points())
    else:
        title, whole = PROCESSES, KILLS >= WHOLE
        text, found = of_kills(real_kills())
    print(text.rpartition("\n\n")[2], *found, f"{(time.monotonic() - began_s) / 60.0:.1f} min", sep="\n")
    if whole:
        page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
        PAGE.write_text(put(title, text, page), encoding="utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

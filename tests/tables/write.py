"""`make mutate`: every mutant of every table against its checks, as a table on the terminal and in docs/mutants.md.

`python -m tests.tables.write`; exit code 1 when a mutant survives that is not known to do the same as the original.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import yaml

from tests.rules.walk import ROOT
from tests.tables.mutants import Mutant, alarm_mutants, interlock_mutants
from tests.tables.state_mutants import state_mutants

PAGE = ROOT / "docs" / "mutants.md"
EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
TABLES = {  # name -> what it is, on the page
    "interlocks": "`config/interlocks.yaml`: conditions, limits, delays, gates, kinds, classes, bypasses",
    "alarms": "`config/alarms.yaml`: what latches, how long it may be shelved, words",
    "job": "`controller/sequence/job.py`: the job, E40",
    "step": "`controller/sequence/phase.py`: the step, ISA-88",
    "alarm states": "`controller/guard/alarm_states.py`: the alarm, ISA-18.2",
}


@dataclass(slots=True)
class Score:
    """What became of the mutants of one table."""

    mutants: int = 0
    equivalent: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def row(self) -> tuple[int, int, int, int]:
        """Mutants, noticed, equivalent, survivors."""
        alive = len(self.survivors)
        return self.mutants, self.mutants - self.equivalent - alive, self.equivalent, alive


def all_mutants() -> list[Mutant]:
    """Of all tables, in their order."""
    return [*interlock_mutants(), *alarm_mutants(), *state_mutants()]


@cache
def equivalent() -> dict[str, str]:
    """Mutants that do the same as the original -> why."""
    return {entry["mutant"]: entry["why"] for entry in yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))}


def scores(mutants: Iterable[Mutant], known: Mapping[str, str]) -> dict[str, Score]:
    """Try each mutant."""
    logging.disable()  # a scan that breaks on a mutant says so
    found: dict[str, Score] = {}
    for table, group in groupby(mutants, attrgetter("table")):
        score = found.setdefault(table, Score())
        for mutant in group:
            score.mutants += 1
            if mutant.survives():
                if mutant.change in known:
                    score.equivalent += 1
                else:
                    score.survivors.append(mutant)
    logging.disable(logging.NOTSET)
    return found


def page(found: Mapping[str, Score], known: Mapping[str, str]) -> str:
    """The text of docs/mutants.md."""
    rows = [(f"{TABLES[table]}", *map(str, score.row)) for table, score in found.items()]
    total = [sum(column) for column in zip(*(score.row for score in found.values()), strict=True)]
    alive = [f"- `{mutant}`" for score in found.values() for mutant in score.survivors]
    parts = [
        "# Mutants of the tables",
        "<!-- Written by `make mutate`; change what it describes and run it again. -->",
        "What is safe is decided by data: the records of the interlocks and alarms, the rows of the state tables. Each"
        " mutant is one of them with one thing changed: another comparison, a limit or a time moved by one per cent, a"
        " condition removed, inverted or about another tag, `and` for `or`, another kind, class, action or module; of a"
        " state table a row removed, led to another state, or added for a pair that is refused.",
        "A mutant is noticed when it cannot be loaded, when the guard no longer does what `tests/tables/interlocks.py`"
        " says of that interlock (written from the description of the machine, not from the record), or when a state"
        " machine no longer follows `tests/tables/standards.py`. `make test` tries a sample of them.",
        _table(("table", "mutants", "noticed", "equivalent", "survived"), [*rows, ("**all**", *map(str, total))]),
        "## Survivors",
        "\n".join(alive) or "None.",
        "## Equivalent",
        "These do the same as the original, so nothing can notice them.",
        _table(("mutant", "why"), [(f"`{mutant}`", why) for mutant, why in known.items()]),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def main() -> int:
    """Try, print, write, and say with the exit code whether nothing survived."""
    known = equivalent()
    found = scores(all_mutants(), known)
    print(f"{'table':14}{'mutants':>9}{'noticed':>9}{'equivalent':>12}{'survived':>10}")
    for table, score in found.items():
        mutants, noticed, same, alive = score.row
        print(f"{table:14}{mutants:9}{noticed:9}{same:12}{alive:10}")
    survivors = [mutant for score in found.values() for mutant in score.survivors]
    for mutant in survivors:
        print(f"survived: {mutant}")
    stale = len(known) - sum(score.equivalent for score in found.values())
    if stale:
        print(f"{EQUIVALENT.name}: {stale} of its mutants are noticed, or do not exist; remove them")
    PAGE.write_text(page(found, known), encoding="utf-8")
    return 1 if survivors or stale else 0


if __name__ == "__main__":
    sys.exit(main())

"""A campaign in the terminal: what failed and how to play it again, and what each fault came to."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from controller import wall
from controller.cli.campaign.campaign import Campaign, SeedResult

WIDTH = 80
LINE_EACH = 100  # seeds


def show_campaign(campaign: Campaign) -> str:
    """The whole text, without the last line break."""
    told = campaign.to_json()
    lines = [
        f"{told['seeds']} seeds, {told['faults']} faults, {told['process_s'] / 60:.0f} min of process:"
        f" {told['violations']} violations, {told['escaped']} escaped to the part",
        f"ended {_counts(told['states'])}; verdicts {_counts(told['verdicts'])}",
        "{runs} runs beside a twin without faults: {passed} passed, {passed_in_silence} of them with nothing unusual in"
        " the record;".format(**told["judged"]),
        f"  {told['judged']['signatures']} faults could be seen in those that passed; unnoticed:"
        f" {_counts(told['escaped_by_fault']) or 'none'}",
        f"  not to be told from a healthy run: {_counts(told['unseen']) or 'none'}",
        "",
        *_table(campaign),
    ]
    for title, rows in (("VIOLATED", told["failing"]), ("ESCAPED", told["escapes"])):
        for row in rows:
            lines += ["", f"{title}  seed {row['seed']}", *(f"  {text}" for text in row["found"])]
            lines += [f"  faults  {', '.join(row['faults'])}", f"  again   {row['replay']}"]
    return "\n".join(lines)


@contextmanager
def seeds_progress(seeds: int) -> Iterator[Callable[[SeedResult], None]]:
    """Say on stderr how far a long campaign is: in place on a terminal, else a line for every hundred seeds."""
    done = violations = escaped = 0
    terminal = sys.stderr.isatty()

    def update(result: SeedResult) -> None:
        nonlocal done, violations, escaped
        done += 1
        violations += len(result.played.violations)
        escaped += bool(result.played.escaped)
        left_min = wall.since_start_s() / done * (seeds - done) / 60.0
        text = f"{done} of {seeds} seeds, {violations} violations, {escaped} escaped, {left_min:.0f} min left"
        if terminal:
            print(f"\r{text:<{WIDTH - 1}}", end="", file=sys.stderr, flush=True)
        elif done % LINE_EACH == 0:
            print(text, file=sys.stderr, flush=True)

    try:
        yield update
    finally:
        if terminal:
            print(f"\r{'':<{WIDTH - 1}}\r", end="", file=sys.stderr, flush=True)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items())


def _table(campaign: Campaign) -> list[str]:
    rows = [f"{'FAULT':<28}{'times':>6}{'detected':>10}{'safe':>6}{'escaped':>9}  in steps"]
    for fault, steps in campaign.coverage().items():
        total: Counter[str] = sum(steps.values(), Counter())
        where = " ".join(f"{step}:{cell['times']}" for step, cell in steps.items())
        figures = f"{total['times']:>6}{total['detected']:>10}{total['safe']:>6}{total['escaped']:>9}"
        rows.append(f"{fault:<28}{figures}  {where}")
    return rows

"""`make validate`: all cases as a table on the terminal, and docs/validation.md with its pictures.

`python -m tests.validation.write`; exit code 1 when a case does not hold. The same code gives the same bytes.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from controller.cli.plot_file import Panel, draw
from simulators.models import MODELS
from simulators.models.kind import Outcome
from simulators.parameters import PARAMETERS, Label, Parameters
from tests.validation.case import Case, all_cases, computed, families

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"
TITLES = {
    "press": "Press: air, heat, sensors",
    "pad": "Resilient element",
    "lead": "Leads",
    "wet": "Dispenser, cover, cure",
    "grind": "Grinder",
    "line": "Whole line",
}
Curve = tuple[list[float], list[float]]


def tried(model: str, **settings: float) -> Outcome:
    """One run of a model with its defaults and these settings."""
    defaults = {setting.name: setting.default for setting in MODELS[model].settings}
    return MODELS[model].run({**defaults, **settings}, Parameters())


def family(model: str, setting: str, values: Mapping[str, float], **fixed: float) -> list[Panel]:
    """One panel for each column of a model, one curve for each value of a setting; `values` are label -> value."""
    runs = {label: tried(model, **{setting: value}, **fixed) for label, value in values.items()}
    first = next(iter(runs.values()))
    return [
        Panel(
            f"{column.title}, {column.unit}",
            {label: (run.x.values, run.columns[i].values) for label, run in runs.items()},
        )
        for i, column in enumerate(first.columns)
    ]


def fill_and_vent() -> list[Panel]:
    return family("press", "rate", {f"{r} kPa/s": float(r) for r in (10, 30, 60)}, hold=5.0, release=500.0, after=10.0)


def release_rates() -> list[Panel]:
    """The default pads of the release table: 100 kPa/s is beyond the press, so it is the pads alone."""
    rates = {f"{r} kPa/s": float(r) for r in (2, 10, 200)}
    return family("pad", "release", rates, rate=100.0, hold=300.0, after=60.0)


def conversion() -> list[Panel]:
    return family("cure", "temperature", {f"{t} degC": float(t) for t in (100, 125, 150, 175)}, time=1800.0)


def spark_out() -> list[Panel]:
    return family("grind", "coarse", {f"{f} um/s": float(f) for f in (1, 3, 6)}, spark_out=10.0)


def exposure() -> list[Panel]:
    """Where the surface ended, and how many bumps showed there."""
    heights, shares = [], []
    for height in range(42, 26, -1):
        results = {result.name: result.value for result in tried("grind", height=float(height)).results}
        heights.append(results["height"])
        shares.append(results["exposed"])
    return [Panel("Exposed bumps as inspected, %", {"": (heights, shares)})]


PICTURES: dict[str, tuple[str, str, Callable[[], list[Panel]]]] = {
    "fill": ("Fill at three rates, then vent as fast as the valve can", "time, s", fill_and_vent),
    "release": ("Release at three rates after 300 s at 120 degC: the final height hardly depends on the rate, the gap"
                " at the end of the release does", "time, s", release_rates),
    "cure": ("Conversion of the mold epoxy and its glass transition", "time, s", conversion),
    "grind": ("Grinding cycle with spark-out, for three coarse feeds", "time, s", spark_out),
    "exposure": ("Share of bumps exposed over the height of the ground surface", "above the chip face, um", exposure),
}  # fmt: skip


def page() -> str:
    """The text of docs/validation.md."""
    parts = [
        "# Validation of the simulated plant",
        "<!-- Written by `make validate`; change the cases in tests/validation and run it again. -->",
        "Each case computes a figure with the simulators' own functions and compares it with one that comes from"
        " elsewhere: a closed form, a standard, a published figure, or an independent calculation. A case that does not"
        " hold fails the tests. That a model is solved rightly does not make its parameters those of your line: see"
        " [below](#how-much-is-chosen) and [what is not modelled](explanation/simulated-physics.md#what-is-not).",
    ]
    for name, cases in families().items():
        rows = [
            (c.id, c.title, _figure(c.expected, c.unit), _figure(computed(c), c.unit), f"± {c.tolerance:.3g}", c.source)
            for c in cases
        ]
        parts += [f"## {TITLES.get(name, name.capitalize())}"]
        parts += [_table(("case", "what", "expected", "simulated", "tolerance", "source"), rows)]
    parts.append("## Pictures")
    parts += [f"{title}.\n\n![{name}](images/validation-{name}.svg)" for name, (title, _, _) in PICTURES.items()]
    parts += [
        "## How much is chosen",
        "*Sourced* values have a published figure behind them, *textbook* ones a standard relation; *chosen* ones are"
        " plausible and nobody has measured them. All of them: [plant parameters](reference/plant-parameters.md).",
        _table(("parameters", *(label.value for label in Label)), _counts()),
    ]
    return "\n\n".join(parts) + "\n"


def _counts() -> list[tuple[str, ...]]:
    groups = list(dict.fromkeys(name.partition(".")[0] for name in PARAMETERS))
    counted = Counter((name.partition(".")[0], p.label) for name, p in PARAMETERS.items())
    rows = [(f"`{group}.*`", *(str(counted[group, label]) for label in Label)) for group in groups]
    total = Counter(p.label for p in PARAMETERS.values())
    return [*rows, ("**all**", *(str(total[label]) for label in Label))]


def _figure(value: float, unit: str) -> str:
    # rounded twice, so that the last bits of a machine do not show; -0 is 0
    return (
        f"{round(value, 12) + 0.0:.5g} {unit}".rstrip() if abs(value) > 1e-6 or value == 0.0 else f"{value:.5g} {unit}"
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _on_terminal(cases: list[Case]) -> None:
    table = Table("case", "what", "expected", "got", "tolerance", "", box=None)
    for case in cases:
        got = computed(case)
        verdict = "ok" if case.holds(got) else "[bold red]FAILS[/]"
        table.add_row(
            case.id, case.title, _figure(case.expected, case.unit), f"{got:.6g}", f"{case.tolerance:.3g}", verdict
        )
    Console(width=140).print(table)


def main() -> int:
    """Print, write, and say with the exit code whether every case holds."""
    cases = all_cases()
    _on_terminal(cases)
    PAGE.write_text(page(), encoding="utf-8")
    for name, (_, x_title, panels) in PICTURES.items():
        draw(PAGE.parent / "images" / f"validation-{name}.svg", panels(), x_title)
    failed = [case.id for case in cases if not case.holds(computed(case))]
    print(f"{len(cases) - len(failed)} of {len(cases)} cases hold" + (f"; not {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

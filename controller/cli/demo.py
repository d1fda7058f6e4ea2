"""`springback demo`: both methods on one simulated line, in virtual time, with curves, results and reports."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from controller import wall
from controller.cli.boundary import show
from controller.cli.exits import Exit
from controller.cli.outcome import show_outcome, with_progress
from controller.cli.run import RunOptions, RunOutcome, run
from controller.cli.show import plot_run
from controller.record.plots import PlotGroup
from controller.record.runfile import RunFile
from controller.record.text import clock_text

ACTS = {  # recipe -> what its curves are in the terminal
    "compress-release": (
        PlotGroup("Outer pressure", "press.pressure"),
        PlotGroup("Gap", "press.gap"),
        PlotGroup("Platen", "press.platen"),
    ),
    "cover-grind-expose": (
        PlotGroup("Mold", "mold.temperature"),
        PlotGroup("Thickness", "grinder.thickness"),
    ),
}


def demo(faults: Sequence[str], out: Path) -> int:
    """Run both recipes; exit code of the first that did not pass."""
    show("springback demo  SIMULATED press, dispenser, grinder; real Modbus/SCPI/serial")
    worst = Exit.PASSED
    total_s = 0.0
    for recipe, plots in ACTS.items():
        folder = out / recipe
        if (folder / "run.sqlite").exists():
            shutil.rmtree(folder)
        outcome = with_progress(recipe, partial(run, RunOptions(recipe, faults=tuple(faults), out=folder)))
        show("\n" + _act(outcome, plots))
        total_s += outcome.summary.duration_s
        worst = worst or outcome.exit
        if outcome.exit == Exit.INTERRUPTED:
            return worst
    show(f"\n{clock_text(total_s)} of process in {wall.since_start_s():.1f} s")
    show('next     springback run compress-release --fault "press.supply=low@15min"')
    return worst


def _act(outcome: RunOutcome, plots: Sequence[PlotGroup]) -> str:
    with RunFile(outcome.record) as record:
        curves = plot_run(record, plots)
    return f"{curves.rstrip()}\n{show_outcome(outcome)}"

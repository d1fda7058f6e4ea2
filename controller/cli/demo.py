"""`springback demo`: both methods on one simulated line, in virtual time, with curves, results and reports."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from controller import wall
from controller.cli.beside import beside
from controller.cli.boundary import show
from controller.cli.exits import Exit
from controller.cli.outcome import EXPECTED_S, show_outcome
from controller.cli.run import RunOptions, RunOutcome, run
from controller.cli.show import plot_run, progresses
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
    """Run both recipes side by side; exit code of the first that did not pass."""
    show("springback demo  SIMULATED press, dispenser, grinder; real Modbus/SCPI/serial")
    first, second = (RunOptions(recipe, faults=tuple(faults), out=_cleared(out / recipe)) for recipe in ACTS)
    with beside(second) as other, progresses(list(ACTS), EXPECTED_S) as (update, update_other):

        def progress(t_s: float) -> None:
            update(t_s)
            other.look(update_other)

        outcomes = [run(first, progress)]
        if outcomes[0].exit == Exit.INTERRUPTED:
            other.abort()
        outcomes.append(other.outcome(update_other))
    for outcome, plots in zip(outcomes, ACTS.values(), strict=True):
        show("\n" + _act(outcome, plots))
    total_s = sum(outcome.summary.duration_s for outcome in outcomes)
    show(f"\n{clock_text(total_s)} of process in {wall.since_start_s():.1f} s")
    show('next     springback run compress-release --fault "press.supply=low@15min"')
    return next((outcome.exit for outcome in outcomes if outcome.exit != Exit.PASSED), Exit.PASSED)


def _cleared(folder: Path) -> Path:
    """A folder without the run of an earlier demo."""
    if (folder / "run.sqlite").exists():
        shutil.rmtree(folder)
    return folder


def _act(outcome: RunOutcome, plots: Sequence[PlotGroup]) -> str:
    with RunFile(outcome.record) as record:
        curves = plot_run(record, plots)
    return f"{curves.rstrip()}\n{show_outcome(outcome)}"

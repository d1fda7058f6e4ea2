"""Curves into a picture file, SVG or PNG, by matplotlib, which is an extra: `pip install springback[plot]`.

The report of a run draws its own figures and needs none of this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.cli.exits import CommandError, Exit

SUFFIXES = (".svg", ".png")
_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "springback", "font.size": 9.0, "axes.grid": True, "grid.alpha": 0.3}


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves that share both axes: label -> (x, y). A single curve needs no label."""

    title: str
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]


def check_plot(path: Path) -> None:
    """Refuse, before anything is computed, a file that could not be drawn."""
    if path.suffix.lower() not in SUFFIXES:
        raise CommandError(f"--plot {path.name}: pictures end in {' or '.join(SUFFIXES)}", Exit.USAGE)
    if not path.parent.is_dir():
        raise CommandError(f"--plot {path}: there is no folder {path.parent}", Exit.USAGE)
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        text = 'a picture needs matplotlib, which is not installed; pip install "springback[plot]", or leave --plot out'
        raise CommandError(text, Exit.USAGE) from None


def draw(path: Path, panels: Sequence[Panel], x_title: str) -> None:
    """Draw the panels one below the other on one x axis; the same curves give the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(7.0, 0.6 + 2.0 * len(panels)), layout="constrained")
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
        for panel, axis in zip(panels, axes[:, 0], strict=True):
            for label, (x, y) in panel.curves.items():
                axis.plot(x, y, label=label, linewidth=1.3)
            axis.set_title(panel.title, loc="left", fontsize=9)
            if len(panel.curves) > 1:
                axis.legend(fontsize=8)
        axes[-1, 0].set_xlabel(x_title)
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
        try:
            figure.savefig(path, metadata=metadata, dpi=150)
        except OSError as error:
            raise CommandError(f"cannot write {path}: {error.strerror}; name another file", Exit.USAGE) from None

"""All samples of the drawn curves, packed into the page, so that a browser can zoom into any stretch of the run.

A curve is stored as 16-bit steps of its own range, each as the difference to the one before, the low bytes of all
before the high bytes, compressed: an hour of six noisy channels at 10 Hz takes about 300 kB. `zoom.js` unpacks it.
"""

from __future__ import annotations

import base64
import json
import math
import sys
import zlib
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from controller.record.curve import Floats
from controller.record.report.figure import Band, Mark, Strip

LEVELS = 65534  # of a curve's range; the last of the 65,536 is a gap
GAP = 65535
TICK_S = 0.001  # of the times


def traces(strips: Sequence[Strip], bands: Sequence[Band], marks: Sequence[Mark]) -> Markup | None:
    """JSON for a script element; None when there is nothing to zoom into. All strips share their times."""
    if not strips or len(strips[0].times_s) < 2:
        return None
    times_s = strips[0].times_s
    ticks = [round(t_s / TICK_S) for t_s in times_s]
    packed = [_planes([b - a for a, b in pairwise([0, *ticks])], "I")]
    curves: list[dict[str, Any]] = []
    for at, strip in enumerate(strips):
        for values, kind in ((strip.setpoint, "setpoint"), (strip.actual, "actual")):
            if values is None:
                continue
            low, high = _range(values)
            packed.append(_planes(_steps(values, low, high), "H"))
            curves.append({"strip": at, "kind": kind, "low": low, "high": high})
    said = {
        "samples": len(times_s),
        "strips": [{"title": strip.title, "unit": strip.unit} for strip in strips],
        "curves": curves,
        "steps": [[band.start_s, band.end_s, band.label] for band in bands],
        "marks": [[mark.t_s, mark.label] for mark in marks],
        "packed": base64.b64encode(zlib.compress(b"".join(packed), 6)).decode(),
    }
    # What would end a script element early, or begin a comment in it, starts with this sign.
    return Markup(json.dumps(said, separators=(",", ":")).replace("<", "\\u003c"))


def _range(values: Floats) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value)]
    return (min(finite), max(finite)) if finite else (0.0, 0.0)


def _steps(values: Floats, low: float, high: float) -> list[int]:
    """Differences modulo 65,536 of the values in steps of their range."""
    scale = LEVELS / (high - low) if high > low else 0.0
    try:
        steps = [int((value - low) * scale + 0.5) for value in values]
    except (ValueError, OverflowError):  # a gap: NaN or infinite
        steps = [int((v - low) * scale + 0.5) if math.isfinite(v) else GAP for v in values]
    return [(b - a) & 0xFFFF for a, b in pairwise([0, *steps])]


def _planes(numbers: Sequence[int], code: str) -> bytes:
    """All first bytes, then all second bytes and so on, the least significant first."""
    packed = array(code, numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    content, size = packed.tobytes(), packed.itemsize
    return b"".join(content[plane::size] for plane in range(size))

"""Small finished records, written through the real recorder in a few milliseconds; nothing here is a simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from controller.record.events import JobChanged, Measured, Recorded, RunStarted
from controller.record.journal import Recorder
from drivers.reading import TagTable, Value

TOOL = "packaging-line"
TAGS = {  # those that wear is read from
    "grinder.feeding": "", "dispenser.shots": "", "press.pressure": "kPa", "line_plc.out_pump": "",
}  # fmt: skip


def write_short(
    runs: Path,
    name: str,
    *,
    recipe: str = "press",
    utc: str = "2026-11-20T10:00:00+00:00",
    verdict: str = "PASS",
    state: str = "PROCESS_COMPLETE",
    simulated: bool = True,
    scanned: dict[str, Any] | None = None,
    scans: list[tuple[float, dict[str, float]]] | None = None,
    **facts: Any,
) -> Path:
    """Write `runs/name/run.sqlite` and return its folder. `scans` are times in s with the tags that change then."""
    folder = runs / name
    folder.mkdir(parents=True)
    now_s = 0.0
    tags = TagTable()
    for tag, unit in TAGS.items():
        instrument, _, value = tag.partition(".")
        tags.put(tags.add(instrument, Value(value, unit, -1e6, 1e6, tag)), 0.0, 0.0)
    recorder = Recorder(folder / "run.sqlite", tags, lambda: now_s, threaded=False)
    recorder.describe(run_id=name, start_utc=utc, **facts)
    recorder.event(RunStarted(recipe, 1, "9f2c" * 16, TOOL, simulated, {}))
    if scanned:
        recorder.event(Recorded("Check in", scanned))
    for at_s, changed in scans or []:
        now_s = at_s
        for tag, value in changed.items():
            tags.put(tags.index(tag), value, now_s)
        recorder.sample()
    high = 1.0 if verdict == "PASS" else 0.0
    if verdict != "NONE":
        recorder.event(Measured("gap", 0.5, "um", None, high, high > 0.5, "measured", "Measure"))
    recorder.event(JobChanged("PROCESSING", state))
    recorder.close(state, verdict)
    return folder

"""`springback replay`: a record told again in the terminal, at once or at a pace, ending as the run ended."""

from __future__ import annotations

import asyncio
from pathlib import Path

from controller.cli.boundary import show
from controller.cli.exits import Exit
from controller.cli.outcome import show_summary
from controller.cli.show import progress
from controller.record.archive import RECORD, REPORT, find
from controller.record.fold import Fold, summary_of
from controller.record.runfile import RunFile
from controller.record.story import tell


def replay(name: str, folder: Path, speed: float | None) -> int:
    """Tell the run `name`; with `speed` N seconds of process take one second."""
    place = find(name, folder)
    with RunFile(place / RECORD) as record:
        asyncio.run(_tell(record, speed))
        show("")
        show(show_summary(record, summary_of(record), place / REPORT))
    return Exit.PASSED


async def _tell(record: RunFile, speed: float | None) -> None:
    fold = Fold(record.meta)
    with progress(record.path.parent.name, record.span_s, 1.0) as update:
        for t_s, event, _seq in record.events():
            if speed is not None:
                await asyncio.sleep((t_s - fold.summary.duration_s) / speed)
            fold.take(t_s, event)
            line = tell(t_s, event)
            if line is not None:
                show(line)
            update(t_s)

"""After a job: its record is signed where the tool has a key, entered into the site's journal, and reported on.

What goes wrong with any of it is said, and stops neither the rest nor the next job: the record is what counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from controller.record.store import RecordError
from controller.server.audit import Audit

log = logging.getLogger(__name__)


async def put_away(record: Path, sign: Callable[[Path], None], audit: Audit, say: Callable[[str], None]) -> None:
    """Return when the closed record is signed, entered and has its report, or `say` has heard what it lacks."""
    try:
        await asyncio.to_thread(sign, record)
    except RecordError as error:
        say(str(error))
    await audit.enter_closed(record)
    try:
        await asyncio.to_thread(_report, record.parent)
    except Exception as error:
        log.error("report of %s", record.parent.name, exc_info=error)
        say(f"{record.parent.name}: its report could not be written: {error}")


def _report(folder: Path) -> None:
    """What a report needs is loaded when there is one."""
    from controller.record.report.folder import report_on

    report_on(folder)

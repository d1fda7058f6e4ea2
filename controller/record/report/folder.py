"""The report of a finished run, beside its record: everything it shows comes from records."""

from __future__ import annotations

from pathlib import Path

from controller.record.archive import RECORD, REPORT, earlier, load
from controller.record.plots import plots_of
from controller.record.report.page import write_report
from controller.record.runfile import RunFile


def report_on(folder: Path) -> Path:
    """Write the report of the run in `folder`, beside the runs before it; RecordError when that cannot be done."""
    itself = load(folder)
    before = [one.summary for one in earlier(folder, itself.recipe, itself.started_utc)]
    with RunFile(folder / RECORD) as record:
        return write_report(record, plots_of(record.meta), folder / REPORT, before)

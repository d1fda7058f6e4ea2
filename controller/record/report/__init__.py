"""The report of a run: one self-contained HTML file.

Import `write_report` only when a report is written: it brings the template engine with it.
"""

from __future__ import annotations

from controller.record.plots import PlotGroup
from controller.record.report.page import write_report

__all__ = ["PlotGroup", "write_report"]

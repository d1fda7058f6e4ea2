"""Which instrument's certificate has run out, or soon will: dates of the tool file against a day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from controller.tool import Calibration, ToolFile

SOON_DAYS = 14  # chosen: time to send for somebody


@dataclass(frozen=True, slots=True)
class Due:
    """The certificate of one instrument on a day."""

    instrument: str
    calibration: Calibration
    days_left: int

    @property
    def state(self) -> str:
        """`block`, `warn` or `ok`."""
        if self.days_left < 0:
            return self.calibration.overdue
        return "warn" if self.days_left <= SOON_DAYS else "ok"

    def says(self) -> str:
        """In a sentence: what, until when, and what to do."""
        certificate = f"{self.instrument}: certificate {self.calibration.certificate}"
        if self.days_left < 0:
            return f"{certificate} ran out on {self.calibration.due}; have it calibrated and enter the new one"
        return f"{certificate} runs out on {self.calibration.due}, in {self.days_left} days; have it calibrated"


def dues(tool: ToolFile, today: date, modules: Collection[str] | None = None) -> Iterator[Due]:
    """The certificates in the tool file, or those of the instruments of some modules; the line's are in use always."""
    for name, calibration in tool.calibration.items():
        module = str(tool.instruments[name].get("module", "line"))
        if modules is None or module == "line" or module in modules:
            yield Due(name, calibration, (date.fromisoformat(calibration.due) - today).days)

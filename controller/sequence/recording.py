"""Nothing is processed that cannot be recorded: while the run's record cannot be written, the job is held.

One alarm from the first failure to the recovery. The gate refuses orders meanwhile by itself; safe ones pass. When the
record goes on, a person resumes: what waited in memory is written first, so the record has no hole.
"""

from __future__ import annotations

from dataclasses import replace

from controller.guard.alarms import raised
from controller.guard.safe import FailureClass
from controller.record.events import Alarm
from controller.record.journal import Recorder
from controller.record.store import RecordError
from controller.sequence.sequencer import Sequencer

CODE = "record.failed"


class RecordWatch:
    """Listens to a recorder and posts holds to the sequencer, also when a person resumes too early."""

    def __init__(self, recorder: Recorder, sequencer: Sequencer) -> None:
        self._recorder, self._sequencer = recorder, sequencer
        self._alarm: Alarm | None = None
        self._seen = ""  # state of the job in which a hold was asked for
        recorder.on_failure = self._failed
        recorder.on_recovery = self._recovered

    def _failed(self, error: RecordError) -> None:
        if self._alarm is None:
            self._alarm = raised(
                CODE,
                FailureClass.PROCESS_DEVIATION,
                str(error),
                "held the job; nothing is commanded but what makes safe",
                likely="disk full, read-only or failing; another program holds the file",
                do="make room on the disk, then resume",
                first_out="record",
            )
            self._recorder.event(self._alarm)
        state = self._sequencer.job.state
        first, self._seen = not self._seen, state
        if state == "PROCESSING" or (first and state in ("PAUSING", "STOPPING")):
            self._sequencer.post("hold", "guard", f"{CODE}: {error}", CODE)

    def _recovered(self) -> None:
        if self._alarm is not None:
            self._recorder.event(replace(self._alarm, active=False))
        self._alarm, self._seen = None, ""

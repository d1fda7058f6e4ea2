"""Nothing is processed that cannot be recorded: while the run's record cannot be written, the job is held.

One alarm from the first failure to the recovery. The gate refuses orders meanwhile by itself; safe ones pass. When the
record goes on, a person resumes: what waited in memory is written first, so the record has no hole.
"""

from __future__ import annotations

from controller.guard.alarms import raised
from controller.guard.safe import FailureClass
from controller.record.journal import Recorder
from controller.record.store import RecordError
from controller.sequence.sequencer import Sequencer

CODE = "record.failed"


class RecordWatch:
    """Listens to a recorder and posts holds to the sequencer, also when a person resumes too early."""

    def __init__(self, recorder: Recorder, sequencer: Sequencer) -> None:
        self._sequencer = sequencer
        self._seen = ""  # state of the job in which a hold was asked for
        recorder.on_failure = self._failed
        recorder.on_recovery = self._recovered

    def _failed(self, error: RecordError) -> None:
        sequencer = self._sequencer
        did = "held the job; nothing is commanded but what makes safe"
        sequencer.guard.inform(raised(CODE, FailureClass.PROCESS_DEVIATION, str(error), did, first_out="record"))
        state = sequencer.job.state
        first, self._seen = not self._seen, state
        if state == "PROCESSING" or (first and state in ("PAUSING", "STOPPING")):
            sequencer.post("hold", "guard", f"{CODE}: {error}", CODE)

    def _recovered(self) -> None:
        self._sequencer.guard.alarms.returned(CODE)
        self._seen = ""

"""The state tables once more, as the standards have them: state -> event -> next state."""

from __future__ import annotations

# SEMI E40 process job; the number of the transition behind each row. Jobs start by themselves: 4 in place of 3.
JOB: dict[str, dict[str, str]] = {
    "QUEUED": {"SELECT": "SETTING_UP"},  # 2
    "SETTING_UP": {
        "SETUP_DONE": "PROCESSING",  # 4
        "PAUSE": "PAUSING",  # 8
        "STOP": "STOPPING",  # 11
        "ABORT": "ABORTING",  # 13
    },
    "WAITING_FOR_START": {
        "START": "PROCESSING",  # 5
        "PAUSE": "PAUSING",  # 8
        "STOP": "STOPPING",  # 11
        "ABORT": "ABORTING",  # 13
    },
    "PROCESSING": {
        "PROCESS_DONE": "PROCESS_COMPLETE",  # 6
        "PAUSE": "PAUSING",  # 8
        "STOP": "STOPPING",  # 11
        "ABORT": "ABORTING",  # 13
    },
    "PAUSING": {
        "PAUSE_DONE": "PAUSED",  # 9
        "RESUME": "PROCESSING",  # 10
        "STOP": "STOPPING",  # 12
        "ABORT": "ABORTING",  # 15
    },
    "PAUSED": {"RESUME": "PROCESSING", "STOP": "STOPPING", "ABORT": "ABORTING"},  # 10, 12, 15
    "STOPPING": {"STOP_DONE": "STOPPED", "ABORT": "ABORTING"},  # 17, 14
    "ABORTING": {"ABORT_DONE": "ABORTED"},  # 16
    "PROCESS_COMPLETE": {},
    "STOPPED": {},
    "ABORTED": {},
}
JOB_ENDS = {"PROCESS_COMPLETE", "STOPPED", "ABORTED"}

# ISA-88 procedural states, without PAUSING and PAUSED.
PHASE: dict[str, dict[str, str]] = {
    "IDLE": {"START": "RUNNING"},
    "RUNNING": {"DONE": "COMPLETE", "HOLD": "HOLDING", "STOP": "STOPPING", "ABORT": "ABORTING"},
    "HOLDING": {"SC": "HELD", "STOP": "STOPPING", "ABORT": "ABORTING"},
    "HELD": {"RESTART": "RESTARTING", "STOP": "STOPPING", "ABORT": "ABORTING"},
    "RESTARTING": {"SC": "RUNNING", "HOLD": "HOLDING", "STOP": "STOPPING", "ABORT": "ABORTING"},
    "STOPPING": {"SC": "STOPPED", "ABORT": "ABORTING"},
    "ABORTING": {"SC": "ABORTED"},
    "COMPLETE": {"RESET": "IDLE"},
    "STOPPED": {"RESET": "IDLE"},
    "ABORTED": {"RESET": "IDLE"},
}

# ISA-18.2 alarm; RETURN of an alarm that latches is LATCH.
ALARM: dict[str, dict[str, str]] = {
    "NORMAL": {"RAISE": "UNACKNOWLEDGED"},
    "UNACKNOWLEDGED": {"ACKNOWLEDGE": "ACKNOWLEDGED", "RETURN": "RETURNED", "LATCH": "LATCHED_UNACKNOWLEDGED"},
    "ACKNOWLEDGED": {"RETURN": "NORMAL", "LATCH": "LATCHED_ACKNOWLEDGED"},
    "RETURNED": {"ACKNOWLEDGE": "NORMAL", "RAISE": "UNACKNOWLEDGED"},
    "LATCHED_UNACKNOWLEDGED": {"ACKNOWLEDGE": "LATCHED_ACKNOWLEDGED", "RAISE": "UNACKNOWLEDGED"},
    "LATCHED_ACKNOWLEDGED": {"RAISE": "UNACKNOWLEDGED", "RESET": "NORMAL"},
}

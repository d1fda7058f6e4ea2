"""Who may do what, as data: role x command. Hold, stop and abort are everybody's."""

from __future__ import annotations

from collections.abc import Mapping

ROLES = ("observer", "operator", "engineer", "maintenance")
EVERYBODY = frozenset(ROLES)
AT_THE_TOOL = frozenset({"operator", "engineer", "maintenance"})
RUNNING_JOBS = frozenset({"operator", "engineer"})

MAY: Mapping[str, frozenset[str]] = {
    "attach": EVERYBODY,
    "status": EVERYBODY,
    "recipes": EVERYBODY,
    "check": EVERYBODY,
    "permissives": EVERYBODY,
    "login": EVERYBODY,
    "logout": EVERYBODY,
    "hold": EVERYBODY,
    "stop": EVERYBODY,
    "abort": EVERYBODY,
    "answer": AT_THE_TOOL,
    "acknowledge": AT_THE_TOOL,
    "reset": AT_THE_TOOL,
    "handover": AT_THE_TOOL,
    "take_over": AT_THE_TOOL,
    "load": RUNNING_JOBS,
    "start": RUNNING_JOBS,
    "unload": RUNNING_JOBS,
    "load_lot": RUNNING_JOBS,
    "unload_lot": RUNNING_JOBS,
    "resume": RUNNING_JOBS,
    "interrupted": EVERYBODY,
    "resume_run": RUNNING_JOBS,
    "redo": frozenset({"engineer"}),
    "skip": frozenset({"engineer"}),
    "step": frozenset({"engineer"}),
    "shelve": frozenset({"engineer", "maintenance"}),
    "unshelve": frozenset({"engineer", "maintenance"}),
    "sign": frozenset({"engineer"}),
    "release": frozenset({"engineer"}),
    "retire": frozenset({"engineer"}),
    "engineering": frozenset({"engineer"}),  # no method: a start of what is not released
    "set": frozenset({"engineer"}),  # no method: parameters of a recipe that operators may not change
}
LOOKS = frozenset({"attach", "status", "permissives"})  # not recorded, repeated as asked


def may(role: str, command: str) -> bool:
    """True when the role has the command; what the table does not name nobody has."""
    return role in MAY.get(command, ())


def commands_of(role: str) -> list[str]:
    """All commands of a role, for screens."""
    return [command for command, roles in MAY.items() if role in roles]

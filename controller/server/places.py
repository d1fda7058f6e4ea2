"""Where the daemon of a tool is found: its socket and its lock, in one folder that only its users may enter.

The folder is that of SPRINGBACK_RUN_DIR, else /run/springback when there is one (the system's service makes it), else a
private folder of the user. It opens nothing; `lock.py` locks, `daemon.py` listens.
"""

from __future__ import annotations

import os
from pathlib import Path

SERVICE_FOLDER = Path("/run/springback")


def run_folder() -> Path:
    """The folder of sockets and locks; it may not exist yet."""
    if chosen := os.environ.get("SPRINGBACK_RUN_DIR"):
        return Path(chosen)
    if SERVICE_FOLDER.is_dir():
        return SERVICE_FOLDER
    private = os.environ.get("XDG_RUNTIME_DIR")
    return Path(private) / "springback" if private else Path(f"/tmp/springback-{os.getuid()}")


def socket_of(tool: str, *, simulated: bool) -> Path:
    """The socket of a tool's daemon. A simulated tool has one of its own: nobody takes one for the other."""
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in tool)
    return run_folder() / f"{name}{'.simulated' if simulated else ''}.sock"


def lock_of(tool: str, *, simulated: bool) -> Path:
    """The lock that whoever owns the instruments of a tool holds."""
    return socket_of(tool, simulated=simulated).with_suffix(".lock")


def sockets() -> list[Path]:
    """All sockets there are, also those that a killed daemon has left behind."""
    return sorted(run_folder().glob("*.sock"))

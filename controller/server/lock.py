"""One owner of a tool's instruments: a lock that the kernel lets go of when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GROUP_ENTERS = stat.S_IXGRP


class Owned(Exception):
    """Somebody else owns the tool, or nobody can: who, where, what to do."""


@contextmanager
def owned(path: Path) -> Iterator[None]:
    """Own the tool while inside. The file stays: whoever removed it could lock a tool that is locked already."""
    private_folder(path.parent)
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, mode_in(path.parent))
    except OSError as error:
        raise Owned(f"cannot lock {path}: {error.strerror}; ask to be put into the group of its folder") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode(errors="replace").strip() or "unknown"
            text = f"this tool is in use by process {holder} ({path}); attach to its daemon, or end it first"
            raise Owned(text) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)


def private_folder(folder: Path) -> None:
    """Make the folder of sockets and locks, for its user only; Owned when it is somebody else's."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise Owned(f"cannot make the folder {folder}: {error.strerror}; set SPRINGBACK_RUN_DIR") from None
    foreign = found.st_uid not in (0, os.getuid()) and not found.st_mode & GROUP_ENTERS
    if foreign or (found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX):
        raise Owned(f"{folder} is not private to you; set SPRINGBACK_RUN_DIR to a folder of your own")


def mode_in(folder: Path) -> int:
    """For the user only, or for the group too where the group may enter the folder."""
    return 0o660 if folder.stat().st_mode & GROUP_ENTERS and not folder.stat().st_mode & stat.S_IXOTH else 0o600

"""The folder of a run: where it is, that no other run lies there, and that it can be written."""

from __future__ import annotations

import os
from pathlib import Path

from controller import wall
from controller.cli.exits import CommandError, Exit


def run_folder(out: Path | None, recipe: str) -> Path:
    """The folder that was asked for, or `runs/<recipe>-<time>`; CommandError when it holds a run."""
    folder = out or Path("runs") / f"{recipe}-{wall.run_stamp()}"
    if (folder / "run.sqlite").exists():
        raise CommandError(f"{folder} already holds a run; name another folder with --out", Exit.USAGE)
    return folder


def make_folder(folder: Path) -> None:
    """Make it; CommandError when it cannot be made or written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"cannot make the folder {folder}: {error.strerror}; name another with --out"
        raise CommandError(text, Exit.USAGE) from None
    if not os.access(folder, os.W_OK):
        raise CommandError(f"cannot write into the folder {folder}; name another with --out", Exit.USAGE)

"""Where the shipped recipes and configuration lie: in the checkout, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    checkout = _PACKAGE.parent / name
    return checkout if checkout.is_dir() else _PACKAGE / "data" / name


def recipe_folder() -> Path:
    """Folder in which bare recipe names are looked up."""
    return _folder("recipes")


def config_file(name: str) -> Path:
    """Path of a shipped configuration file, e.g. `tool.yaml`."""
    return _folder("config") / name

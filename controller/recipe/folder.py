"""Finding a recipe: a path that a person gives, or a bare name in the recipe folder.

A name never leads out of the folder, whatever it contains and whatever lies there.
"""

from __future__ import annotations

import re
from pathlib import Path

from controller.recipe.problems import Problem, RecipeError, did_you_mean

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
SUFFIX = ".yaml"
_LISTED_MAX = 1000


def find(name_or_path: str, folder: Path) -> Path:
    """Return the file of a recipe; raise RecipeError when there is none. Anything with / or .yaml is a path."""
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith(SUFFIX):
        return _given(name_or_path)
    return named(name_or_path, folder)


def named(name: str, folder: Path) -> Path:
    """Return the file of the recipe called `name`: a plain file that lies in `folder` itself."""
    if not NAME.fullmatch(name):
        hint = "small letters, digits, - and _, at most 64; a path has a / or ends in .yaml"
        raise RecipeError([Problem("R150", f'"{name[:80]}" is not a recipe name', hint=hint)])
    path = folder / f"{name}{SUFFIX}"
    if path.is_symlink() or (path.exists() and path.resolve().parent != folder.resolve()):
        message = f"{path.name} is a link out of the recipe folder"
        raise RecipeError([Problem("R150", message, hint="put the file itself into the folder")])
    if not path.is_file():
        hint = did_you_mean(name, names(folder)) or f"there are no recipes in {folder}"
        raise RecipeError([Problem("R151", f'there is no recipe "{name}" in {folder}', hint=hint)])
    return path


def names(folder: Path) -> list[str]:
    """Names of the recipes in a folder, sorted."""
    if not folder.is_dir():
        return []
    stems = sorted(path.stem for path in folder.iterdir() if path.suffix == SUFFIX and NAME.fullmatch(path.stem))
    return stems[:_LISTED_MAX]


def _given(text: str) -> Path:
    path = Path(text)
    try:
        if path.is_file():
            return path
        hint = did_you_mean(path.stem, names(path.parent)) if path.parent.is_dir() else "the folder does not exist"
    except (OSError, ValueError):  # too long, or with a NUL
        hint = "the path cannot be used"
    raise RecipeError([Problem("R151", f"there is no recipe file {text[:200]}", hint=hint)])

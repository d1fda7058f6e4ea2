"""What docs/coverage.yaml names exists: recipes, steps, models, tests; and every point of both methods has its row."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from springback.places import recipe_folder
from tests.rules.walk import ROOT, tree

METHODS: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "coverage.yaml").read_text(encoding="utf-8"))
ROWS: list[dict[str, Any]] = [row for method in METHODS for row in method["rows"]]
POINTS = [f"A{n}" for n in range(1, 16)] + [f"B{n}" for n in range(1, 13)]


def defined(file: str) -> set[str]:
    """Classes and functions of a file, methods with their class."""
    return set(_names(tree(ROOT / file).body, ""))


def _names(body: list[ast.stmt], before: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{before}{node.name}"
            if isinstance(node, ast.ClassDef):
                yield from _names(node.body, f"{node.name}.")
                yield from _names(node.body, "") if node.name.startswith("Test") else ()


def test_every_point_of_the_methods_has_one_row() -> None:
    assert [row["id"] for row in ROWS] == POINTS


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_what_a_row_names_exists(row: dict[str, Any]) -> None:
    for recipe, steps in row.get("recipes", {}).items():
        data = yaml.safe_load((recipe_folder() / f"{recipe}.yaml").read_text(encoding="utf-8"))
        named = {step["name"] for step in data["steps"]}
        assert ({steps} if isinstance(steps, str) else set(steps)) <= named, recipe
    for file, name in {**row.get("models", {}), **row.get("tests", {})}.items():
        assert name in defined(file), file


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_row_is_shown_by_a_recipe_and_held_by_a_test_unless_it_comes_later(row: dict[str, Any]) -> None:
    assert ("recipes" in row and "tests" in row) != (row["by"] == "later")

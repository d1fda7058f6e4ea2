"""Shipped code imports what is declared, and nothing under a licence that would bind its users."""

from __future__ import annotations

import ast
import importlib.metadata as metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.rules.walk import ROOT, SHIPPED, name_of, shipped, tree

LICENCE_HEAD = 200  # characters
LIST = re.compile(r"([A-Za-z0-9_.-]+)==([^\s;\\]+)")


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _foreign() -> dict[str, str]:
    """Third-party module -> one file that imports it."""
    own = {*SHIPPED, *sys.stdlib_module_names}
    return {name: name_of(path) for path in shipped() for name in _imported(path) if name not in own}


def _distributions() -> dict[str, set[str]]:
    provided = metadata.packages_distributions()
    return {module: {name.lower().replace("_", "-") for name in provided.get(module, ())} for module in _foreign()}


def _licence_texts(distribution: str) -> list[str]:
    """Name of the licence, or the head of its text: what follows may be the terms of parts, with a choice of others."""
    said = metadata.metadata(distribution)
    return [
        (said.get("License-Expression") or said.get("License") or "")[:LICENCE_HEAD],
        *(said.get_all("Classifier") or []),
    ]


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _names(lines: Iterable[str]) -> set[str]:
    return {re.split(r"[<>=~!\[ ]", line)[0].lower() for line in lines}


def _declared() -> set[str]:
    return _names(_project()["dependencies"])


def _extras() -> set[str]:
    """What only some users install; a module of it has the name of its distribution, with _ for -."""
    return _names(line for lines in _project()["optional-dependencies"].values() for line in lines)


def test_everything_imported_is_declared_or_comes_with_what_is_declared() -> None:
    comes_with = {"pydantic-core": "pydantic", "typing-extensions": "pydantic", "markupsafe": "jinja2"}

    undeclared = {
        module: _foreign()[module]
        for module, names in _distributions().items()
        if module.replace("_", "-") not in _extras()
        and not {comes_with.get(name, name) for name in names} & _declared()
    }

    assert undeclared == {}


def test_nothing_declared_is_unused_or_missing_from_the_requirements() -> None:
    used = {name for names in _distributions().values() for name in names}
    listed = (ROOT / "requirements" / "runtime.in").read_text(encoding="utf-8").lower()

    assert _declared() - used - {"pyvisa-py"} == set()  # pyvisa loads pyvisa-py by name
    assert {name for name in _declared() if not re.search(rf"^{name}[<>=]", listed, re.MULTILINE)} == set()


def test_what_an_extra_brings_is_imported_and_developers_have_it() -> None:
    listed = (ROOT / "requirements" / "dev.in").read_text(encoding="utf-8").lower()
    large = {"pyarrow"}  # 165 MB; that it is missing is what the tests see

    assert _extras() - large <= {name for names in _distributions().values() for name in names}
    assert _extras() <= {module.replace("_", "-") for module in _foreign()}
    assert {name for name in _extras() - large if not re.search(rf"^{name}[<>=]", listed, re.MULTILINE)} == set()


def test_no_imported_package_is_under_the_gpl() -> None:
    names = {name for group in _distributions().values() for name in group}

    bound = {
        name: text
        for name in names
        for text in _licence_texts(name)
        if re.search(r"\bA?L?GPL|General Public License", text, re.IGNORECASE)
    }

    assert bound == {}


def test_locked_lists_pin_the_same_versions_with_hashes() -> None:
    lists = [(ROOT / "requirements" / name).read_text(encoding="utf-8") for name in ("runtime.lock", "dev.lock")]
    runtime, dev = (dict(LIST.findall(text)) for text in lists)

    assert runtime
    assert {name: version for name, version in runtime.items() if dev.get(name) != version} == {}
    assert all(text.count("--hash=sha256:") >= len(LIST.findall(text)) for text in lists)

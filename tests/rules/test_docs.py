"""What the pages say is there: files, links, names of functions, recipes and conditions, generated pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
import yaml

from controller.cli.exits import Exit
from controller.recipe import asks, loader, measurements, sections, steps
from controller.recipe.expressions import parse
from controller.sequence.steps import VERBS
from controller.station import Station
from controller.tool import LIMIT_KEYS, MACHINE, SECTIONS
from controller.tool import load as load_tool
from docs import generate
from docs.pages.commands import EXITS
from springback.places import config_file
from tests.rules.walk import ROOT, name_of, pages, shipped, tree

FOLDERS = ("controller", "drivers", "simulators", "springback", "tests", "config", "recipes", "docs", "bench")
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)`")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
METHOD = re.compile(r"`([A-Z]\w+)\.([a-z_]\w*)`")
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
PAGES = {name_of(path): path.read_text(encoding="utf-8") for path in pages()}
LANGUAGE = PAGES["docs/reference/recipe-language.md"]


@pytest.fixture(scope="module")
def station() -> Station:
    return Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {})


def test_every_file_that_a_page_names_exists() -> None:
    missing = {
        f"{page}: {path}" for page, text in PAGES.items() for path in PATH.findall(text) if not (ROOT / path).exists()
    }

    assert missing == set()


def test_every_link_of_a_page_leads_somewhere() -> None:
    broken = {
        f"{page}: {link}"
        for page, text in PAGES.items()
        for link in LINK.findall(FENCE.sub("", text))
        if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()
    }

    assert broken == set()


def test_every_function_that_a_page_names_exists() -> None:
    known = _methods()

    unknown = {
        f"{page}: {kind}.{name}"
        for page, text in PAGES.items()
        for kind, name in METHOD.findall(text)
        if name not in known.get(kind, set())
    }

    assert unknown == set()


def _methods() -> dict[str, set[str]]:
    """Class -> what it defines: functions, fields, attributes that its methods set."""
    found: dict[str, set[str]] = {}
    for path in shipped():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, set()).update(_members(node))
    return found


def _members(of: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(of):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute):
                    yield target.attr
                elif isinstance(target, ast.Name):
                    yield target.id


def test_architecture_fits_in_200_lines() -> None:
    assert PAGES["ARCHITECTURE.md"].count("\n") <= 200


def test_generated_pages_are_up_to_date() -> None:
    stale = [name for name, page in generate.PAGES.items() if PAGES[f"docs/{name}"] != page()]

    assert stale == [], "run `make docs`"


def test_every_exit_code_is_explained() -> None:
    assert set(EXITS) == set(Exit)


def test_every_word_of_the_recipe_language_is_in_its_reference() -> None:
    words = {*loader._REQUIRED, *loader._OPTIONAL, *steps.STEP_KEYS, *sections.POLICIES, *sections.ACTIONS}
    words |= {*sections._WATCH_FORMS, *asks.QUESTIONS, *asks._DETAILS, *measurements._ORIGINS}

    assert {word for word in words if f"`{word}`" not in LANGUAGE} == set()


def test_every_key_of_the_tool_file_is_in_its_reference() -> None:
    page = PAGES["docs/reference/tool-file.md"]

    assert {key for key in {*SECTIONS, *MACHINE} if f"`{key}`" not in page} == set()
    assert all(f"{key}:" in page for key in LIMIT_KEYS)


def test_recipes_in_the_pages_pass_the_check(station: Station) -> None:
    recipes = [text for page in PAGES.values() for kind, text in FENCE.findall(page) if text.startswith("recipe:")]

    loaded = [loader.load(text, VERBS, station.facts()) for text in recipes]

    assert len(loaded) >= 1
    assert [warning.message for recipe in loaded for warning in recipe.warnings] == []


def test_other_yaml_in_the_pages_is_yaml() -> None:
    blocks = [text for page in PAGES.values() for kind, text in FENCE.findall(page) if kind == "yaml"]

    assert all(yaml.safe_load(block) for block in blocks)


def test_conditions_in_the_reference_are_conditions(station: Station) -> None:
    units = {name: station.tags.units[station.tags.index(name)] for name in station.tags}
    block = next(text for kind, text in FENCE.findall(PAGES["docs/reference/expressions.md"]) if kind == "condition")

    assert all(parse(line, units, {"peak": "400 kPa"}) for line in block.strip().splitlines())

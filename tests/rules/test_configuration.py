"""Recipes and configuration that are shipped load, and say what a person needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.guard.interlocks import Interlock, Kind
from controller.recipe import units
from controller.recipe.loader import load
from controller.sequence.steps import VERBS
from controller.station import Station
from controller.tool import load as load_tool
from springback.places import config_file, recipe_folder
from tests.rules.walk import ROOT

OFFSETS = {"input_registers": 30001, "discrete_inputs": 10001, "holding_registers": 40001, "coils": 1}
BLOCK_MAX = 125  # registers in one Modbus read
PLC_MAP: dict[str, Any] = yaml.safe_load(config_file("line_plc_map.yaml").read_text(encoding="utf-8"))
EQUIPMENT = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "controller" / "equipment").glob("*.py"))


@pytest.fixture(scope="module")
def station() -> Station:
    return Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {})


@pytest.fixture(scope="module")
def interlocks(station: Station) -> list[Interlock]:
    return list(station.tool.guard.interlocks)


@pytest.mark.parametrize("path", sorted(recipe_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_loads(path: Path, station: Station) -> None:
    recipe = load(path, VERBS, station.facts())

    assert recipe.name == path.stem
    assert recipe.steps


def test_every_tag_has_a_listed_unit_a_range_and_a_meaning(station: Station) -> None:
    tags = station.tags

    assert [tags.names[i] for i, unit in enumerate(tags.units) if unit not in units.KIND_OF] == []
    assert [tags.names[i] for i, doc in enumerate(tags.docs) if len(doc) < 3] == []
    assert [tags.names[i] for i in range(len(tags.names)) if not tags.low[i] < tags.high[i]] == []


def test_every_instrument_belongs_to_a_module(station: Station) -> None:
    modules = {settings["module"] for settings in station.file.instruments.values()}

    assert modules <= {"line", *station.tool.guard.modules}


def test_every_interlock_says_what_fixes_it_and_every_trip_what_to_do(interlocks: list[Interlock]) -> None:
    assert [i.id for i in interlocks if not i.must or any(len(clause.fix) < 5 for clause in i.must)] == []
    assert [i.id for i in interlocks if i.kind.value == "trip" and not (i.words.likely and i.words.do)] == []
    assert len({i.id for i in interlocks}) == len(interlocks)


def test_every_gated_action_is_one_that_a_module_asks_for(interlocks: list[Interlock]) -> None:
    gated = {action for interlock in interlocks for action in interlock.gates if interlock.kind is not Kind.INHIBIT}

    assert {action for action in gated if f'"{action}"' not in EQUIPMENT} == set()


def test_every_limit_bounds_a_tag_that_the_tool_has_or_a_setting_of_a_verb(station: Station) -> None:
    settings = {"dispenser.shot", "grinder.feed", "grinder.travel"}

    assert set(station.file.limits) - settings - set(station.tags) == set()


@pytest.mark.parametrize("kind", OFFSETS)
def test_plc_references_count_from_one_in_their_table(kind: str) -> None:
    assert [row["name"] for row in PLC_MAP[kind] if row["ref"] != row["pdu"] + OFFSETS[kind]] == []


@pytest.mark.parametrize("kind", OFFSETS)
def test_plc_addresses_do_not_overlap(kind: str) -> None:
    taken: dict[int, str] = {}
    for row in PLC_MAP[kind]:
        width = 2 if row.get("type") in ("u32", "i32", "f32") else 1
        for address in range(row["pdu"], row["pdu"] + width):
            assert address not in taken, f"{row['name']} and {taken.get(address)} share {address}"
            taken[address] = row["name"]


def test_plc_map_is_read_in_one_exchange_and_documents_every_register() -> None:
    rows = [row for kind in OFFSETS for row in PLC_MAP[kind]]
    last = max(row["pdu"] + (2 if row.get("type") in ("u32", "f32") else 1) for row in PLC_MAP["input_registers"])

    assert last <= BLOCK_MAX
    assert [row["name"] for row in rows if not row.get("doc")] == []
    assert [row["name"] for row in PLC_MAP["holding_registers"] if not row["min"] < row["max"]] == []


def test_mirrors_have_a_bit_for_every_discrete_input_and_output() -> None:
    outputs = [row["pdu"] for row in PLC_MAP["holding_registers"] if 10 <= row["pdu"] <= 26]

    assert max(row["pdu"] for row in PLC_MAP["discrete_inputs"]) < 32
    assert outputs == list(range(10, 27))

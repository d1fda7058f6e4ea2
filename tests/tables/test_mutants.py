"""A sample of the mutants is noticed; `make mutate` tries all of them and writes their number into docs/mutants.md."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from tests.tables.mutants import Mutant, expressions
from tests.tables.state_checks import check_alarm_states, check_job, check_phase
from tests.tables.write import PAGE, TABLES, all_mutants, equivalent

SEED, SAMPLE = 1, 60


@cache
def mutants() -> list[Mutant]:
    return all_mutants()


@pytest.mark.parametrize("table", TABLES)
def test_a_sample_of_the_mutants_is_noticed(table: str) -> None:
    candidates = [mutant for mutant in mutants() if mutant.table == table and mutant.change not in equivalent()]

    tried = random.Random(SEED).sample(candidates, SAMPLE)

    assert [str(mutant) for mutant in tried if mutant.survives()] == []


@pytest.mark.parametrize("check", [check_job, check_phase, check_alarm_states])
def test_the_state_tables_are_those_of_the_standards(check: Callable[[], None]) -> None:
    check()


def test_what_is_said_to_be_equivalent_is_a_mutant_and_is_not_noticed() -> None:
    found = {mutant.change: mutant for mutant in mutants() if mutant.change in equivalent()}

    assert sorted(found) == sorted(equivalent())
    assert all(mutant.survives() for mutant in found.values())


def test_the_page_is_about_the_mutants_that_there_are() -> None:
    told = re.findall(r"^\| `([\w/.]+)`: .*? \| (\d+) \| \d+ \| \d+ \| 0 \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    count = Counter(mutant.table for mutant in mutants())

    files = {table: what.split("`")[1] for table, what in TABLES.items()}
    assert dict(told) == {files[table]: str(n) for table, n in count.items()}, "run `make mutate`"


def test_a_condition_is_changed_in_every_word_sign_and_number() -> None:
    assert set(expressions("a.b <= -5 kPa or not c.d for 2 s")) == {
        "a.b < -5 kPa or not c.d for 2 s",
        "a.b > -5 kPa or not c.d for 2 s",
        "a.b >= -5 kPa or not c.d for 2 s",
        "a.b <= -5.05 kPa or not c.d for 2 s",
        "a.b <= -4.95 kPa or not c.d for 2 s",
        "a.b <= 5 kPa or not c.d for 2 s",
        "a.b <= -5 kPa and not c.d for 2 s",
        "a.b <= -5 kPa or  c.d for 2 s",
        "a.b <= -5 kPa or not c.d for 1.98 s",
        "a.b <= -5 kPa or not c.d for 2.02 s",
        "a.b <= -5 kPa or not c.d",
        "not (a.b <= -5 kPa or not c.d for 2 s)",
    }

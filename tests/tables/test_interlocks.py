"""Every interlock and alarm of the configuration does what is written down about it, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from springback.places import config_file
from tests.tables.checks import check_alarm, check_interlock, check_names
from tests.tables.interlocks import ALARMS, WORDS


def records(table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(config_file(f"{table}.yaml").read_text(encoding="utf-8"))[table]
    return found


def test_every_record_has_its_words_and_every_word_its_record() -> None:
    check_names([record["id"] for record in records("interlocks")], WORDS)
    check_names([record["code"] for record in records("alarms")], ALARMS)


@pytest.mark.parametrize("record", records("interlocks"), ids=lambda record: record["id"])
def test_an_interlock_does_what_its_words_say_on_both_sides_of_every_limit(record: dict[str, Any]) -> None:
    check_interlock(record)


@pytest.mark.parametrize("record", records("alarms"), ids=lambda record: record["code"])
def test_an_alarm_latches_and_is_shelved_as_its_words_say(record: dict[str, Any]) -> None:
    check_alarm(record)

"""Each validation case holds: the physics give what closed forms, standards and published figures say."""

from __future__ import annotations

import pytest

from tests.validation.case import Case, all_cases, computed
from tests.validation.write import PAGE, PICTURES, page

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_case_holds(case: Case) -> None:
    got = computed(case)

    assert case.holds(got), f"{case.id} {case.title}: {got:g} {case.unit}, not {case.expected:g} ± {case.tolerance:g}"


def test_no_two_cases_have_the_same_id() -> None:
    ids = [case.id for case in CASES]

    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_every_case_can_fail_and_says_where_its_figure_comes_from(case: Case) -> None:
    assert case.source and case.title
    assert case.tolerance >= 0.0
    assert case.tolerance < abs(case.expected) or case.expected == 0.0
    assert not case.holds(float("nan"))


def test_the_page_shows_these_cases_and_these_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make validate`"


def test_every_picture_of_the_page_is_there() -> None:
    assert [name for name in PICTURES if not (PAGE.parent / "images" / f"validation-{name}.svg").is_file()] == []

"""Strict YAML: places of keys and values, YAML 1.2 scalars, and everything that is refused before it is built."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.recipe.problems import Problem, RecipeError
from controller.recipe.source import Mark, parse, read


def refused(content: bytes | str) -> list[Problem]:
    with pytest.raises(RecipeError) as caught:
        parse(content, "f.yaml")
    return list(caught.value.problems)


def test_every_key_and_value_has_a_place() -> None:
    text = "# a recipe\nname: x\nsteps:\n  - press: {to: 400 kPa, rate: '2 kPa/s'}\n  - [1, 2]\n"

    source = parse(text, "f.yaml")

    assert source.data == {"name": "x", "steps": [{"press": {"to": "400 kPa", "rate": "2 kPa/s"}}, [1, 2]]}
    assert source.key_at(("steps", 0, "press", "rate")) == Mark(4, 26, 4)
    assert source.value_at(("steps", 0, "press", "rate")) == Mark(4, 32, 9, 1)
    assert source.value_at(("steps", 1, 1)) == Mark(5, 9, 1)
    assert source.key_at(("steps", 1, 1)) == source.value_at(("steps", 1, 1))
    assert source.value_at(("steps", 0, "press", "missing")) == source.value_at(("steps", 0, "press"))
    assert source.value_at(("nothing",)).line == 2


def test_columns_count_characters_not_bytes() -> None:
    assert parse("{µä: 1, b: 2}", "f").key_at(("b",)) == Mark(1, 9, 1)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("12:30", "12:30"),
        ("2020-01-01", "2020-01-01"),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("-7", -7),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("nan", "nan"),
        ("'1'", "1"),
        ('"yes"', "yes"),
        ("=", "="),
        ("400 kPa", "400 kPa"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_scalars_follow_yaml_1_2(scalar: str, value: object) -> None:
    found = parse(f"a: {scalar}", "f").data["a"]

    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_whatever_they_look_like() -> None:
    assert parse("on: 1\n12: 2\nnull: 3\n<<: 4\n", "f").data == {"on": 1, "12": 2, "null": 3, "<<": 4}


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [
        ("", "R102", 1, 1),
        ("# only a comment\n", "R102", 1, 1),
        ("a: 1\n  b: 2\n", "R102", 2, 4),
        ("a: [1, 2\n", "R102", 2, 1),
        ("a: %x\n", "R102", 1, 4),
        ("a:\tb\n", "R102", 1, 3),
        ("a:\n\t- b\n", "R102", 2, 1),
        ("a: 1\n---\nb: 2\n", "R102", 2, 1),
        ("[a, b]: 1\n", "R102", 1, 1),
        ("? {a: 1}\n: 2\n", "R102", 1, 3),
        (": 1\n", "R102", 1, 1),
        ("a: 1\nb: 2\na: 3\n", "R103", 3, 1),
        ("x: {a: 1, a: 2}\n", "R103", 1, 11),
        ("a: &x 1\n", "R104", 1, 4),
        ("a: *x\n", "R104", 1, 4),
        ("a: !!str 1\n", "R104", 1, 4),
        ("a: !!python/object/apply:os.system [ls]\n", "R104", 1, 4),
        ("a: ! 1\n", "R104", 1, 4),
        ("%YAML 1.1\n---\na: 1\n", "R104", 1, 1),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "R104", 1, 1),
        ("a: .inf\n", "R114", 1, 4),
        ("a: -.INF\n", "R114", 1, 4),
        ("a: .nan\n", "R114", 1, 4),
        ("a: 1e400\n", "R114", 1, 4),
        ("a: " + "9" * 60, "R114", 1, 4),
        ("a: " + "[" * 13 + "]" * 13, "R108", 1, 15),
        ("- 1\n" * 6000, "R108", 5000, 3),
        ("a: '" + "x" * 3000 + "'", "R108", 1, 4),
        (b"\xef\xbb\xbfa: 1\n", "R100", 1, 1),
        (b"\xff\xfea\x00", "R100", 1, 1),
        (b"a: 1\nb: \xff\n", "R100", 2, 4),
        (b"a: \xed\xa0\x80\n", "R100", 1, 4),
        (b"a: 1\nb\x00: 1\n", "R100", 2, 2),
        ("a: \x1b[31m\n", "R100", 1, 4),
        ("a: b\u202ec\n", "R100", 1, 5),
        ("a: b\u2028c\n", "R100", 1, 5),
        ("a: 1\r\nb: 2\rc: 3\n", "R100", 2, 5),
        (b"\x89PNG\r\n\x1a\n", "R100", 1, 1),
        (b"x" * 300_000, "R100", 0, 0),
    ],
)
def test_what_could_surprise_is_refused_at_its_place(content: bytes | str, code: str, line: int, column: int) -> None:
    (problem,) = refused(content)

    assert (problem.code, problem.line, problem.column, problem.file) == (code, line, column, "f.yaml")


def test_all_duplicate_keys_are_named_with_their_first_place() -> None:
    found = refused("a: 1\nb: {c: 1, c: 2}\na: 2\n")

    assert [(p.line, p.column, p.hint) for p in found] == [(2, 11, "first in line 2"), (3, 1, "first in line 1")]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" * 3,
        "[" * 100_000,
        "{a: " * 50_000,
        "- " * 50_000,
        "? " * 50_000,
        "a: " + "'" * 100_001,
        "a: |\n" + " x\n" * 60_000,
    ],
)
def test_bombs_are_refused_at_once(text: str) -> None:
    assert refused(text)


def test_windows_line_ends_are_read_as_line_ends() -> None:
    assert parse(b"a: 1\r\nb: 2\r\n", "f").key_at(("b",)) == Mark(2, 1, 1)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        parse(content, "f")
    except RecipeError as error:
        assert error.problems


@given(st.text(alphabet="ab:-[]{}#'\"|>&*!%@`?, \n0.e+", max_size=80))
def test_any_yaml_like_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        source = parse(text, "f")
    except RecipeError as error:
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)
        assert error.render()
    else:
        assert () in source.values


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("a: 1\n")

    assert read(path).file == "r.yaml"


def test_links_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("a: 1\n")
    link, pipe = tmp_path / "link.yaml", tmp_path / "pipe.yaml"
    link.symlink_to(tmp_path / "r.yaml")
    os.mkfifo(pipe)

    for path, words in ((link, "symbolic link"), (pipe, "not a plain file"), (tmp_path, ""), (tmp_path / "x", "")):
        with pytest.raises(RecipeError) as caught:
            read(path)
        (problem,) = caught.value.problems
        assert problem.code == "R100"
        assert words in f"{problem.message} {problem.hint}"

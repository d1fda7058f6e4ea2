"""What is kept beside the byte code: made once, made again for another source, and never needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from controller import kept
from controller.recipe import expression_grammar as grammar
from controller.recipe.expressions import parse


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where it is kept is empty; the list says what was made."""
    monkeypatch.setattr(kept, "_FOLDER", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return []


def get(made: list[str], source: str) -> bytes:
    def make() -> bytes:
        made.append(source)
        return source.upper().encode()

    return kept.kept("thing", source, make)


def test_it_is_made_once_for_each_source(made: list[str], tmp_path: Path) -> None:
    assert [get(made, source) for source in ("a", "b", "a", "b")] == [b"A", b"B", b"A", b"B"]
    assert made == ["a", "b"]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("why", ["no byte code is wanted", "no folder"])
def test_where_it_cannot_be_kept_it_is_made_again(
    why: str, made: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if why == "no folder":
        monkeypatch.setattr(kept, "_FOLDER", tmp_path / "missing")
    else:
        monkeypatch.setattr(sys, "dont_write_bytecode", True)

    assert [get(made, "a"), get(made, "a")] == [b"A", b"A"]
    assert made == ["a", "a"]
    assert not list(tmp_path.iterdir())


def test_conditions_that_were_learnt_once_need_no_parser(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["press.gap > 3 um for 7 s", "press.gap >", f"{'-' * 30}press.gap > 3 um"]
    found = []
    for parser in (grammar.parser, None):  # the second start finds no parser
        monkeypatch.setattr(grammar, "_learnt", {})
        monkeypatch.setattr(grammar, "parser", parser)
        grammar.tree_of.cache_clear()
        grammar.learn(texts)
        found.append([grammar.tree_of(text) for text in (texts[0], texts[2])])

    assert found[0] == found[1]
    monkeypatch.undo()
    with pytest.raises(grammar.ExpressionError, match="ends too early"):
        grammar.tree_of(texts[1])


def test_what_is_nested_deeper_than_anybody_may_write_is_not_learnt(made: list[str]) -> None:
    deep = f"{'-' * 450}press.gap > 3 um"
    grammar.learn([deep])
    with pytest.raises(grammar.ExpressionError, match="nested deeper"):
        parse(deep, {"press.gap": "um"})

"""Files are short, functions fit a screen, each module says what it is for, and only the gate makes permits."""

from __future__ import annotations

import ast
import re

from tests.rules.walk import called, name_of, shipped, tracked, tree

FILE_LINES = 300
FUNCTION_LINES = 60


def test_no_source_file_is_longer_than_300_lines() -> None:
    lengths = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in shipped()}

    assert {name: n for name, n in lengths.items() if n > FILE_LINES} == {}


def test_every_function_fits_a_screen() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in shipped()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    }

    assert long == {}


def test_every_module_with_code_says_what_it_is_responsible_for() -> None:
    silent = [name_of(path) for path in shipped() if tree(path).body and not ast.get_docstring(tree(path))]

    assert silent == []


def test_permits_are_made_in_the_guard_only() -> None:
    makers = [name_of(path) for path in shipped() if "Permit" in called(tree(path))]

    assert makers == ["controller/guard/gate.py"]


def test_no_tracked_file_holds_a_registry_address_or_a_path_of_somebodys_machine() -> None:
    forbidden = re.compile(
        r"(?:--(?:extra-)?index-url[ =]h)|pypi\.(?:org/simple|python)|pythonhosted\."
        r"|(?<![\w.~$}])/(?:home|root|Users|work)/\w"
    )
    texts = {path: path.read_bytes() for path in tracked() if path.suffix not in (".png", ".sqlite")}

    found = {
        f"{name_of(path)}:{_line(text, match.start())}": match[0].decode()
        for path, text in texts.items()
        if name_of(path) != name_of_this_file()
        for match in re.finditer(forbidden.pattern.encode(), text)
    }

    assert found == {}


def name_of_this_file() -> str:
    return "tests/rules/test_source_shape.py"


def test_no_work_is_left_for_later() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")

    assert [name_of(path) for path in shipped() if marks.search(path.read_text(encoding="utf-8"))] == []


def _line(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1

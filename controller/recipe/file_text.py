"""The text of a file that people edit: read whole, bounded, UTF-8, without characters that hide or command.

It knows nothing of YAML; `source` parses what comes out.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NoReturn

from controller.recipe.problems import Problem, RecipeError

BYTES_MAX = 256 * 1024

# Line breaks other than LF would shift our line numbers against an editor's; the rest is invisible or not text.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a plain file, cut just above 256 kB; raise RecipeError. Symbolic links are not followed."""
    # O_NONBLOCK: opening a named pipe must not wait for a writer
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(BYTES_MAX + 1)
            reason = "it is not a plain file"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
    hint = "it is a symbolic link; give the file itself" if path.is_symlink() else ""
    raise RecipeError([Problem("R100", f"cannot read {path}: {reason}", path.name, hint=hint)])


def clean(content: bytes | str, file: str) -> str:
    """Decode and check the content of `file`, with line ends as LF; raise RecipeError with the place."""
    if len(content) > BYTES_MAX:
        hint = "a recipe is a few kB; is it the right file?"
        _refuse(Problem("R100", f"the file is larger than {BYTES_MAX // 1024} kB", file, hint=hint))
    text = _decoded(content, file) if isinstance(content, bytes) else content
    text = text.replace("\r\n", "\n")
    if bad := _FORBIDDEN.search(text):
        line, column = line_column(text, bad.start())
        what = f"character U+{ord(bad[0]):04X} is not allowed in text"
        _refuse(Problem("R100", what, file, line, column, "is it a binary file? save it as plain UTF-8 text"))
    if "\t" in text:
        line, column = line_column(text, text.index("\t"))
        _refuse(Problem("R102", "tab character", file, line, column, "indent and separate with spaces"), text)
    return text


def line_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of the character at `offset`."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _decoded(content: bytes, file: str) -> str:
    if content.startswith(_BYTE_ORDER_MARKS):
        hint = "save it as UTF-8 without BOM"
        _refuse(Problem("R100", "the file begins with a byte order mark", file, 1, 1, hint))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = line_column(content[: error.start].decode("utf-8") + "?", error.start)
        what = f"byte 0x{content[error.start]:02x} is not UTF-8"
        _refuse(Problem("R100", what, file, line, column, "save the file as UTF-8"))


def _refuse(problem: Problem, text: str = "") -> NoReturn:
    raise RecipeError([problem], text) from None

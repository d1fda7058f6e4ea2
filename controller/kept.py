"""What takes long to make and never changes, kept beside the byte code: tables of a grammar, the code of a template.

It is as safe as byte code, and treated like it: who may write there may change the program itself. It is written where
Python writes byte code too, and made anew by whoever finds none.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_FOLDER = Path(__file__).parent / "__pycache__"


def kept(name: str, made_of: str, make: Callable[[], bytes]) -> bytes:
    """What `make` returns, or has returned before; `made_of` is all that it depends on but the Python version."""
    key = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    path = _FOLDER / f"{name}.{key}.{sys.implementation.cache_tag}"
    with suppress(OSError):
        return path.read_bytes()
    data = make()
    if not sys.dont_write_bytecode:
        new = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            new.write_bytes(data)
            new.replace(path)  # a reader finds all of it, or nothing
    return data

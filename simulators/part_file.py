"""Reading the text of a part's state: the same fields, of the same kinds, as a part that is known to be good.

Knows JSON and forms; what the numbers mean is the workpiece's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any


def same_form(text: str, model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object of a JSON text that has the form of `model`; raise ValueError that says where it has not.

    Fields that are None in the model hold a number or null; lists that are empty in the model hold words.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a JSON text: {error}") from None
    _compare(data, model, "")
    found: dict[str, Any] = data
    return found


def _compare(value: Any, model: Any, place: str) -> None:
    if isinstance(model, Mapping):
        _compare_object(value, model, place)
    elif isinstance(model, list | tuple):
        wanted = len(model) or "some"
        if not isinstance(value, list) or (model and len(value) != len(model)):
            raise ValueError(f"{place}: wanted a list of {wanted} entries, got {value!r:.40}")
        for i, entry in enumerate(value):
            _compare(entry, model[i] if model else "", f"{place}[{i}]")
    elif model is None:
        if value is not None:
            _number(value, place)
    elif isinstance(model, bool | str):
        if type(value) is not type(model):
            raise ValueError(
                f"{place}: wanted {'true or false' if model in (True, False) else 'a word'}, got {value!r:.40}"
            )
    else:
        _number(value, place)
        if isinstance(model, int) and not isinstance(value, int):
            raise ValueError(f"{place}: wanted a whole number, got {value!r:.40}")


def _compare_object(value: Any, model: Mapping[str, Any], place: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{place or 'the text'}: wanted an object, got {value!r:.40}")
    for name in [*model, *value]:
        at = f"{place}.{name}" if place else name
        if name not in value:
            raise ValueError(f"{at} is missing")
        if name not in model:
            raise ValueError(f"{at}: no part has this")
        _compare(value[name], model[name], at)


def _number(value: Any, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e30 or not isfinite(value):
        raise ValueError(f"{place}: wanted a number, got {value!r:.40}")

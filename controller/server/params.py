"""Parameters of requests, checked where they come in: plain bounded text, plain values, small mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.recipe.problems import did_you_mean
from controller.server.protocol import Code, Refused
from controller.start import LabelError, Piece

TEXT_MAX = 200
SETTINGS_MAX = 50
DAY_S = 86400.0


class Params:
    """The parameters of one request. Take them one by one, then `end`: what nobody took is refused."""

    def __init__(self, method: str, given: Any) -> None:
        if not isinstance(given, dict):
            raise Refused(Code.PARAMS, f"{method}: params is an object", 'as in {"reason": "text"}')
        self._method = method
        self._left: dict[str, Any] = dict(given)
        self._known: list[str] = []

    def text(self, key: str, default: str | None = None, *, most: int = TEXT_MAX) -> str:
        """A text without control characters; `default` when it was not given, refused when there is none."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        return self._plain(key, value, most)

    def settings(self, key: str) -> dict[str, str]:
        """A mapping of texts, empty when it was not given."""
        value = self.take(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > SETTINGS_MAX:
            raise self._wrong(key, "an object of texts", value)
        return {self._plain(key, name): self._plain(key, text) for name, text in value.items()}

    def piece(self) -> Piece:
        """Part, lot and carrier of a job, where they were given."""
        try:
            return Piece(self.text("part", ""), self.text("lot", ""), self.text("carrier", ""))
        except LabelError as error:
            raise Refused(Code.PARAMS, str(error), "correct it") from None

    def whole(self, key: str) -> int | None:
        """A whole number from 0 on, or None."""
        value = self.take(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        raise self._wrong(key, "a whole number", value)

    def seconds(self, key: str) -> float:
        """A time in s, above 0 and at most a day."""
        value = self.take(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= DAY_S:
            return float(value)
        raise self._wrong(key, f"a number of seconds, at most {DAY_S:g}", value)

    def value(self, key: str) -> str | float | bool:
        """A text, a number or a truth value."""
        value = self.take(key)
        if isinstance(value, bool | int | float):
            return value
        return self._plain(key, value)

    def flag(self, key: str) -> bool:
        """True or false; false when it was not given."""
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self._wrong(key, "true or false", value)

    def take(self, key: str) -> Any:
        """Whatever was given, None when nothing was."""
        self._known.append(key)
        return self._left.pop(key, None)

    def end(self) -> None:
        """Refuse what nobody took."""
        for key in self._left:
            hint = did_you_mean(key[:40], self._known) or "it takes none"
            raise Refused(Code.PARAMS, f"{self._method}: unknown parameter {key[:40]!a}", hint)

    def _plain(self, key: str, value: Any, most: int = TEXT_MAX) -> str:
        if isinstance(value, str) and len(value) <= most and value.isprintable():
            return value
        raise self._wrong(key, f"a text of at most {most} printable characters", value)

    def _wrong(self, key: str, wanted: str, value: Any) -> Refused:
        got = "nothing" if value is None else f"{str(value)[:40]!a}"
        return Refused(Code.PARAMS, f"{self._method}: {key} is {wanted}, not {got}", "correct it")


def parts(message: Mapping[str, Any]) -> tuple[str, str, Any]:
    """Id, method and params of a request; Refused when it is none."""
    id, method = message.get("id"), message.get("method")
    if not isinstance(id, str) or not 0 < len(id) <= TEXT_MAX or not id.isprintable():
        raise Refused(Code.REQUEST, "a request has an id, a text", 'as in {"id": "1", "method": "status"}')
    if not isinstance(method, str):
        raise Refused(Code.REQUEST, "a request has a method, a text", 'as in {"id": "1", "method": "status"}')
    return id, method, message.get("params", {})

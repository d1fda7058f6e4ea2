"""How times, numbers and foreign text are written for people: the same in the report and in the terminal."""

from __future__ import annotations

import math

# Control characters of a recipe or an instrument's answer must not reach a terminal or a page; direction overrides lie.
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_VISIBLE = {code: f"\\x{code:02x}" for code in _CONTROLS if chr(code) not in "\n\t"}


def plain(text: str) -> str:
    """`text` with control characters made visible; line feeds and tabs stay."""
    return text.translate(_VISIBLE)


def engineering_words(why: str) -> str:
    """What every surface says of an engineering run; nothing of another."""
    return f"ENGINEERING RUN: {why}" if why else ""


def clock_text(t_s: float) -> str:
    """`745` as `12:25`, `3725` as `1:02:05`."""
    total = round(t_s)
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def number(value: float | None) -> str:
    """Four significant digits without an exponent; a dash when there is no value."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if "e" in text:
        text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text if text.strip("-0.") else "0"


def limits_text(low: float | None, high: float | None) -> str:
    """`48.5 … 51.5`, `≥ 99.5`, `≤ 1.5`, or a dash when nothing limits."""
    if low is not None and high is not None:
        return f"{number(low)} … {number(high)}"
    if low is not None:
        return f"≥ {number(low)}"
    return f"≤ {number(high)}" if high is not None else "–"


def plural(count: int, noun: str) -> str:
    """`1 alarm`, `2 alarms`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

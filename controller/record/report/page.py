"""Fill the page: gather what the template shows, draw the figures, write one HTML file.

The same record gives the same bytes: nothing here reads a clock. What it shows was decided in `result.py`.
"""

from __future__ import annotations

import base64
import hashlib
import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from controller.kept import kept
from controller.record.control import FIRM
from controller.record.events import Measured
from controller.record.fold import summary_of
from controller.record.plots import PlotGroup
from controller.record.report import drawn
from controller.record.report.genealogy import genealogy
from controller.record.result import PromptRow, Summary
from controller.record.runfile import RunFile
from controller.record.signs import signs
from controller.record.store import RecordError
from controller.record.text import clock_text, engineering_words, limits_text, number, plain
from controller.record.unusual import happened_first, near_limit, unusual

KEY_RESULTS = 3

_FACTS = (  # keys of the record's meta that the head of the page shows when they are there
    ("lot", "Lot"),
    ("part", "Part"),
    ("carrier", "Carrier"),
    ("operator", "Operator"),
    ("seed", "Seed"),
    ("set", "Set for this run"),
    ("release", "Recipe"),
    ("start_utc", "Started (UTC)"),
    ("end_utc", "Ended (UTC)"),
)
_CONFIGURATION = (("tool_text", "Tool file"), ("interlocks_text", "Interlocks"), ("alarms_text", "Alarms"))
_SHOWN_ELSEWHERE = frozenset(
    (
        "run_id",
        "recipe_text",
        "tool_text",
        "interlocks_text",
        "alarms_text",
        "planned_s",
        "exchanges",
        "links",
        "versions",
        "plots",
        "against",
        "trace_sha256",
        "tags_sha256",
        "part_kind",
        "part_sha256",
        "part_file",
        "earlier",
        "materials",
        "tooling",
        "calibration",
        "closed",
        "title",
    )
)


@dataclass(frozen=True, slots=True)
class Said:
    """Something a person was asked, said or recorded."""

    t_s: float
    step: str
    text: str
    answer: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Gauge:
    """Where a result and its limits stand on a bar, in percent of its width."""

    low: float | None
    high: float | None
    at: float


def write_report(run: RunFile, plots: Sequence[PlotGroup], out: Path, before: Sequence[Summary] = ()) -> Path:
    """Write the report of `run` to `out` and return it; KeyError for a plot of a tag that was not recorded.

    `before` are earlier runs of the same recipe, the oldest first. RecordError when the file cannot be written.
    """
    summary = summary_of(run)
    context = _context(run, summary, plots) | {"control": drawn.over_runs(summary, before), "firm": FIRM}
    page = template().render(context)
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise RecordError(f"report {out}: {error.strerror}; check that the folder exists and has room") from error
    return out


def template() -> Template:
    """The page's template; its code is kept, since making it takes almost a tenth of a second."""
    environment, name = _environment(), "page.html.j2"
    path = Path(__file__).with_name(name)
    source = path.read_text(encoding="utf-8")
    made_of = f"{jinja2.__version__} {source} {Path(__file__).read_text(encoding='utf-8')}"
    code = kept("page", made_of, lambda: marshal.dumps(environment.compile(source, name, str(path))))
    return Template.from_code(environment, marshal.loads(code), environment.make_globals(None))


def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"allowed": _allowed, "clock": clock_text, "day": _day, "number": number, "gauge": gauge}
    environment.globals |= {"limits_text": limits_text, "near_limit": near_limit}
    return environment


def _shown(value: Any) -> Any:
    """Make control characters visible in everything that is not our own markup."""
    if isinstance(value, Markup):
        return value
    return "" if value is None else plain(str(value))


def _context(run: RunFile, summary: Summary, plots: Sequence[PlotGroup]) -> dict[str, Any]:
    meta = run.meta
    strips = {group: drawn.strip_of(run, group) for group in plots}
    closer = drawn.closer(strips, summary)
    return {
        "css": Markup(_file("page.css") + (_file("uplot/uPlot.min.css") if closer else "")),
        "closer": closer,
        "script": Markup(_file("uplot/uPlot.iife.min.js") + _file("zoom.js")) if closer else "",
        "s": summary,
        "started": summary.started,
        "engineering": engineering_words(summary.engineering),
        "title": meta.get("title") or (summary.started.recipe if summary.started else run.path.stem),
        "facts": [(label, meta[key]) for key, label in _FACTS if meta.get(key)],
        "key_results": key_results(summary.results),
        "first": happened_first(summary),
        "unusual": unusual(summary, signs(run)),
        "overview": drawn.whole(strips, summary),
        "step_plots": drawn.by_step(strips, summary),
        "curve": drawn.curve(run, summary),
        "around": drawn.around(strips, summary),
        "genealogy": genealogy(run, summary),
        "configuration": [(title, meta[key]) for key, title in _CONFIGURATION if meta.get(key)],
        "recipe_text": meta.get("recipe_text", ""),
        "instruments": _instruments(summary, meta),
        "exchange_columns": list(dict.fromkeys(key for row in meta.get("exchanges", {}).values() for key in row)),
        "people": _people(summary),
        "appendix": _appendix(run),
    }


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _allowed(script: str) -> str:
    """What the page's security policy says of a script: this one, and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def key_results(results: Sequence[Measured]) -> list[Measured]:
    """The few that decide: what failed, then what has both limits, the latest first; predicted only if not measured."""
    judged = [r for r in results if r.ok is not None and (r.low is not None or r.high is not None)]
    seen = {r.name for r in judged if r.source != "predicted"}
    kept = [r for r in judged if r.source != "predicted" or r.name not in seen]

    def rank(at: int) -> tuple[bool, bool, bool, int]:
        r = kept[at]
        return r.source == "predicted", bool(r.ok), r.low is None or r.high is None, -at

    return [kept[at] for at in sorted(range(len(kept)), key=rank)[:KEY_RESULTS]]


def gauge(result: Measured) -> Gauge | None:
    """A bar that has the tolerance in its middle half and the value on it; None when nothing limits the value."""
    low, high, value = result.low, result.high, result.value
    if value is None or (low is None and high is None):
        return None
    if low is not None and high is not None:
        band = (high - low) or 1e-9
        start = low - band / 2
        return Gauge(25.0, 75.0, _percent((value - start) / (2 * band)))
    limit = low if low is not None else high
    assert limit is not None
    reach = 1.6 * abs(value - limit) or 0.1 * abs(limit) or 1.0
    at = _percent(0.5 + 0.5 * (value - limit) / reach)
    return Gauge(50.0, None, at) if low is not None else Gauge(None, 50.0, at)


def _percent(share: float) -> float:
    return round(100 * min(max(share, 0.01), 0.99), 1)


def _day(utc: Any) -> str:
    """`2026-11-21T14:20:05+00:00` as `2026-11-21 14:20:05`; anything else as it is."""
    return str(utc).replace("T", " ").removesuffix("Z").removesuffix("+00:00")


def _instruments(summary: Summary, meta: Mapping[str, Any]) -> list[dict[str, Any]]:
    identities = summary.started.instruments if summary.started else {}
    links, exchanges = meta.get("links", {}), meta.get("exchanges", {})
    names = list(dict.fromkeys([*identities, *links, *exchanges]))
    return [
        {"name": n, "identity": identities.get(n, ""), "link": links.get(n, ""), "counts": exchanges.get(n, {})}
        for n in names
    ]


def _people(summary: Summary) -> list[Said]:
    rows = [Said(r.asked_s, r.prompt.step, r.prompt.text, _answer(r), r.by) for r in summary.prompts]
    rows += [
        Said(t_s, "", f"{p.command}: {p.reason}" if p.reason else p.command, "", p.by) for t_s, p in summary.people
    ]
    for t_s, coming in summary.announced:
        rows.append(Said(t_s, coming.step, f"announced: {coming.text}", f"in {clock_text(coming.in_s)} or more"))
    asked = {(r.prompt.step, r.prompt.id.rpartition(".")[2]) for r in summary.prompts}
    for t_s, record in summary.records:  # what was asked for stands there already
        fields = [f"{name}: {value}" for name, value in record.fields.items() if (record.step, name) not in asked]
        if fields:
            rows.append(Said(t_s, record.step, ", ".join(fields)))
    return sorted(rows, key=lambda row: row.t_s)


def _answer(row: PromptRow) -> str:
    if row.answered_s is None:
        return "not answered"
    if isinstance(row.value, bool):
        return "yes" if row.value else "no"
    return number(row.value) if isinstance(row.value, float) else str(row.value)


def _appendix(run: RunFile) -> list[tuple[str, str]]:
    meta = run.meta
    shown = _SHOWN_ELSEWHERE | {key for key, _label in _FACTS}
    rows = [("Run", str(meta.get("run_id", run.path.stem)))]
    rows.append(("Trace sha256", str(meta.get("trace_sha256", "not closed"))))
    rows.append(("Head of the record's chain", run.head_sha256))
    return rows + [(key.replace("_", " "), str(value)) for key, value in sorted(meta.items()) if key not in shown]

"""Write the generated pages of the documentation from the code and the configuration that they describe.

`python docs/generate.py` writes them; `--check` only says which are out of date (a test does the same). Prose stands in
the pages that are written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import click
import yaml

from controller.cli.commands import cli
from controller.cli.exits import Exit
from controller.console.keys import KEYS
from controller.console.pages.help import shown
from controller.guard import alarm_states
from controller.recipe import units
from controller.recipe.problems import RULES
from controller.recipe.quantities import Quantity
from controller.sequence import job, phase
from controller.sequence.steps import VERBS
from controller.sequence.verb import Verb
from controller.station import Station
from controller.tool import load as load_tool
from simulators.faults import PLANT_FAULTS
from simulators.faults.kind import FaultKind
from simulators.parameters import PARAMETERS
from simulators.scenario import WIRE_FAULTS
from simulators.watch.invariants import INVARIANTS
from simulators.watch.live import WIRE_RULES
from simulators.watch.watch import RULES as WATCH_RULES
from springback.places import config_file

DOCS = Path(__file__).parent
COVERAGE = DOCS / "coverage.yaml"
EXITS = {
    Exit.PASSED: "the run completed and passed, or judged nothing; the check found nothing wrong",
    Exit.OUT_OF_ACCEPTANCE: "the run completed, a result is outside its range; an invariant was broken",
    Exit.USAGE: "the command line cannot be understood, or the folder for the run cannot be used",
    Exit.INVALID: "a recipe, tool, maintenance, scenario, answers or operator file is wrong, or a recipe is not proven",
    Exit.UNREACHABLE: "an instrument, or the daemon, does not answer, or the wrong one does, before the start",
    Exit.REFUSED: "refused: a prompt that nobody would answer, an inhibit, a bypass that is not allowed, a tool in use,"
    " a part that has not been through what the recipe needs, a worn wheel, a certificate that ran out,"
    " a role or a state that does not allow it",
    Exit.STOPPED_BY_ALARM: "an alarm aborted the run, a lost instrument included; the tool went to its safe state",
    Exit.ABORTED_BY_PERSON: "a person stopped or aborted the run; the tool went to its safe state",
    Exit.NOT_INTACT: "a record cannot be written or read, is not what was written, or has no end; it says where",
    Exit.BUG: "a fault of springback itself; the message says where",
    Exit.INTERRUPTED: "Ctrl-C, SIGTERM or SIGHUP in virtual time (on real ports 7), or stdout was closed or full",
}

PROBLEMS = (
    "With `--json` each problem is one JSON object on one line of stderr, a mistyped option and a run that did not"
    " complete too. Fields that are not known are left out."
)
PROBLEM = {
    "error": "what is wrong; `warning` in its place when nothing fails because of it",
    "exit": "the exit code that it leads to",
    "rule": "code of the rule that is broken, see [error codes](error-codes.md)",
    "file": "the file it stands in",
    "line": "from 1",
    "column": "from 1",
    "fix": "what to write or do instead",
}


def verbs() -> str:
    """One section per verb with its settings."""
    parts = [
        "# Verbs",
        "A step may use several verbs; they start together, and the step goes on when all are done. Settings without a"
        " default are required.",
    ]
    return _page(parts + [_verb(verb) for verb in VERBS.values()])


def _verb(verb: Verb) -> str:
    rows = [_setting(name, field) for name, field in verb.params.model_fields.items()]
    owner = "by its setting" if type(verb).uses is not Verb.uses else verb.module
    again = " May be repeated." if verb.repeatable else ""
    lines = [f"## {verb.name}", _doc(verb), f"Module: {owner}.{again} {_doc(verb.params)}"]
    if rows:
        lines.append(_table(("setting", "value", "default"), rows))
    return "\n\n".join(lines)


def _setting(name: str, field: Any) -> tuple[str, str, str]:
    default = "" if field.is_required() else "none" if field.default is None else f"{field.default:g}"
    return f"`{name}`", _value_of(field), default


def _value_of(field: Any) -> str:
    for mark in field.metadata:
        if isinstance(mark, Quantity):
            return f"{units.noun(mark.unit)}, as in `1 {mark.unit}`"
    choices = [choice for choice in _choices(field.annotation) if choice is not None]
    if choices:
        return " or ".join(f"`{choice}`" for choice in choices)
    if field.annotation is int:
        low, high = (next(getattr(m, bound) for m in field.metadata if hasattr(m, bound)) for bound in ("ge", "le"))
        return f"whole number, {low} to {high}"
    if field.annotation is str:
        return "name of an earlier result"
    raise TypeError(f"generate.py cannot describe a setting of type {field.annotation}")


def _choices(annotation: Any) -> Iterator[object]:
    for arg in get_args(annotation):
        if get_origin(arg) is not None:
            yield from _choices(arg)
        elif arg is not type(None):
            yield arg


def unit_list() -> str:
    """The closed list of units."""
    rows = [
        (kind.noun, f"`{kind.canonical}`" if kind.canonical else "none", ", ".join(f"`{u}`" for u in kind.units if u))
        for kind in units.KINDS
    ]
    differences = ", ".join(f"`{point}` and `{unit}`" for point, unit in units.DIFFERENCE_OF.items())
    return _page([
        "# Units",
        "A quantity is one number, one space, one unit: `400 kPa`. Units come from this closed list and are"
        " case-sensitive; prefixes that are not listed do not exist.",
        _table(("kind", "kept in", "units"), rows),
        f"A point and a difference are different kinds ({differences}): temperatures are in degC and differ by K,"
        " pressures are relative to the atmosphere unless they say `abs`.",
    ])  # fmt: skip


def error_codes() -> str:
    """The rules that a file must keep."""
    return _page([
        "# Error codes of files",
        "`springback check` and every start name the rule that a file breaks, with file, line and column."
        " R133, R134 and R135 are warnings, all others refuse the file (exit code 3).",
        _table(("code", "rule"), [(code, rule) for code, rule in RULES.items()]),
    ])  # fmt: skip


def command_line() -> str:
    """Help of every command, and the exit codes."""
    parts = ["# Command line", "Results go to stdout, messages to stderr."]
    parts += [f"## {path}\n\n```text\n{text}\n```" for path, text in _helps(cli, "springback", None)]
    rows = [(str(int(code)), code.name, EXITS[code]) for code in Exit]
    parts += ["## Exit codes", _table(("code", "name", "meaning"), rows)]
    fields = [(f"`{name}`", meaning) for name, meaning in PROBLEM.items()]
    return _page([*parts, "## Problems with --json", PROBLEMS, _table(("field", "meaning"), fields)])


def _helps(command: click.Command, path: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    width = {"terminal_width": 80, "max_content_width": 80}
    context = click.Context(command, parent, info_name=path.split()[-1], **{**command.context_settings, **width})
    yield path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _helps(child, f"{path} {name}", context)


def plc_map() -> str:
    """The line PLC's registers."""
    data = yaml.safe_load(config_file("line_plc_map.yaml").read_text(encoding="utf-8"))
    parts = [
        "# Register map of the line PLC",
        f"Map version {data['map_version']}. `pdu` is the 0-based address on the wire, `ref` the 1-based reference"
        " (40001 is holding register 0). 32-bit values take two registers, high word first. Input registers are"
        " mirrored as holding registers at +1000, so that one function-23 exchange reads them all and writes"
        " `hb_host`. A write outside the range is exception 03; energising an output while ENABLE is off is 04.",
    ]
    for kind in ("input_registers", "discrete_inputs", "holding_registers", "coils"):
        rows = [
            (str(row["pdu"]), str(row["ref"]), f"`{row['name']}`", row.get("type", "bit"), _span(row), row["doc"])
            for row in data[kind]
        ]
        parts += [
            f"## {kind.replace('_', ' ').capitalize()}",
            _table(("pdu", "ref", "name", "type", "range", "meaning"), rows),
        ]
    return _page(parts)


def _span(row: dict[str, Any]) -> str:
    if "value" in row:
        return f"always {row['value']}"
    low, high = row.get("min", row.get("low")), row.get("max", row.get("high"))
    return "" if low is None else f"{low} .. {high} {row.get('unit', '')}".strip()


def interlocks() -> str:
    """Permissives, interlocks, trips and inhibits, and the alarms that belong to none of them."""
    records = yaml.safe_load(config_file("interlocks.yaml").read_text(encoding="utf-8"))["interlocks"]
    warnings = yaml.safe_load(config_file("warnings.yaml").read_text(encoding="utf-8"))["warnings"]
    alarms = yaml.safe_load(config_file("alarms.yaml").read_text(encoding="utf-8"))["alarms"]
    parts = [
        "# Interlocks and alarms",
        "They protect the part and the tool. People are protected by hard-wired chains, which springback only reports."
        " A permissive must hold to begin an action; an interlock holds the job when it is lost; a trip latches and"
        " aborts the job into the safe state of its class (1 emergency, 2 loss of knowledge); an inhibit must hold to"
        " start a job; a warning only tells (class 4). A stale or bad input counts as not met, but for a warning. What"
        " may be bypassed says so.",
    ]
    rows = [(f"`{alarm['code']}`", alarm["likely"], alarm["do"], _said(alarm)) for alarm in alarms]
    rows = [tuple(cell.replace("{of}", "it") for cell in row) for row in rows]
    other = ["## Other alarms", _table(("code", "likely", "do", ""), rows)]
    return _page(parts + [_interlock(record) for record in [*records, *warnings]] + other)


def _interlock(record: dict[str, Any]) -> str:
    facts = [
        record["kind"] + (f" of class {record['class']}" if "class" in record else ""),
        f"module {record['module']}",
    ]
    facts += [f"gates {', '.join(f'`{gate}`' for gate in record['gates'])}"] if "gates" in record else []
    facts += [f"only while `{record['while']}`"] if "while" in record else []
    facts += [f"after {record['delay']}"] if "delay" in record else []
    facts += [f"may be bypassed for {record['bypass']}"] if "bypass" in record else []
    lines = [f"## {record['id']}", "; ".join(facts) + "."]
    lines.append(_table(("must hold", "otherwise"), [(f"`{must['that']}`", must["fix"]) for must in record["must"]]))
    if "do" in record:
        lines.append(f"Likely: {record['likely']}. Do: {record['do']}.")
    if said := _said(record):
        lines.append(f"Its alarm: {said}.")
    return "\n\n".join(lines)


def _said(record: dict[str, Any]) -> str:
    """What else is said of an alarm."""
    words = [f"{key} `{record[key]}`" for key in ("priority", "group", "returns", "suppress") if key in record]
    words += [f"shelved for {record['shelve']} at most"] if "shelve" in record else []
    words += ["latches"] if record.get("latches") else []
    return "; ".join(words)


def tags() -> str:
    """Every tag of the shipped tool, under the name that people use."""
    table = Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {}).tags
    names: dict[int, list[str]] = {}
    for name in table:
        names.setdefault(table.index(name), []).append(name)
    rows = [
        (", ".join(f"`{name}`" for name in reversed(known)), table.units[i] or "1", table.docs[i])
        for i, known in sorted(names.items(), key=lambda item: item[1][-1])
    ]
    return _page([
        "# Tags of the shipped tool",
        "What conditions, monitors and measurements may name. The first name is the one to use in recipes; a tag that"
        " is 0 or 1 may stand as a condition by itself.",
        _table(("tag", "unit", "meaning"), rows),
    ])  # fmt: skip


def faults() -> str:
    """What `--fault` knows."""
    rows = [(f"`{name}`", _fault_value(kind), kind.doc) for name, kind in PLANT_FAULTS.items()]
    wires = [(f"`<instrument id>={word}`", doc) for word, doc in WIRE_FAULTS.items()]
    return _page([
        "# Faults of the simulated station",
        "`--fault NAME[=VALUE][@TIME]`, may be repeated; the time counts from the start (`600`, `600s`, `10min`, `1h`),"
        " without one the fault is there from the beginning.",
        "## Machine",
        _table(("name", "value", "what happens"), rows),
        "## Wire",
        _table(("name", "what happens"), wires),
    ])  # fmt: skip


def _fault_value(kind: FaultKind) -> str:
    word = f"`{kind.word}`" if kind.word else ""
    if kind.unit is None:
        return word or "none"
    number = f"{kind.low:g} to {kind.high:g} {kind.unit}".rstrip()
    if kind.default:
        number += f", default {kind.default:g}"
    return f"{word} or {number}" if word else number


def plant_parameters() -> str:
    """Every parameter of the simulated plant with its source."""
    rows = [
        (f"`{name}`", f"{parameter.value:g}", parameter.unit, parameter.label.value, parameter.note)
        for name, parameter in PARAMETERS.items()
    ]  # fmt: skip
    return _page([
        "# Parameters of the simulated plant",
        "`sourced` has a published figure behind it, `textbook` is a standard relation or constant, `chosen` is a"
        " plausible engineering value that nobody has measured. A simulated result is as good as the last of these.",
        _table(("name", "value", "unit", "source", "meaning"), rows),
    ])  # fmt: skip


def coverage() -> str:
    """Each point of the two methods with the recipe, step, model and test that meets it."""
    parts = [
        "# What of the two methods works",
        "Each point of the two methods that the line carries out, the recipe and steps that show it, the model behind"
        " it and the tests that hold it. *Tool*: the line does it; *record*: people or another machine do it, and the"
        " recipe asks for it, checks it and keeps it; *later*: not yet.",
    ]
    for method in yaml.safe_load(COVERAGE.read_text(encoding="utf-8")):
        rows = [
            (
                row["id"],
                row["does"],
                row["by"],
                _listed(f"`{recipe}`: {_words(steps)}" for recipe, steps in row.get("recipes", {}).items()),
                _listed(f"`{name}`" for name in row.get("models", {}).values()),
                _listed(f"`{name}`" for name in row.get("tests", {}).values()),
            )
            for row in method["rows"]
        ]
        parts += [f"## {method['method']}"]
        parts += [_table(("", "the method", "by", "recipe and steps", "model", "test"), rows)]
    return _page(parts)


def _words(words: str | list[str]) -> str:
    return words if isinstance(words, str) else ", ".join(words)


def _listed(items: Iterable[str]) -> str:
    return "<br>".join(items)


def console_keys() -> str:
    """The key map of the console."""
    rows = [(f"`{shown(key.key)}`", "yes" if key.acts else "", key.does) for key in KEYS]
    head = "Lower case looks, upper case acts. [How to use the console](../howto/use-the-console.md)."
    return _page(["# Keys of the console", head, _table(("key", "acts", "what it does"), rows)])


def invariants() -> str:
    """What the monitor of the campaign checks."""
    rows = [
        (str(n), i.text, ", ".join(f"`{rule}`" for rule in i.rules) or f"not on this line: {i.why_not}")
        for n, i in INVARIANTS.items()
    ]
    live = {rule.id for rule in WIRE_RULES}
    rules = [(f"`{rule.id}`", _doc(rule), "yes" if rule.id in live else "") for rule in WATCH_RULES]
    return _page([
        "# Invariants",
        "What must hold in every run, whatever fails. A monitor (`simulators/watch/`) that sees only the wires, the"
        " true state of the simulated machine and the record's file checks them in `springback campaign` and in the"
        " tests; for each rule `tests/monitor/test_saboteurs.py` breaks the controller on purpose and shows it caught.",
        _table(("", "invariant", "seen by"), rows),
        "## Rules",
        _table(("rule", "what it says", "by `run --watch` too"), rules),
    ])  # fmt: skip


def state_tables() -> str:
    """Every row of the state tables, and their diagrams."""
    job_rows = [(source, event, target) for event, sources, target in job.TRANSITIONS for source in sources]
    phase_rows = [(source.name, event, target.name) for (source, event), target in phase.TRANSITIONS.items()]
    parts = [
        "# State tables",
        "What is not in a table is refused. Jobs use the states of SEMI E40, steps ISA-88's, alarms those of ISA-18.2.",
    ]
    alarm_rows = [(source.name, event, target.name) for (source, event), target in alarm_states.TRANSITIONS.items()]
    for title, rows in (("Job", job_rows), ("Step", phase_rows), ("Alarm", alarm_rows)):
        arrows = "\n".join(f"    {source} --> {target}: {event}" for source, event, target in rows)
        parts += [f"## {title}", f"```mermaid\nstateDiagram-v2\n{arrows}\n```", _table(("from", "event", "to"), rows)]
    return _page(parts)


PAGES: dict[str, Callable[[], str]] = {
    "reference/verbs.md": verbs,
    "reference/units.md": unit_list,
    "reference/error-codes.md": error_codes,
    "reference/command-line.md": command_line,
    "reference/console-keys.md": console_keys,
    "reference/line-plc-map.md": plc_map,
    "reference/interlocks.md": interlocks,
    "reference/tags.md": tags,
    "reference/faults.md": faults,
    "reference/plant-parameters.md": plant_parameters,
    "coverage.md": coverage,
    "reference/invariants.md": invariants,
    "reference/state-tables.md": state_tables,
}


def _page(parts: Iterable[str]) -> str:
    note = "<!-- Written by docs/generate.py; change the source and run `make docs`. -->"
    head, *rest = parts
    return "\n\n".join([head, note, *rest]) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _doc(thing: object) -> str:
    return " ".join((thing.__doc__ or "").split())


def main(arguments: Sequence[str]) -> int:
    """Write all pages, or with --check report those that differ; returns the exit code."""
    stale = [name for name, page in PAGES.items() if _text(name) != page()]
    for name in stale:
        if "--check" not in arguments:
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name}: {'out of date' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


def _text(name: str) -> str:
    path = DOCS / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

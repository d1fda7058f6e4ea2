"""Pages of the shipped tool: registers of its PLC, interlocks and alarms, tags."""

from __future__ import annotations

from typing import Any

import yaml

from controller.station import Station
from controller.tool import load as load_tool
from docs.pages.markdown import page, table
from springback.places import config_file


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
            table(("pdu", "ref", "name", "type", "range", "meaning"), rows),
        ]
    return page(parts)


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
    other = ["## Other alarms", table(("code", "likely", "do", ""), rows)]
    return page(parts + [_interlock(record) for record in [*records, *warnings]] + other)


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
    lines.append(table(("must hold", "otherwise"), [(f"`{must['that']}`", must["fix"]) for must in record["must"]]))
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
    shipped = Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {}).tags
    names: dict[int, list[str]] = {}
    for name in shipped:
        names.setdefault(shipped.index(name), []).append(name)
    rows = [
        (", ".join(f"`{name}`" for name in reversed(known)), shipped.units[i] or "1", shipped.docs[i])
        for i, known in sorted(names.items(), key=lambda item: item[1][-1])
    ]
    return page([
        "# Tags of the shipped tool",
        "What conditions, monitors and measurements may name. The first name is the one to use in recipes; a tag that"
        " is 0 or 1 may stand as a condition by itself.",
        table(("tag", "unit", "meaning"), rows),
    ])  # fmt: skip

"""Write the generated pages of the documentation from the code and the configuration that they describe.

`python -m docs.generate` writes them; `--check` only says which are out of date (a test does the same). What stands in
them is in `docs/pages/`; prose stands in the pages that are written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from docs.pages import commands, promises, recipe, simulation, tool

DOCS = Path(__file__).parent
PAGES: dict[str, Callable[[], str]] = {
    "reference/verbs.md": recipe.verbs,
    "reference/units.md": recipe.unit_list,
    "reference/error-codes.md": recipe.error_codes,
    "reference/command-line.md": commands.command_line,
    "reference/console-keys.md": commands.console_keys,
    "reference/line-plc-map.md": tool.plc_map,
    "reference/interlocks.md": tool.interlocks,
    "reference/tags.md": tool.tags,
    "reference/faults.md": simulation.faults,
    "reference/plant-parameters.md": simulation.plant_parameters,
    "coverage.md": promises.coverage,
    "reference/invariants.md": promises.invariants,
    "reference/state-tables.md": promises.state_tables,
}


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

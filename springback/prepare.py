"""Make at set-up what the first run would make, but for byte code: `python -m springback.prepare`."""

from __future__ import annotations

from controller.cli.tool_file import facts_of, read_tool
from controller.recipe.expression_grammar import parser
from controller.record.report.page import template

if __name__ == "__main__":
    parser()
    template()
    facts_of(read_tool(None))  # which parses the conditions of the guard

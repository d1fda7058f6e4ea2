"""Make at set-up what the first run would make, but for byte code: `python -m springback.prepare`."""

from __future__ import annotations

from controller.recipe.expression_grammar import parser
from controller.record.report.page import template

if __name__ == "__main__":
    parser()
    template()

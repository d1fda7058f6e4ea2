"""The grammar of expressions, and what is said when a text does not follow it.

It yields a tree with positions; meaning and units are the business of `expression_types`.
"""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any, NamedTuple

from controller.kept import kept
from controller.recipe import units
from controller.recipe.quantities import NUMBER, QuantityError

LENGTH_MAX = 500

_KEYWORDS = "and|or|not|in|within|of|for"
_LISTED = "|".join(re.escape(unit) for unit in sorted(units.KIND_OF, key=len, reverse=True) if unit)
# A listed unit, else any word, which is then refused by its name; "400 kPa/press.gap" must not swallow the tag.
_UNIT = rf"(?:(?:{_LISTED})|(?!(?:{_KEYWORDS})\b)[A-Za-z°µμ%]+(?:/[A-Za-z]+)?)(?!\w|\.\w)"
_LITERAL = rf"{NUMBER.removeprefix('[+-]?')}(?:\s*{_UNIT})?"

GRAMMAR = r"""
start: _either
_either: _both | either
either: _both ("or" _both)+
_both: _lasting | both
both: _lasting ("and" _lasting)+
_lasting: _single | lasting
lasting: _single "for" (literal | parameter)
_single: _relation | negation
negation: "not" _single
_relation: _sum | compare | between | around | within
compare: _sum COMPARISON _sum
between: _sum "in" _sum ".." _sum
around: _sum "in" _sum "+-" _sum
within: _sum "within" _sum "of" _sum
_sum: _product | arithmetic
arithmetic: _sum (PLUS | MINUS) _product
_product: _factor | product
product: _product (TIMES | DIVIDE) _factor -> arithmetic
_factor: _atom | negative
negative: "-" _factor
_atom: literal | parameter | tag | call | group
literal: LITERAL
parameter: PARAMETER
tag: TAG
call: FUNCTION "(" _sum ("," _sum)* ")"
group: "(" _either ")"

COMPARISON: "<=" | ">=" | "==" | "!=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*"
DIVIDE: "/"
FUNCTION.2: /(?:abs|min|max|rate|unchanged)(?=\s*\()/
LITERAL.2: /{literal}/
PARAMETER: /\$[A-Za-z_][A-Za-z0-9_]*/
TAG: /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/
%ignore /\s+/
"""

# What people write for our words and signs.
_SAY_INSTEAD = {
    "&": 'write "and"',
    "|": 'write "or"',
    "!": 'write "not"',
    "=": 'to compare write "=="',
    "±": 'write "+-"',
    "^": "powers are not part of the language",
}


class ExpressionError(QuantityError):
    """A text is not an expression; `offset` is where in it."""

    def __init__(self, code: str, message: str, hint: str = "", offset: int = 0) -> None:
        super().__init__(code, message, hint)
        self.offset = offset


class Branch(NamedTuple):
    """A part of a text: the rule that it follows, what it is made of, and where it begins."""

    data: str
    children: tuple[Branch | str, ...]
    start: int


_learnt: dict[str, Branch] = {}


def learn(texts: Iterable[str]) -> None:
    """Have the trees of these texts at hand, kept since they were parsed first; what is no expression is left out.

    Where the texts of a whole file are known, nobody has to load the parser, nor to wait for it.
    """
    wanted = list(texts)

    def trees() -> bytes:
        found = {}
        for text in wanted:
            with suppress(ExpressionError):
                found[text] = tree_of(text)
        return pickle.dumps(found)

    with suppress(RecursionError):  # nested deeper than anybody may write; `Typer` says so
        made_of = "\n".join([f"{Branch} {Branch._fields}", _grammar(), *wanted])
        _learnt.update(pickle.loads(kept("trees", made_of, trees)))


@lru_cache(maxsize=1000)  # the interlocks are bound for the check of a recipe, and again for its run
def tree_of(text: str) -> Branch:
    """Parse `text` by the grammar; raise ExpressionError. Bounded in length."""
    if text in _learnt:
        return _learnt[text]
    if len(text) > LENGTH_MAX:
        raise ExpressionError("R108", f"an expression of {len(text)} characters", f"write at most {LENGTH_MAX}")
    from lark.exceptions import UnexpectedInput

    try:
        return _branch(parser().parse(text))
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None


def _branch(tree: Any) -> Branch:
    """Our tree of lark's, from the leaves to the root."""
    made: dict[int, Branch] = {}
    for part in tree.iter_subtrees():
        children = tuple(made[id(child)] if id(child) in made else str(child) for child in part.children)
        made[id(part)] = Branch(str(part.data), children, getattr(part.meta, "start_pos", 0))
    return made[id(tree)]


@cache
def parser() -> Any:
    """The parser of the grammar; its tables are kept, since making them takes a tenth of a second."""
    import lark  # 10 to 20 ms: only when something is parsed

    options: dict[str, Any] = {"parser": "lalr", "propagate_positions": True}

    def tables() -> bytes:
        out = io.BytesIO()
        lark.Lark(_grammar(), **options).save(out)
        return out.getvalue()

    return lark.Lark.load(io.BytesIO(kept("expressions", f"{lark.__version__} {options} {_grammar()}", tables)))


def _grammar() -> str:
    return GRAMMAR.replace("{literal}", _LITERAL.replace("/", r"\/"))


def _syntax_error(text: str, error: Any) -> ExpressionError:  # any of lark's UnexpectedInput classes
    token = getattr(error, "token", None)
    if not text.strip():
        return ExpressionError("R140", "the expression is empty")
    if token is not None and token.type == "$END":
        return ExpressionError("R140", f'"{text}" ends too early', _example(text), len(text.rstrip()))
    offset = error.pos_in_stream or 0
    found = str(token) if token is not None else text[offset]
    hint = _SAY_INSTEAD.get(found[:1], "")
    if token is not None and token.type == "COMPARISON":
        hint = 'write "x in 1 kPa .. 2 kPa", or join two comparisons by "and"'
    elif token is not None and token.type == "LITERAL" and re.search(r"[0-9]\s*[A-Za-z%]+\s*$", text[:offset]):
        return ExpressionError("R112", f'two numbers without an operator before "{found}"', "write one number", offset)
    return ExpressionError("R140", f'"{found}" is not expected here', hint or _example(text), offset)


def _example(text: str) -> str:
    return "" if any(sign in text for sign in "<>") else 'as in "press.pressure > 380 kPa for 3 s"'

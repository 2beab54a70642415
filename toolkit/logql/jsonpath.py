"""The expressions of ``| json x="a.b[0]"`` and ``| logfmt x="key"``.

Both are tiny languages of their own in Loki (pkg/logql/log/jsonexpr and pkg/logql/log/logfmt), with
parsers made by goyacc like the big one; they are run by the same engine here, so their errors are
the same too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from toolkit.errors import Span
from toolkit.logql.grammar.lalr import Grammar, Rule
from toolkit.logql.grammar.machine import GaveUp, Machine, machine, run
from toolkit.logql.numbers import natural
from toolkit.logql.tokens import END, Token

_SPACE: Final = re.compile(r"[ \t\n]*")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEXT: Final = re.compile(r'"([^"\]\x00]*)["\]\x00]?')
_DIGITS: Final = re.compile(r"[0-9]*")
_INT_LIMIT: Final = 1 << 63

_TokenOrProblem = tuple[Token, str]
_Scan = Callable[[str, int], _TokenOrProblem]


def parse_path(text: str) -> tuple[str | int, ...]:
    """The keys and indices of a json path; ValueError in Loki's words."""
    return _parse(text, _json_machine(), _json_token)


def parse_logfmt_key(text: str) -> tuple[str, ...]:
    """The keys of a logfmt expression; ValueError in Loki's words."""
    return _parse(text, _logfmt_machine(), _key_token)


def _parse(text: str, tables: Machine, scan: _Scan) -> tuple[Any, ...]:
    # What is not UTF-8 reads as the replacement character.
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    position = 0
    problem = ""  # Loki reports the last one

    def next_token() -> Token:
        nonlocal position, problem
        blank = _SPACE.match(text, position)
        start = blank.end() if blank else position
        if start == len(text) or text[start] == "\x00":  # NUL reads as the end
            return Token(END, "", start, start)
        token, found = scan(text, start)
        problem = found or problem
        position = token.end
        return token

    def report(message: str, _token: Token) -> None:
        nonlocal problem
        problem = message

    result: list[Any] = []
    try:
        result = run(tables, next_token, report)
    except GaveUp:
        assert problem, "the parser reports before it gives up"
    if problem:
        raise ValueError(problem)
    return tuple(result)


def _json_token(text: str, start: int) -> _TokenOrProblem:
    if "0" <= text[start] <= "9":
        return _index(text, start)
    symbol = {"[": "LSB", "]": "RSB", ".": "DOT"}.get(text[start])
    if symbol:
        return Token(symbol, text[start], start, start + 1), ""
    return _key_token(text, start, "FIELD")


def _key_token(text: str, start: int, name_kind: str = "KEY") -> _TokenOrProblem:
    name = _NAME.match(text, start)
    if name:
        return Token(name_kind, name[0], start, name.end()), ""
    quoted = _TEXT.match(text, start)
    if quoted:
        return Token("STRING", quoted[1], start, quoted.end()), ""
    return Token(END, "", start, len(text)), f"unexpected char {text[start]}"


def _index(text: str, start: int) -> _TokenOrProblem:
    digits = _DIGITS.match(text, start)
    end = digits.end() if digits else start
    following = text[end : end + 1]
    nothing = Token(END, "", start, len(text))
    if following == ".":
        return nothing, "cannot use float as array index"
    if not following or following not in " \t\n]":
        # At the end of the text Loki reads a NUL.
        return nothing, f"non-integer value: {following or chr(0)}"
    number = text[start:end]
    if natural(number) >= _INT_LIMIT:
        return nothing, f'strconv.Atoi: parsing "{number}": value out of range'
    return Token("INDEX", natural(number), start, end), ""


def _single(values: Sequence[Any], _span: Span) -> Any:
    return [values[0]]


def _append(values: Sequence[Any], _span: Span) -> Any:
    values[0].append(values[-1])
    return values[0]


def _value(values: Sequence[Any], _span: Span) -> Any:
    return values[0].value


def _inner(values: Sequence[Any], _span: Span) -> Any:
    return values[1]


def _first(values: Sequence[Any], _span: Span) -> Any:
    return values[0]


_ACTIONS: Final = {
    "single": _single,
    "append": _append,
    "value": _value,
    "inner": _inner,
    "first": _first,
}


def _grammar(terminals: str, rules: str) -> Machine:
    lines = [line.split(" -> ") for line in rules.strip().splitlines()]
    return machine(
        Grammar(
            tuple(Rule((p := rule.split())[0], tuple(p[1:]), action) for rule, action in lines),
            (END, "error", "$unk", *terminals.split()),
        ),
        _ACTIONS,
    )


@cache
def _json_machine() -> Machine:
    return _grammar(
        "DOT LSB RSB STRING FIELD INDEX",
        """
json values -> first
values field -> single
values key_access -> single
values index_access -> single
values values key_access -> append
values values index_access -> append
values values DOT field -> append
key_access LSB key RSB -> inner
index_access LSB index RSB -> inner
field FIELD -> value
key STRING -> value
index INDEX -> value
""",
    )


@cache
def _logfmt_machine() -> Machine:
    return _grammar(
        "STRING KEY",
        """
logfmt expressions -> first
expressions key -> single
expressions value -> single
expressions expressions value -> append
key KEY -> value
value STRING -> value
""",
    )

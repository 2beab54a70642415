"""The parser's engine: runs LALR(1) tables over tokens exactly as a parser made by goyacc does.

That is: reductions that need no look-ahead are made before the next token is read; an error names
what could have stood there if that is at most four things; after an error the parser resumes at a
rule with ``error``, swallows tokens until three in a row fit, or gives up. Whoever runs it learns
of every error, but Loki's users see the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from toolkit.errors import Span
from toolkit.logql.grammar.lalr import ACCEPT, END, ERROR, Grammar, Tables, build
from toolkit.logql.tokens import VARIABLE, Token

Action = Callable[[Sequence[Any], Span], Any]
"""Makes the value of a rule's head from the values of its body and the span they cover."""

_OWN_TERMINALS: Final = 3
_LISTED_AT_MOST: Final = 4
_SHIFTS_TO_RECOVER: Final = 3


class GaveUp(Exception):
    """The parser could not go on; the errors were reported before."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A grammar made ready to parse. Make it once, run it often."""

    actions: tuple[Mapping[str, int], ...]
    defaults: tuple[int, ...]
    gotos: tuple[Mapping[str, int], ...]
    heads: tuple[str, ...]
    lengths: tuple[int, ...]
    reductions: tuple[Action, ...]
    terminals: tuple[str, ...]


def machine(grammar: Grammar, actions: Mapping[str, Action]) -> Machine:
    """The machine for ``grammar`` whose rules name functions of ``actions``."""
    tables: Tables = build(grammar)
    return Machine(
        actions=tables.actions,
        defaults=tables.defaults,
        gotos=tables.gotos,
        # Rule 0 accepts; its place is taken so that rules are counted from 1.
        heads=("", *(rule.head for rule in grammar.rules)),
        lengths=(0, *(len(rule.body) for rule in grammar.rules)),
        reductions=(_nothing, *(actions[rule.action] for rule in grammar.rules)),
        terminals=grammar.terminals,
    )


def _nothing(_values: Sequence[Any], _span: Span) -> Any:
    return None


def run(
    machine: Machine, next_token: Callable[[], Token], report: Callable[[str, Token], None]
) -> Any:
    """The value of the start symbol for the tokens; GaveUp after an error without recovery.

    ``report`` is called with Loki's words ("syntax error: unexpected ...") and the token at fault.
    """
    actions, defaults, gotos = machine.actions, machine.defaults, machine.gotos
    states: list[int] = [0]
    values: list[Any] = [None]
    starts: list[int] = [0]
    ends: list[int] = [0]
    token: Token | None = None
    recovering = 0
    while True:
        state = states[-1]
        row = actions[state]
        rule = defaults[state]
        if row:
            if token is None:
                token = next_token()
            target = row.get(token.kind)
            if target is not None:
                if target >= 0:
                    states.append(target)
                    values.append(token)
                    starts.append(token.start)
                    ends.append(token.end)
                    token = None
                    recovering -= recovering > 0
                    continue
                if target == ACCEPT:
                    return values[-1]
                rule = -2 - target
        if rule:
            length = machine.lengths[rule]
            if length:
                span = Span(starts[-length], ends[-1])
                value = machine.reductions[rule](values[-length:], span)
                del states[-length:], values[-length:], starts[-length:], ends[-length:]
            else:
                place = ends[-1] if token is None else token.start
                span = Span(place, place)
                value = machine.reductions[rule]((), span)
            states.append(gotos[states[-1]][machine.heads[rule]])
            values.append(value)
            starts.append(span.start)
            ends.append(span.end)
            continue
        assert token is not None, "an error is found by looking at a token"
        if recovering == _SHIFTS_TO_RECOVER:
            if token.kind == END:
                raise GaveUp
            token = None
            continue
        if not recovering:
            report(_unexpected(machine, state, token), token)
        recovering = _SHIFTS_TO_RECOVER
        while actions[states[-1]].get(ERROR, ACCEPT) == ACCEPT:
            del states[-1], values[-1], starts[-1], ends[-1]
            if not states:
                raise GaveUp
        states.append(actions[states[-1]][ERROR])
        values.append(None)
        starts.append(token.start)
        ends.append(token.start)


def expected(machine: Machine, state: int) -> list[str]:
    """Loki's terminals that ``state`` can go on with, in the order of the grammar."""
    row = machine.actions[state]
    return [n for n in machine.terminals[_OWN_TERMINALS:] if n in row and n != VARIABLE]


def _unexpected(machine: Machine, state: int, token: Token) -> str:
    # Loki reads the $ of a variable as an identifier.
    kind = "IDENTIFIER" if token.kind == VARIABLE else token.kind
    message = f"syntax error: unexpected {kind}"
    names = expected(machine, state)
    if names and len(names) <= _LISTED_AT_MOST:
        message += f", expecting {' or '.join(names)}"
    return message

"""The table generator and the engine, on grammars small enough to check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from toolkit.errors import Span
from toolkit.logql.grammar import logql
from toolkit.logql.grammar.lalr import Grammar, Rule, build
from toolkit.logql.grammar.machine import GaveUp, Machine, machine, run
from toolkit.logql.grammar.rules import grammar
from toolkit.logql.tokens import TERMINALS, Token

_OWN = ("$end", "error", "$unk")


def _machine(rules: list[str], terminals: str, **more: Any) -> Machine:
    made = []
    for line in rules:
        head, _, body = line.partition(": ")
        made.append(Rule(head, tuple(body.split()), "join"))
    return machine(Grammar(tuple(made), (*_OWN, *terminals.split()), **more), {"join": _join})


def _join(values: Sequence[Any], _span: Span) -> str:
    """The words of a rule in brackets, so that the result shows the tree."""
    words = [value.value if isinstance(value, Token) else str(value) for value in values]
    return f"({' '.join(words)})"


def _parse(tables: Machine, text: str) -> tuple[str | None, list[str]]:
    words = [*text.split(), "$end"]
    tokens = [Token(word, word, place, place + 1) for place, word in enumerate(words)]
    rest = iter([*tokens, *[tokens[-1]] * 5])
    errors: list[str] = []
    try:
        result = run(tables, lambda: next(rest), lambda message, _token: errors.append(message))
    except GaveUp:
        return None, errors
    return result, errors


_SUMS = ["e: e + e", "e: e * e", "e: e ^ e", "e: a"]
_LEVELS = (("left", ("+",)), ("left", ("*",)), ("right", ("^",)))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + a * a", "((a) + ((a) * (a)))"),
        ("a * a + a", "(((a) * (a)) + (a))"),
        ("a + a + a", "(((a) + (a)) + (a))"),
        ("a ^ a ^ a", "((a) ^ ((a) ^ (a)))"),
    ],
)
def test_precedence_and_associativity_settle_conflicts(text: str, tree: str) -> None:
    assert _parse(_machine(_SUMS, "+ * ^ a", precedence=_LEVELS), text) == (tree, [])


def test_without_precedence_the_shift_wins() -> None:
    """The else belongs to the inner if, as in every language made with yacc."""
    tables = _machine(["s: if s", "s: if s else s", "s: x"], "if else x")
    assert _parse(tables, "if if x else x") == ("(if (if (x) else (x)))", [])


def test_of_two_reductions_the_earlier_rule_wins() -> None:
    tables = _machine(["s: one", "s: two", "one: x", "two: x x", "two: x"], "x")
    assert _parse(tables, "x") == ("((x))", [])


def test_a_grammar_that_is_lalr_but_not_slr_has_no_conflict() -> None:
    """Assignment of the dragon book, section 4.6: S -> L = R | R, L -> * R | id, R -> L."""
    tables = _machine(["s: l = r", "s: r", "l: * r", "l: id", "r: l"], "= * id")
    assert _parse(tables, "* id = id") == ("((* ((id))) = ((id)))", [])


def test_an_error_names_up_to_four_things_that_could_have_stood_there() -> None:
    four = _machine(["s: a x", "s: b x", "s: c x", "s: d x"], "x a b c d")
    assert _parse(four, "x")[1] == ["syntax error: unexpected x, expecting a or b or c or d"]
    five = _machine(["s: a x", "s: b x", "s: c x", "s: d x", "s: f x"], "x a b c d f")
    assert _parse(five, "x")[1] == ["syntax error: unexpected x"]


def test_a_default_reduction_is_made_before_the_error_is_seen() -> None:
    """After the list the end is expected, which is never listed: so yacc, so Loki."""
    tables = _machine(["s: l", "l: a", "l: l , a"], "a , b")
    assert _parse(tables, "a b")[1] == ["syntax error: unexpected b"]


def test_the_parser_resumes_where_a_rule_holds_error() -> None:
    tables = _machine(["s: s x", "s: ( s error", "s: y"], "( x y z")
    result, errors = _parse(tables, "( y z x")
    assert errors == ["syntax error: unexpected z, expecting x"]
    assert result is None or "y" in result


def test_the_tables_hold_as_many_states_as_lokis() -> None:
    """381 states and 224 rules, which is what goyacc says of Loki's grammar."""
    tables = build(grammar())
    assert len(tables.actions) == 381
    assert len(grammar().rules) == 224


def test_every_symbol_of_the_grammar_is_a_terminal_or_has_rules() -> None:
    rules = grammar().rules
    heads = {rule.head for rule in rules}
    assert not heads & set(TERMINALS)
    assert {symbol for rule in rules for symbol in rule.body} <= heads | set(TERMINALS)


def test_the_machine_is_made_once() -> None:
    assert logql() is logql()

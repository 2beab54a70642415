"""The lexer cuts a query as Loki's does, and knows Grafana's variables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logql.recorded import tokens
from toolkit.errors import LogQLSyntaxError, Span
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.lexer import Lexer, fault_message, tokenize
from toolkit.logql.tokens import END, Token

_VALUED = {"IDENTIFIER", "STRING", "NUMBER", "FUNCTION_FLAG"}


def _all(lexer: Lexer) -> list[Token]:
    found = []
    while not found or found[-1].kind != END:
        found.append(lexer.next())
    return found


def _value(token: Token) -> Any:
    if isinstance(token.value, Duration):
        return token.value.nanoseconds
    if token.kind == "BYTES":
        return token.value[0]
    return token.value if token.kind in _VALUED else None


@pytest.mark.parametrize("case", tokens(), ids=lambda case: repr(case["text"]))
def test_tokens_and_the_first_fault_are_those_of_loki(case: dict[str, Any]) -> None:
    lexer = Lexer(case["text"])
    found = [[t.kind, *lexer.place(t), _value(t)] for t in _all(lexer)]
    if "fault" in case and found[-1][0] == END:
        found = found[:-1]  # where a query ends after a fault is nobody's business
    assert found == case["tokens"]
    fault = fault_message(lexer.fault) if lexer.fault else None
    assert fault == case.get("fault")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("$name", ["VARIABLE"]),
        ("${name}", ["VARIABLE"]),
        ("${name:regex}", ["VARIABLE"]),
        ("[[name]]", ["VARIABLE"]),
        ("[$__auto]", ["RANGE"]),
        ("[${__range_s}s]", ["RANGE"]),
        ("[[[name]]]", ["RANGE"]),
        ("prefix_${name}_suffix", ["VARIABLE"]),
        ("${a}${b}", ["VARIABLE"]),
        ('"$name"', ["STRING"]),
        ("`${name}`", ["STRING"]),
        ("# $name", []),
        ("$", ["IDENTIFIER"]),
        ("$ name", ["IDENTIFIER", "IDENTIFIER"]),
    ],
)
def test_variables_are_tokens_except_inside_strings(text: str, kinds: list[str]) -> None:
    assert [token.kind for token in tokenize(text)] == kinds


def test_without_variables_a_dollar_is_what_loki_takes_it_for() -> None:
    kinds = [token.kind for token in tokenize("$name", variables=False)]
    assert kinds == ["IDENTIFIER", "IDENTIFIER"]


def test_a_token_knows_its_span_and_value() -> None:
    text = '{app="a"} | x > 5m'
    found = list(tokenize(text))
    assert [text[t.start : t.end] for t in found] == [
        "{",
        "app",
        "=",
        '"a"',
        "}",
        "|",
        "x",
        ">",
        "5m",
    ]
    assert found[3].value == "a"
    assert found[-1].value == Duration(300_000_000_000, "5m", Span(16, 18))


def test_a_range_with_a_variable_holds_its_text() -> None:
    (token,) = tokenize("[${interval}m]")
    assert token.value == Variable("${interval}m")


def test_tokenize_raises_at_the_place_of_the_fault() -> None:
    with pytest.raises(LogQLSyntaxError) as raised:
        list(tokenize('{a="b"} |= "c'))
    assert raised.value.message == "parse error at line 1, col 12: literal not terminated"
    assert raised.value.span.start == 11


@given(st.text())
def test_the_tokens_of_any_text_stand_one_after_the_other(text: str) -> None:
    lexer = Lexer(text, variables=True)
    end = 0
    for token in _all(lexer):
        assert end <= token.start <= token.end <= len(text)
        end = token.end


@given(st.lists(st.sampled_from([*'{}()[]"`$|!=~<>#/*\\-', "5m", "a", "\n", "0x", "\x00"])))
def test_any_pile_of_symbols_is_cut_to_its_end(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert _all(Lexer(text))[-1].kind == END

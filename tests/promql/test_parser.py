"""What parses is what Prometheus parses; what does not is named at its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.promql.support import recorded
from toolkit.errors import PromQLError
from toolkit.promql import parse

PARSED: list[dict[str, Any]] = recorded("parsed")


def said(expr: str) -> str | None:
    """The error with line and column; None for what parses."""
    try:
        parse(expr)
    except PromQLError as error:
        return f"{error.span.location(expr)}: {error}"
    return None


@pytest.mark.parametrize("row", PARSED, ids=[row["expr"] for row in PARSED])
def test_prometheus_verdict(row: dict[str, Any]) -> None:
    """In its words and at its place, but where ``here`` says what is said in their stead."""
    assert (said(row["expr"]) is None) == (row["prometheus"] is None)
    assert said(row["expr"]) == row.get("here", row["prometheus"])


def test_most_words_are_prometheus_own() -> None:
    refused = [row for row in PARSED if row["prometheus"]]
    assert sum("here" not in row for row in refused) > len(refused) / 2


def test_an_empty_expression() -> None:
    assert said("") == "1:1: no expression found in input"


def test_the_place_is_shown_with_its_line() -> None:
    with pytest.raises(PromQLError) as caught:
        parse("up\n  > rate(\nerrors)")
    assert caught.value.show() == "\n".join(
        (
            '3:1: expected type range vector in call to function "rate", got instant vector',
            "errors)",
            "^^^^^^",
        )
    )
    assert caught.value.hint == "a range is written behind the selector: [5m]"


@pytest.mark.parametrize(
    ("expr", "hint"),
    [
        ("increas(a[5m])", "did you mean increase?"),
        ("rate(a[$__rate_interval])", "a variable of a dashboard has no value here"),
        ("limitk(1, a)", "--enable-feature=promql-experimental-functions"),
    ],
)
def test_a_hint_says_what_to_type(expr: str, hint: str) -> None:
    with pytest.raises(PromQLError) as caught:
        parse(expr)
    assert hint in (caught.value.hint or "")


def test_nesting_without_end_is_an_error() -> None:
    assert said("(" * 100_000 + "a" + ")" * 100_000) == "1:1: the expression is nested too deeply"

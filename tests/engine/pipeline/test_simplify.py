"""Regexes of filters turned into searches for texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.engine.pipeline.matching import compile_predicate
from toolkit.engine.pipeline.predicates import (
    EVERYTHING,
    AnyOf,
    Contains,
    Equals,
    NotEmpty,
    Predicate,
    Regex,
)
from toolkit.engine.pipeline.simplify import regex_predicate

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "regexes.json").read_text())


def has(needle: str) -> Contains:
    return Contains(needle)


def folded(needle: str) -> Contains:
    return Contains(needle, fold=True)


def one_of(*alternatives: Predicate) -> Predicate:
    return AnyOf(alternatives)


# The table of Test_SimplifiedRegex in pkg/logql/log/filter_test.go.
SIMPLIFIED: list[tuple[str, Predicate]] = [
    ("foo", has("foo")),
    ("(foo)", has("foo")),
    ("(foo|ba)", one_of(has("foo"), has("ba"))),
    ("(foo|ba|ar)", one_of(has("foo"), has("ba"), has("ar"))),
    ("(foo|(ba|ar))", AnyOf((has("foo"), AnyOf((has("ba"), has("ar")))))),
    ("foo.*", has("foo")),
    (".*foo", has("foo")),
    (".*foo.*", has("foo")),
    ("(.*)(foo).*", has("foo")),
    ("(foo.*|.*ba)", one_of(has("foo"), has("ba"))),
    (".*foo.*|bar", one_of(has("foo"), has("bar"))),
    ("(?:.*foo.*|bar)", one_of(has("foo"), has("bar"))),
    ("(?P<foo>.*foo.*|bar)", one_of(has("foo"), has("bar"))),
    (".*foo.*|bar|buzz", AnyOf((has("foo"), one_of(has("bar"), has("buzz"))))),
    (".*foo.*|bar|uzz", one_of(has("foo"), has("bar"), has("uzz"))),
    (
        "foo|bar|b|buzz|zz",
        one_of(has("foo"), one_of(has("bar"), has("b"), has("buzz")), has("zz")),
    ),
    ("f|foo|foobar", AnyOf((has("f"), one_of(has("foo"), has("foobar"))))),
    ("f.*|foobar.*|.*buzz", one_of(has("f"), has("foobar"), has("buzz"))),
    ("((f.*)|foobar.*)|.*buzz", one_of(has("f"), has("foobar"), has("buzz"))),
    (".*", EVERYTHING),
    (".*|.*", EVERYTHING),
    (".*||||", EVERYTHING),
    ("", EVERYTHING),
    ("(?i)foo", folded("foo")),
    ("(?i)界", folded("界")),
    ("(?i)ïB", folded("ïb")),
    ("(?:)foo|fatal|exception", one_of(has("foo"), has("fatal"), has("exception"))),
    (
        "(?i)f|foo|foobar",
        AnyOf((folded("f"), one_of(folded("foo"), folded("foobar")))),
    ),
    ("(?i).*foo.*", folded("foo")),
    (".+", NotEmpty()),
]

KEPT = [
    *("[a-z]+foo", ".+foo", ".*fo.*o", r"\d", r"\sfoo", "foo?", "foo{1,2}bar{2,3}"),
    *(r"foo|\d*bar", "foo|fo{1,2}", r"foo|fo\d*", r"foo|fo\d+", r"(\w\d+)", ".foo+"),
    *(".*f.*oo|fo{1,2}", "f|f(?i)oo", "a|b", "foo|fob", "^foo", "foo$"),
]


@pytest.mark.parametrize(("pattern", "wanted"), SIMPLIFIED)
def test_a_line_filter_becomes_a_search(pattern: str, wanted: Predicate) -> None:
    """Literals with ``.*`` around them, and alternatives of those, are searched for as texts."""
    assert regex_predicate(pattern, anchored=False) == wanted


@pytest.mark.parametrize("pattern", KEPT)
def test_everything_else_stays_a_regex(pattern: str) -> None:
    """A label filter's regex that stays one has to match the whole value."""
    assert regex_predicate(pattern, anchored=False) == Regex(pattern)
    assert regex_predicate(pattern, anchored=True) == Regex(f"^(?:{pattern})$")


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("error", Equals("error")),
        ("(?i)ERROR", Equals("error", fold=True)),
        ("error|fatal", one_of(Equals("error"), Equals("fatal"))),
        # grafana/loki issues 14433 and 23892: no longer anchored
        ("err.*", has("err")),
        (".*rro", has("rro")),
        ("war|warm", one_of(has("war"), has("warm"))),
    ],
)
def test_a_simplified_label_filter_forgets_its_anchors(pattern: str, wanted: Predicate) -> None:
    """A literal alone, or literals without a common beginning, stay comparisons; others do not."""
    assert regex_predicate(pattern, anchored=True) == wanted


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("foo.*(bar|cat)", one_of(has("foobar"), has("foocat"))),
        (".*|foo", has("foo")),
        ("foobar.*|foobaz.*", one_of(has("foobaz"), has("foobaz"))),
        ("foobarq.*|foobarz.*", one_of(has("foobarz"), has("foobarz"))),
        # eight bytes fill the array, so that each ending gets one of its own
        ("foobarba1.*|foobarba2.*", one_of(has("foobarba1"), has("foobarba2"))),
    ],
)
def test_faults_of_loki_are_kept(pattern: str, wanted: Predicate) -> None:
    """What a running Loki searches for, although the regex means something else."""
    assert regex_predicate(pattern, anchored=False) == wanted


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["pattern"])
def test_matches_what_loki_matches(case: dict[str, Any]) -> None:
    """Which of many texts a line filter or label filter of Loki let through."""
    test = compile_predicate(regex_predicate(case["pattern"], anchored=case["anchored"]))
    assert "".join("01"[test(text)] for text in RECORDED["texts"]) == case["matches"]


def test_thousands_of_alternatives_are_simplified_like_two() -> None:
    """Left to RE2 as a whole, the label filter would be anchored, which Loki's is not."""
    names = [f"v{number}" for number in range(2_000)]
    pattern = "|".join(f"{name}-.*" for name in names)
    predicate = regex_predicate(pattern, anchored=True)
    assert compile_predicate(predicate)("before v1999-after")
    assert not compile_predicate(predicate)("v2000-")

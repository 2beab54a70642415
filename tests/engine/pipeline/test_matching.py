"""Predicates over texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.engine.pipeline.matching import compile_predicate
from toolkit.engine.pipeline.predicates import (
    EVERYTHING,
    Address,
    AllOf,
    AnyOf,
    Contains,
    Equals,
    LinePattern,
    Not,
    NotEmpty,
    Regex,
    all_of,
)
from toolkit.logql.quoting import decode, encode

TEXTS = st.text() | st.binary().map(decode)

LONG = (
    "2023-06-14T12:34:56.789Z 🚀[МИКРОСервис] Длинное сообщение с Unicode символами 统一码 "
    "RequestID=123456 状態=良好 Résultat=Succès ß=γ 🎯 τέλος"
)


@pytest.mark.parametrize(
    ("line", "needle", "found"),
    [
        # the cases of Test_containsLower in pkg/logql/log/filter_test.go
        ("this is a short log line", "missing", False),
        ("this contains a \\ character", "|", False),
        ("this contains a | character", "|", True),
        ("this is a shorT log line", "short", True),
        (LONG, "микросервис", True),
        (LONG, "unicode", True),
        (LONG, "τέλος", True),
        (LONG, "nonexistent", False),
        ("ΣΑΣ ΓΕΙΑ ΚΟΣΜΕ", "γεια", True),
        ("ΣΑΣ ΚΟΣΜΕ", "γεια", False),
        ("any line", "", True),
        ("", "something", False),
        ("", "", True),
        ("short", "longer than line", False),
        (decode(b"\xff\xfe\xfd"), "test", False),
        ("Hello 世界", "世", True),
        # a match begins at the needle's first byte, so these differ
        ("o\u212a", "ok", True),
        ("\u212ao", "ko", False),
        ("xi\u0130", "ii", True),
        ("\u023a", "\u2c65", False),
    ],
)
def test_search_in_either_case(line: str, needle: str, found: bool) -> None:
    """Runes are compared lower-cased, but for the first byte."""
    assert compile_predicate(Contains(needle, fold=True))(line) is found


def test_equality_in_either_case_compares_lengths_in_bytes() -> None:
    """The Kelvin sign is a k of three bytes."""
    equals = compile_predicate(Equals("ok", fold=True))
    assert equals("OK")
    assert not equals("o\u212a")
    assert not equals("okay")


def test_needle_that_is_no_utf_8_is_searched_byte_by_byte() -> None:
    """``|= "\\xe4"`` finds the first byte of a character."""
    contains = compile_predicate(Contains(decode(b"\xe4")))
    assert contains("世界")
    assert contains(decode(b"a\xe4b"))
    assert not contains("plain")


def test_a_regex_sees_invalid_bytes_as_replacement_characters() -> None:
    """As Go's regexp does, one for each byte."""
    broken = decode(b"a\xff\xfeb")
    assert compile_predicate(Regex("^a..b$"))(broken)
    assert compile_predicate(Regex("a\ufffd\ufffdb"))(broken)
    assert not compile_predicate(Regex("^a.b$"))(broken)


def test_groups_of_one_name_twice() -> None:
    """Go lets them pass, RE2 does not; as a filter they mean nothing anyway."""
    assert compile_predicate(Regex("(?P<a>x)|(?P<a>y)"))("y")


@pytest.mark.parametrize(
    ("pattern", "line", "described"),
    [
        # pkg/logql/log/pattern/pattern_test.go
        ("foo <_> bar", "foo buzz bar", True),
        ("foo <_> bar<_>", "foo buzz bar", False),
        ("<_>foo <_> bar", "foo buzz bar", False),
        ("<_> bar<_>", " bar", False),
        ("<_>bar<_>", " bar ", True),
        ("<_> bar<_>", " bar ", False),
        ("<_>", " bar ", True),
        ("<_>", "", False),
        ("", "", True),
        ("", "x", False),
        ("foo", "foo", True),
        ("foo", "a foo", True),
        ("foo", "foo a", False),
        ("<_> bar", "foo bar baz", False),
        ("<_> baz", "foo bar baz", True),
    ],
)
def test_line_patterns(pattern: str, line: str, described: bool) -> None:
    """Something has to stand where a capture does; where the pattern ends with a literal, nothing
    may follow, but where it begins with one, anything may go before."""
    assert compile_predicate(LinePattern(pattern))(line) is described


def test_combinations() -> None:
    """All, any, not, and the two that need no text."""
    both = compile_predicate(AllOf((Contains("a"), Contains("b"), NotEmpty())))
    either = compile_predicate(AnyOf((Contains("a"), Contains("b"), Equals("c"))))
    assert (both("ab"), both("a"), either("c"), either("d")) == (True, False, True, False)
    assert compile_predicate(Not(AnyOf((Contains("a"), Contains("b")))))("c")
    assert compile_predicate(EVERYTHING)("")
    assert all_of([EVERYTHING, Contains("a")]) == Contains("a")
    assert all_of([EVERYTHING]) == EVERYTHING


def test_addresses_anywhere_in_the_text() -> None:
    """A line that has one address in the network is enough."""
    test = compile_predicate(Address("10.0.0.0/8"))
    assert test("from 192.168.0.1 to 10.1.2.3:443")
    assert not test("from 192.168.0.1")


@given(text=TEXTS, needle=TEXTS)
def test_a_search_is_one_for_bytes(text: str, needle: str) -> None:
    """Loki compares bytes, whatever characters they make."""
    assert compile_predicate(Contains(needle))(text) is (encode(needle) in encode(text))
    assert compile_predicate(Not(Contains(needle)))(text) is (encode(needle) not in encode(text))

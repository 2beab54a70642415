"""Durations, sizes, numbers, quotes, patterns, paths, addresses: read and written as in Loki."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logql.recorded import values
from toolkit.logql import bytesize, durations, fold, ip, jsonpath, numbers, pattern, quoting, regex


def _read(parse: Callable[[str], Any], text: str) -> list[Any]:
    """The value, or None and the error."""
    try:
        return [parse(text), None]
    except ValueError as error:
        return [None, str(error)]


def _names(text: str) -> list[str]:
    return pattern.capture_names(pattern.parse_pattern(text))


@pytest.mark.parametrize(
    ("name", "parse"),
    [
        ("parse_prometheus", durations.parse_prometheus),
        ("parse_go", durations.parse_go),
        ("parse_bytes", lambda text: str(bytesize.parse_bytes(text))),
        ("parse_float", lambda text: numbers.format_float(numbers.parse_float(text))),
        ("pattern", _names),
        ("json_path", lambda text: list(jsonpath.parse_path(text))),
        ("logfmt_key", lambda text: list(jsonpath.parse_logfmt_key(text))),
    ],
)
def test_texts_are_read_and_refused_as_in_loki(name: str, parse: Callable[[str], Any]) -> None:
    for text, value, error in values(name):
        assert (text, *_read(parse, text)) == (text, None if error else value, error)


@pytest.mark.parametrize(
    ("name", "check"),
    [("regexp", regex.check), ("line_pattern", pattern.parse_line_pattern), ("ip", ip.parse_ip)],
)
def test_texts_are_refused_as_in_loki(name: str, check: Callable[[str], Any]) -> None:
    for text, error in values(name):
        assert (text, _read(check, text)[1]) == (text, error)


def test_durations_are_written_as_go_and_as_prometheus_do() -> None:
    for nanoseconds, go, prometheus in values("format_duration"):
        assert durations.format_go(int(nanoseconds)) == go
        assert durations.format_prometheus(int(nanoseconds)) == prometheus


def test_sizes_are_written_as_humanize_does() -> None:
    for size, text in values("format_bytes"):
        assert bytesize.format_bytes(int(size)) == text


def test_numbers_are_written_as_go_does() -> None:
    for text, plain, general, fixed in values("format_float"):
        value = float(text)
        assert numbers.format_float(value) == plain
        assert numbers.format_general(value) == general
        assert numbers.format_fixed(value) == fixed


def test_texts_are_quoted_as_go_does() -> None:
    for text, quoted in values("quote"):
        assert quoting.quote(text) == quoted


def test_addresses_are_found_in_lines_as_in_loki() -> None:
    for case, found in values("ip_search"):
        wanted, line = json.loads(case)
        assert (case, ip.parse_ip(wanted).search(line.encode())) == (case, found)


@given(st.text())
def test_a_quoted_text_reads_back(text: str) -> None:
    assert quoting.unquote(quoting.quote(text)) == text


@given(st.binary())
def test_bytes_that_are_not_utf8_survive_quoting(data: bytes) -> None:
    text = quoting.decode(data)
    assert quoting.encode(text) == data
    assert quoting.encode(quoting.unquote(quoting.quote(text))) == data


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_duration_in_gos_form_reads_back(nanoseconds: int) -> None:
    assert durations.parse_go(durations.format_go(nanoseconds)) == nanoseconds


@given(st.integers(0, 2**63 // 10**6 - 1))
def test_a_duration_in_prometheus_form_reads_back(milliseconds: int) -> None:
    nanoseconds = milliseconds * 10**6
    assert durations.parse_prometheus(durations.format_prometheus(nanoseconds)) == nanoseconds


@given(st.floats(allow_nan=False))
def test_a_number_reads_back(value: float) -> None:
    assert numbers.parse_float(numbers.format_float(value)) == value
    assert numbers.parse_float(numbers.format_general(value)) == value


@pytest.mark.parametrize("literal", ['"a', "a", '"', '"a"b"', "'a'", '"\\400"', '"\\U00110000"'])
def test_what_is_no_string_literal_is_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="invalid syntax"):
        quoting.unquote(literal)


def test_an_escaped_byte_and_an_escaped_character_differ() -> None:
    assert quoting.encode(quoting.unquote(r'"\xe9\351é\u00e9"')) == b"\xe9\xe9\xc3\xa9\xc3\xa9"
    assert quoting.unquote(r'"\ud800"') == "\ufffd"


def test_groups_of_the_same_name_compile() -> None:
    found = regex.compile("(?P<a>x)(?P<a>y)").search("xy")
    assert (found.group(1), found.group(2)) == ("x", "y")
    assert regex.group_names("(x)(?P<a>y)(?<b>z)") == ("", "a", "b")


@pytest.mark.parametrize(
    ("left", "op", "right", "result"),
    [
        (1.0, "/", 0.0, "nan"),
        (5.0, "%", 0.0, "nan"),
        (-5.0, "%", 3.0, "-2.0"),
        (0.0, "^", -1.0, "inf"),
        (-0.0, "^", -3.0, "-inf"),
        (-2.0, "^", 0.5, "nan"),
        (1e308, "*", 10.0, "inf"),
        (-10.0, "^", 309.0, "-inf"),
        (float("inf"), "%", 2.0, "nan"),
        (2.0, "!=", 3.0, "1.0"),
    ],
)
def test_arithmetic_is_gos(left: float, op: str, right: float, result: str) -> None:
    """Division by zero is Loki's own rule; the others are those of Go's math.Pow and math.Mod."""
    assert repr(fold.apply(op, left, right)) == result


@pytest.mark.parametrize(
    ("read", "text", "error"),
    [
        # What Loki says of numbers that no integer of Go holds.
        (durations.parse_prometheus, "9" * 5000 + "m", "not a valid duration string: "),
        (durations.parse_go, "9" * 5000 + "m", "time: invalid duration "),
        (regex.check, "a{" + "9" * 5000 + "}", "error parsing regexp: invalid repeat count: "),
        (ip.parse_ip, "10.0.0.0/" + "9" * 5000, "ip: invalid pattern: "),
        (jsonpath.parse_path, "a[" + "9" * 5000 + "]", "syntax error: unexpected $end"),
        (fold.parse_int, "9" * 5000, "9"),
    ],
)
def test_numbers_of_thousands_of_digits_are_refused_like_others(
    read: Callable[[str], Any], text: str, error: str
) -> None:
    """Python has an error of its own for them."""
    with pytest.raises(ValueError) as raised:
        read(text)
    assert str(raised.value).startswith(error)


def test_leading_zeros_are_no_matter_however_many() -> None:
    assert durations.parse_prometheus("0" * 5000 + "5m") == 300 * 10**9
    assert durations.parse_go("0" * 5000 + "5m") == 300 * 10**9
    assert fold.parse_int("-" + "0" * 5000 + "5") == -5


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"'\x00'", "\"'\\\\x00'\""),
        ('a"b', r'"a\"b"'),
        ("\x00\x7fé", '"\\x00\x7f\\xc3\\xa9"'),
    ],
)
def test_a_wrong_duration_is_quoted_as_gos_time_package_does_it(text: str, shown: str) -> None:
    """Go's ``time.quote``: backslashes and quotes escaped, bytes beyond ASCII as hex."""
    with pytest.raises(ValueError, match="invalid duration") as wrong:
        durations.parse_go(text)
    assert str(wrong.value) == f"time: invalid duration {shown}"

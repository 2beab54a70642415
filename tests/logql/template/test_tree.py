"""The tree, the constants and the labels a template reads."""

from __future__ import annotations

import pytest

from toolkit.logql.numbers import parse_float
from toolkit.logql.template import parse_template, required_labels, simple_key
from toolkit.logql.template.nodes import Action, Branch, Number, String
from toolkit.logql.template.quoting import can_backquote, quote_ascii, quote_char, unquote


def only_argument(text: str) -> object:
    (action,) = parse_template("{{" + text + "}}").root
    assert isinstance(action, Action)
    return action.pipe.commands[0].args[0]


@pytest.mark.parametrize(
    "text, signed, unsigned, real",
    [
        ("0", 0, 0, 0.0),
        ("-0", 0, 0, 0.0),
        ("+7", 7, None, 7.0),
        ("-7", -7, None, -7.0),
        ("017", 15, 15, 15.0),
        ("0x_ff", 255, 255, 255.0),
        ("0b101", 5, 5, 5.0),
        ("1_000", 1000, 1000, 1000.0),
        ("1e3", 1000, 1000, 1000.0),
        ("1.5", None, None, 1.5),
        ("0x1p-2", None, None, 0.25),
        ("1e19", None, 10**19, 1e19),
        ("1e30", None, None, 1e30),
        ("18446744073709551615", None, 2**64 - 1, 1.8446744073709552e19),
        ("-9223372036854775808", -(2**63), None, -9.223372036854775808e18),
        ("'a'", 97, 97, 97.0),
        (r"'\xff'", 255, 255, 255.0),
        (r"'\u20ac'", 8364, 8364, 8364.0),
    ],
)
def test_a_number_is_held_under_every_type_that_fits(
    text: str, signed: int | None, unsigned: int | None, real: float
) -> None:
    """Go's ideal constants, as text/template's own number test tabulates them."""
    node = only_argument(text)
    assert isinstance(node, Number)
    assert (node.signed, node.unsigned, node.real) == (signed, unsigned, real)


def test_complex_constants() -> None:
    node = only_argument("1+2i")
    assert isinstance(node, Number)
    assert (node.imaginary, node.real) == (1 + 2j, None)
    real = only_argument("0i")
    assert isinstance(real, Number)
    assert (real.imaginary, real.signed, real.real) == (0j, 0, 0.0)


@pytest.mark.parametrize(
    "literal, value",
    [
        (r'"a\tb\"\\"', 'a\tb"\\'),
        (r'"\xc3\xa9 \303\251 \u00e9 \U000000e9"', "é é é é"),
        (r'"\xff"', "\udcff"),
        ("`a\r\n\\n`", "a\n\\n"),
    ],
)
def test_string_constants(literal: str, value: str) -> None:
    node = only_argument(literal)
    assert isinstance(node, String)
    assert node.value == value
    assert str(node) == literal


@pytest.mark.parametrize("literal", ['"a', '"\\q"', '"a\nb"', '"\\ud800"', '"\\400"', "'a'", '"'])
def test_what_is_no_string_constant(literal: str) -> None:
    with pytest.raises(ValueError, match="invalid syntax"):
        unquote(literal)


def test_quoting() -> None:
    # strconv.QuoteToASCII, QuoteRune, CanBackquote
    assert quote_ascii('a"b\\\n\x07\x7f\udcffé\u200b\U0001f600') == (
        r'"a\"b\\\n\a\x7f\xff\u00e9\u200b\U0001f600"'
    )
    assert quote_char(39) == r"'\''"
    assert quote_char(0xD800) == "'\ufffd'"
    assert can_backquote("a\tb") and not can_backquote("a`b") and not can_backquote("\udcff")


@pytest.mark.parametrize(
    "text, value",
    [("Inf", float("inf")), ("-infinity", float("-inf")), ("0x1.8p1", 3.0), ("1_0.5e1_0", 10.5e10)],
)
def test_floats(text: str, value: float) -> None:
    assert parse_float(text) == value


@pytest.mark.parametrize(
    "text, reason",
    [("", "invalid syntax"), ("+nan", "invalid syntax"), ("1__0", "invalid syntax"),
     ("0x1", "invalid syntax"), ("1e400", "value out of range"),
     ("0x1p5000", "value out of range")],
)  # fmt: skip
def test_what_is_no_float(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        parse_float(text)
    assert str(caught.value) == f'strconv.ParseFloat: parsing "{text}": {reason}'


def test_trim_markers_and_comments_leave_no_trace() -> None:
    template = parse_template("a  {{- /* c */ -}}  \n b{{/* d */}} {{- .x -}} c")
    assert "".join(str(node) for node in template.root) == "ab{{.x}}c"


def test_else_if_becomes_one_branch_with_several_arms() -> None:
    (branch,) = parse_template("{{if .a}}1{{else if .b}}2{{else}}3{{end}}").root
    assert isinstance(branch, Branch)
    assert [str(arm.pipe) for arm in branch.arms] == [".a", ".b"]
    assert branch.otherwise is not None


def test_definitions_and_the_root() -> None:
    template = parse_template('{{define "a"}}x{{end}}{{block "b" .c}}y{{end}}{{template "a" .}}')
    assert sorted(template.definitions) == ["a", "b", "line"]
    assert "".join(str(node) for node in template.root) == '{{template "b" .c}}{{template "a" .}}'


def test_a_definition_may_replace_an_empty_root() -> None:
    assert str(parse_template('{{define "line"}}x{{end}} ').root[0]) == "x"


@pytest.mark.parametrize(
    "text, names",
    [
        # grafana/loki pkg/logql/log/fmt_test.go: RequiredLabelNames
        ("{{.bar}}", ("bar",)),
        ("{{ range .foo}}{{.bar}}{{end}}", ("foo", "bar")),
        ("{{ range .foo}}{{.bar}}{{end}}{{.foo}}", ("foo", "bar")),
        ("{{ if .foo }}{{.bar}}{{ else }}{{.buzz}}{{ end }}", ("foo", "bar", "buzz")),
        ("{{ with .foo }}{{.bar}}{{ else }}{{.buzz}}{{ end }}", ("foo", "bar", "buzz")),
        ('{{ .foo | printf "%s" (.bar | upper) }}', ("foo", "bar")),
        ("{{ (.foo).bar }}{{ $.baz }}", ()),
    ],
)
def test_required_labels(text: str, names: tuple[str, ...]) -> None:
    assert required_labels(parse_template(text)) == names


@pytest.mark.parametrize(
    "text, key",
    [("{{.msg}}", "msg"), ("{{ .msg }}", "msg"), ("{{$x := .msg}}", "msg"), ("{{.a.b}}", None),
     (" {{.msg}}", None), ("{{.msg | upper}}", None), ("{{upper .msg}}", None), ("", None)],
)  # fmt: skip
def test_simple_key(text: str, key: str | None) -> None:
    assert simple_key(parse_template(text)) == key

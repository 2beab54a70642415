"""What parses and what the errors say: Go's own answers, recorded.

``data/syntax.jsonl`` holds templates of ours and the error Go 1.26's text/template gave for each
with Loki's function map ("" where it parses); the templates were partly written by hand, partly
drawn at random from the language's tokens, one for each kind of error.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import LogQLSyntaxError
from toolkit.logql.template import (
    BUILTINS,
    LOKI_FUNCTIONS,
    MAX_DEPTH,
    TemplateSyntaxError,
    parse,
    parse_template,
)

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "syntax.jsonl").read_text().splitlines()
]


def error_of(text: str) -> str:
    try:
        parse(text, name="line", functions=BUILTINS | LOKI_FUNCTIONS)
    except TemplateSyntaxError as error:
        return error.message
    return ""


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_error_is_gos(row: dict[str, str]) -> None:
    assert error_of(row["template"]) == row["error"]


def test_loki_names_the_stage_the_template_belongs_to() -> None:
    # a Loki's answers to `| line_format "{{.foo"` and `| label_format x="{{.foo"`
    with pytest.raises(TemplateSyntaxError) as line:
        parse_template("{{.foo")
    assert line.value.message == "invalid line template: template: line:1: unclosed action"
    with pytest.raises(TemplateSyntaxError) as label:
        parse_template("{{.foo", label="x")
    assert (
        label.value.message == "invalid template for label 'x': template: label:1: unclosed action"
    )


def test_the_error_is_a_syntax_error_with_a_place() -> None:
    with pytest.raises(LogQLSyntaxError) as caught:
        parse_template("{{ .a }} {{ nope .b }}")
    assert caught.value.show().splitlines()[1:] == [
        "{{ .a }} {{ nope .b }}",
        "            ^^^^",
    ]


@pytest.mark.parametrize(
    "opening, closing",
    [
        ("(", ")"),
        ("{{if .a}}", "{{end}}"),
        ("{{range .a}}", "{{end}}"),
        ('{{block "b" .}}', "{{end}}"),
    ],
)
def test_nesting_is_bounded(opening: str, closing: str) -> None:
    def nested(depth: int) -> str:
        inner = ".a" if opening == "(" else "x"
        text = opening * depth + inner + closing * depth
        return "{{" + text + "}}" if opening == "(" else text

    assert "depth" not in error_of(nested(MAX_DEPTH))
    assert error_of(nested(MAX_DEPTH + 1)) == "template: line:1: max expression depth exceeded"
    assert error_of(nested(20_000)) == "template: line:1: max expression depth exceeded"


def test_a_long_chain_of_else_if_does_not_nest() -> None:
    arms = "".join(f'{{{{else if eq .rule "{n}"}}}}{n}' for n in range(3000))
    assert error_of("{{if .a}}a" + arms + "{{end}}") == ""


@given(st.text() | st.text(alphabet="{}-()|.$:=\"'`/* \nabc01_,").map(lambda text: "{{" + text))
@settings(max_examples=300)
def test_nothing_but_a_syntax_error_comes_out(text: str) -> None:
    error_of(text)

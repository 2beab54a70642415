"""Templates as line_format and label_format use them.

The first table restates the behaviour that Loki's own test of its formatters fixes
(grafana/loki pkg/logql/log/fmt_test.go).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import pytest

from toolkit.engine.template import BUILTINS, LOKI_FUNCTIONS, TemplateError, compile_template
from toolkit.logql import template as syntax

LABELS = {"foo": "blip", "bar": "blop"}


@pytest.mark.parametrize(
    "template, labels, text",
    [
        ("foo{{.foo}}buzz{{  .bar  }}", LABELS, "fooblipbuzzblop"),
        ('foo{{.foo}}buzz{{ Replace .bar "blop" "bar" -1 }}', LABELS, "fooblipbuzzbar"),
        ('{{.foo | count "abc" }}', {"foo": "abc abc abc"}, "3"),
        ('{{.foo | count "a|b|c" }}', {"foo": "abc abc abc"}, "9"),
        ("{{.foo | substr 1 3 }} {{ .bar  | trunc 1 }} {{ .bar | trunc 3 }}", LABELS, "li b blo"),
        ("{{ .foo | float64 | addf 1.5 }}", {"foo": "2.5"}, "4"),
        ("{{ .foo | ceil }} {{ round 123.456 2 }}", {"foo": "1.3"}, "2 123.46"),
        ('{{ with .foo | fromJson }}{{ .a }}{{ end }}', {"foo": '{"a":[1,"x"]}'}, "[1 x]"),
        ("{{ range $i, $e := fromJson .foo }}{{$e.id}},{{end}}", {"foo": '[{"id":1}]'}, "1,"),
        ("{{ .foo | toDate \"2006-01-02T15:04:05.00Z\" | date \"2006-01-02\" }}",
         {"foo": "2022-02-13T10:05:06.00Z"}, "2022-02-13"),
        ("{{ __line__ }} bar {{ .bar }}", LABELS, "the line bar blop"),
        ("{{ __timestamp__ | date \"2006-01-02T15:04:05.999999999Z07:00\" }}", {},
         "2023-11-14T22:13:20.123456789Z"),
        ("{{ .foo | unixToTime | date \"15:04\" }}", {"foo": "1679577215"}, "13:13"),
        ("{{ .foo | alignLeft 6 }}|{{ .bar | alignRight 6 }}", LABELS, "blip  |  blop"),
        ("{{ .missing }}", LABELS, ""),
        ("{{ .missing }}-{{ .missing | upper }}", LABELS, "-"),
        ("{{.}}", LABELS, "map[bar:blop foo:blip]"),
        ("", LABELS, ""),
        ("{{/* nothing */}}", LABELS, ""),
    ],
)  # fmt: skip
def test_what_a_line_becomes(template: str, labels: dict[str, str], text: str) -> None:
    compiled = compile_template(template)
    assert compiled.execute(labels, "the line", 1_700_000_000_123_456_789) == text


def test_the_functions_are_those_the_parser_knows() -> None:
    assert set(LOKI_FUNCTIONS) == syntax.LOKI_FUNCTIONS
    assert set(BUILTINS) == syntax.BUILTINS


def test_errors_name_the_template_by_its_stage() -> None:
    with pytest.raises(TemplateError) as line:
        compile_template("{{ .foo.bar }}").execute(LABELS)
    assert line.value.message == (
        'template: line:1:7: executing "line" at <.foo.bar>: '
        "can't evaluate field bar in type string"
    )
    with pytest.raises(TemplateError) as label:
        compile_template("{{ .foo.bar }}", label="x").execute(LABELS)
    assert label.value.message.startswith('template: label:1:7: executing "label" at ')


def test_a_declared_field_alone_is_copied_to_the_line_but_not_to_a_label() -> None:
    """Loki copies the label of a template of one field without executing the template."""
    assert compile_template("{{$x := .foo}}").execute(LABELS) == "blip"
    assert compile_template("{{$x := .foo}}", label="x").execute(LABELS) == ""
    assert compile_template("{{.foo}}").simple_key == "foo"
    assert compile_template("{{.foo}}", label="x").simple_key is None


def test_required_labels() -> None:
    assert compile_template("{{.foo | printf .bar}}{{$.baz}}").required_labels == ("foo", "bar")


def test_any_mapping_is_a_map_of_labels() -> None:
    labels = MappingProxyType(LABELS)
    assert compile_template("{{.foo}}{{.}}").execute(labels) == "blipmap[bar:blop foo:blip]"


def test_bytes_that_are_no_utf8_survive_and_join() -> None:
    broken = "a\udcc3"
    assert compile_template("{{.x}}{{.y}}").execute({"x": "\udcff", "y": "é"}) == "\udcffé"
    assert compile_template("{{print .x}}\\{{len .x}}").execute({"x": broken}) == broken + "\\2"
    cut = compile_template("{{ substr 0 1 .x }}{{ substr 1 2 .x }}")
    assert cut.execute({"x": "é"}) == "é"


def test_one_template_many_threads() -> None:
    template = compile_template("{{$x := .n}}{{range 50}}{{$x}}{{end}}{{__line__}}")
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda n: template.execute({"n": str(n)}, f"l{n}"), range(200)))
    assert texts == [str(n) * 50 + f"l{n}" for n in range(200)]

"""Templates that are not Loki's stages: other roots, functions and clocks."""

from __future__ import annotations

import pytest

from toolkit.engine.template import (
    ANY,
    FLOAT64,
    LOKI_FUNCTIONS,
    STRING,
    CallError,
    Function,
    Int64,
    Slice,
    Struct,
    TemplateError,
    compile_text,
)
from toolkit.logql.template import TemplateSyntaxError

DEFINITIONS = "{{$labels := .Labels}}{{$value := .Value}}"


def alert(labels: dict[str, str], value: float) -> Struct:
    """The root of an alert rule's templates, as Prometheus' rules/alerting.go has it."""
    return Struct("template.AlertTemplateData", {"Labels": labels, "Value": value})


def humanize(value: float) -> str:
    if value < 0:
        raise CallError("negative")
    return f"{value:.4g}"


FUNCTIONS = {"humanize": Function((FLOAT64,), humanize)}


def render(text: str, root: object) -> str:
    template = compile_text(DEFINITIONS + text, name="__alert_x", functions=FUNCTIONS)
    return template.render(root)


def test_an_alerts_annotation() -> None:
    root = alert({"rule": "Terminal shell"}, 12.345678)
    assert render("{{ $labels.rule }}: {{ $value | humanize }}", root) == "Terminal shell: 12.35"
    assert render("{{ .Labels.rule }} {{ .Value }} {{ $labels.nope }}.", root) == (
        "Terminal shell 12.345678 ."
    )


def test_errors_carry_the_templates_name() -> None:
    with pytest.raises(TemplateError) as caught:
        render("{{ $value | humanize }}", alert({}, -1.0))
    assert caught.value.message == (
        'template: __alert_x:1:54: executing "__alert_x" at <humanize>: '
        "error calling humanize: negative"
    )
    with pytest.raises(TemplateSyntaxError) as syntax:
        render("{{ upper .x }}", alert({}, 1.0))
    assert syntax.value.message == 'template: __alert_x:1: function "upper" not defined'


def test_a_struct_has_its_fields_and_no_others() -> None:
    root = alert({}, 1.0)
    with pytest.raises(TemplateError, match="can't evaluate field X in type"):
        render("{{ .X }}", root)
    with pytest.raises(TemplateError, match="Value has arguments but cannot be invoked"):
        render("{{ .Value 1 }}", root)
    assert render('{{ if . }}yes{{ end }}{{ printf "%+v" . }}', root) == "yes{Labels:map[] Value:1}"


def test_a_slice_is_walked_indexed_cut_and_measured() -> None:
    samples = Slice(
        "template.queryResult", [Struct("template.sample", {"Value": n}) for n in (1, 2)]
    )
    root = Struct("root", {"Labels": {}, "Value": 0.0, "Samples": samples})
    assert render("{{ range .Samples }}{{ .Value }};{{ end }}", root) == "1;2;"
    assert render("{{ (index .Samples 1).Value }}{{ len .Samples }}", root) == "22"
    assert render("{{ slice .Samples 1 }}{{ if not (slice .Samples 2) }}none{{ end }}", root) == (
        "[{2}]none"
    )
    with pytest.raises(TemplateError, match="reflect: slice index out of range"):
        render("{{ index .Samples 2 }}", root)


def test_a_functions_answer_keeps_its_go_type() -> None:
    functions = {"big": Function((), lambda: Int64(3)), "show": Function((ANY,), repr)}
    text = '{{ printf "%T %v" big big }} {{ show nil }}'
    assert compile_text(text, name="t", functions=functions).render({}) == "int64 3 None"


def test_a_function_may_replace_one_of_gos() -> None:
    functions = {"len": Function((STRING,), lambda text: "long")}
    assert compile_text('{{ len "x" }}', name="t", functions=functions).render({}) == "long"


def test_break_may_be_a_function() -> None:
    functions = {"break": Function((), lambda: "x")}
    assert compile_text("{{ break }}", name="t", functions=functions).render({}) == "x"


def test_the_clock_can_be_set() -> None:
    template = compile_text(
        '{{ now }}|{{ now | date "2006" }}|{{ date "15:04" "no time" }}',
        name="line",
        functions=LOKI_FUNCTIONS,
        now=lambda: 1_700_000_000_123_456_789,
    )
    assert template.execute({}) == "2023-11-14 22:13:20.123456789 +0000 UTC|2023|22:13"


def test_the_clock_is_the_machines_otherwise() -> None:
    template = compile_text("{{ now.UnixNano }}", name="line", functions=LOKI_FUNCTIONS)
    assert int(template.execute({})) <= int(template.execute({}))

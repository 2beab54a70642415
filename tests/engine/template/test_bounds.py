"""Whatever a template asks for, it ends: in a text or in an error, in bounded time and memory."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.engine.template import LOKI_FUNCTIONS, TemplateError, compile_template, compile_text
from toolkit.engine.template.library import BUILTINS
from toolkit.logql.template import MAX_DEPTH, TemplateSyntaxError, parse_template

LABELS = {"a": "hello", "b": "wörld", "n": "42", "j": '{"k":[1,null,{"x":"y"}]}', "e": ""}


def message(text: str) -> str:
    with pytest.raises(TemplateError) as caught:
        compile_template(text).execute(LABELS)
    return caught.value.message


@pytest.mark.parametrize(
    "text, reason",
    [
        ('{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}',
         "exceeded maximum template depth (100000)"),
        ("{{range 9223372036854775807}}{{end}}", "more than 1000000 steps"),
        ("{{range 100000}}{{range 100000}}x{{end}}{{end}}", "more than 1000000 steps"),
        ('{{range 100000}}{{repeat 1000 "x"}}{{end}}', "output longer than 16777216 characters"),
        ('{{range 100000}}{{$x := repeat 100000 "x"}}{{end}}',
         "texts longer than 67108864 characters in all"),
        ('{{$l := repeat 100000 "x"}}{{range 100000}}{{$x := count "y" $l}}{{end}}',
         "texts longer than 67108864 characters in all"),
        ('{{$x := "xx"}}{{range 60}}{{$x = print $x $x}}{{end}}', "texts longer than"),
        ('{{repeat 9223372036854775807 "x"}}', "text longer than 16777216 characters"),
        ('{{indent 1000000000 "x"}}', "text longer than 16777216 characters"),
        ('{{nindent 9000000 "x\\nx"}}', "text longer than 16777216 characters"),
        ('{{alignLeft 1000000000 "x"}}', "text longer than 16777216 characters"),
        ('{{alignRight 1000000000 "x"}}', "text longer than 16777216 characters"),
        ('{{printf "%9999999d%9999999d" 1 2}}', "text longer than 16777216 characters"),
        ('{{printf "%.9999999d%.9999999f" 1 1.5}}', "text longer than 16777216 characters"),
        ('{{Replace (repeat 9999 "x") "" (repeat 9999 "y") -1}}', "text longer than 16777216"),
        ('{{regexReplaceAll "" (repeat 9999 "x") (repeat 9999 "y")}}', "text longer than 16777216"),
        ('{{fromJson (repeat 65 "[")}}', "JSON nests deeper than 64"),
        ('{{mulf ' + "1e300 " * 200 + "}}", "number longer than 100000 bits"),
    ],
)  # fmt: skip
def test_too_much_is_an_error(text: str, reason: str) -> None:
    assert reason in message(text)


def test_go_takes_a_far_too_large_width_for_none() -> None:
    # recorded: fmt.Sprintf("%1000000000d", 1)
    assert compile_template('{{printf "%1000000000d" 1}}').execute({}) == (
        "%!(NOVERB)%!(EXTRA int=1)"
    )


def test_just_enough_is_fine() -> None:
    assert len(compile_template('{{repeat 100000 "x"}}').execute({})) == 100_000
    assert compile_template("{{range 100000}}{{end}}done").execute({}) == "done"
    nested = '{{fromJson (print (repeat 64 "[") (repeat 64 "]"))}}'
    assert compile_template(nested).execute({}) == "[" * 64 + "]" * 64


def test_the_deepest_template_executes() -> None:
    text = "(print " * (MAX_DEPTH - 1) + "$.a" + ")" * (MAX_DEPTH - 1)
    deep = "{{range fromJson .j}}" + "{{ " + text + " }}{{end}}"
    assert "hello" in compile_template(deep).execute(LABELS)
    arms = "{{with $.a}}" * MAX_DEPTH + "{{.}}" + "{{end}}" * MAX_DEPTH
    assert compile_template(arms).execute(LABELS) == "hello"


def test_a_caller_deep_in_the_stack_gets_an_error_of_ours() -> None:
    deep = "{{ " + "(print " * 90 + ".a" + ")" * 90 + " }}"
    template = compile_template(deep, label="x")

    def at(depth: int, text: str | None) -> str:
        if depth:
            return at(depth - 1, text)
        return template.execute(LABELS) if text is None else parse_template(text).name

    limit = sys.getrecursionlimit()
    depths = range(limit // 2, limit - 60, 20)
    for depth in depths:
        for text in (None, deep):
            try:
                at(depth, text)
            except (TemplateError, TemplateSyntaxError) as error:
                assert "nested too deeply" in error.message or "depth" in error.message
            except RecursionError:
                # The stack was full before the template's turn.
                assert depth > limit - 400


_ATOMS = st.sampled_from(
    [".a", ".b", ".n", ".j", ".e", ".zz", ".", "$", "1", "-1", "0", "2.5", "1i", "'x'", "nil",
     "true", '"x"', '"%d"', '"["', "`(`", '"2006"', "(fromJson .j)", "(fromJson .j).k",
     "__timestamp__", "__timestamp__.Month", "__timestamp__.Location", "$v"]
)  # fmt: skip
_NAMES = st.sampled_from(sorted({*BUILTINS, *LOKI_FUNCTIONS}))
_PIPES = st.recursive(
    _ATOMS,
    lambda inner: st.builds(
        lambda name, args, rest: f"({' '.join([name, *args])}{rest})",
        _NAMES,
        st.lists(inner, max_size=3),
        st.sampled_from(["", " | upper", " | print", " | len", " | eq 1", ".x", " | index ."]),
    ),
    max_leaves=6,
)
_NODES = st.builds(
    lambda shape, pipe: shape.replace("P", pipe),
    st.sampled_from(
        ["{{P}}", "{{if P}}{{$v = P}}{{else}}y{{end}}", "{{with P}}{{.}}{{.x}}{{end}}",
         "{{$v = P}}", "{{range $i, $v := P}}{{$i}}{{.}}{{else}}none{{end}}", '{{template "t" P}}']
    ),
    _PIPES,
)  # fmt: skip


@given(st.lists(_NODES, min_size=1, max_size=3))
@settings(max_examples=600)
def test_nothing_but_an_error_of_ours_comes_out(nodes: list[str]) -> None:
    text = '{{define "t"}}<{{.}}>{{end}}{{$v := 1}}' + "".join(nodes)
    try:
        template = compile_text(text, name="line", functions=LOKI_FUNCTIONS)
        assert isinstance(template.execute(LABELS, "line", 1), str)
    except (TemplateSyntaxError, TemplateError) as error:
        assert error.message.startswith("template: line:1")


@given(st.dictionaries(st.sampled_from("abc"), st.text()), st.text())
@settings(max_examples=100)
def test_a_template_of_labels_alone_is_their_concatenation(
    labels: dict[str, str], line: str
) -> None:
    """The short way and the machine agree."""
    parts = [labels.get(name, "") for name in "abc"]
    assert compile_template("{{.a}}-{{.b}}{{.c}}").execute(labels, line) == (
        f"{parts[0]}-{parts[1]}{parts[2]}"
    )
    text = "{{.a}}-{{.b}}{{.c}}{{__line__}}"
    encoded = compile_template(text).execute(labels, line).encode("utf-8", "surrogateescape")
    assert encoded == (f"{parts[0]}-{parts[1]}{parts[2]}" + line).encode("utf-8", "surrogateescape")

"""Where Grafana's variables may stand. The forms are those of public dashboards and of Grafana's
own apps, such as Logs Drilldown, with other names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from toolkit.errors import LogQLError, LogQLTypeError
from toolkit.logql import ast
from toolkit.logql.advice import advise
from toolkit.logql.explain import explain
from toolkit.logql.layout import layout
from toolkit.logql.parser import parse
from toolkit.logql.pretty import format_query
from toolkit.logql.printer import print_expr
from toolkit.logql.quoting import Unquoted
from toolkit.logql.validate import refuse_variables
from toolkit.logql.visitor import find, walk

PLACES = [
    # texts, in quotes and without
    '{app="$app"} |= "$search"',
    "{app=$app, pod=~$pods} |= $search",
    '{app="a"} |~ $text or "b" !~ $other',
    '{app="a"} |> $pattern != $text',
    '{app="a"} |= ip($net) | addr=ip($cidr)',
    '{app="a"} | regexp $re | pattern $pattern | line_format $template',
    '{app="a"} | json field=$path | logfmt other=$key',
    '{app="a"} | json | level=$level | pod!=${pod} or app=~$apps',
    'label_replace(rate({app="a"}[5m]), $to, "$1", $from, $re)',
    # names
    '{$label="a"}',
    '{${label}=~"${value:regex}", app_[[part]]="a"}',
    '{app="a"} | json | $field=~"x" | ${other} >= 400',
    '{app="a"} | json $fields | logfmt --strict ${names:csv}',
    '{app="a"} | label_format $new=old, level=$old, text="{{.x}} $y"',
    '{app="a"} | drop $labels, __error__ | keep ${kept:csv}',
    'sum by ($label) (rate({app="a"}[5m]))',
    'sum by (level, ${labels:csv}) (rate({app="a"}[5m]))',
    'rate({app="a"}[5m]) / on ($label) group_left ($more) rate({app="b"}[5m])',
    'sum_over_time({app="a"} | unwrap $field [5m])',
    'sum_over_time({app="a"} | unwrap duration($field) [5m])',
    # numbers
    'topk($n, sum by (a) (rate({app="a"}[5m])))',
    'bottomk([[n]], rate({app="a"}[5m]))',
    'quantile_over_time($q, {app="a"} | unwrap x [5m])',
    'quantile_over_time(0.$percent, {app="a"} | unwrap x [5m])',
    'sum(rate({app="a"}[5m])) > $threshold',
    'sum(rate({app="a"}[5m])) * ${__interval_ms} / 1000 / $__range_s',
    '{app="a"} | json | at >= ${__from:date:iso} and at <= ${__to}',
    '{app="a"} | json | size > ${size}KB | took < ${took}ms',
    "vector($x) + -$y",
    "$a / $b",
    # ranges and offsets
    'rate({app="a"}[$__auto])',
    'rate({app="a"}[${__interval}])',
    'count_over_time({app="a"}[${__range_s}s])',
    'count_over_time({app="a"}[[[window]]])',
    'count_over_time({app="a"} |~ $text [$window] offset ${days}d)',
    'count_over_time({app="a"}[$__range] offset -$shift)',
    'count_over_time({app="a"}[1h] $offset)',
    'count_over_time({app="a"}[${n}$unit] offset 1$unit)',
    # functions
    '$function({app="a"}[5m])',
    '$function($q, {app="a"} | unwrap $as(x) [5m]) by ($label)',
    '$operation by (level) (rate({app="a"}[5m]))',
    '${operation}(5, rate({app="a"}[5m]))',
    'max(${name}_over_time({app="a"} | unwrap x [5m]))',
    # matchers
    "{$matchers}",
    '{app="a", ${filters:raw}}',
    'sum(count_over_time({$matchers, app="a", $more} |= "x" [$__auto]))',
    # stages
    '{app="a"} | $filter',
    '{app="a"} | $parser | level="x" | ${format}',
    '{app="a"} $filter | json',
    '{app="a"} |= "x" $filter | json | a="b" $more',
    '{app="a"} | json | (a="b" or $condition) and $other',
    'count_over_time({app="a"} $filter [5m])',
    'sum_over_time({app="a"} | json | unwrap x | $filter [5m])',
    "{${filters}} ${levels} ${metadata} ${lines} ${parser} ${fields} ${format}",
    'sum by (${by}) (count_over_time({app="a"} ${metadata} | json ${fields} | logfmt '
    "| drop __error__, __error_details__ ${filters} [$__auto]))",
]  # fmt: skip


@pytest.mark.parametrize("query", PLACES)
def test_a_query_with_variables_is_read_and_printed_as_it_is_written(query: str) -> None:
    expr = parse(query)
    assert print_expr(expr) == query
    assert parse(layout(expr, width=20)) == expr


@pytest.mark.parametrize("query", PLACES)
def test_every_variable_is_part_of_its_node_s_stretch_of_the_text(query: str) -> None:
    for node in walk(parse(query)):
        span = node.span  # type: ignore[attr-defined]
        written = query[span.start : span.end]
        for text in _texts(node):
            assert text in written
        if isinstance(node, ast.VariablePiece):
            assert written == node.text
        elif isinstance(node, ast.Variable):
            assert written in (node.text, f"| {node.text}")


def _texts(node: ast.Node) -> Iterator[str]:
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, str) and "$" in one:
                yield one


@pytest.mark.parametrize("query", PLACES)
def test_a_query_with_variables_is_explained_and_shown_as_loki_shows_queries(query: str) -> None:
    expr = parse(query)
    assert explain(expr, query)
    for name in ("$filter", "$matchers", "$search", "$function", "$offset", "$n", "${fields}"):
        assert (name in query) == (name in explain(expr)) == (name in format_query(expr))


@pytest.mark.parametrize("query", PLACES)
def test_a_variable_outside_of_texts_is_refused_where_a_query_is_run(query: str) -> None:
    outside = re.sub('"[^"]*"', "", query)
    if "$" not in outside and "[[" not in outside:
        pytest.skip("all of its variables stand in texts")
    with pytest.raises(LogQLError):
        parse(query, variables=False)
    with pytest.raises(LogQLTypeError, match="has no value here"):
        refuse_variables(parse(query))


@pytest.mark.parametrize(
    ("query", "node"),
    [
        ("{a=`b`} |= $x", ast.LineFilter("|=", (ast.LineMatch(Unquoted("$x")),))),
        ("{a=`b`} |= `$x`", ast.LineFilter("|=", (ast.LineMatch("$x"),))),
        ("{a=`b`} | c=$x", ast.StringLabelFilter(ast.Matcher("c", "=", Unquoted("$x")))),
        ("{a=`b`} | c>$x", ast.NumberLabelFilter("c", ">", ast.Variable("$x"))),
        ("{a=`b`} | label_format c=$x", ast.LabelFormat((ast.LabelAssignment("c", "$x", True),))),
        ("{a=`b`} | $x", ast.Variable("$x")),
        ("{a=`b`} $x", ast.VariablePiece("$x")),
        ("{a=`b`} | json $x", ast.JsonParser((ast.Extraction("$x", "$x"),))),
    ],
)
def test_what_a_variable_stands_for_follows_from_its_place(query: str, node: ast.Node) -> None:
    expr = parse(query)
    assert isinstance(expr, ast.LogQuery)
    assert expr.stages == (node,)


def test_a_text_without_quotes_is_no_text_with_quotes() -> None:
    assert Unquoted("$x") == Unquoted("$x")
    assert Unquoted("$x") != "$x"
    assert len({Unquoted("$x"), Unquoted("$x"), "$x"}) == 2
    assert parse("{a=$x}") != parse('{a="$x"}')


def test_a_variable_behind_a_stage_is_a_stage_and_not_its_condition() -> None:
    """Its value may be ``|= "x"``, which cannot stand behind ``and``."""
    expr = parse('{a="b"} | c="d", e="f" $x')
    assert isinstance(expr, ast.LogQuery)
    assert [type(stage) for stage in expr.stages] == [ast.AndLabelFilter, ast.VariablePiece]


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("rate($query[5m])", "a variable that stands for matchers stands in braces: {$query}"),
        (
            'sum $by (rate({app="a"}[5m]))',
            "a variable stands for the labels of a grouping: sum by ($labels) (...)",
        ),
        *(
            (
                query,
                "$op may stand for a value, a name, a duration, a function or a stage; an operator "
                "or a grouping cannot be checked before Grafana has put it in",
            )
            for query in (
                '{app="a"} | x $op 5',
                '{app="a"} $op "x"',
                '{app $op "a"}',
                "vector(1) $op vector(2)",
            )
        ),
    ],
)
def test_where_no_variable_may_stand_the_hint_says_where_one_may(query: str, hint: str) -> None:
    with pytest.raises(LogQLError) as raised:
        parse(query)
    assert raised.value.hint == hint


@pytest.mark.parametrize(
    "query", ["{app=$x}", '{app="a"} |= $x', 'rate({app="a"}[$x])', "$x", '{app="a"} | $x="b"']
)
def test_a_query_for_loki_is_told_from_one_for_grafana(query: str) -> None:
    with pytest.raises(LogQLError) as raised:
        parse(query, variables=False)
    assert raised.value.hint == "$x is a variable of Grafana; Loki takes its value only"


@pytest.mark.parametrize(
    "query",
    [
        'sum(rate({app="$app"} | foo [$__auto]))',
        'sum by (a (rate({app="$app"}[5m]))',
        '{app="$app"} | json | level=~5',
    ],
)
def test_a_query_whose_variables_stand_in_texts_has_lokis_errors(query: str) -> None:
    with pytest.raises(LogQLError) as with_variables:
        parse(query)
    with pytest.raises(LogQLError) as plain:
        parse(query.replace("$__auto", "5m"), variables=False)
    assert with_variables.value.message == plain.value.message


def test_a_variable_that_may_be_any_stage_keeps_warnings_quiet() -> None:
    """It may drop ``__error__``, or the labels that make every line a series."""
    for query in (
        'count_over_time({app="a"} | json $x | $filter [5m])',
        'count_over_time({app="a"} | json | a="b" $filter [5m])',
        'sum_over_time({app="a"} | unwrap x | $filter [5m])',
    ):
        assert [one.code for one in advise(parse(query), query)] == []
    loud = 'count_over_time({app="a"} | json | x > $y [5m])'
    assert [one.code for one in advise(parse(loud), loud)] == [
        "parser-errors-fatal",
        "label-for-every-field",
    ]


def test_variables_are_found_in_the_tree() -> None:
    expr = parse('topk($n, rate({app="a"} | $f [$r] $o))')
    assert [one.text for one in find(expr, ast.Variable)] == ["$f", "$r", "$o", "$n"]

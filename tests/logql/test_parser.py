"""The parser takes what Loki takes, and words what is wrong as Loki does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logql.recorded import queries
from toolkit.errors import LogQLError, LogQLSyntaxError, LogQLTypeError, Span
from toolkit.logql import ast
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.canonical import canonical
from toolkit.logql.parser import MAX_QUERY_BYTES, parse, parse_selector
from toolkit.logql.pretty import format_query
from toolkit.logql.printer import print_expr
from toolkit.logql.stages import check_stages
from toolkit.logql.visitor import walk

_MINUTE = 60_000_000_000


def _answer(query: str) -> dict[str, str]:
    """What Loki would answer, in the shape of the recording."""
    try:
        expr = parse(query, variables=False, stages=False)
    except LogQLError as error:
        return {"error": error.message}
    answer = {"canonical": canonical(expr)}
    if format_query(expr) != answer["canonical"]:
        answer["pretty"] = format_query(expr)
    try:
        check_stages(expr, query)
    except LogQLTypeError as error:
        answer["stage_error"] = error.message
    return answer


@pytest.mark.parametrize("part", range(10))
def test_every_recorded_query_is_answered_as_loki_answered_it(part: int) -> None:
    """Errors word for word with line and column, canonical and pretty form, errors of stages."""
    cases = queries()[part::10]
    assert cases
    for case in cases:
        assert {"query": case["query"], **_answer(case["query"])} == case


def _single(query: str) -> ast.Stage:
    expr = parse('{a="b"} ' + query)
    assert isinstance(expr, ast.LogQuery)
    assert len(expr.stages) == 1
    return expr.stages[0]


def test_a_log_query_is_a_selector_and_its_stages_in_order() -> None:
    expr = parse('{app="a", ns!~"b.*"} |= "x" | json | level="error"')
    assert expr == ast.LogQuery(
        ast.Selector((ast.Matcher("app", "=", "a"), ast.Matcher("ns", "!~", "b.*"))),
        (
            ast.LineFilter("|=", (ast.LineMatch("x"),)),
            ast.JsonParser(),
            ast.StringLabelFilter(ast.Matcher("level", "=", "error")),
        ),
    )


@pytest.mark.parametrize(
    ("query", "stage"),
    [
        (
            '!= "x" or ip("1.2.3.4") or `y`',
            ast.LineFilter(
                "!=",
                (ast.LineMatch("x"), ast.LineMatch("1.2.3.4", ip=True), ast.LineMatch("y")),
            ),
        ),
        (
            "| json a, b=`c.d`",
            ast.JsonParser((ast.Extraction("a", "a"), ast.Extraction("b", "c.d"))),
        ),
        ("| logfmt --keep-empty", ast.LogfmtParser(keep_empty=True)),
        ("| logfmt --strict a", ast.LogfmtParser((ast.Extraction("a", "a"),), strict=True)),
        ('| regexp "(?P<a>b)"', ast.RegexpParser("(?P<a>b)")),
        ('| pattern "<a> b"', ast.PatternParser("<a> b")),
        ("| unpack", ast.UnpackParser()),
        ('| line_format "{{.a}}"', ast.LineFormat("{{.a}}")),
        (
            '| label_format a=b, c="{{.d}}"',
            ast.LabelFormat(
                (ast.LabelAssignment("a", "b", True), ast.LabelAssignment("c", "{{.d}}", False))
            ),
        ),
        ("| decolorize", ast.Decolorize()),
        ('| drop a, b=~"c"', ast.DropLabels(("a", ast.Matcher("b", "=~", "c")))),
        ("| keep a, b", ast.KeepLabels(("a", "b"))),
        ("| status = 200", ast.NumberLabelFilter("status", "==", 200.0)),
        ("| status > -1.5e3", ast.NumberLabelFilter("status", ">", -1500.0)),
        ("| latency >= 1m30s", ast.DurationLabelFilter("latency", ">=", Duration(90 * 10**9))),
        ("| size < 1.5KiB", ast.BytesLabelFilter("size", "<", 1536)),
        ('| addr != ip("10.0.0.0/8")', ast.IPLabelFilter("addr", "!=", "10.0.0.0/8")),
        ("| rate > $limit", ast.NumberLabelFilter("rate", ">", Variable("$limit"))),
    ],
)
def test_each_stage_has_its_node(query: str, stage: ast.Stage) -> None:
    assert _single(query) == stage


@pytest.mark.parametrize(
    ("written", "grouped"),
    [
        ("a=1 b=2 c=3", "a=1 and (b=2 and c=3)"),
        ("a=1, b=2 or c=3", "a=1 and (b=2 or c=3)"),
        ("a=1 or b=2, c=3", "a=1 or (b=2 and c=3)"),
        ("a=1 and b=2 or c=3", "(a=1 and b=2) or c=3"),
        ("a=1 or b=2 and c=3", "a=1 or (b=2 and c=3)"),
        ("a=1 and b=2 and c=3", "(a=1 and b=2) and c=3"),
    ],
)
def test_label_filters_group_as_in_loki(written: str, grouped: str) -> None:
    """A comma or a blank binds what follows first, unlike ``and``, although all three mean and."""
    assert _single(f"| {written}") == _single(f"| {grouped}")


@pytest.mark.parametrize(
    "query",
    [
        '{a="b"} | json | unwrap x [5m] offset 1h',
        '{a="b"}[5m] offset 1h | json | unwrap x',
        '({a="b"} | json | unwrap x) [5m] offset 1h',
        '({a="b"} | json | unwrap x [5m] offset 1h)',
    ],
)
def test_a_log_range_may_be_written_in_many_orders(query: str) -> None:
    expr = parse(f"sum_over_time({query})")
    assert expr == ast.RangeAggregation(
        "sum_over_time",
        ast.LogRange(
            ast.LogQuery(ast.Selector((ast.Matcher("a", "=", "b"),)), (ast.JsonParser(),)),
            Duration(5 * _MINUTE),
            Duration(60 * _MINUTE),
            ast.Unwrap("x"),
        ),
    )


def test_operators_bind_as_in_loki() -> None:
    loose = parse("vector(1) or vector(2) and vector(3) == vector(4) + vector(5) * vector(6)")
    tight = parse(
        "vector(1) or (vector(2) and (vector(3) == (vector(4) + (vector(5) * vector(6)))))"
    )
    assert loose == tight
    assert parse("vector(1) - vector(2) - vector(3)") == parse(
        "(vector(1) - vector(2)) - vector(3)"
    )
    assert parse("vector(1) ^ vector(2) ^ vector(3)") == parse(
        "vector(1) ^ (vector(2) ^ vector(3))"
    )


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("1 + 2 * 3", 7),
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", 4),
        ("7 % 4", 3),
        ("1 == 2", 0),
        ("3 > 2", 1),
    ],
)
def test_arithmetic_on_literals_is_done_at_once(query: str, value: float) -> None:
    assert parse(query) == ast.NumberLiteral(value)


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("sum by ($label) (rate({a=`$a`}[$__auto]))", ["$label", "$a", "$__auto"]),
        ("topk($n, count_over_time({a=`b`}[$range] offset $shift))", ["$n", "$range", "$shift"]),
        ("quantile_over_time($q, {a=`b`} | unwrap ${field} [5m])", ["$q", "${field}"]),
        ("vector($x) > [[limit]]", ["$x", "[[limit]]"]),
        ("{${label}=`x`, pre_$y=`z`}", ["${label}", "pre_$y"]),
    ],
)
def test_variables_stand_where_a_value_or_a_name_stands(query: str, places: list[str]) -> None:
    held = repr(parse(query))
    for place in places:
        assert repr(place) in held


def test_texts_with_variables_are_not_checked_as_patterns() -> None:
    parse('{a="b"} |> "<$x>" | json y="$path" | z=ip("$net") | line_format "{{$x"')
    parse('{a="b"} | regexp "$re" | pattern "${pattern:raw}"')
    with pytest.raises(LogQLTypeError):
        parse('{a="b"} | json y="$path"', variables=False)
    for query in ('{a="b"} | regexp "$re"', '{a="b"} | pattern "$p"'):
        with pytest.raises(LogQLSyntaxError):
            parse(query, variables=False)


def test_every_node_of_a_query_knows_where_it_stands() -> None:
    query = (
        'topk(3, sum by (a) (count_over_time({b="c"} |= "d" or ip("1.1.1.1") | json e, f="g" '
        "| h > 5 and i < 1m or j = 1KB | label_format k=l | drop m, n=`o` | unwrap bytes(p) "
        "| q != 1 [5m] offset 1h))) / on (r) group_left (s) "
        "label_replace(vector(1), `a`, `b`, `c`, `d`)"
    ).replace("count_over_time", "sum_over_time")
    texts = {}
    for node in walk(parse(query)):
        span: Span = node.span  # type: ignore[attr-defined]
        assert span != Span(0, 0), node
        texts[type(node).__name__] = query[span.start : span.end]
    assert texts["Selector"] == '{b="c"}'
    assert texts["LineFilter"] == '|= "d" or ip("1.1.1.1")'
    assert texts["JsonParser"] == '| json e, f="g"'
    assert texts["OrLabelFilter"] == "| h > 5 and i < 1m or j = 1KB"
    assert texts["AndLabelFilter"] == "h > 5 and i < 1m"
    assert texts["Unwrap"] == "| unwrap bytes(p) | q != 1"
    assert texts["VectorMatching"] == "on (r) group_left (s)"
    assert texts["Grouping"] == "by (a)"
    assert texts["VectorLiteral"] == "vector(1)"


def test_an_error_points_at_its_place_even_where_loki_gives_none() -> None:
    query = 'sum(sum_over_time({a="b"}[5m]))'
    with pytest.raises(LogQLTypeError) as raised:
        parse(query)
    assert raised.value.message == "parse error : invalid aggregation sum_over_time without unwrap"
    assert raised.value.show().splitlines()[1:] == [
        query,
        "    " + "^" * len('sum_over_time({a="b"}[5m])'),
    ]


def test_an_error_of_a_stage_points_into_the_stage() -> None:
    query = '{a="b"} |= "x" | json |~ "("'
    with pytest.raises(LogQLTypeError) as raised:
        parse(query)
    span = raised.value.span
    assert query[span.start : span.end] == '"("'


@pytest.mark.parametrize("pattern", [r"x\xff", r"\xff|y", r"x|\xed\xa0\x80", r"a\xffb|c"])
@pytest.mark.parametrize(
    "query", ['{{a="b", c=~"{}"}}', '{{a="b"}} | c=~"{}"', '{{a="b"}} | drop c!~"{}"']
)
def test_a_matcher_of_plain_texts_may_hold_what_is_not_utf_8(query: str, pattern: str) -> None:
    """As a running Loki answers: such a pattern is not read as a regular expression."""
    expr = parse(query.format(pattern), variables=False)
    assert parse(print_expr(expr), variables=False) == expr
    assert format_query(expr) == query.format(pattern)


@pytest.mark.parametrize(
    "query",
    [r'{a=~"x\xff.*"}', r'{a=~"(\xff)"}', r'{a="b"} |~ "\xff"', r'{a="b"} | regexp "(?P<x>\xff)"'],
)
def test_a_regular_expression_is_utf_8(query: str) -> None:
    with pytest.raises(LogQLError, match="error parsing regexp: invalid UTF-8"):
        parse(query, variables=False)


def test_a_query_of_128_kib_is_too_long() -> None:
    fits = '{a="' + "x" * (MAX_QUERY_BYTES - 1 - 6) + '"}'
    parse(fits)
    with pytest.raises(LogQLSyntaxError) as raised:
        parse(fits.replace("x", "xx", 1))
    assert raised.value.message == "parse error : input size too long (131072 > 131072)"


def test_a_query_is_measured_in_bytes() -> None:
    with pytest.raises(LogQLSyntaxError, match="input size too long"):
        parse('{a="' + "é" * (MAX_QUERY_BYTES // 2) + '"}')


def test_a_selector_is_parsed_alone() -> None:
    assert parse_selector('{a="b"}') == ast.Selector((ast.Matcher("a", "=", "b"),))
    for query in ('{a="b"} | json', 'rate({a="b"}[5m])'):
        with pytest.raises(LogQLSyntaxError, match="only label matchers are supported"):
            parse_selector(query)


@given(st.text())
def test_only_logql_errors_come_out_of_any_text(text: str) -> None:
    try:
        parse(text)
    except LogQLError as error:
        assert error.message
        assert error.show()


_WORDS = (
    '{a="b"} rate sum topk by without ( ) [5m] | json logfmt unwrap line_format "{{" or and on '
    "group_left , 5 1KB 5m |= != =~ > + - ^ ip bool offset drop x $y vector"
)


@given(st.lists(st.sampled_from(_WORDS.split(" ")), max_size=25))
def test_only_logql_errors_come_out_of_any_row_of_words(words: list[str]) -> None:
    try:
        parse(" ".join(words))
    except LogQLError as error:
        assert error.message

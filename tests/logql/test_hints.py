"""An error proposes what was probably meant, where that is plain."""

from __future__ import annotations

import pytest

from toolkit.errors import LogQLError
from toolkit.logql.parser import parse


def _hint(query: str) -> str | None:
    with pytest.raises(LogQLError) as raised:
        parse(query)
    return raised.value.hint


_FILTERS = 'lines are filtered by |= "text" and |~ "regular expression", one after another'


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ('count_over_tme({a="b"}[5m])', "did you mean `count_over_time`?"),
        ('sum by (x) (rte({a="b"}[5m]))', "did you mean `rate`?"),
        ('{a="b"} | jsn', "did you mean `json`?"),
        ('{a="b"} | line_fomat "x"', "did you mean `line_format`?"),
        ('{a="b"} | line_format "{{ upperr .x }}"', "did you mean `upper`?"),
        ('rate({a="b"}[5minutes])', "did you mean [5m]?"),
        ('rate({a="b"}[30 seconds])', "did you mean [30s]?"),
        ('rate({a="b"}[5])', "did you mean [5m]?"),
        ('rate({a="b"}[1.5h])', "a range is made of whole numbers: [1h30m]"),
        ('{a="b"} | size > 1mb', "did you mean 1MB?"),
        ('{a="b"} | size > 1.5kib', "did you mean 1.5KiB?"),
        ('count({a="b"}[5m])', "did you mean `count_over_time`? count counts series"),
        ('sum({a="b"}[5m])', "sum works on series: sum(count_over_time({...}[5m]))"),
        ('sum by (x) ({a="b"})', "sum works on series: sum(count_over_time({...}[5m]))"),
        ('rate({a="b"})', "rate needs a range: rate({...} [5m])"),
        ("{a='b'}", 'texts stand in double quotes: "b"'),
        ("{a=b}", 'put the text in quotes: "b"'),
        ('{a="b"} |= "x" or y', 'put the text in quotes: "y"'),
        ('{a=="b"}', "a label is compared by a single ="),
        ('{a="b"} | x == "y"', "a text is compared by a single ="),
        ('{a="b"} | x="1" && y="2"', "write `and`"),
        ('{a="b"} | x="1" || y="2"', "write `or`"),
        ('rate({a="b"}[5m]) offset 1h', "offset stands directly behind the range: [5m] offset 1h"),
        ('sum(rate({a="b"}[5m])', "the ( at 1:4 has no )"),
        ('{a="b"', "the { at 1:1 has no }"),
        ('rate({a="b"}[5m]) by (x)', "group around it: sum by (label) (rate(...))"),
        ('topk(rate({a="b"}[5m]))', "say how many: topk(10, ...)"),
        ('-(rate({a="b"}[5m]))', "a minus sign stands before numbers only; write -1 * (...)"),
        ('{a="b"} |~ "*"', 'a * repeats what is before it; "anything" is .*'),
        ('{a="b"} |~ "\\d"', "write \\\\ for a backslash, or put the text in back quotes"),
        ('rate by (x) ({a="b"}[5m])', "group around it, sum by (label) (rate(...)), or behind it "
         "where it unwraps"),
        ('sum by x (rate({a="b"}[5m]))', "labels stand in parentheses: sum by (label) (...)"),
        ('sum(rate({a="b"}[5m])) by x', "labels stand in parentheses: by (label)"),
        ("vector(1) / on vector(2)", "labels stand in parentheses: on (label)"),
        ("vector(1) on (x) vector(2)", "on stands behind an operator: a / on (label) b"),
        ('{a="b" c="d"}', "a comma stands between matchers"),
        ('{a:"b"}', "a label is compared by =, !=, =~ or !~"),
        ('{a-x="b"}', "a label's name holds letters, digits and _ only"),
        ('a="b"', 'a query begins with the streams it reads, {label="value"}, or with a function'),
        ('{a="b"} "x"', _FILTERS),
        ('{a="b"} =~ "x"', _FILTERS),
        ('{a="b"} | "x"', _FILTERS),
        ('{a="b"} |= "x" and "y"', _FILTERS),
        ('{a="b"} |= "x" && |= "y"', _FILTERS),
        ('{a="b"} |=~ "x"', "|~ looks for a regular expression, |= for a text"),
        ('{a="b"} | line_format x', "what line_format takes is a text, in quotes"),
        ('{a="b"} | label_format x', 'label_format new=old, or new="template"'),
        ('{a="b"} | limit 10', "how many lines are wanted is said beside the query: --limit, or "
         "limit of the request"),
        ('{a="b"} | x in ("y")', 'one of several texts is x=~"a|b"'),
        ('{a="b"} | x > 5min', "did you mean 5m?"),
        ('{a="b"} | x.y="z"', "a label's name has no dots; Loki stores them as underscores"),
        ('{a="b"} | drop', "drop takes names of labels, as they are: drop a, b"),
        ('{a="b"} | keep (x)', "keep takes names of labels, as they are: keep a, b"),
        ('{a="b"} |= ip(10.0.0.1)', 'an address stands in quotes: ip("10.0.0.1")'),
        ('{a="b"} | x == ip("::1")', "ip() is compared by = or !="),
        ('rate({a="b"} | unwrap byte(x) [5m])', "did you mean `bytes`?"),
        ('rate({a="b"} | unwrap ms(x) [5m])', "values are converted by bytes(label), "
         "duration(label) or duration_seconds(label)"),
        ('rate({a="b"}[5m] offset 1)', "an offset is a length of time: offset 1h"),
        ('topk(rate({a="b"}[5m]), 5)', "the number stands first: topk(number, ...)"),
        ("sum(vector(1), 2)", "sum takes one query and nothing else"),
        ("vector()", "vector takes a number: vector(0)"),
        ("vector(1))", "this ) closes nothing"),
        ("vector(1) = 1", "values are compared by =="),
        ("vector(1) <> 1", "write !="),
        ('{a="b"} |~ "("', "write \\\\( for a parenthesis, or \\( in back quotes"),
        ('{a=~"(?!x)"}', "RE2 looks neither ahead nor behind; leave lines and streams out by != "
         "and !~"),
        ('{a="b"} | line_format "{{.x"', "the }} is missing"),
        ('{a="b"} | line_format "{{x}}"', "a label is written with a dot: .x"),
        ('{a="b"} | foo', 'foo is no stage of LogQL; a label filter is written foo="value"'),
    ],
)  # fmt: skip
def test_a_plain_mistake_is_met_with_a_proposal(query: str, hint: str) -> None:
    assert _hint(query) == hint


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        # what is missing
        ("", 'a query begins with the streams it reads, {label="value"}, or with a function'),
        ('|= "x"', 'a query begins with the streams it reads, {label="value"}, or with a function'),
        ('{a="b"} |', "a stage is missing behind |"),
        ('{a="b"} |=', "a value is missing behind |="),
        ('{a="b"} | json | c=', "a value is missing behind ="),
        ('{a="b"} | json | c >= | d', "a value is missing behind >="),
        ("vector(1) /", "something is missing behind /"),
        ('{a="b"} json', "a | is missing before json"),
        ('{a="b"} |= "c" line_format "d"', "a | is missing before line_format"),
        ("topk(5 vector(1))", "a comma is missing behind 5"),
        ("vector(1) vector(2)", "an operator is missing before vector"),
        ('{a="b" | json', "the } before the stages is missing"),
        ('{="b"}', "the name of a label is missing before ="),
        ('{a="b"} | json c"d"', "an = is missing before \"d\""),
        ('rate({a="b"}[5m] 1h)', "offset is missing before 1h"),
        ("sum by (a) (vector(1)) / on", "labels stand in parentheses: on (label)"),
        ("sum by (a b) (vector(1))", "a comma stands between labels"),
        ('rate({a="b"} | unwrap [5m])', "the label is missing behind unwrap"),
        ('{a="b"} | keep c d', "a comma stands between labels"),
        ('{a="b"} | drop c="d" e="f"', "a comma stands between labels"),
        # what is too much
        ("sum by (a) (vector(1)) by (b)", "the series are grouped once: by (a, b)"),
        ('{a="b",,c="d"}', "one comma is too much"),
        ('{,a="b"}', "the comma behind { is too much"),
        ("sum by (a,) (vector(1))", "the comma before ) is too much"),
        ('{a="b"} | drop c, ', "the comma at the end is too much"),
        ('{a="b"} | c="d" and or e="f"', "one of `and` and `or` is too much"),
        ('{a="b"} }', "this } closes nothing"),
        ('{a="b"} | unpack c', "unpack takes nothing"),
        ('sum(5, rate({a="b"}[5m]))', "sum takes no number"),
        # what stands elsewhere, or is written otherwise
        ("sum(by (a) vector(1))", "the labels stand before the parentheses: sum by (label) (...)"),
        ("vector(1) / group_left (a) vector(2)", "group_left and group_right stand behind "
         "on (label) or ignoring (label)"),
        ("vector(1) > a", "a is no query, and no number"),
        ("vector(1) ; vector(2)", "; means nothing behind a query"),
        ('rate({a="b"} 5m)', "a range stands in brackets: [5m]"),
        ('rate({a="b"} (5m))', "a range stands in brackets: [5m]"),
        ('rate({a="b"}[-5m])', "a range has no sign; it reaches back, and offset shifts it"),
        ('rate({a="b"}, 5m)', "the range stands directly behind the streams: [5m]"),
        ('rate({a="b"}[5m] @ 1)', "a range is shifted by offset: [5m] offset 1h"),
        ('rate(up{a="b"}[5m])', 'rate reads streams, which are chosen by labels alone: {app="a"}'),
        ("sum(up)", "sum works on series: sum(count_over_time({...}[5m]))"),
        ("quantile_over_time(p99, {a=`b`}[5m])", "a quantile is a number from 0 to 1: 0.99"),
        ("vector(-1)", "vector takes no sign; write -1 * vector(1)"),
        ('label_replace(vector(1), "a")', 'label_replace(query, "to", "$1", "from", "(.*)")'),
        ('sum(rate({a="b"}[5m])) | json', "stages stand inside, before the range: "
         "rate({...} | json [5m])"),
        ("vector(1) bool > 2", "bool stands behind the operator: > bool 1"),
        ("vector(1) ** 2", "write ^"),
        ("vector(1) and not vector(2)", "write `unless`"),
        ('{a="b"} {c="d"}', "a query reads one selector; all matchers stand in one pair of braces"),
        ('{a="b" and c="d"}',
         'matchers are joined by commas; one of several texts is label=~"a|b"'),
        ('{a="b"}, json', "stages are joined by |, not by commas"),
        ('{by="b"}', "by is a word of the language and cannot name a label here"),
        ('{on="b"}', "on is a word of the language and cannot name a label here"),
        ("{a=5}", 'the value of a label is a text, in quotes: "5"'),
        ('{a=["b","c"]}', 'one of several texts is label=~"a|b"'),
        ("{a=“b”}", "texts stand in straight quotes"),
        ('{a=!"b"}', "did you mean !=?"),
        ('{a="b"} |== "c"', "did you mean |=?"),
        ('{a="b"} !=~ "c"', "did you mean !~?"),
        ('{a="b"} |!= "c"', "!= stands without a | before it"),
        ('{a="b"} |= /c/', "what |= looks for is a text, in quotes"),
        ('{a="b"} |= "c"i', "a regular expression begins with (?i) where case is of no matter: "
         '|~ "(?i)text"'),
        ('{a="b"} not "c"', _FILTERS),
        ('{a="b"} | like "c"', _FILTERS),
        ('{a="b"} limit 10', "how many lines are wanted is said beside the query: --limit, or "
         "limit of the request"),
        ('{a="b"} | 5 > c', "the label stands first: label > 5"),
        ('{a="b"} | c => 5', "did you mean >=?"),
        ('{a="b"} | c == d', "a text is compared by a single =, in quotes"),
        ('{a="b"} | c > d', "a number, a duration or a size stands behind >"),
        ('{a="b"} | c >= 4 and < 5', "each condition names its label: x > 1 and x < 5"),
        ('{a="b"} | c="d" or "e"', 'each condition names its label: x="a" or x="b"'),
        ('{a="b"} | c > 5 seconds', "did you mean 5s?"),
        ('{a="b"} | c > 1 GB', "did you mean 1GB?"),
        ('{a="b"} | c > 5x', "x is no unit of a time or a size"),
        ('{a="b"} | not c="d"', "a condition is turned round by its operator: != or !~"),
        ('{a="b"} | lower(c)="d"', "functions stand in templates only: "
         "| label_format y=`{{.x | lower}}`"),
        ('{a="b"} | json "c"', 'json takes labels: json a, b="..."'),
        ('{a="b"} | sum(c)', "sum stands around a range aggregation: "
         "sum(count_over_time({...}[5m]))"),
        ('max_over_time({a="b"} | unwrap c |= "d" [5m])', "behind unwrap stand label filters and "
         "the range only"),
        ('rate({a="b"} | (c="d" [5m])', 'the ( at 1:16 has no )'),
        ('{a="b"} | logfmt c="d[0"', "a key of logfmt is a word, or stands in quotes"),
        ('{a="b"} | json c="d..e"', 'a path is written a.b[0]["c d"]'),
    ],
)  # fmt: skip
def test_a_mistake_with_its_neighbours_is_met_with_a_proposal(query: str, hint: str) -> None:
    assert _hint(query) == hint


def test_where_nothing_is_plain_there_is_no_hint() -> None:
    assert _hint('{a="b"} | {') is None


def test_a_proposal_does_not_touch_the_message() -> None:
    with pytest.raises(LogQLError) as raised:
        parse('count_over_tme({a="b"}[5m])')
    assert raised.value.message == (
        "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER"
    )

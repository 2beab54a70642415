"""Labels that an answer can have: never too few, whatever is asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.promql.support import recorded
from toolkit.promql import parse, parse_metric
from toolkit.promql.kept import kept

CASES: list[dict[str, Any]] = recorded("answers")


def test_no_label_of_prometheus_answers_was_ruled_out() -> None:
    for case in CASES:
        for expr, answer in case["answers"].items():
            for metric, _ in answer if isinstance(answer, list) else ():
                found = kept(parse(expr))
                assert [n for n in parse_metric(metric) if not found.may_have(n)] == [], expr


@pytest.mark.parametrize(
    ("expr", "has", "lacks"),
    [
        ("up", "job __name__", ""),
        ('up{none=""}', "job", "none"),
        ("rate(up[5m])", "job", "__name__"),
        ("last_over_time(up[5m])", "job __name__", ""),
        ("sum(up)", "", "job __name__"),
        ("sum by (job, i) (up)", "job i", "x __name__"),
        ("sum without (i) (up)", "job", "i __name__"),
        ("sum by (job) (sum by (i) (up))", "", "job i"),
        ("topk(3, sum by (job) (up))", "job", "i"),
        ('count_values("n", sum by (job) (up))', "n", "job"),
        ("sum by (job) (up) > 0", "job", "i"),
        ("0 < sum by (job) (up)", "job", "i"),
        ("up > 0", "job __name__", ""),
        ("up > bool 0", "job", "__name__"),
        ("-up", "job", "__name__"),
        ("up + on (job) b", "job", "i __name__"),
        ("up + ignoring (i) b", "job", "i"),
        ("up * on (job) group_left (k) sum by (job, k) (b)", "job i k", ""),
        ("sum by (job) (up) * on (job) group_right (k) b", "job i", "k"),
        ("sum by (job) (up) or sum by (i) (up)", "job i", "x"),
        ("sum by (job) (up) and up", "job", "i"),
        ('absent(up{job="a", i=~"1"})', "job", "i x"),
        ("absent(sum(up))", "", "job"),
        ('label_replace(sum by (a) (up), "b", "$1", "a", "(.*)")', "a b", "c"),
        ("histogram_quantile(0.9, sum by (le, job) (rate(b[5m])))", "job", "le"),
        ("vector(1)", "", "job"),
        ("time()", "", "job"),
        ("max_over_time(sum by (job) (up)[5m:1m])", "job", "i"),
    ],
)
def test_the_labels_of_an_answer(expr: str, has: str, lacks: str) -> None:
    found = kept(parse(expr))
    assert [name for name in has.split() if not found.may_have(name)] == []
    assert [name for name in lacks.split() if found.may_have(name)] == []

"""Templates of labels and annotations, against what a running Loki's ruler made of them.

``ruler_templates.jsonl`` was recorded from ``/prometheus/api/v1/rules`` of a Loki (main of August
2026) whose rules had these annotations; refusals are its answers to a rule group that was posted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from tests.ruletest.support import DATA, SECOND, engine
from toolkit.engine.store import StreamBatch
from toolkit.logql.template import BUILTINS, TemplateSyntaxError
from toolkit.ruletest.asking import Loki, asking
from toolkit.ruletest.expansion import Expander, check_template, template_hint
from toolkit.ruletest.functions import NAMES

TIME = 1_795_000_000 * SECOND + 123 * 10**6
GIVEN, *RECORDED = [
    json.loads(line)
    for line in (DATA / "ruler_templates.jsonl").read_text(encoding="utf-8").splitlines()
]
# %T shows types of Go's that are others here: a pointer, and a text that is HTML.
OTHERWISE = ('{{ printf "%T" (safeHtml "x") }}', '{{ printf "%T" (toTime 0) }} ')


@lru_cache
def expander() -> Expander:
    """As the ruler was set up, with four lines of web-1, two of web-2 and one of db-1."""
    hosts = {"web-1": 4, "web-2": 2, "db-1": 1}
    batches = [
        StreamBatch(
            {"job": "t", "host": host}, [TIME - n * SECOND for n in range(count)], ["x"] * count
        )
        for host, count in hosts.items()
    ]
    ask = asking(Loki(engine(*batches)))
    return Expander(ask, GIVEN["external_labels"], GIVEN["external_url"])


def recorded() -> Iterator[Any]:
    for one in RECORDED:
        if "got" in one and not one["template"].startswith(OTHERWISE):
            yield pytest.param(one, id=f"{one['alert']} {one['template'][:60]}")


def test_enough_was_recorded() -> None:
    """Every function of the ruler's is among the templates, and hundreds of answers."""
    texts = " ".join(one["template"] for one in RECORDED)
    assert len(list(recorded())) > 500
    assert not [name for name in NAMES | BUILTINS if name not in texts]


@pytest.mark.parametrize("one", list(recorded()))
def test_a_template_becomes_what_the_ruler_made_of_it(one: dict[str, str]) -> None:
    labels = GIVEN["labels"] if one["alert"] == "L" else {}
    got = expander().expand(one["alert"], one["template"], labels, float(one["value"]), TIME)
    assert got == one["got"]


@pytest.mark.parametrize("one", [one for one in RECORDED if "refused" in one])
def test_a_template_that_loki_refuses_is_refused_in_its_words(one: dict[str, str]) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        check_template(one["template"], one["alert"])
    assert caught.value.message == one["refused"]


@pytest.mark.parametrize("one", [one for one in RECORDED if "got" in one])
def test_a_template_that_loki_takes_is_taken(one: dict[str, str]) -> None:
    check_template(one["template"], one["alert"])


def test_now_is_the_time_of_the_evaluation_in_milliseconds() -> None:
    ruler = expander()
    assert ruler.expand("a", "{{ now }}", {}, 0, 1_500 * 10**6) == "1.5"
    assert ruler.expand("a", "{{ now }}", {}, 0, 1_999_999) == "0.001"


def test_a_query_in_a_template_is_asked_at_the_time_of_the_evaluation() -> None:
    query = (
        '{{ with query "sum(count_over_time({job=\\"t\\"}[1h]))" }}{{ . | first | value }}{{ end }}'
    )
    assert expander().expand("a", query, {}, 0, TIME) == "7"
    assert expander().expand("a", query, {}, 0, TIME - 10 * SECOND) == ""


def test_a_template_that_does_not_parse_says_so_in_its_place() -> None:
    """Loki would refuse the rule; a rule made by a program may still come here."""
    got = expander().expand("a", "{{ nope }}", {}, 0, TIME)
    assert got == (
        "<error expanding template: error parsing template __alert_a:"
        ' template: __alert_a:1: function "nope" not defined>'
    )


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ('undefined variable "$values"', "$values is Grafana's; the ruler has one value"),
        ('undefined variable "$externalURL"', "write {{ externalURL }}"),
        ('undefined variable "$x"', "there are $labels, $value and $externalLabels"),
        ('function "lower" not defined', "did you mean toLower?"),
        ('function "humanise" not defined', "did you mean humanize?"),
        ("unclosed action", ""),
    ],
)
def test_a_hint_for_what_is_plain(message: str, hint: str) -> None:
    assert hint in template_hint(message)
    assert bool(template_hint(message)) == bool(hint)

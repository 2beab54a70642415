"""A question that is not answered costs its part of the report, and the report says so."""

from __future__ import annotations

import jsonschema
import pytest

from tests.reports.recount import Between, report
from tests.reports.test_parts import EVENTS, JSON, PERIOD
from toolkit.errors import (
    LogQLSyntaxError,
    SourceError,
    SourceLimit,
    SourceTimeout,
    SourceUnavailable,
)
from toolkit.reports.document import document
from toolkit.reports.findings import Noise, Unanswered
from toolkit.reports.to_json import schema, to_json
from toolkit.sources.base import LokiSource

FEW = EVENTS[::4]
LIMIT = SourceLimit("maximum number of series (500) reached", query="q", url="u")


def refusing(word: str, error: Exception, *, after: int = 0) -> Between:
    """Refuses questions with that word in them, the first ``after`` of all excepted."""
    made: list[Between] = []

    def through(source: LokiSource) -> Between:
        def refuse(query: str) -> Exception | None:
            late = len(made[0].asked) >= after
            return error if late and word in query else None

        made.append(Between(source, refuse))
        return made[0]

    data = report(FEW, PERIOD, JSON, through=through)
    made[0].data = data  # type: ignore[attr-defined]
    return made[0]


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("proc_pname", "noise"),
        ("by (rule, tags)", "mitre"),
        ("[1m]", "floods"),
        ("k8s_pod_name", "origins"),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        SourceTimeout("request timed out", query="q", url="u"),
        LogQLSyntaxError('function "x" not defined', text="q"),
    ],
)
def test_a_part_is_null_and_everything_else_stands(
    word: str, part: str, error: SourceError
) -> None:
    whole = to_json(report(FEW, PERIOD, JSON))
    source = refusing(word, error)
    found = to_json(source.data)  # type: ignore[attr-defined]
    jsonschema.validate(found, schema())
    assert found[part] is None
    [entry] = [one for one in found["unanswered"] if one["part"] == part]
    assert error.message in entry["reason"]
    assert entry["setting"] is None
    assert not found["completeness"]["complete"]
    assert any(error.message in reason for reason in found["completeness"]["reasons"])
    for key in ("totals", "by_rule", "by_node", "by_rule_and_node", "by_day", "new_rules"):
        assert found[key] == whole[key], key
    failed = [one for one in found["queries"] if one["error"]]
    assert failed
    assert all(one["series"] is None and error.message in one["error"] for one in failed)
    made = document(source.data)  # type: ignore[attr-defined]
    assert any(error.message in line for line in made.banner)
    text = " ".join(sentence for one in made.sections[1:] for sentence in one.sentences)
    if part != "origins":
        assert error.message in text


@pytest.mark.parametrize("word", ["sum by (rule, priority, hostname) (", 'rule=~"Test rule|'])
def test_without_the_counts_that_everything_stands_on_there_is_no_report(word: str) -> None:
    with pytest.raises(SourceLimit):
        refusing(word, LIMIT)


def test_too_many_commands_are_counted_without_their_numbers() -> None:
    def through(source: LokiSource) -> Between:
        return Between(
            source,
            lambda query: (
                LIMIT if "proc_cmdline" in query and "label_format" not in query else None
            ),
        )

    exact, data = (report(FEW, PERIOD, JSON, through=one) for one in (Between, through))
    assert isinstance(data.noise, Noise)
    assert isinstance(exact.noise, Noise)
    assert data.noise.inexact
    assert not exact.noise.inexact
    assert data.noise.counted == exact.noise.counted
    assert [(one.rule, one.events) for one in data.noise.groups] == [
        (one.rule, one.events) for one in exact.noise.groups
    ]
    text = " ".join(s for one in document(data).sections for s in one.sentences)
    assert "too many different commands" in text


def test_a_source_that_is_gone_is_not_asked_again() -> None:
    gone = SourceUnavailable("connection refused", query="q", url="u")
    source = refusing("", gone, after=2)
    assert len(source.asked) == 3
    data = source.data  # type: ignore[attr-defined]
    assert isinstance(data.noise, Unanswered)
    assert data.events == report(FEW, PERIOD, JSON).events
    jsonschema.validate(to_json(data), schema())

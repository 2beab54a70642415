"""Test files: promtool's format for rule tests (prometheus/prometheus cmd/promtool/unittest.go)
with log entries beside promtool's series.

Durations are nanoseconds, counted from the start of a test. The format is described in
docs/rule-tests.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from toolkit.falco.timestamps import parse_time
from toolkit.logql.durations import MINUTE, SECOND
from toolkit.ruletest.inputs import EventFile, RepeatedEvent, StreamEntries, WrittenSeries
from toolkit.ruletest.labelsets import parse_labels
from toolkit.ruletest.places import Place, Text
from toolkit.ruletest.rulefile import Language
from toolkit.ruletest.testinputs import (
    read_dialect,
    read_events,
    read_metric,
    read_series,
    read_streams,
)
from toolkit.ruletest.yamlreader import Reader, Report, read_file

DEFAULT_INTERVAL: Final = MINUTE
"""promtool's, and the ruler's own evaluation interval."""

_FILE_KEYS: Final = (
    *("rule_files", "alert_groups", "dialect", "evaluation_interval", "fuzzy_compare", "tests"),
)
_TEST_KEYS: Final = (
    *("name", "interval", "start_timestamp", "input_streams", "input_series", "input_events"),
    *("alert_rule_test", "logql_expr_test", "promql_expr_test", "external_labels", "external_url"),
)
_ALERT_KEYS: Final = ("eval_time", "alertname", "exp_alerts")
_EXPECTED_KEYS: Final = ("exp_labels", "exp_annotations", "exp_annotations_include")
_EXPR_KEYS: Final = ("expr", "eval_time", "exp_samples")
_EXPR_TESTS: Final[dict[str, Language]] = {
    "logql_expr_test": "logql",
    "promql_expr_test": "promql",
}
_ELSEWHERE: Final = {
    "group_eval_order": "Loki's rules never read what other rules found: the order has no effect",
}


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    """An alert that has to fire.

    ``annotations`` are compared whole unless None; of ``some_annotations`` each has to be there.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str] | None = None
    some_annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertTest:
    """What fires under a name at a time: just these alerts."""

    place: Place
    time: int
    alert: Text
    expected: Sequence[ExpectedAlert] = ()


@dataclass(frozen=True, slots=True)
class ExpectedSample:
    """One series of an answer."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class ExprTest:
    """What a query answers at a time: just these samples."""

    language: Language
    place: Place
    time: int
    expr: Text
    expected: Sequence[ExpectedSample] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One test: entries, and what has to come of them. ``start`` is time 0, in Unix ns."""

    name: str
    place: Place
    start: int = 0
    streams: Sequence[StreamEntries] = ()
    series: Sequence[WrittenSeries] = ()
    events: Sequence[RepeatedEvent | EventFile] = ()
    alerts: Sequence[AlertTest] = ()
    exprs: Sequence[ExprTest] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""


@dataclass(frozen=True, slots=True)
class RuleTestFile:
    """A test file. ``rule_files`` are as written, relative to the file."""

    path: Path
    rule_files: Sequence[Text] = ()
    alert_groups: Sequence[Text] = ()
    dialect: str = ""
    interval: int = DEFAULT_INTERVAL
    fuzzy: bool = False
    cases: Sequence[Case] = ()


def load_tests(path: Path, report: Report, *, shown: str | None = None) -> RuleTestFile | None:
    """The tests of a file; what is wrong with it goes to ``report``."""
    found = read_file(path, shown or str(path), report)
    if found is None:
        return None
    reader, node = found
    keys = reader.mapping(
        node, "a test file", _FILE_KEYS, required=("tests",), hints=_ELSEWHERE | _misplaced(node)
    )
    interval = _positive(reader, keys.get("evaluation_interval"), "evaluation_interval")
    interval = interval or DEFAULT_INTERVAL
    cases = [
        _case(reader, item, number, interval)
        for number, item in enumerate(reader.items(keys.get("tests"), "tests"), 1)
    ]
    return RuleTestFile(
        path=path,
        rule_files=reader.text_list(keys.get("rule_files"), "rule_files"),
        alert_groups=reader.text_list(keys.get("alert_groups"), "alert_groups"),
        dialect=read_dialect(reader, keys.get("dialect")),
        interval=interval,
        fuzzy=reader.flag(keys.get("fuzzy_compare"), "fuzzy_compare"),
        cases=cases,
    )


def _misplaced(node: yaml.Node) -> dict[str, str]:
    """Hints for a file of another kind."""
    if isinstance(node, yaml.MappingNode):
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "groups":
                return {"groups": "this is a rule file: toolkit rules check looks at it"}
    return {}


def _case(reader: Reader, node: yaml.Node, number: int, default: int) -> Case:
    keys = reader.mapping(node, "a test", _TEST_KEYS, hints=_ELSEWHERE)
    name = reader.text(keys.get("name"), "name")
    interval = _positive(reader, keys.get("interval"), "interval") or default
    external_url = reader.text(keys.get("external_url"), "external_url")
    alert_tests = reader.items(keys.get("alert_rule_test"), "alert_rule_test")
    if keys and not keys.keys() & {"alert_rule_test", *_EXPR_TESTS}:
        needed = "alert_rule_test, logql_expr_test or promql_expr_test"
        reader.error(node, f"a test needs {needed}", code="missing-key")
    return Case(
        name=name.value if name is not None and name.value else f"unnamed test {number}",
        place=reader.source.of(node),
        start=_start(reader, keys.get("start_timestamp")),
        streams=read_streams(reader, keys.get("input_streams"), interval),
        series=read_series(reader, keys.get("input_series"), interval),
        events=read_events(reader, keys.get("input_events"), interval),
        alerts=[test for one in alert_tests if (test := _alert_test(reader, one)) is not None],
        exprs=[
            asked
            for key, language in _EXPR_TESTS.items()
            for one in reader.items(keys.get(key), key)
            if (asked := _expr_test(reader, one, key, language)) is not None
        ],
        external_labels=_values(reader.texts(keys.get("external_labels"), "external_labels")),
        external_url=external_url.value if external_url is not None else "",
    )


def _start(reader: Reader, node: yaml.Node | None) -> int:
    """Unix nanoseconds of an RFC 3339 time or of Unix seconds, whole or not."""
    text = reader.text(node, "start_timestamp")
    if text is None or node is None:
        return 0
    seconds, _, fraction = text.value.partition(".")
    if seconds.isdecimal() and (not fraction or fraction.isdecimal()):
        return int(seconds) * SECOND + int(fraction[:9].ljust(9, "0"))
    moment = parse_time(text.value)
    if moment is None:
        hint = "write 2026-11-16T09:00:00Z or Unix seconds"
        reader.error(node, f"start_timestamp is {text.value!r}, which is no time", hint)
    return moment or 0


def _positive(reader: Reader, node: yaml.Node | None, what: str) -> int | None:
    length = reader.duration(node, what)
    if length is not None and length <= 0 and node is not None:
        reader.error(node, f"{what} has to be longer than nothing")
        return None
    return length


# --- what is expected -----------------------------------------------------------------------------


def _alert_test(reader: Reader, node: yaml.Node) -> AlertTest | None:
    required = ("eval_time", "alertname")
    keys = reader.mapping(node, "an alert_rule_test", _ALERT_KEYS, required=required)
    time = _eval_time(reader, keys.get("eval_time"))
    alert = reader.text(keys.get("alertname"), "alertname")
    expected = [
        _expected_alert(reader, item, alert.value if alert is not None else "")
        for item in reader.items(keys.get("exp_alerts"), "exp_alerts")
    ]
    if time is None or alert is None:
        return None
    return AlertTest(reader.source.of(node), time, alert, expected)


def _expected_alert(reader: Reader, node: yaml.Node, alert: str) -> ExpectedAlert:
    keys = reader.mapping(node, "an expected alert", _EXPECTED_KEYS)
    labels = _values(reader.texts(keys.get("exp_labels"), "exp_labels"))
    some = keys.get("exp_annotations_include")
    whole = keys.get("exp_annotations")
    if some is not None and whole is not None:
        reader.error(node, "exp_annotations names them all: exp_annotations_include is too much")
    annotations = _values(reader.texts(whole, "exp_annotations"))
    return ExpectedAlert(
        labels={**labels, "alertname": alert},
        annotations=annotations if whole is not None else None,
        some_annotations=_values(reader.texts(some, "exp_annotations_include")),
    )


def _expr_test(reader: Reader, node: yaml.Node, key: str, language: Language) -> ExprTest | None:
    required = ("expr", "eval_time")
    keys = reader.mapping(node, f"a {key}", _EXPR_KEYS, required=required)
    read_labels = read_metric if language == "promql" else parse_labels
    time = _eval_time(reader, keys.get("eval_time"))
    expr = reader.text(keys.get("expr"), "expr")
    expected: list[ExpectedSample] = []
    for item in reader.items(keys.get("exp_samples"), "exp_samples"):
        parts = reader.mapping(item, "a sample", ("labels", "value"), required=("value",))
        labels = read_labels(reader, parts.get("labels"), "labels")
        value = reader.number(parts.get("value"), "value")
        if labels is not None and value is not None:
            expected.append(ExpectedSample(labels, value))
    if time is None or expr is None:
        return None
    return ExprTest(language, reader.source.of(node), time, expr, expected)


def _eval_time(reader: Reader, node: yaml.Node | None) -> int | None:
    time = reader.duration(node, "eval_time")
    if time is not None and time < 0 and node is not None:
        reader.error(node, "eval_time lies before the start; rules are evaluated from 0 on")
        return None
    return time


def _values(texts: Mapping[str, Text]) -> dict[str, str]:
    return {name: text.value for name, text in texts.items()}

"""Runs test files: entries into an embedded store, rules over time, answers compared."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.engine.engine import Engine
from toolkit.engine.limits import Limits
from toolkit.errors import DefinitionError
from toolkit.falco.labels import LabelSchema, dialects
from toolkit.logql.durations import format_prometheus
from toolkit.ruletest.alerting import State
from toolkit.ruletest.asking import EvaluationError, Loki, Prometheus, Source, asking
from toolkit.ruletest.compare import compare_alerts, compare_samples
from toolkit.ruletest.expansion import Expander
from toolkit.ruletest.groups import Definitions, Rendered, render_groups
from toolkit.ruletest.history import Look, RuleFailed, watch
from toolkit.ruletest.inputs import InputError, event_batches, fill, stream_batches
from toolkit.ruletest.outcome import CaseResult, Failure, FileResult, Pair
from toolkit.ruletest.problems import Problem, Severity, did_you_mean, errors_in
from toolkit.ruletest.rulefile import Language, Rule, RuleGroup, load_rules
from toolkit.ruletest.show import number
from toolkit.ruletest.testfile import AlertTest, Case, ExprTest, RuleTestFile, load_tests

Sources = Mapping[Language, Source]

Define = Callable[[LabelSchema], Definitions]
"""Where alert groups are defined, for a label dialect."""


@dataclass(frozen=True, slots=True)
class Run:
    """What tests run with.

    ``schema`` is the label dialect where a test file names none. ``limits`` are Loki's own.
    """

    define: Define
    schema: LabelSchema
    wanted: Callable[[str], bool] = lambda name: True
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class _Rules:
    groups: Sequence[RuleGroup]
    left_out: Mapping[str, str]

    def named(self, alert: str) -> list[tuple[RuleGroup, Rule]]:
        """The alert rules of a name; several groups may have one."""
        return [
            (group, rule)
            for group in self.groups
            for rule in group.rules
            if rule.kind == "alert" and rule.name.value == alert
        ]

    def names(self) -> list[str]:
        return [r.name.value for group in self.groups for r in group.rules if r.kind == "alert"]


def run_file(path: Path, run: Run) -> FileResult:
    """Runs the tests of a file that ``run`` wants; nothing is raised for a bad file."""
    problems: list[Problem] = []
    tests = load_tests(path, problems.append)
    if tests is None or errors_in(problems):
        return FileResult(str(path), problems)
    rules = _load(tests, run, problems)
    cases = [case for case in tests.cases if run.wanted(case.name)]
    if not errors_in(problems):
        problems += _nameless(cases, rules)
    if errors_in(problems):
        return FileResult(str(path), problems)
    try:
        results = [_timed(case, tests, rules, run) for case in cases]
    except InputError as error:
        problems.append(Problem("events", Severity.ERROR, error.place, str(error)))
        return FileResult(str(path), problems)
    return FileResult(str(path), problems, results)


# --- rules ----------------------------------------------------------------------------------------


def _load(tests: RuleTestFile, run: Run, problems: list[Problem]) -> _Rules:
    groups: list[RuleGroup] = []
    for text in tests.rule_files:
        found = _files(tests.path.parent / text.value)
        if not found:
            summary = f"there is no rule file {text.value}"
            hint = "rule_files are relative to the test file"
            problems.append(Problem("rule-file", Severity.ERROR, text.place, summary, hint))
        for one in found:
            groups += load_rules(Path(one), problems.append).groups
    rendered = Rendered()
    if tests.alert_groups:
        names = [text.value for text in tests.alert_groups]
        schema = dialects()[tests.dialect] if tests.dialect else run.schema
        try:
            rendered = render_groups(names, run.define(schema))
        except DefinitionError as error:
            place = next((t.place for t in tests.alert_groups if t.value == error.path), None)
            problems.append(
                Problem(
                    "alert-group",
                    Severity.ERROR,
                    place or tests.alert_groups[0].place,
                    error.message,
                    error.hint or "",
                )
            )
    return _Rules((*groups, *rendered.groups), rendered.left_out)


def _files(pattern: Path) -> list[Path]:
    """The file of that name, or those that the pattern (``rules/*.yaml``) means."""
    if pattern.exists():
        return [pattern]
    anchor = Path(pattern.anchor or ".")
    return sorted(anchor.glob(str(pattern.relative_to(anchor) if pattern.anchor else pattern)))


def _nameless(cases: Iterable[Case], rules: _Rules) -> Iterator[Problem]:
    """Alerts that no rule has the name of: a slip would make a quiet test pass."""
    for case in cases:
        for test in case.alerts:
            name = test.alert.value
            if rules.named(name):
                continue
            summary = f"there is no alert rule {name}"
            hint = did_you_mean(name, rules.names()) or "rule_files and alert_groups name none"
            if name in rules.left_out:
                summary = f"the alert rule {name} is left out: {rules.left_out[name]}"
                hint = ""
            yield Problem("alertname", Severity.ERROR, test.alert.place, summary, hint, case.name)


# --- one test -------------------------------------------------------------------------------------


def _timed(case: Case, tests: RuleTestFile, rules: _Rules, run: Run) -> CaseResult:
    began = time.perf_counter()
    failures = list(_failures(case, tests, rules, run))
    return CaseResult(case.name, case.place, failures, time.perf_counter() - began)


def _failures(case: Case, tests: RuleTestFile, rules: _Rules, run: Run) -> Iterator[Failure]:
    def schema(name: str) -> LabelSchema:
        name = name or tests.dialect
        return dialects()[name] if name else run.schema

    refused: Counter[str] = Counter()
    batches = [
        *stream_batches(case.streams, case.start),
        *event_batches(case.events, case.start, tests.path.parent, schema, refused),
    ]
    store, twice = fill(batches)
    snapshot = store.snapshot()
    sources: dict[Language, Source] = {
        "logql": Loki(Engine(lambda: snapshot, run.limits)),
        "promql": Prometheus([one.from_start(case.start) for one in case.series], tests.interval),
    }
    notes = [
        f"{number(count, 'event')} never reached Loki: {why}" for why, count in refused.items()
    ]
    if twice:
        notes.append(
            f"{number(twice, 'repeated line')} dropped, there already with the same time and line"
        )
    try:
        looks = _looks(case, tests, rules, sources)
    except RuleFailed as error:
        yield Failure(case.place, str(error))
        looks = {}
    for test in case.alerts:
        if (test.alert.value, test.time) in looks:
            yield from _alert_failure(test, looks[test.alert.value, test.time], notes)
    for one in case.exprs:
        yield from _expr_failure(one, case.start, sources, notes, fuzzy=tests.fuzzy)


def _looks(
    case: Case, tests: RuleTestFile, rules: _Rules, sources: Sources
) -> dict[tuple[str, int], list[Look]]:
    """What each rule that the test asks for says at each time it asks."""
    asked: dict[str, set[int]] = {}
    for test in case.alerts:
        asked.setdefault(test.alert.value, set()).add(test.time)
    expanders = {
        language: Expander(asking(source), case.external_labels, case.external_url)
        for language, source in sources.items()
    }
    looks: dict[tuple[str, int], list[Look]] = {}
    for name, times in asked.items():
        for group, rule in rules.named(name):
            source, expander = sources[rule.language], expanders[rule.language]
            for moment, look in watch(
                rule, group, tests.interval, sorted(times), case.start, source, expander
            ):
                looks.setdefault((name, moment), []).append(look)
    return looks


def _alert_failure(
    test: AlertTest, looks: Sequence[Look], notes: Sequence[str]
) -> Iterator[Failure]:
    firing = [a for look in looks for a in look.active if a.state is State.FIRING]
    pairs = compare_alerts(test.expected, firing)
    if pairs:
        title = f"alert {test.alert} at {format_prometheus(test.time)}"
        counted = f"{number(len(test.expected), 'alert')} expected, {len(firing)} firing"
        lost = any(not pair.has_got for pair in pairs)
        notes = [*_pending(looks), *(_past(looks) if lost else ()), *_late(test, looks), *notes]
        yield Failure(test.place, f"{title}: {counted}", pairs, notes)


def _pending(looks: Iterable[Look]) -> Iterator[str]:
    for look in looks:
        for alert in look.active:
            if alert.state is State.PENDING:
                since, until = alert.since, alert.since + look.rule.pending
                yield (
                    f"{_labels(alert.labels)} is pending since {format_prometheus(since)}; with"
                    f" for: {format_prometheus(look.rule.pending)} it fires from "
                    f"{format_prometheus(until)} on"
                )


def _past(looks: Iterable[Look]) -> Iterator[str]:
    for look in looks:
        for alert in look.past:
            yield (
                f"{_labels(alert.labels)} fired from {format_prometheus(alert.fired)} on and was"
                f" over at {format_prometheus(alert.resolved)}"
            )


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'{name}="{text}"' for name, text in sorted(labels.items())) + "}"


def _late(test: AlertTest, looks: Iterable[Look]) -> Iterator[str]:
    for look in looks:
        if look.evaluated != test.time:
            yield (
                f"the group is evaluated every {format_prometheus(look.interval)}, last at "
                f"{format_prometheus(look.evaluated)}"
            )


def _expr_failure(
    test: ExprTest, start: int, sources: Sources, notes: Sequence[str], *, fuzzy: bool
) -> Iterator[Failure]:
    title = f"query at {format_prometheus(test.time)}"
    query = [f"query: {line}" for line in test.expr.value.strip().splitlines()[:1]]
    try:
        got = sources[test.language].at(test.expr.value, start + test.time)
    except EvaluationError as error:
        yield Failure(test.place, f"{title}: {error}", notes=query)
        return
    pairs: list[Pair] = compare_samples(test.expected, got, fuzzy=fuzzy)
    if pairs:
        counted = f"{number(len(test.expected), 'sample')} expected, {len(got)} found"
        yield Failure(test.place, f"{title}: {counted}", pairs, [*query, *notes])

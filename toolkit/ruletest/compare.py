"""What was expected beside what was found: equal, or in pairs that show where they differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from toolkit.logql.numbers import format_general
from toolkit.results import Sample
from toolkit.ruletest.history import ActiveAlert
from toolkit.ruletest.outcome import Mark, Pair, Row
from toolkit.ruletest.testfile import ExpectedAlert, ExpectedSample

Expected = TypeVar("Expected")
Got = TypeVar("Got")


def compare_alerts(expected: Sequence[ExpectedAlert], got: Sequence[ActiveAlert]) -> list[Pair]:
    """The alerts that differ; none where all came as expected."""
    return _compare(expected, got, _alert_rows, _expected_alert_rows, _got_alert_rows)


def compare_samples(
    expected: Sequence[ExpectedSample], got: Sequence[Sample], *, fuzzy: bool
) -> list[Pair]:
    """The samples that differ. With ``fuzzy`` the last bit of a value does not count."""

    def rows(one: ExpectedSample, other: Sample) -> list[Row]:
        same = _same_value(one.value, other.value, fuzzy=fuzzy)
        value = _value(one.value), _value(other.value)
        if same and value[0] != value[1]:
            value = value[1], value[1]
        mark: Mark = " " if same else "!"
        return [*_rows(one.labels, other.labels), Row(mark, "value", *value)]

    return _compare(
        expected,
        got,
        rows,
        lambda one: _alone(_sample_texts(one.labels, one.value), expected=True),
        lambda one: _alone(_sample_texts(one.labels, one.value), expected=False),
    )


def _compare(
    expected: Sequence[Expected],
    got: Sequence[Got],
    rows: Callable[[Expected, Got], list[Row]],
    lost: Callable[[Expected], list[Row]],
    extra: Callable[[Got], list[Row]],
) -> list[Pair]:
    """Pairs that differ: each expected one with what is most like it, then what is left over."""
    missing, left = list(expected), list(got)
    for one in expected:
        for other in left:
            if not _differences(rows(one, other)):
                missing.remove(one)
                left.remove(other)
                break
    pairs: list[Pair] = []
    for one in missing:
        if not left:
            pairs.append(Pair(lost(one), has_got=False))
            continue
        nearest = min(left, key=lambda other: _differences(rows(one, other)))
        left.remove(nearest)
        pairs.append(Pair(rows(one, nearest)))
    return pairs + [Pair(extra(other), has_expected=False) for other in left]


def _differences(rows: Sequence[Row]) -> int:
    return sum(row.mark != " " for row in rows)


def _rows(expected: Mapping[str, str], got: Mapping[str, str]) -> list[Row]:
    """One row for each name of either."""
    found: list[Row] = []
    for name in sorted({*expected, *got}):
        one, other = expected.get(name), got.get(name)
        mark: Mark = " " if one == other else "-" if other is None else "+" if one is None else "!"
        found.append(Row(mark, name, one, other))
    return found


def _alone(texts: Mapping[str, str], *, expected: bool) -> list[Row]:
    if expected:
        return [Row("-", name, text, None) for name, text in texts.items()]
    return [Row("+", name, None, text) for name, text in texts.items()]


# --- alerts ---------------------------------------------------------------------------------------


def _alert_rows(expected: ExpectedAlert, got: ActiveAlert) -> list[Row]:
    rows = _rows(expected.labels, got.labels)
    if expected.annotations is not None:
        return rows + _rows(expected.annotations, got.annotations)
    some = expected.some_annotations
    return rows + _rows(some, {name: t for name, t in got.annotations.items() if name in some})


def _expected_alert_rows(one: ExpectedAlert) -> list[Row]:
    annotations = one.annotations or one.some_annotations
    return _alone(dict(sorted(one.labels.items())), expected=True) + _alone(
        annotations, expected=True
    )


def _got_alert_rows(one: ActiveAlert) -> list[Row]:
    return _alone(dict(sorted(one.labels.items())), expected=False) + _alone(
        one.annotations, expected=False
    )


# --- samples --------------------------------------------------------------------------------------


def _same_value(one: float, other: float, *, fuzzy: bool) -> bool:
    if one == other or (math.isnan(one) and math.isnan(other)):
        return True
    return fuzzy and other in (math.nextafter(one, math.inf), math.nextafter(one, -math.inf))


def _value(value: float) -> str:
    return format_general(value)


def _sample_texts(labels: Mapping[str, str], value: float) -> dict[str, str]:
    return {**dict(sorted(labels.items())), "value": _value(value)}

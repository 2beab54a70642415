"""``drop`` and ``keep`` (``pkg/logql/log/drop_labels.go``, ``keep_labels.go``)."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.caching import cached
from toolkit.engine.pipeline.labels import ERROR, ERROR_DETAILS, PRESERVE_ERROR
from toolkit.engine.pipeline.matching import Test, regex_test
from toolkit.engine.pipeline.stage import Bound, Stage
from toolkit.logql.ast import Matcher

_SPECIAL = (ERROR, ERROR_DETAILS, PRESERVE_ERROR)


def drop(items: tuple[str | Matcher, ...]) -> Stage:
    """Drop labels by name, or where the value matches. ``drop __error__`` takes the error back."""
    drops = [(item, None) if isinstance(item, str) else _named_test(item) for item in items]

    def bind(builder: LabelsBuilder) -> Bound:
        acts = [_drop_one(builder, name, test) for name, test in drops]

        def stage(timestamp: int, line: str) -> str:
            for act in acts:
                act()
            return line

        return stage

    return bind


def keep(items: tuple[str | Matcher, ...]) -> Stage:
    """Keep the labels with one of the names, or a value that matches, and the error labels."""
    names = {item for item in items if isinstance(item, str)}
    tests: dict[str, list[Test]] = {}
    for item in items:
        if not isinstance(item, str):
            name, test = _named_test(item)
            tests.setdefault(name, []).append(test)
            names.add("")  # a matcher has no name in Loki, so it keeps a label that has none either

    def bind(builder: LabelsBuilder) -> Bound:
        def stage(timestamp: int, line: str) -> str:
            for name, value in builder.unsorted():
                if name in names or name in _SPECIAL:
                    continue
                if not any(test(value) for test in tests.get(name, ())):
                    builder.delete(name)
            return line

        return stage

    return bind


def matcher_test(matcher: Matcher) -> Test:
    """Whether a value matches as Prometheus' matchers do: regexes are anchored, and their dot
    matches a line feed."""
    value = matcher.value
    if matcher.op == "=":
        return lambda text: text == value
    if matcher.op == "!=":
        return lambda text: text != value
    test = cached(regex_test(f"^(?s:{value})$"))
    return test if matcher.op == "=~" else lambda text: not test(text)


def _named_test(matcher: Matcher) -> tuple[str, Test]:
    return matcher.name, matcher_test(matcher)


def _drop_one(builder: LabelsBuilder, name: str, test: Test | None) -> Callable[[], None]:
    def drop_error() -> None:
        if test is None or test(builder.error):
            builder.error = ""

    def drop_details() -> None:
        if test is None or test(builder.details):
            builder.details = ""

    def drop_matching() -> None:
        assert test is not None
        if test(builder.get(name) or ""):
            builder.delete(name)

    def drop_named() -> None:
        if builder.get(name) is not None:
            builder.delete(name)

    special = {ERROR: drop_error, ERROR_DETAILS: drop_details}
    return special.get(name) or (drop_named if test is None else drop_matching)

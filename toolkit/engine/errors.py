"""What goes wrong with a query after it parsed, with the HTTP status Loki answers."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.engine.points import LabelSet, label_string
from toolkit.errors import ToolkitError


class QueryError(ToolkitError):
    """A query that Loki answers with an error. The message is the body, ``status`` the status.

    A query that does not parse is a :class:`toolkit.errors.LogQLError` instead, status 400.
    """

    def __init__(self, message: str, *, status: int = 400, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class StepError(QueryError):
    """What goes wrong at a step of a metric query: of several errors Loki sees the earliest.

    One that ``ends`` leaves no vector at its step, so an operation does not look at its other leg.
    """

    def __init__(self, message: str, *, step: int, ends: bool, status: int = 400) -> None:
        super().__init__(message, status=status)
        self.step = step
        self.ends = ends


class PipelineError(StepError):
    """A sample with ``__error__`` came into a metric query (pkg/logqlmodel/error.go)."""

    def __init__(self, labels: LabelSet, *, step: int) -> None:
        kind, series = dict(labels)["__error__"], label_string(labels)
        super().__init__(
            f"pipeline error: '{kind}' for series: '{series}'.\n"
            f'Use a label filter to intentionally skip this error. (e.g | __error__!="{kind}").\n'
            'To skip all potential errors you can match empty errors.(e.g __error__="")\n'
            "The label filter can also be specified after unwrap. "
            '(e.g | unwrap latency | __error__="" )\n',
            step=step,
            ends=True,
        )


def joined(errors: Sequence[StepError]) -> StepError:
    """The error of an operation that failed at a step, or whose legs did."""
    if len(errors) == 1:
        return errors[0]
    return StepError(
        f"{len(errors)} errors: {'; '.join(map(str, errors))}",
        step=min(error.step for error in errors),
        ends=any(error.ends for error in errors),
        status=min(error.status for error in errors),
    )


class SeriesLimitError(QueryError):
    """More series than ``max_query_series`` allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"maximum number of series ({limit}) reached for a single query; consider reducing "
            "query cardinality by adding more specific stream selectors, reducing the time range, "
            "or aggregating results with functions like sum(), count() or topk()"
        )


class QueryTimeout(QueryError):
    """The evaluation took longer than ``query_timeout``."""

    def __init__(self) -> None:
        super().__init__(
            "request timed out, decrease the duration of the request or add more label matchers "
            "(prefer exact match over regex match) to reduce the amount of data processed",
            status=504,
        )

"""The functions and aggregations of PromQL: what they take and what they give.

All that Prometheus knows with its default flags (prometheus/prometheus promql/parser/functions.go),
so that what is written is understood; :mod:`toolkit.promql.evaluate` says which can be evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from toolkit.promql.ast import Kind


@dataclass(frozen=True, slots=True)
class Signature:
    """The kinds of the arguments. The last one may be left out, and come up to ``most`` times.

    ``most`` None is any number of times; without ``optional`` all have to be there, once.
    """

    args: tuple[Kind, ...]
    gives: Kind = "vector"
    optional: bool = False
    most: int | None = 1

    @property
    def least_args(self) -> int:
        """How many there have to be."""
        return len(self.args) - self.optional

    @property
    def most_args(self) -> int | None:
        """How many there may be; None for any number."""
        if not self.optional:
            return len(self.args)
        return None if self.most is None else self.least_args + self.most

    def kind(self, index: int) -> Kind:
        """The kind of an argument."""
        return self.args[min(index, len(self.args) - 1)]


_OF_VECTOR: Final = (
    "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg"
    " histogram_count histogram_sum histogram_stddev histogram_stdvar ln log10 log2 rad sgn sin"
    " sinh sort sort_desc sqrt tan tanh timestamp"
)
_OF_RANGE: Final = (
    "absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta"
    " increase irate last_over_time max_over_time min_over_time present_over_time rate resets"
    " stddev_over_time stdvar_over_time sum_over_time"
)
_OF_TIME: Final = "day_of_month day_of_week day_of_year days_in_month hour minute month year"

FUNCTIONS: Final[dict[str, Signature]] = {
    **{name: Signature(("vector",)) for name in _OF_VECTOR.split()},
    **{name: Signature(("matrix",)) for name in _OF_RANGE.split()},
    **{name: Signature(("vector",), optional=True) for name in _OF_TIME.split()},
    "clamp": Signature(("vector", "scalar", "scalar")),
    "clamp_max": Signature(("vector", "scalar")),
    "clamp_min": Signature(("vector", "scalar")),
    "histogram_fraction": Signature(("scalar", "scalar", "vector")),
    "histogram_quantile": Signature(("scalar", "vector")),
    "label_join": Signature(("vector", "string", "string", "string"), optional=True, most=None),
    "label_replace": Signature(("vector", "string", "string", "string", "string")),
    "pi": Signature((), "scalar"),
    "predict_linear": Signature(("matrix", "scalar")),
    "quantile_over_time": Signature(("scalar", "matrix")),
    "round": Signature(("vector", "scalar"), optional=True),
    "scalar": Signature(("vector",), "scalar"),
    "time": Signature((), "scalar"),
    "vector": Signature(("scalar",)),
}

EXPERIMENTAL: Final = frozenset(
    (
        *("double_exponential_smoothing", "end", "histogram_quantiles", "info", "limit_ratio"),
        *("limitk", "mad_over_time", "max_of", "min_of", "range", "sort_by_label"),
        *("sort_by_label_desc", "start", "start_timestamp", "step", "ts_of_first_over_time"),
        *("ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"),
    )
)
"""Functions and aggregations that Prometheus has behind a flag."""

AGGREGATIONS: Final[dict[str, Kind | None]] = {
    **dict.fromkeys(("sum", "avg", "count", "min", "max", "group", "stddev", "stdvar")),
    "topk": "scalar",
    "bottomk": "scalar",
    "quantile": "scalar",
    "count_values": "string",
}
"""Each with the kind of its parameter."""

"""PromQL: parsed, and evaluated over series that are written down, as tests of rules have them.

What parses is what Prometheus parses with its default flags (prometheus/prometheus promql/parser).
What is evaluated is the part that rules are made of, with the numbers that Prometheus' own engine
gives (``promql/engine.go``, ``promql/functions.go``; samples are floats); what is beyond it is
refused by name and place, never guessed (:data:`toolkit.promql.evaluate.EVALUATED`).

::

    lexer -> parser (signatures: types of functions) -> ast
    description: 'errors{job="a"}', '0+1x10 _ stale' -> Series
    evaluate: selectors, subqueries; ranges (rate, ...), vectors (abs, ...), aggregate, operators
"""

from toolkit.promql.description import parse_metric, parse_series
from toolkit.promql.evaluate import evaluate
from toolkit.promql.parser import parse
from toolkit.promql.series import Sample, Series

__all__ = ["Sample", "Series", "evaluate", "parse", "parse_metric", "parse_series"]

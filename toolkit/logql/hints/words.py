"""Words that people write in queries out of habit, and what does their work in LogQL."""

from __future__ import annotations

from typing import Final

# Words of PromQL, of other languages or of other versions, and what does their work in LogQL.
ELSEWHERE: Final = {
    "increase": "count_over_time counts the lines of a range",
    "irate": "rate is Loki's only rate of lines",
    "histogram_quantile": "quantile_over_time(0.99, {...} | unwrap label [5m]) works on values",
    "absent": "absent_over_time({...}[5m]) is 1 where there are no lines",
    "delta": "Loki has no delta; subtract one query from another with offset",
    "count_values": "count them by a label: sum by (label) (count_over_time({...}[5m]))",
    "variants": "variants() is no part of LogQL any more; send the queries one by one",
    "where": 'a condition stands directly behind the |: | label="value"',
    "filter": 'a condition stands directly behind the |: | label="value"',
    "grep": 'lines are filtered by |= "text" and |~ "regular expression"',
    "not": "a condition is turned round by its operator: != or !~",
    "limit": "how many lines are wanted is said beside the query: --limit, or limit of the request",
    "head": "how many lines are wanted is said beside the query: --limit, or limit of the request",
    "count": "lines are counted around the query: count_over_time({...} [5m])",
    "sort": "lines come in the order of time; series are sorted by sort(...) and sort_desc(...)",
}
FILTERS: Final = 'lines are filtered by |= "text" and |~ "regular expression", one after another'

LIKE: Final = frozenset(["contains", "has", "like", "match", "matches", "not"])
"""Words of other languages for what a line filter does."""

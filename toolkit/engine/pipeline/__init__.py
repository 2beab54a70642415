"""The log pipeline, row by row and exact: what ``pkg/logql/log`` does in Loki.

::

    pipeline = compile_pipeline(query)                  # toolkit.logql.parser.parse made the query
    stream = pipeline.for_stream({"source": "syscall"})
    row = stream.process(timestamp_ns, line, metadata)  # None: filtered out

A metric query says what it wants with ``hints=hints_for(range_aggregation, enclosing)``; the labels
of the rows are then grouped as Loki's sample extractors group them, and an unwrapped value comes
with them.

Whatever Loki does to a line happens here as well, faults included (see ``simplify``, ``hints`` and
``linefilter``). Left out is what depends on the lines a Loki process has seen before:

- its cache of label sets, which hands out the categories of the first row that had the same labels;
- a blank key inside blank keys, which makes later blank keys of other lines labels too;
- which of two ``logfmt`` expressions with the same key is filled (Go's map order decides).
"""

from toolkit.engine.pipeline.compile import Pipeline, StreamPipeline, compile_pipeline
from toolkit.engine.pipeline.hints import NO_HINTS, Hints, hints_for
from toolkit.engine.pipeline.labels import EMPTY_LABELS, ResultLabels, Row

__all__ = [
    "EMPTY_LABELS",
    "NO_HINTS",
    "Hints",
    "Pipeline",
    "ResultLabels",
    "Row",
    "StreamPipeline",
    "compile_pipeline",
    "hints_for",
]

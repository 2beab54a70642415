"""What a stage of a pipeline is.

A stage is compiled once for a query and bound once to each stream, to its labels builder: bound, it
takes a timestamp in nanoseconds and a line, and answers the line to go on with, or ``None`` where
the line is dropped.
"""

from __future__ import annotations

from collections.abc import Callable

from toolkit.engine.pipeline.builder import LabelsBuilder

Bound = Callable[[int, str], str | None]
Stage = Callable[[LabelsBuilder], Bound]

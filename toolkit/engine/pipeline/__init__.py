"""The log pipeline, row by row and exact: what ``pkg/logql/log`` does in Loki."""

from toolkit.engine.pipeline.labels import EMPTY_LABELS, ResultLabels, Row

__all__ = ["EMPTY_LABELS", "ResultLabels", "Row"]

"""A panel's transformations, applied in order as Grafana applies them.

Source: grafana/grafana packages/grafana-data/src/transformations/transformers. One that is not
known here is an error: Grafana would have changed the data in a way that the preview cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.errors import DefinitionError
from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.frames import Frame, Json
from toolkit.preview.transform.columns import filter_by_name, organize
from toolkit.preview.transform.join import join_by_field, labels_to_fields, merge
from toolkit.preview.transform.matrix import grouping_to_matrix
from toolkit.preview.transform.rows import limit, reduce_frames, sort_by

Transformation = Callable[[Sequence[Frame], Json, GrafanaVersion], list[Frame]]

TRANSFORMATIONS: dict[str, Transformation] = {
    "filterFieldsByName": filter_by_name,
    "groupingToMatrix": grouping_to_matrix,
    "joinByField": join_by_field,
    "labelsToFields": labels_to_fields,
    "limit": limit,
    "merge": merge,
    "organize": organize,
    "reduce": reduce_frames,
    "seriesToColumns": join_by_field,
    "sortBy": sort_by,
}
"""By Grafana's own ids. ``seriesToColumns`` is what ``joinByField`` was called before 9.1."""


def transform(
    frames: Sequence[Frame], transformations: Sequence[Json], version: GrafanaVersion
) -> list[Frame]:
    """The frames after a panel's transformations. Raises :class:`DefinitionError`."""
    made = list(frames)
    for step in transformations:
        if step.get("disabled"):
            continue
        name = str(step.get("id"))
        if name not in TRANSFORMATIONS:
            raise DefinitionError(f"the preview does not know the transformation {name}", path="")
        made = TRANSFORMATIONS[name](made, step.get("options") or {}, version)
    return made

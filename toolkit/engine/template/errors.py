"""What goes wrong while a template is executed."""

from __future__ import annotations

from toolkit.errors import ToolkitError


class TemplateError(ToolkitError):
    """Executing a template failed; ``message`` is worded as Go words it.

    ``template: line:1:2: executing "line" at <.a.b>: can't evaluate field b in type string``.
    Loki puts it into ``__error_details__`` and keeps the line (or leaves the label out).
    """


class CallError(Exception):
    """A function refuses its arguments; becomes ``error calling NAME: ...``."""

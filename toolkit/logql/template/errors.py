"""The one error of the template language's parser."""

from __future__ import annotations

from toolkit.errors import NOWHERE, LogQLSyntaxError, Span


class TemplateSyntaxError(LogQLSyntaxError):
    """A template does not parse.

    ``message`` is worded as Loki words it, ``text`` is the template and ``span`` the place in it
    (the query around it is not known here; the LogQL parser words its own error from this one).
    """

    def __init__(self, message: str, *, text: str = "", span: Span = NOWHERE) -> None:
        super().__init__(message, text=text, span=span)

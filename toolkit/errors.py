"""Every error that falco-toolkit raises on purpose, and the places in a text that they point at.

The tree::

    ToolkitError
    ├── SettingsError            a setting: which one, read from where, what was expected
    ├── LogQLError               a query: its text and the span that is wrong
    │   ├── LogQLSyntaxError     it does not parse (Loki's wording)
    │   └── LogQLTypeError       it parses and cannot mean anything ("... without unwrap")
    ├── SourceError              a question that was not answered: the query and the address asked
    │   ├── SourceTimeout        no answer in time
    │   ├── SourceUnavailable    nothing there to answer
    │   ├── SourceLimit          a limit of the source stands in the way
    │   └── SourceResponseError  it answered with an error: status and body
    │       └── SourceHidden     something else answered in its place: a login page, a proxy
    ├── EventError               an event, file or push body that is not what it should be
    ├── StoreError               the embedded store: locked, damaged, not writable
    ├── DefinitionError          a dashboard, alert or query file that does not load
    ├── PublishError             Grafana, Kubernetes or Loki's ruler refused what was sent
    └── DeliveryError            a destination did not take a report

The command line is the one place that prints them; ``exit_code`` is what it exits with
(1 problems found, 2 usage or settings, 3 Loki or Grafana out of reach).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place as people count it: line and column, both from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch ``[start, end)`` of a text, in characters (code points) from 0."""

    start: int
    end: int

    def location(self, text: str) -> Location:
        """Line and column of the span's start in ``text``."""
        before = text[: self.start]
        return Location(before.count("\n") + 1, self.start - (before.rfind("\n") + 1) + 1)

    def to(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


NOWHERE = Span(0, 0)


def caret(text: str, span: Span) -> str:
    """The line of ``text`` where ``span`` starts, with ``^`` under the span's part of that line."""
    location = span.location(text)
    line = text.split("\n")[location.line - 1]
    width = max(1, min(span.end - span.start, len(line) - location.column + 1))
    # A tab before the caret stays a tab, so that the caret stands under its character.
    indent = "".join("\t" if c == "\t" else " " for c in line[: location.column - 1])
    return f"{line}\n{indent}{'^' * width}"


class ToolkitError(Exception):
    """The root of the tree: a message and, where there is one, a hint on what to type next."""

    exit_code: int = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingsError(ToolkitError):
    """A setting is missing, contradictory or malformed. ``origin`` says where it was read from."""

    exit_code = 2

    def __init__(
        self, message: str, *, setting: str = "", origin: str = "", hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.setting = setting
        self.origin = origin


class LogQLError(ToolkitError):
    """A query that is wrong. ``str()`` is Loki's own text; ``show()`` adds the line and a caret."""

    def __init__(
        self, message: str, *, text: str = "", span: Span = NOWHERE, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.span = span

    def show(self) -> str:
        """The message, the line of the query and a caret under the place."""
        return f"{self.message}\n{caret(self.text, self.span)}"


class LogQLSyntaxError(LogQLError):
    """The query does not parse. The message is worded as Loki words it."""


class LogQLTypeError(LogQLError):
    """The query parses and cannot be evaluated. The message is worded as Loki words it."""


class PromQLError(ToolkitError):
    """A PromQL expression that is wrong, or that cannot be evaluated here: its text and the span.

    ``str()`` is the message alone, worded as Prometheus words it; ``show()`` adds line and caret.
    """

    def __init__(
        self, message: str, *, text: str = "", span: Span = NOWHERE, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.span = span

    def show(self) -> str:
        """The message with line and column, the line itself and a caret under the place."""
        return f"{self.span.location(self.text)}: {self.message}\n{caret(self.text, self.span)}"


class SourceError(ToolkitError):
    """A source did not answer. ``query`` is the question, ``url`` the address that was asked."""

    exit_code = 3

    def __init__(
        self, message: str, *, query: str = "", url: str = "", hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.query = query
        self.url = url


class SourceTimeout(SourceError):
    """No answer within the time-out."""


class SourceUnavailable(SourceError):
    """Nothing answers at that address."""


class SourceLimit(SourceError):
    """The answer would exceed a limit and cannot be split further; never a silent cut."""

    exit_code = 1


class SourceResponseError(SourceError):
    """The source answered with an error: HTTP ``status`` and plain-text ``body``."""

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        status: int,
        body: str,
        query: str = "",
        url: str = "",
        hint: str | None = None,
    ) -> None:
        super().__init__(message, query=query, url=url, hint=hint)
        self.status = status
        self.body = body


class SourceHidden(SourceResponseError):
    """Something else answered in its place: a login page, a redirect, a proxy's error page."""

    exit_code = 3


class EventError(ToolkitError):
    """A line, file or push body that does not hold what it should."""


class StoreError(ToolkitError):
    """The embedded store cannot be opened, read or written."""


class DefinitionError(ToolkitError):
    """A definition file does not load. ``path`` is the file, as the user named it.

    ``line`` counts from 1 and is 0 where none can be told; ``about`` is a text that stands in the
    file where the mistake is.
    """

    def __init__(
        self, message: str, *, path: str, hint: str | None = None, line: int = 0, about: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.line = line
        self.about = about


class PublishError(ToolkitError):
    """A server refused what was sent: ``uid`` of the object, HTTP ``status`` and ``body``."""

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        uid: str = "",
        status: int = 0,
        body: str = "",
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.uid = uid
        self.status = status
        self.body = body


class DeliveryError(ToolkitError):
    """A destination did not take a report, or another run is delivering just now."""

    exit_code = 3

"""Which panels show nothing on a source, and why; every query is asked as its Grafana asks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from toolkit.catalog import Catalog
from toolkit.cli.blame import Cause, Examiner
from toolkit.errors import DefinitionError, LogQLError, SourceLimit, SourceResponseError
from toolkit.falco.labels import LabelSchema
from toolkit.lint.board import Board, Panel
from toolkit.preview.asking import Question, Range, questions
from toolkit.preview.templating import Variables, choose
from toolkit.results import Matrix, Scalar
from toolkit.sources.base import LokiSource

WIDTH: Final = 1000
"""Pixels of a panel, which decide how far points are apart."""


@dataclass(frozen=True, slots=True)
class EmptyPanel:
    """A panel without anything to show, or with an ``error`` instead."""

    board: Board
    panel: Panel
    queries: tuple[str, ...]
    causes: tuple[Cause, ...] = ()
    error: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether more events would not fill it."""
        return bool(self.error) or any(one.is_fault for one in self.causes)


@dataclass(frozen=True, slots=True)
class Tour:
    """What was looked at: how many panels with queries to Loki, which of them were empty."""

    panels: int
    empty: tuple[EmptyPanel, ...]


class Asker:
    """Asks one source about one time range (ns) and remembers the answers."""

    def __init__(
        self, source: LokiSource, schema: LabelSchema, catalog: Catalog, start: int, end: int
    ) -> None:
        self._source = source
        self._span = Range.of(start, end)
        self._examiner = Examiner(source, schema, catalog, self._span)
        self._answers = lru_cache(maxsize=None)(self._ask)

    def tour(self, boards: Sequence[Board], given: Mapping[str, Sequence[str]]) -> Tour:
        """Every panel of the dashboards; ``given`` are values of variables, where they have them.

        Raises :class:`DefinitionError` for a variable that no dashboard has, and what the source
        raises when it is out of reach.
        """
        known = {one.name for board in boards for one in board.variables}
        unknown = sorted(given.keys() - known)
        if unknown:
            raise DefinitionError(
                f"no dashboard has the variable {unknown[0]}",
                path="",
                hint=f"variables: {', '.join(sorted(known))}",
            )
        asked = 0
        empty: list[EmptyPanel] = []
        for board in boards:
            names = {one.name for one in board.variables}
            mine = {name: value for name, value in given.items() if name in names}
            variables = choose(
                board.model, mine, self._source, start=self._span.start, end=self._span.end
            )
            for panel in board.panels:
                if any(one.is_loki and one.text for one in panel.targets):
                    asked += 1
                    empty += self._panel(board, panel, variables)
        return Tour(asked, tuple(empty))

    def _panel(self, board: Board, panel: Panel, variables: Variables) -> Iterator[EmptyPanel]:
        lokis = [one.model for one in panel.targets if one.is_loki]
        asked: list[Question] = []
        try:
            asked = questions(
                {**panel.model, "targets": lokis}, variables, board.version, self._span, WIDTH
            )
            # All of them, for a query that is refused spoils a panel that shows others.
            answers = [self._answers(one) for one in asked]
            if not asked or any(answers):
                return
            causes = [cause for one in asked for cause in self._examiner.causes(one)]
        except (DefinitionError, LogQLError, SourceResponseError, SourceLimit) as error:
            yield EmptyPanel(board, panel, tuple(one.expr for one in asked), error=error.message)
            return
        queries = tuple(one.expr for one in asked)
        yield EmptyPanel(board, panel, queries, tuple(dict.fromkeys(causes)))

    def _ask(self, question: Question) -> bool:
        """Whether the source has an answer to it."""
        at = question.steps
        if question.kind == "lines":
            lines = self._source.query_log(question.expr, start=at.start, end=at.end, limit=1)
            return len(lines) > 0
        if question.kind == "instant":
            answer = self._source.query(question.expr, time=question.time)
            return isinstance(answer, Scalar) or len(answer.samples) > 0
        matrix: Matrix = self._source.query_range(
            question.expr, start=at.start, end=at.end, step=at.step
        )
        return len(matrix.series) > 0

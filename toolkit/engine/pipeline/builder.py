"""The labels of the line being processed: Loki's ``LabelsBuilder`` (``pkg/logql/log/labels.go``).

One builder serves one stream, line after line; stages hold on to its dictionaries, which are
emptied for each line and never replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

from toolkit.engine.pipeline.hints import Hints, ParserHints
from toolkit.engine.pipeline.labels import (
    EMPTY_LABELS,
    ERROR,
    ERROR_DETAILS,
    EXTRACTED,
    PRESERVE_ERROR,
    Pairs,
    ResultLabels,
)

_METADATA_CACHED = 256
"""How many sets of metadata a stream keeps resolved."""

_Metadata = tuple[dict[str, str], str, str]


class ResultCache:
    """The label sets a pipeline has handed out, to hand them out again. It is emptied when full, so
    a query that makes another label set of every line does not fill the memory."""

    ENTRIES = 8192

    def __init__(self) -> None:
        self.by_key: dict[object, ResultLabels] = {}
        self._by_value: dict[ResultLabels, ResultLabels] = {}
        self.streams = 0

    def add(self, key: object, labels: ResultLabels) -> ResultLabels:
        """Keep the labels under the key; the answer is the object to hand out."""
        if len(self.by_key) >= self.ENTRIES:
            self.by_key.clear()
            self._by_value.clear()
        labels = self._by_value.setdefault(labels, labels)
        self.by_key[key] = labels
        return labels


class LabelsBuilder:
    """Labels by category, the error, and what the result is made of.

    ``parsed`` and ``metadata`` are what the line has beyond the stream's ``base`` labels.
    ``deleted`` are names that were dropped or renamed. A name that was ever parsed in this line is
    not extracted again by a later parser: it is in ``parsed`` or in ``gone``. ``watch`` holds, by
    label, the filters that a parser asks as soon as it has set the label: where one does not hold,
    the line is given up.
    """

    __slots__ = (
        "_by_metadata",
        "_grouping",
        "_hints",
        "_number",
        "_results",
        "_stream",
        "_unchanged",
        "base",
        "deleted",
        "details",
        "error",
        "gone",
        "hints",
        "metadata",
        "parsed",
        "watch",
    )

    def __init__(
        self,
        labels: Mapping[str, str],
        hints: ParserHints,
        grouping: Hints,
        results: ResultCache,
    ) -> None:
        self.base = dict(labels)
        self.hints = hints
        self.metadata: dict[str, str] = {}
        self.parsed: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.gone: set[str] = set()
        self.watch: dict[str, Callable[[], bool]] = {}
        self.error = ""
        self.details = ""
        self._grouping = grouping
        self._results = results
        self._number = results.streams = results.streams + 1
        self._stream: Pairs = tuple(sorted(labels.items()))
        self._by_metadata: dict[object, _Metadata] = {}
        self._unchanged = results.add(self._number, ResultLabels(self._stream))

    def begin(self, metadata: Mapping[str, str] | None) -> None:
        """Forget the line before, and take in the metadata of the next one."""
        self.parsed.clear()
        if self.metadata:
            self.metadata.clear()
        if self.deleted:
            self.deleted.clear()
            self.gone.clear()
        self.error = self.details = ""
        if metadata:
            key = tuple(metadata.items())
            known = self._by_metadata.get(key)
            if known is None:
                known = self._resolve(metadata)
                if len(self._by_metadata) >= _METADATA_CACHED:
                    self._by_metadata.clear()
                self._by_metadata[key] = known
            own, self.error, self.details = known
            self.metadata.update(own)

    def _resolve(self, metadata: Mapping[str, str]) -> _Metadata:
        own: dict[str, str] = {}
        error = details = ""
        for name, value in sorted(metadata.items()):
            own_name = name + EXTRACTED if name in self.base else name
            if own_name == ERROR:
                error = value
            elif own_name == ERROR_DETAILS:
                details = value
            else:
                own[own_name] = value
        return own, error, details

    # reading

    def get(self, name: str) -> str | None:
        """The value of a label of any category; ``None`` if there is none."""
        value = self.parsed.get(name)
        if value is None:
            value = self.metadata.get(name)
            if value is None and name not in self.deleted:
                return self.base.get(name) or None
        return value

    def taken(self, name: str) -> bool:
        """Whether a parsed label of this name has to get the suffix: the stream or the metadata
        has the name. Labels that were dropped count for a stream, not for metadata."""
        return name in self.base or name in self.metadata

    def extracted(self, name: str) -> bool:
        """Whether a stage has already set this label in this line."""
        return name in self.parsed or name in self.gone

    def all_extracted(self) -> bool:
        """Whether there are labels to look for, and all of them are found."""
        required = self.hints.required
        return bool(required) and all(map(self.extracted, required))

    def nothing_to_extract(self) -> bool:
        """Whether a parser need not look at the line."""
        return self.hints.skip or self.all_extracted()

    # writing

    def set(self, name: str, value: str) -> None:
        """Set a parsed label; a metadata label of the name gives way."""
        self.metadata.pop(name, None)
        self.parsed[name] = value

    def delete(self, name: str) -> None:
        """Remove a label from all categories."""
        self.metadata.pop(name, None)
        if self.parsed.pop(name, None) is not None:
            self.gone.add(name)
        self.deleted.add(name)

    def fail(self, error: str, details: str | None) -> None:
        """A parser failed; without ``details``, those of an earlier failure stay."""
        self.error = error
        if details is not None:
            self.details = details
        if self.hints.preserve_error:
            self.set(PRESERVE_ERROR, "true")

    def fail_first(self, error: str, details: str) -> None:
        """A conversion failed; an error that is there already is the more useful one."""
        if not self.error:
            self.error = error
            self.details = details

    # all labels

    def _changed(self) -> bool:
        return bool(self.parsed or self.metadata or self.deleted)

    def unsorted(self) -> list[tuple[str, str]]:
        """All labels, the error among them; a parsed ``__error__`` makes it appear twice."""
        pairs = [(name, value) for name, value in self._stream if not self._overridden(name)]
        pairs += self.metadata.items()
        pairs += self.parsed.items()
        return pairs + self._errors()

    def mapping(self) -> dict[str, str]:
        """All labels, for a template."""
        if not self._changed() and not self.error:
            return self.base
        return dict(self.unsorted())

    def _overridden(self, name: str) -> bool:
        return name in self.deleted or name in self.metadata or name in self.parsed

    def _errors(self) -> list[tuple[str, str]]:
        errors = [(ERROR, self.error)] if self.error else []
        return [*errors, (ERROR_DETAILS, self.details)] if self.details else errors

    # results

    def result(self) -> ResultLabels:
        """The labels of the row, by category. Details without an error show only where something
        else has changed the labels."""
        if not self._changed() and not self.error:
            return self._unchanged
        key: object = (self._number, tuple(self.parsed.items()))
        if self.metadata or self.deleted or self.error or self.details:
            metadata = tuple(self.metadata.items())
            key = (key, metadata, frozenset(self.deleted), self.error, self.details)
        known = self._results.by_key.get(key)
        return known if known is not None else self._results.add(key, self._categorised())

    def _categorised(self) -> ResultLabels:
        stream = self._stream
        if any(self._overridden(name) for name in self.base):
            stream = tuple(pair for pair in stream if not self._overridden(pair[0]))
        # by name alone: of a parsed ``__error__`` and the error, the error is the last and is read
        parsed = sorted([*self.parsed.items(), *self._errors()], key=itemgetter(0))
        return ResultLabels(stream, tuple(sorted(self.metadata.items())), tuple(parsed))

    def grouped(self) -> ResultLabels:
        """The labels of the sample, grouped as the metric query wants it. A sample with an error
        keeps all of its labels, or the error would be lost."""
        if self.error:
            return self.result()
        grouping = self._grouping
        if grouping.no_labels:
            return EMPTY_LABELS
        if not grouping.groups:
            return self.result()
        if grouping.without:
            return self._without(grouping.groups)
        # a name that was deleted stays out, even where a later stage has set it again
        key = tuple([None if g in self.deleted else self.get(g) for g in grouping.groups])
        known = self._results.by_key.get(key)
        if known is not None:
            return known
        pairs = zip(grouping.groups, key, strict=True)
        labels = ResultLabels(tuple((name, value) for name, value in pairs if value is not None))
        return self._results.add(key, labels)

    def _without(self, groups: tuple[str, ...]) -> ResultLabels:
        kept = [pair for pair in self._stream if not self._overridden(pair[0])]
        kept += self.metadata.items()
        kept += self.parsed.items()
        key = tuple([pair for pair in kept if pair[0] not in groups])
        known = self._results.by_key.get(key)
        return known if known is not None else self._results.add(key, _uncategorised(key))


def _uncategorised(pairs: Iterable[tuple[str, str]]) -> ResultLabels:
    return ResultLabels(tuple(sorted(pairs)))

"""Files of Falco's JSON lines as a store: every event labelled as Falcosidekick would label it.

What is no event is counted by reason and never lost: the first few are kept as examples, all of
them go to the file of rejects if there is one, and ``strict`` makes the first an error.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import EventError
from toolkit.falco.event import FalcoEvent
from toolkit.falco.labels import CURRENT, LabelSchema
from toolkit.falco.refusal import Refusal

EXAMPLES = 10
_BATCH = 8192


@dataclass(frozen=True, slots=True)
class Refused:
    """What was read and is no event: how many, by reason; ``examples`` are whole sentences."""

    count: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading. ``unsent`` are the times of events that Falcosidekick would not have
    sent on, by its reason: they count here, and would be missing in a Loki.
    """

    events: int = 0
    refused: Refused = Refused()
    unsent: Mapping[str, Sequence[int]] = field(default_factory=dict)


def load_events(
    store: Store,
    read: Iterable[FalcoEvent | Refusal],
    schema: LabelSchema,
    *,
    strict: bool = False,
    rejects: Path | None = None,
) -> Loaded:
    """Puts events into ``store``, labelled by ``schema``.

    Raises :class:`EventError` for a refusal where ``strict``, and for a file of rejects that cannot
    be written.
    """
    reasons: Counter[str] = Counter()
    examples: list[str] = []
    unsent: dict[str, list[int]] = {}
    events = 0

    def wanted() -> Iterator[FalcoEvent]:
        for one in read:
            if isinstance(one, FalcoEvent):
                yield one
                continue
            if strict:
                raise EventError(str(one), hint="without --strict it is counted and left out")
            reasons[one.reason.value] += 1
            if len(examples) < EXAMPLES:
                examples.append(str(one))
            if kept is not None:
                kept.write(_reject(one))

    with ExitStack() as stack:
        kept = _open(rejects, stack) if rejects is not None else None
        loader = stack.enter_context(store.bulk())
        source = wanted()
        while batch := list(islice(source, _BATCH)):
            events += len(batch)
            for one in batch:
                reason = CURRENT.refusal(one)
                if reason is not None:
                    unsent.setdefault(reason, []).append(one.time)
            loader.add(_batches(batch, schema))
    refused = Refused(sum(reasons.values()), dict(sorted(reasons.items())), examples)
    return Loaded(events, refused, unsent)


def _batches(events: Sequence[FalcoEvent], schema: LabelSchema) -> Iterator[StreamBatch]:
    streams: dict[tuple[tuple[str, str], ...], tuple[dict[str, str], list[int], list[str]]] = {}
    for one in events:
        labels, time, line = schema.entry(one)
        stream = streams.setdefault(tuple(labels.items()), (labels, [], []))
        stream[1].append(time)
        stream[2].append(line)
    for labels, times, lines in streams.values():
        yield StreamBatch(labels, times, lines)


def _open(path: Path, stack: ExitStack) -> IO[str]:
    try:
        return stack.enter_context(path.open("w", encoding="utf-8", errors="surrogateescape"))
    except OSError as error:
        raise EventError(f"{path}: the rejects cannot be kept there: {error.strerror}") from None


def _reject(refusal: Refusal) -> str:
    """One JSON line for each, so that the line itself can be had back with its reason."""
    place = {"file": refusal.file, "line": refusal.line_number}
    document = {**place, "reason": refusal.reason.value, "message": refusal.message}
    return json.dumps({**document, "text": refusal.text}, ensure_ascii=True) + "\n"

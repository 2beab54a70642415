"""The writer's thread in the background: sealed journals become segments, segments are merged."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable, Sequence

from toolkit.engine.store.directory import Directory
from toolkit.engine.store.merge import SEGMENT_BYTES, SEGMENT_ROWS, merged, worth_merging
from toolkit.engine.store.parts import MemoryPart, Part
from toolkit.engine.store.segment import Segment
from toolkit.engine.store.state import State
from toolkit.errors import StoreError

log = logging.getLogger(__name__)

MOST_SEALED = 2  # journals that may wait; then writing waits too, which bounds memory
RETRY = 5.0  # seconds after a failure


class Maintenance:
    """Settles and merges; ``lock`` guards the state's list of settled parts."""

    def __init__(self, directory: Directory, state: State, lock: threading.Lock) -> None:
        self._directory = directory
        self._state = state
        self._lock = lock
        self._wake = threading.Condition()
        self._sealed: deque[tuple[int, MemoryPart]] = deque()
        self._failure: StoreError | None = None
        self._crowded = True
        self._busy = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="store-maintenance", daemon=True)
        self._thread.start()

    def wait_for_room(self) -> None:
        """Return once another journal may be sealed; at once, nearly always.

        Raises :class:`StoreError` where segments cannot be written and so there will be no room.
        """
        with self._wake:
            self._wake.wait_for(lambda: len(self._sealed) < MOST_SEALED or self._failure)
            if self._failure is not None and len(self._sealed) >= MOST_SEALED:
                raise StoreError(self._failure.message, hint=self._failure.hint)

    def settle(self, number: int, part: MemoryPart) -> None:
        """Have a sealed journal made a segment. The part is among the state's settled ones."""
        with self._wake:
            self._sealed.append((number, part))
            self._wake.notify_all()

    def look(self) -> None:
        """Look whether there are segments to merge."""
        with self._wake:
            self._crowded = True
            self._wake.notify_all()

    def wait_until_tidy(self) -> None:
        """Return once nothing is left to settle or merge, or that has failed for now."""
        with self._wake:
            self._wake.wait_for(
                lambda: (
                    not (self._sealed or self._crowded or self._busy)
                    or self._failure
                    or self._stopping
                )
            )

    def stop(self) -> None:
        """End once no sealed journal waits, or writing one has failed."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._sealed or self._crowded or self._stopping)
                if self._stopping and not self._sealed:
                    return
                job = self._sealed[0] if self._sealed else None
                self._busy = True
                self._crowded = self._crowded and job is not None
            failure = self._attempt(job)
            with self._wake:
                self._failure = failure
                self._busy = False
                self._wake.notify_all()
                if failure is not None:
                    if self._stopping:
                        return
                    self._wake.wait_for(lambda: self._stopping, RETRY)

    def _attempt(self, job: tuple[int, MemoryPart] | None) -> StoreError | None:
        try:
            if job is None:
                self._merge()
            else:
                self._settle(*job)
        except StoreError as error:
            log.error("%s", error)
            return error
        except Exception as error:  # whatever it is, writers must hear of it and not wait for ever
            log.exception("the store's maintenance failed")
            return StoreError(f"the store's maintenance failed: {error}")
        return None

    def _settle(self, number: int, part: MemoryPart) -> None:
        segments = self._written([part] if _fits(part) else merged([part], self._state.hashes()))
        self._directory.publish(
            self._state.table,
            add=segments,
            journal=number + 1,
            next_sequence=self._state.next_sequence,
        )
        self._replace([part], segments)
        with self._wake:
            self._sealed.popleft()
            self._crowded = True

    def _merge(self) -> None:
        with self._lock:
            present = [part for part in self._state.settled if isinstance(part, Segment)]
        chosen = worth_merging(present)
        if not chosen:
            return
        self.look()  # there may be more
        segments = self._written(merged(chosen, self._state.hashes()))
        self._directory.publish(self._state.table, add=segments, drop=chosen)
        self._replace(chosen, segments)

    def _written(self, parts: Iterable[MemoryPart]) -> Sequence[Segment]:
        """Parts as segments; those that are empty make none."""
        segments: list[Segment] = []
        try:
            for part in parts:
                if len(part):
                    segments.append(self._directory.write(part))
                del part  # before the next one is made
                self._directory.residency.release()
        except StoreError:
            for segment in segments:
                segment.path.unlink(missing_ok=True)
            raise
        return segments

    def _replace(self, old: Sequence[Part], new: Sequence[Part]) -> None:
        with self._lock:
            kept = [part for part in self._state.settled if not any(part is one for one in old)]
            self._state.settled = [*kept, *new]


def _fits(part: MemoryPart) -> bool:
    return len(part) <= SEGMENT_ROWS and int(part.offsets[-1]) <= 2 * SEGMENT_BYTES

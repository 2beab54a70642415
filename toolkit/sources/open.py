"""The source that the settings name, opened: a Loki, a Grafana in front of one, files, a store or
the sample cluster.

Which labels events have is the setting ``labels.dialect``. Without it a Loki or a store is taken to
hold what Falcosidekick writes with ``customfields: source:falco`` in text format. Files and the
sample are labelled the same way but keep their events as JSON lines, so that every field can be
asked for; ``--labels source-falco`` shows them as text.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs

import toolkit
from toolkit.engine.engine import Engine
from toolkit.engine.store import Store
from toolkit.engine.store.lock import WriterLock
from toolkit.engine.store.manifest import LOCK, MANIFEST
from toolkit.errors import SettingsError, StoreError
from toolkit.falco.labels import SOURCE_FALCO, LabelSchema, dialects
from toolkit.falco.sample import SEED, sample_events
from toolkit.http import HttpClient
from toolkit.settings import Settings
from toolkit.sources.base import LokiSource, SourceDescription
from toolkit.sources.cache import AnswerCache
from toolkit.sources.embedded import EmbeddedSource
from toolkit.sources.files import Loaded, Refused, load_events, load_files
from toolkit.sources.grafana import grafana_source
from toolkit.sources.http import HttpSource

JSON_LINES = dialects()["source-falco-json"]
_NOTHING = Loaded()
IN_MEMORY = 256 << 20
"""Bytes of files, so that the process stays small whatever it is asked about."""
_PREFIX = "falco-toolkit-"
_SETTLED = 60
"""Seconds until a lock that nobody holds is one of a process that has ended: at first its own may
just be about to take it."""
_DAY = 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A source, the labels of its events, and what was noticed on opening. Close it, or use with.

    ``schema`` is what named queries are rendered for.
    """

    source: LokiSource
    schema: LabelSchema
    loaded: Loaded = _NOTHING
    closing: Callable[[], None] = field(default=lambda: None, repr=False)

    @property
    def refused(self) -> Refused:
        """Lines of files that are no events; none for the other sources."""
        return self.loaded.refused

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Times of the first and the last event (ns); None where there is none, and for a Loki,
        which does not tell."""
        return self.source.bounds if isinstance(self.source, EmbeddedSource) else None

    def not_sent(self, start: int, end: int) -> dict[str, int]:
        """How many events in ``[start, end)`` Falcosidekick would not have sent on, by reason."""
        found = {
            reason: sum(start <= time < end for time in times)
            for reason, times in self.loaded.unsent.items()
        }
        return {reason: count for reason, count in found.items() if count}

    def close(self) -> None:
        """Lets go of connections and files."""
        self.closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_source(
    settings: Settings, *, now: int | None = None, in_memory: int = IN_MEMORY
) -> Opened:
    """Opens the source that ``settings.source`` names.

    ``now`` (ns) is the clock of the sample cluster, by default the present. Files of more than
    ``in_memory`` bytes are kept in a temporary directory until the source is closed. Raises
    SettingsError, EventError, StoreError or SourceError, as the kind of source has it.
    """
    openers: dict[str, Callable[[], Opened]] = {
        "http": lambda: _http(settings),
        "grafana": lambda: _grafana(settings),
        "events": lambda: _events(settings, in_memory),
        "store": lambda: _store(settings),
        "sample": lambda: _sample(settings, time.time_ns() if now is None else now),
    }
    return openers[settings.source]()


def _http(settings: Settings) -> Opened:
    schema = settings.labels(SOURCE_FALCO)
    connection = settings.loki
    client = HttpClient(connection)
    cache = None
    if settings.cache is not None:
        cache = AnswerCache(settings.cache, f"{connection.url} {connection.tenant or ''}")
    source = HttpSource(
        client, SourceDescription("http", client.url, connection.tenant), cache=cache
    )
    return Opened(source, schema, closing=source.close)


def _grafana(settings: Settings) -> Opened:
    schema = settings.labels(SOURCE_FALCO)
    source = grafana_source(
        settings.grafana,
        datasource_uid=settings.datasource_uid,
        datasource_url=settings.datasource_url,
        cache_directory=settings.cache,
    )
    return Opened(source, schema, closing=source.close)


def _events(settings: Settings, in_memory: int) -> Opened:
    schema = settings.labels(JSON_LINES)
    names = ", ".join("standard input" if one == "-" else Path(one).name for one in settings.events)
    with ExitStack() as stack:
        store = stack.enter_context(_room_for(settings.events, in_memory, stack))
        loaded = load_files(
            store, settings.events, schema, strict=settings.strict, rejects=settings.rejects
        )
        source = EmbeddedSource(Engine(store.snapshot), address=f"events of {names}")
        return Opened(source, schema, loaded, closing=stack.pop_all().close)


def _room_for(files: Sequence[str], in_memory: int, stack: ExitStack) -> Store:
    """A store in memory, or for large files in a directory that goes with ``stack``."""
    if sum(_size(Path(file)) for file in files if file != "-") <= in_memory:
        return Store.in_memory()
    _sweep(Path(tempfile.gettempdir()))
    home = stack.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX))
    return Store.open(Path(home) / "store", write=True)


def _sweep(folder: Path) -> None:
    """Removes what processes that were killed have left there: nobody holds its lock."""
    for home in folder.glob(f"{_PREFIX}*"):
        path = home / "store" / LOCK
        with suppress(OSError, StoreError):
            if time.time() - path.stat().st_mtime > _SETTLED:
                lock = WriterLock(path)
                shutil.rmtree(home, ignore_errors=True)
                lock.release()


def _size(path: Path) -> int:
    """Bytes of a file, about: events are a tenth of their size where they are compressed."""
    try:
        with path.open("rb") as file:
            return path.stat().st_size * (10 if file.read(2) == b"\x1f\x8b" else 1)
    except OSError:
        return 0  # whoever reads it says what is wrong


def _store(settings: Settings) -> Opened:
    path = settings.store
    if path is None:
        raise SettingsError("the directory of the store is not set", setting="store.path")
    schema = settings.labels(SOURCE_FALCO)
    store = Store.open(_directory(path, settings.loki.tenant), write=False)
    address = f"embedded store {path.name}"
    source = EmbeddedSource(Engine(store.snapshot), store=store, address=address)
    return Opened(source, schema, closing=source.close)


def _directory(path: Path, tenant: str | None) -> Path:
    """``path``, or a store in it: ``toolkit serve`` keeps one there for each tenant."""
    if (path / MANIFEST).exists():
        return path
    held = sorted(one.parent.name for one in path.glob(f"*/{MANIFEST}"))
    if tenant is None and len(held) > 1:
        raise SettingsError(
            f"{path} holds the stores of {', '.join(held)}",
            setting="store.path",
            hint="name one with --loki-org-id, or its directory with --store",
        )
    wanted = held[0] if tenant is None and held else tenant
    return path / wanted if wanted in held else path


# --- the sample cluster ---------------------------------------------------------------------------


def _sample(settings: Settings, now: int) -> Opened:
    """The sample of today: one for each day and dialect, kept in the user's cache directory."""
    schema = settings.labels(JSON_LINES)
    # The last nanosecond of the day, so that the whole day has one sample and one story.
    clock = now - now % _DAY + _DAY - 1
    day = datetime.fromtimestamp(clock // 1_000_000_000, UTC).strftime("%Y-%m-%d")
    look = hashlib.sha256(repr(schema).encode() + _code()).hexdigest()[:12]
    home = Path(platformdirs.user_cache_dir("falco-toolkit")) / "sample"
    path = home / f"{toolkit.__version__}-{look}-{day}"
    store = _kept(path, lambda made: _fill(made, clock, schema))
    source = EmbeddedSource(Engine(store.snapshot), store=store, address="the sample cluster")
    return Opened(source, schema, closing=source.close)


def _code() -> bytes:
    """What the sample and its store are written by: another program makes another sample."""
    home = Path(toolkit.__file__).parent
    sources = [*(home / "falco").rglob("*.py"), *(home / "engine" / "store").glob("*.py")]
    return b"".join(hashlib.sha256(path.read_bytes()).digest() for path in sorted(sources))


def _fill(store: Store, clock: int, schema: LabelSchema) -> None:
    load_events(store, sample_events(SEED, clock), schema)


def _kept(path: Path, fill: Callable[[Store], None]) -> Store:
    """The store in ``path``, made there first if need be; in memory where nothing can be kept."""
    if not path.is_dir():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            making = Path(tempfile.mkdtemp(dir=path.parent, prefix=".making-"))
        except OSError:
            store = Store.in_memory()
            fill(store)
            return store
        try:
            with Store.open(making, write=True) as store:
                fill(store)
            _remove_others(path)
            making.rename(path)
        except OSError:
            # Another process was quicker, and made the same.
            if not path.is_dir():
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return Store.open(path, write=False)


def _remove_others(path: Path) -> None:
    """Samples of other days; one that is in use by another process stays readable to it."""
    same_look = path.name[: -len("2026-01-01")]
    for other in path.parent.iterdir():
        if other.name.startswith(same_look) and other != path:
            shutil.rmtree(other, ignore_errors=True)

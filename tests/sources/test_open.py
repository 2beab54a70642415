"""Opening what the settings name: files with their refusals, a store, the sample, a Loki."""

from __future__ import annotations

import gzip
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from toolkit.catalog import catalog
from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import EventError, SettingsError, StoreError
from toolkit.falco.labels import SOURCE_FALCO, dialects
from toolkit.falco.sample import SEED, sample_events
from toolkit.results import Vector
from toolkit.settings import Settings, load
from toolkit.sources import open as opening
from toolkit.sources.open import open_source

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
NOW = 1_793_577_600 * SECOND  # a Monday, 2 November 2026


def made(**flags: object) -> Settings:
    keys = {"events": "events.files", "store": "store.path", "sample": "sample.use"}
    return load(
        {keys.get(name, name.replace("__", ".")): value for name, value in flags.items()},
        environ={},
        directory=Path(__file__).parent,
    )


def line(number: int, **more: Any) -> str:
    document = {
        "time": f"2026-11-01T12:00:{number % 60:02}.{number:09}Z",
        "rule": "Terminal shell in container",
        "priority": "Notice",
        "output": f"number {number}",
        "output_fields": {"proc.name": "bash", "big": 9_007_199_254_740_993},
        "hostname": "node-1",
    }
    return json.dumps({**document, **more})


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
    return path


def count(opened: Any, name: str, by: str, **more: Any) -> dict[str, float]:
    query = catalog()[name].render(opened.schema, window="52w", **more)
    answer = opened.source.query(query, time=NOW)
    assert isinstance(answer, Vector)
    return {one.labels.get(by, ""): one.value for one in answer.samples}


# --- files ----------------------------------------------------------------------------------------


def test_files_keep_every_field(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", line(1), line(2, output_fields={"proc.name": "sh"}))
    second = tmp_path / "b.jsonl.gz"
    second.write_bytes(gzip.compress((line(3) + "\n").encode()))
    with open_source(made(events=(str(first), str(second)))) as opened:
        assert opened.schema == dialects()["source-falco-json"]
        assert count(opened, "events_by_process", "proc_name") == {"bash": 2, "sh": 1}
        assert opened.loaded.events == 3
        assert opened.refused.count == 0
        assert opened.source.describe().address == "events of a.jsonl, b.jsonl.gz"
        answer = opened.source.query_log('{source="falco"}', start=0, end=NOW)
        assert any("9007199254740993" in e.line for s in answer.streams for e in s.entries)


def test_identical_events_count_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", line(1), line(1), line(2))
    with open_source(made(events=(str(path), str(path)))) as opened:
        assert count(opened, "events_by_node", "hostname") == {"node-1": 2}


def test_large_files_are_kept_beside_memory_until_the_source_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.jsonl", *(line(number) for number in range(50)))
    room = tmp_path / "tmp"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    settings = made(events=(str(path),))
    with open_source(settings, in_memory=path.stat().st_size) as opened:
        assert count(opened, "events_total", "") == {"": 50}
        assert not list(room.iterdir())
    with open_source(settings, in_memory=path.stat().st_size - 1) as opened:
        assert count(opened, "events_total", "") == {"": 50}
        assert list(room.iterdir())
    assert not list(room.iterdir())
    strict = made(events=(str(path), str(write(tmp_path / "b", "no event"))), events__strict=True)
    with pytest.raises(EventError):
        open_source(strict, in_memory=0)
    assert not list(room.iterdir())


def test_what_killed_processes_left_is_swept_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what is in use, nor what may just be about to be."""
    path = write(tmp_path / "a.jsonl", line(1))
    room = tmp_path / "tmp"
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    homes = [room / f"falco-toolkit-{name}" for name in ("dead", "used", "new", "empty")]
    for home in homes[:3]:
        Store.open(home / "store", write=True).close()
    homes[3].mkdir()
    for home in homes[:2]:
        os.utime(home / "store" / "lock", (0, 0))
    with Store.open(homes[1] / "store", write=True):
        os.utime(homes[1] / "store" / "lock", (0, 0))
        open_source(made(events=(str(path),)), in_memory=0).close()
    assert sorted(room.iterdir()) == sorted(homes[1:])


def test_another_dialect_can_be_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", line(1))
    with open_source(made(events=(str(path),), labels__dialect="source-falco")) as opened:
        assert opened.schema == SOURCE_FALCO
        answer = opened.source.query_log('{source="falco"}', start=0, end=NOW)
        assert [e.line for s in answer.streams for e in s.entries] == ["number 1"]


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.jsonl", line(1), line(2))
    with path.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": file}))
        with open_source(made(events=("-",))) as opened:
            assert count(opened, "events_total", "") == {"": 2}
            assert opened.source.describe().address == "events of standard input"


def test_what_is_no_event_is_counted_kept_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    bad = [b"not json", b'{"rule": "x"}', b"[1]", line(2)[:40].encode()]
    path.write_bytes(b"\n".join([line(1).encode(), *bad]))
    empty, binary = tmp_path / "empty.jsonl", tmp_path / "binary"
    empty.write_bytes(b"")
    binary.write_bytes(bytes(range(256)) * 8)
    rejects = tmp_path / "rejects"
    names = tuple(str(one) for one in (path, empty, binary))
    with open_source(made(events=names, events__rejects=rejects)) as opened:
        assert count(opened, "events_total", "") == {"": 1}
        refused = opened.refused
    assert refused.count == 6 == sum(refused.reasons.values())
    assert {"empty_file": 1, "binary_file": 1, "truncated": 1}.items() <= refused.reasons.items()
    assert refused.examples[0].startswith(f"{path}:2: the line is not JSON")
    assert f"{empty}: the file is empty" in refused.examples
    kept = [json.loads(one) for one in rejects.read_text(encoding="utf-8").splitlines()]
    assert [one["line"] for one in kept] == [2, 3, 4, 5, 0, 0]
    assert kept[0]["text"] == "not json"
    assert Counter(one["reason"] for one in kept) == refused.reasons


def test_strict_makes_it_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", line(1), "not json")
    with pytest.raises(EventError, match=rf"{path}:2: the line is not JSON") as caught:
        open_source(made(events=(str(path),), events__strict=True))
    assert "--strict" in str(caught.value.hint)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EventError, match=r"absent\.jsonl"):
        open_source(made(events=(str(tmp_path / "absent.jsonl"),)))


def test_rejects_that_cannot_be_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", line(1))
    with pytest.raises(EventError, match="the rejects cannot be kept there"):
        open_source(made(events=(str(path),), events__rejects=tmp_path / "no" / "such"))


def test_events_that_falcosidekick_would_not_send_are_told_by_period(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", line(1, output_fields={}), line(2), line(3, output_fields={})
    )
    with open_source(made(events=(str(path),))) as opened:
        assert count(opened, "events_total", "") == {"": 3}
        ((reason, number),) = opened.not_sent(0, NOW).items()
        assert number == 2
        assert "output fields" in reason
        first = min(opened.loaded.unsent[reason])
        assert opened.not_sent(first, first + 1) == {reason: 1}
        assert opened.not_sent(0, first) == {}


# --- store, sample, Loki --------------------------------------------------------------------------


def test_a_store_is_read(tmp_path: Path) -> None:
    with Store.open(tmp_path / "data", write=True) as store:
        labels = {"source": "falco", "rule": "A", "hostname": "n"}
        store.append([StreamBatch(labels, [NOW - SECOND], ["x"])])
        # Others may write meanwhile.
        with open_source(made(store=tmp_path / "data")) as opened:
            assert opened.schema == SOURCE_FALCO
            assert count(opened, "events_by_rule", "rule") == {"A": 1}
            assert opened.source.describe().address == "embedded store data"


def test_the_directory_of_a_server_holds_a_store_for_each_tenant(tmp_path: Path) -> None:
    """``toolkit serve --data-dir DIR`` keeps them in DIR/fake, where nobody has to sign in."""

    def keep(tenant: str) -> None:
        with Store.open(tmp_path / tenant, write=True) as store:
            labels = {"source": "falco", "rule": f"rule of {tenant}", "hostname": "n"}
            store.append([StreamBatch(labels, [NOW - SECOND], ["x"])])

    def rules(**more: object) -> dict[str, float]:
        with open_source(made(store=tmp_path, **more)) as opened:
            return count(opened, "events_by_rule", "rule")

    keep("fake")
    assert rules() == {"rule of fake": 1}
    keep("team")
    assert rules(loki__tenant="team") == {"rule of team": 1}
    with pytest.raises(SettingsError, match="holds the stores of fake, team"):
        rules()
    with pytest.raises(StoreError):
        rules(loki__tenant="nobody")


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        open_source(made(store=tmp_path / "absent"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(opening.platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    return tmp_path / "falco-toolkit" / "sample"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sample's last two days only; the list says at which clocks it was made."""
    clocks: list[int] = []

    def some(seed: int, now: int) -> Any:
        clocks.append(now)
        return (one for one in sample_events(seed, now, 0.02) if one.time > now - 2 * DAY)

    monkeypatch.setattr(opening, "sample_events", some)
    return clocks


def test_the_sample_is_made_once_a_day(cache: Path, small: list[int]) -> None:
    found = []
    for now in (NOW, NOW + 5 * 3600 * SECOND, NOW + DAY - 1):
        with open_source(made(sample=True), now=now) as opened:
            found.append(count(opened, "events_by_node", "hostname"))
            assert opened.source.describe().address == "the sample cluster"
    assert small == [NOW + DAY - 1]
    assert found[0] == found[1] == found[2]
    with open_source(made(sample=True), now=NOW + DAY):
        assert len(list(cache.iterdir())) == 1
    assert small == [NOW + DAY - 1, NOW + 2 * DAY - 1]


def test_another_dialect_is_another_sample(cache: Path, small: list[int]) -> None:
    with open_source(made(sample=True), now=NOW):
        pass
    with open_source(made(sample=True, labels__dialect="source-falco"), now=NOW) as opened:
        assert opened.schema == SOURCE_FALCO
    assert len(small) == len(list(cache.iterdir())) == 2


def test_the_sample_needs_no_place_to_be_kept(
    small: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setattr(opening.platformdirs, "user_cache_dir", lambda name: str(blocked / name))
    with open_source(made(sample=True), now=NOW) as opened:
        assert count(opened, "events_by_node", "hostname")


def test_the_sample_holds_the_sample(cache: Path, small: list[int]) -> None:
    with open_source(made(), now=NOW) as opened:
        found = count(opened, "all_events_by_rule", "rule")
    (clock,) = small
    events = sample_events(SEED, clock, 0.02)
    until = Counter(one.rule for one in events if clock - 2 * DAY < one.time <= NOW)
    assert found == until
    assert sum(until.values()) > 100


def test_a_loki_is_asked_with_its_tenant(scripted_server: Any) -> None:
    answer = type(scripted_server.answer(None))
    body = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'
    scripted_server.answer = lambda _: answer(200, body)
    settings = made(loki__url=scripted_server.url, loki__tenant="team")
    with open_source(settings) as opened:
        assert opened.schema == SOURCE_FALCO
        assert count(opened, "events_total", "") == {}
        assert opened.source.describe().tenant == "team"
    assert scripted_server.asked[0].headers["x-scope-orgid"] == "team"

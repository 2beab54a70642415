"""The law of the quick way: where it answers, it answers what the long way does."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.falco.events import EVENTS, LINE
from tests.falco.test_sidekick_recorded import CASES
from toolkit.engine.store import Store
from toolkit.falco.event import FalcoEvent, parse_event, to_json
from toolkit.falco.labels import CURRENT, LabelSchema, Writer, dialects
from toolkit.sources.files import load_files
from toolkit.sources.helpers import columns_of
from toolkit.sources.quick import QuickLines

SCHEMAS = {
    **dialects(),
    "much": LabelSchema(
        line_format="json",
        custom_fields=(("cluster", 'a "b" <c>'), ("user.name", "mine")),
        custom_tags=("zeta", "alpha"),
        extra_labels=("proc.name", "f", "n", "user.name"),
    ),
    "much text": LabelSchema(custom_fields=(("cluster", "x" * 300),), extra_labels=("proc.name",)),
    "2.28": LabelSchema(version=(2, 28)),
    "stdout alone": LabelSchema(writer=Writer.STDOUT, line_format="json", node_label=""),
}
READERS = {name: QuickLines(schema, often=1) for name, schema in SCHEMAS.items()}
FOLDER = Path(__file__).parents[3] / "shared" / "falco" / "real_events"


LABELS: dict[str, list[Any]] = {name: [] for name in SCHEMAS}


def entries_of(name: str, text: bytes) -> tuple[list[tuple[Any, int, bytes]], list[bytes]]:
    """The entries of lines in a dialect, and the lines left."""
    columns = READERS[name].read(text)
    LABELS[name].extend(columns.labels)
    ends = columns.ends.tolist()
    starts = [0, *ends]
    labels = [LABELS[name][number] for number in columns.streams.tolist()]
    texts = [bytes(columns.data[a:b]) for a, b in zip(starts, ends, strict=False)]
    left = [line for _, _, line in columns.left]
    return list(zip(labels, columns.times.tolist(), texts, strict=True)), left


def agree(line: bytes, *, among: Sequence[bytes] = ()) -> int:
    """Asserts the law for a line, or several, among others in every dialect; in how many of them
    it took the quick way."""
    own = line.split(b"\n")
    lines = [each for each in (*among, *own) if each and not each.isspace()]
    taken = 0
    for name, schema in SCHEMAS.items():
        entries, left = entries_of(name, b"\n".join((*among, line)))
        quick = [each for each in lines if each not in left]
        for each, entry in zip(quick, entries, strict=True):
            event = parse_event(each)
            assert isinstance(event, FalcoEvent), (name, event)
            labels, time, text = schema.entry(event)
            assert entry == (labels, time, text.encode()), name
            assert CURRENT.refusal(event) is None
        taken += set(own) <= set(quick)
    return taken


# --- lines that somebody wrote --------------------------------------------------------------------


def test_ordinary_lines_go_the_quick_way() -> None:
    """All dialects but the two from before 2.27."""
    quick = len(SCHEMAS) - 2
    event = json.loads(LINE)
    assert agree(LINE.encode()) == quick
    assert agree(json.dumps(event, ensure_ascii=False).encode()) == quick
    fields = {**event["output_fields"], "evt.args": ["a", 1], "proc.cmdline": 'sh -c "a & b" <NA>'}
    assert agree(json.dumps({**event, "output_fields": fields, "uuid": "u-1"}).encode()) == quick
    assert agree(json.dumps({**event, "output": "dosyasına \u2028 yazıldı"}).encode()) == quick


@pytest.mark.parametrize("name", sorted(CASES))
def test_lines_that_falcosidekicks_were_asked_with(name: str) -> None:
    agree(CASES[name])


@pytest.mark.shared
@pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/falco/real_events is not here")
def test_real_events() -> None:
    taken = 0
    for name in ("events.jsonl", "flood_whoami.jsonl"):
        lines = (FOLDER / name).read_bytes().splitlines()
        agree(b"\n".join(lines))
        taken += len(entries_of("falcosidekick", b"\n".join(lines))[0])
        agree(b"\n".join(json.dumps(json.loads(one), ensure_ascii=False).encode() for one in lines))
    assert taken > 880  # of 905
    for line in (FOLDER / "edge.jsonl").read_bytes().splitlines():
        odd = json.loads(line)
        agree((odd["raw"] if "raw" in odd else json.dumps(odd["event"])).encode())


# --- lines that nobody wrote ----------------------------------------------------------------------

MEMBERS: dict[str, list[Any]] = {
    "rule": ["R", "", None, 1, "Test rule", "a<b"],
    "priority": ["Notice", "notice", "info", "warn", "", None, 3],
    "time": [
        "2026-11-16T09:12:13.123456789Z", "2026-11-16T09:12:13.123000000Z",
        "2026-11-16T09:12:59.000000000Z", "2026-11-16T09:12:60.000000000Z",
        "2026-11-16T09:12:13Z", "2026-11-16T09:12:13.1+01:00", "2026-11-16T9:12:13.0123456789Z",
        "2026-11-16T09:12:13,123456789Z", "2026-11-16T09:12:13.12345678\u0669Z",
        "2026-11-16T09:12:1\u0663.123456789Z", "2026-11-16T09:12:13.12345678-Z",
        "1677-01-01T00:00:00.000000000Z", "2262-04-11T23:47:16.854775807Z",
        "2262-04-11T23:47:16.854775808Z", "", None, 5,
    ],
    "output": ["o", "", None, 0, "a & b <c> \u2028 \u2029 ü \ufffd", "\x7f\x1f\b\f\t\"\\/", ["x"]],
    "source": ["syscall", "", None, "k8s_audit", 1],
    "hostname": ["node-1", "", None, True, "<n>"],
    "tags": [[], ["b", "a"], None, [None], [1], [True], ["a", "a"], "a", ["<t>"]],
    "uuid": ["u-1", "", None, 7, "<u>"],
    "message": ["m", "", None, 7],
    "Hostname": ["other"],
    "OUTPUT": ["other"],
    "extra": [{"a": 1}],
}  # fmt: skip
FIELDS = st.dictionaries(
    st.sampled_from(
        ["k8s.ns.name", "k8s.pod.name", "proc.name", "evt.args", "f", "n", "user.name", "source",
         "é", "k8s", "a.b"]
    ),
    st.sampled_from(
        [None, "", "<NA>", "a", 'q"q', "\u2028", "x" * 600, True, False, 1, 0, -1, 2**53 + 1,
         2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 1.5, -0.0, 1e5, ["a", 1], [1.5], [[1]],
         {"b": 1, "a": 2}, {"ns": {"name": "x"}, "pod": {"name": "y"}}, []]
    ),
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """An event, nearly: most members are as they should be."""
    event: dict[str, Any] = {}
    for name, values in MEMBERS.items():
        choice = draw(st.integers(0, 3 * len(values)))
        if name in ("Hostname", "OUTPUT", "extra", "message", "uuid") and choice > len(values):
            continue
        if choice != 0:
            event[name] = values[choice - 1 if choice <= len(values) else 0]
    if draw(st.booleans()) or "output_fields" not in event:
        event["output_fields"] = draw(FIELDS)
    names = draw(st.permutations(sorted(event)))
    compact = draw(st.booleans())
    text = json.dumps(
        {name: event[name] for name in names},
        ensure_ascii=draw(st.booleans()),
        separators=(",", ":") if compact else None,
    )
    return draw(st.sampled_from(WRITTEN))(text).encode()


def as_falco(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


WRITTEN = [
    *[str] * 5,
    *[as_falco] * 5,
    lambda text: as_falco(text).replace("1.5", "1.50"),
    lambda text: as_falco(text).replace(":0", ":-0"),
    lambda text: text.replace("1.5", "1.50"),
    lambda text: text.replace("-0.0", "-0"),
    lambda text: text[:-1],
    lambda text: text + " ",
    lambda text: text + "x",
    lambda text: f"  {text}\r",
    lambda text: text.replace("}", ',"rule":"again"}', 1),
    lambda text: text.replace("{", '{"hostname":"first",', 1),
    lambda text: text.replace('"R"', '"\\ud800"'),
    lambda text: text.replace('"a"', '"\\u0061\\u003c\\/"'),
    lambda text: json.dumps({"log": text}),
    lambda text: f"2026-11-16T09:12:13.123456789Z stdout F {text}",
]


@given(lines())
@example(LINE.replace("34816", "-0").encode())
@example(LINE.replace("34816", "1" * 5000).encode())
@example(LINE.replace("34816", "NaN").encode())
@example(LINE.encode().replace(b"Shell", b"\xff"))
@example(LINE.replace('"Notice"', '"Notice","a":' + "[" * 600 + "]" * 600).encode())
@example(LINE.replace('"<NA>"', '"' + "&" * 600 + '"').encode())
@example(LINE.replace('"<NA>"', '"' + "\u2028" * 900 + '"').encode())
@example(b"[]")
@example(b'"text"')
@example(b"")
def test_any_line(line: bytes) -> None:
    agree(line)


CHANGES = [
    *b'"\\,:{}[]<&019-.eu \n\r\t\x00\x1f\x7f\xff',
    b"\\\"", b"\\\\", b"\\/", b"\\n", b"\\u003c", b"\\u001f", b"\\ud800", "ü".encode(),
    "\u2028".encode(), b'"a":1,', b',"z":null', b"null", b"true", b"1e5", b"", b"00", b"9" * 19,
    b"9" * 20, b'"output":"o",', b',"priority":"Notice"', b'"rule":"x",', b"x" * 600,
]  # fmt: skip


@given(
    st.integers(0, len(LINE)),
    st.integers(0, 3),
    st.sampled_from(CHANGES),
    st.sampled_from(["worker-1", "ü", "w\u2028"]),
)
@example(LINE.index('"<NA>"') + 5, 0, b"\\", "worker-1")
def test_lines_of_a_shape_that_is_known_changed_somewhere(
    place: int, cut: int, change: bytes | int, hostname: str
) -> None:
    """One line after others of its shape, each with something put in or left out."""
    line = LINE.replace("worker-1", hostname).encode()
    text = change if isinstance(change, bytes) else bytes([change])
    for odd in (text, text * 2):
        agree(line[:place] + odd + line[place + cut :], among=[line, line])


def test_lines_of_one_shape_are_taken_apart_alike() -> None:
    """Values of every kind where a shape has a value, and custom fields before, in and after it."""
    event = json.loads(LINE)
    values = ["", "a", "<NA>", 0, -1, 10**18, None, True, False, "ü", "%b", 'q"', "b\\", [1, "a"]]
    names = ["cluster", "k8s.ns.name", "k8s.pod.name", "proc.exe", "user.name", "zone"]
    for first in values:
        for second in values:
            fields = dict.fromkeys(names, "x") | {"proc.exe": first, "zone": second}
            text = as_falco(json.dumps({**event, "output_fields": fields}))
            assert agree(text.encode(), among=[LINE.encode()]) == len(SCHEMAS) - 2


@given(st.lists(EVENTS, max_size=8))
def test_any_events_one_after_the_other(events: Sequence[FalcoEvent]) -> None:
    """What is kept of one never shows in another."""
    for event in events:
        agree(to_json(event).encode())


@pytest.mark.parametrize(
    "time", ["24:00:00.0", "29:12:13.1", "09:60:13.1", "09:12:60.1", "0a:12:13.1", "09-12:13.1"]
)
def test_no_time_of_a_day_that_is_known(time: str) -> None:
    line = LINE.replace('"time":"2026-11-16T09:12:13.1', f'"time":"2026-11-16T{time}')
    assert line != LINE
    assert agree(line.encode(), among=[LINE.encode()]) == 0


def test_the_last_minute_of_all_is_not_whole() -> None:
    """Times are 64 bits of nanoseconds, and end within a minute."""
    for end in ("16.854775807Z", "16.854775808Z"):
        line = LINE.replace("2026-11-16T09:12:13.123456789Z", f"2262-04-11T23:47:{end}")
        agree(line.encode())


# --- columns, and the processes that make them ----------------------------------------------------


def some(count: int) -> list[bytes]:
    """Lines of all sorts; every seventh goes the long way, every eleventh is no event."""
    made = []
    for number in range(count):
        event = json.loads(LINE) | {"rule": f"R{number % 5}", "output": f"o{number} ü"}
        if number % 7 == 0:
            event["output_fields"] |= {"f": 1.5}
        made.append(b"no event" if number % 11 == 0 else json.dumps(event).encode())
    return made


def read_back(pieces: Iterable[Sequence[bytes]], alone: int) -> list[list[Any]]:
    schema = dialects()["source-falco-json"]
    known: dict[int, list[Any]] = {}
    found = []
    texts = [b"\n".join(piece) for piece in pieces]
    for _, columns, reader in columns_of(texts, lambda one: one, schema, alone=alone):
        assert columns is not None
        labels = known.setdefault(reader, [])
        labels.extend(columns.labels)
        ends = columns.ends.tolist()
        lines = [columns.data[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        streams = [labels[number] for number in columns.streams.tolist()]
        found.append([streams, columns.times.tolist(), lines, columns.left])
    return found


def test_helpers_answer_as_one_process_does() -> None:
    lines = some(600)
    pieces = [lines[at : at + 40] for at in range(0, 600, 40)]
    alone = read_back(pieces, alone=100)
    assert read_back(pieces, alone=2) == alone
    texts = [text for piece in alone for text in piece[2]]
    assert len(texts) == sum(n % 7 != 0 and n % 11 != 0 for n in range(600))


def test_without_helpers_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [some(40)] * 6
    alone = read_back(pieces, alone=100)
    for program in ("/nowhere/python", "/bin/false", "/bin/cat"):
        monkeypatch.setattr(sys, "executable", program)
        assert read_back(pieces, alone=1) == alone


def test_a_file_loaded_is_its_lines_in_order(tmp_path: Path) -> None:
    """Entries of one moment stay as they stood, whichever way each of them went."""
    lines = [*some(100), b"", *some(100)]
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    with Store.in_memory() as store:
        loaded = load_files(store, [path], dialects()["stdout"])
        selection = store.snapshot().select([], 0, 2**63 - 1)
        kept = [line.decode() for line in selection.lines().to_pylist()]
    events = [e for e in map(parse_event, lines) if isinstance(e, FalcoEvent)]
    assert loaded.events == len(events) == 180
    assert loaded.refused.reasons == {"not_json": 20}
    assert (
        loaded.refused.examples[1]
        == f"{path}:12: the line is not JSON (expecting value at character 1)"
    )
    assert kept == list(dict.fromkeys(map(to_json, events)))
    left = QuickLines(dialects()["stdout"]).read(b"\n".join(lines)).left
    assert [(before, place) for before, place, _ in left[:4]] == [(0, 0), (6, 7), (9, 11), (11, 14)]

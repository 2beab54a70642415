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
from toolkit.sources.quick import QuickLines, quick_entries

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
READERS = {name: quick_entries(schema) for name, schema in SCHEMAS.items()}
FOLDER = Path(__file__).parents[3] / "shared" / "falco" / "real_events"


def agree(line: bytes) -> int:
    """Asserts the law for every dialect; how many of them took the quick way."""
    event = parse_event(line)
    taken = 0
    for name, schema in SCHEMAS.items():
        entry = READERS[name](line)
        if entry is None:
            continue
        taken += 1
        assert isinstance(event, FalcoEvent), (name, event)
        labels, time, text = schema.entry(event)
        assert entry == (labels, time, text.encode()), name
        assert CURRENT.refusal(event) is None
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
        for line in (FOLDER / name).read_bytes().splitlines():
            taken += agree(line) > 0
            agree(json.dumps(json.loads(line), ensure_ascii=False).encode())
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
         "é"]
    ),
    st.sampled_from(
        [None, "", "<NA>", "a", 'q"q', "\u2028", "x" * 600, True, False, 1, 0, -1, 2**53 + 1,
         2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 1.5, -0.0, 1e5, ["a", 1], [1.5], [[1]],
         {"b": 1, "a": 2}, []]
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


WRITTEN = [
    *[str] * 8,
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


@given(st.lists(EVENTS, max_size=8))
def test_any_events_one_after_the_other(events: Sequence[FalcoEvent]) -> None:
    """What is kept of one never shows in another."""
    for event in events:
        agree(to_json(event).encode())


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
    for _, columns, reader in columns_of(list(pieces), lambda one: one, schema, alone=alone):
        assert columns is not None
        labels = known.setdefault(reader, [])
        labels.extend(columns.labels)
        starts = [0, *columns.ends]
        texts = [columns.data[a:b] for a, b in zip(starts, columns.ends, strict=False)]
        streams = [labels[number] for number in columns.streams]
        found.append([streams, list(columns.times), texts, list(columns.left)])
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
    assert QuickLines(dialects()["stdout"]).read(lines).left[:3] == [0, 7, 11]

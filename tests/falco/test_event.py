"""Lines to events and back; and every reason for which a line is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.falco.events import EVENTS, LINE, TIME, parsed
from toolkit.falco.event import FalcoEvent, parse_event, to_json
from toolkit.falco.kinds import Kind
from toolkit.falco.priority import Priority
from toolkit.falco.refusal import Reason, Refusal


def changed(**members: Any) -> str:
    """LINE with other members; ``None`` stays null, ``...`` leaves one out."""
    event = json.loads(LINE) | members
    return json.dumps({key: value for key, value in event.items() if value is not ...})


def test_what_falco_writes() -> None:
    event = parsed(LINE)
    assert event == FalcoEvent(
        time=TIME,
        rule="Terminal shell in container",
        priority=Priority.NOTICE,
        output="2026-11-16T09:12:13.123456789+0000: Notice Shell | process=sh",
        output_fields={
            "container.id": "4e8c9ece9d33",
            "evt.time.iso8601": TIME,
            "k8s.ns.name": "shop",
            "k8s.pod.name": None,
            "proc.aname[2]": "<NA>",
            "proc.tty": 34816,
            "user.loginuid": -1,
        },
        source="syscall",
        hostname="worker-1",
        tags=("T1059", "shell"),
    )
    assert event.kind is Kind.SECURITY
    assert event.namespace == "shop"
    assert event.pod is None
    assert event.text_field("proc.aname[2]") is None
    assert event.field("proc.tty") == 34816


def test_falcos_bytes_come_back() -> None:
    assert to_json(parsed(LINE)) == LINE


def test_integers_beyond_2_to_the_53_stay_exact() -> None:
    # A float would make ...456768 of it.
    assert parsed(LINE).output_fields["evt.time.iso8601"] == 1794820333123456789


def test_what_falcosidekick_sends() -> None:
    line = (
        '{"uuid":"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",'
        '"output":"09:12:13.120000000: Notice a \\u003e b",'
        '"priority":"Notice","rule":"R","time":"2026-11-16T09:12:13.12Z",'
        '"output_fields":{"proc.name":"sh"},"source":"syscalls","tags":["a"],"hostname":"n"}'
    )
    event = parsed(line)
    assert event.uuid == "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    assert event.output == "09:12:13.120000000: Notice a > b"
    assert event.time == TIME - 3_456_789
    assert event.source == "syscalls"


@pytest.mark.parametrize("absent", [..., None, ""])
def test_hostname_and_source_may_be_missing(absent: object) -> None:
    event = parsed(changed(hostname=absent, source=absent))
    assert (event.hostname, event.source) == (None, None)


@pytest.mark.parametrize("absent", [..., None, []])
def test_tags_may_be_missing(absent: object) -> None:
    assert parsed(changed(tags=absent)).tags == ()


@pytest.mark.parametrize("absent", [..., None, {}])
def test_output_fields_may_be_missing(absent: object) -> None:
    assert parsed(changed(output_fields=absent)).output_fields == {}


@pytest.mark.parametrize("absent", [..., None, ""])
def test_the_output_may_be_missing(absent: object) -> None:
    assert parsed(changed(output=absent)).output == ""


def test_a_message_of_its_own() -> None:
    assert parsed(changed(message="Shell")).message == "Shell"


def test_keys_in_another_case_are_taken_as_go_takes_them() -> None:
    event = parsed(changed(rule=..., Rule="Written by hand", hostname=..., HOSTNAME="h"))
    assert (event.rule, event.hostname) == ("Written by hand", "h")
    assert parsed(changed(Rule="not this one")).rule == "Terminal shell in container"


def test_values_of_every_type() -> None:
    fields = {"b": True, "f": 0.5, "l": ["ENOENT", 1], "o": {"x": None}, "": "", "n": None}
    event = parsed(changed(output_fields=fields))
    assert event.output_fields == fields
    assert parsed(to_json(event)) == event


def test_numbers_keep_their_text() -> None:
    line = LINE.replace('"proc.tty":34816', '"a":1.50,"b":1e5,"c":[1.0e-7],"proc.tty":34816')
    event = parsed(line)
    assert event.output_fields["a"] == 1.5
    assert '"a":1.50,"b":1e5,"c":[1.0e-7]' in to_json(event)


def test_dotted_fields_that_a_shipper_nested_are_found() -> None:
    fields = {"container": {"id": "c1", "image": {"tag": "latest"}}, "proc": {"cmdline": "cat"}}
    event = parsed(changed(output_fields=fields))
    assert event.field("container.image.tag") == "latest"
    assert event.field("proc.cmdline") == "cat"
    assert event.field("proc.cmdline.x") is None
    assert event.field("user.name") is None


def test_characters_beyond_ascii() -> None:
    event = parsed(changed(output="dosyasına yazıldı 😀"))
    assert event.output == "dosyasına yazıldı 😀"
    assert "dosyasına yazıldı 😀" in to_json(event)


def test_bytes_that_are_not_utf8_do_not_hide_an_event() -> None:
    """Go puts U+FFFD for each such byte; refusing the line would let a file name hide an attack."""
    event = parsed(LINE.encode().replace(b"Shell", b"\xff\xe2\x82Shell"))
    assert "\ufffd\ufffd\ufffdShell" in event.output


def test_half_a_surrogate_pair_is_replaced() -> None:
    event = parsed(LINE.replace("Shell", "a\\ud800b"))
    assert "a\ufffdb" in event.output
    event.output.encode()


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-16T09:12:13.123456789Z stdout F ",
        "2026-11-16T09:12:13.123456789+01:00 stderr F ",
        "2026-11-16T09:12:13.123456789Z ",
        "[pod/falco-x7k2p/falco] ",
        "[pod/falco-x7k2p/falco] 2026-11-16T09:12:13.1Z ",
        "Nov 16 09:12:13 worker-1 falco[26888]: ",
        "<132>Nov  6 09:12:13 worker-1 falco: ",
        "  \t",
    ],
)
def test_prefixes_of_log_shippers_are_skipped(prefix: str) -> None:
    assert parsed(prefix + LINE) == parsed(LINE)


def test_dockers_own_log_file() -> None:
    wrapped = json.dumps({"log": LINE + "\n", "stream": "stdout", "time": "2026-11-16T09:12:14Z"})
    assert parsed(wrapped) == parsed(LINE)


def test_other_prefixes_are_not() -> None:
    """Falcosidekick's debug log shows each payload: the event was counted already."""
    line = "2026/11/16 09:12:13 [DEBUG] : Falco's payload : " + LINE
    refused = parse_event(line)
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.NOT_JSON


REFUSED: list[tuple[str, str | bytes, Reason]] = [
    ("word", "hello", Reason.NOT_JSON),
    ("open string", LINE[:100], Reason.NOT_JSON),
    ("NaN", changed().replace("34816", "NaN"), Reason.NOT_JSON),
    ("infinity", changed().replace("34816", "-Infinity"), Reason.NOT_JSON),
    ("raw tab in a string", LINE.replace("Shell", "a\tb"), Reason.NOT_JSON),
    ("deep", '{"a":' * 200_000, Reason.NOT_JSON),
    ("endless number", LINE.replace("34816", "1" * 5000), Reason.NOT_JSON),
    ("start message", "Wed Mar 27 15:28:22 2019: Falco initialized", Reason.NOT_JSON),
    ("clock in front", "12 monkeys", Reason.NOT_JSON),
    ("list", f"[{LINE}]", Reason.NOT_OBJECT),
    ("number", "12", Reason.NOT_OBJECT),
    ("null", "null", Reason.NOT_OBJECT),
    ("two on a line", LINE + LINE, Reason.TRAILING_TEXT),
    ("comma after", LINE + ",", Reason.TRAILING_TEXT),
    (
        "text output, clock",
        "15:28:24.000207862: Critical Something (n_drops=1 n_evts=1181)",
        Reason.TEXT_OUTPUT,
    ),
    (
        "text output, ISO",
        "2026-11-16T09:12:13.123456789+0000: Notice Shell | process=sh",
        Reason.TEXT_OUTPUT,
    ),
    ("not UTF-8", b"\xff\xfe\xfd", Reason.NOT_UTF8),
    ("no rule", changed(rule=...), Reason.NO_RULE),
    ("null rule", changed(rule=None), Reason.NO_RULE),
    ("empty rule", changed(rule=""), Reason.NO_RULE),
    ("an object of something else", '{"level":"info","msg":"started"}', Reason.NO_RULE),
    ("rule is a number", changed(rule=5), Reason.WRONG_TYPE),
    ("no time", changed(time=...), Reason.NO_TIME),
    ("null time", changed(time=None), Reason.NO_TIME),
    ("another key for the time", changed(time=..., ts=1786131810123), Reason.NO_TIME),
    ("time is a number", changed(time=1794820333), Reason.BAD_TIME),
    ("time with a suffix", changed(time="2021-04-13T20:58:00.746609046Z+2"), Reason.BAD_TIME),
    ("year one", changed(time="0001-01-01T00:00:00Z"), Reason.BAD_TIME),
    ("no priority", changed(priority=...), Reason.NO_PRIORITY),
    ("empty priority", changed(priority=""), Reason.NO_PRIORITY),
    ("priority of another system", changed(priority="High"), Reason.UNKNOWN_PRIORITY),
    ("priority is a number", changed(priority=3), Reason.WRONG_TYPE),
    ("output is a number", changed(output=5), Reason.WRONG_TYPE),
    ("fields are a list", changed(output_fields=["a"]), Reason.WRONG_TYPE),
    ("fields are a text", changed(output_fields="a"), Reason.WRONG_TYPE),
    ("source is a number", changed(source=1), Reason.WRONG_TYPE),
    ("hostname is a list", changed(hostname=["a"]), Reason.WRONG_TYPE),
    ("tags are a text", changed(tags="a"), Reason.WRONG_TYPE),
    ("a tag is a number", changed(tags=["a", 1]), Reason.WRONG_TYPE),
]


@pytest.mark.parametrize(
    ("line", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(line: str | bytes, reason: Reason) -> None:
    refused = parse_event(line, file="events.jsonl", line_number=7)
    assert isinstance(refused, Refusal)
    assert refused.reason is reason
    assert str(refused).startswith(f"events.jsonl:7: {reason.sentence}")
    assert "\n" not in str(refused)


def test_every_reason_of_a_line_has_an_example() -> None:
    of_streams = {
        Reason.EMPTY_FILE,
        Reason.BINARY_FILE,
        Reason.DAMAGED_FILE,
        Reason.TOO_LONG,
        Reason.TRUNCATED,
    }
    assert {row[2] for row in REFUSED} == set(Reason) - of_streams


def test_a_refusal_keeps_the_line_and_says_what_is_wrong() -> None:
    refused = parse_event(changed(priority="High"), file="-", line_number=3)
    assert isinstance(refused, Refusal)
    assert refused.text == changed(priority="High")
    assert str(refused) == "-:3: the event's priority is not one of Falco's (\"High\")"
    cut = parse_event(LINE[:60], complete=False)
    assert isinstance(cut, Refusal)
    assert cut.reason is Reason.TRUNCATED
    assert str(cut) == "the last line is truncated (unterminated string starting at character 33)"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(EVENTS)
def test_what_is_written_reads_back(event: FalcoEvent) -> None:
    assert parse_event(to_json(event)) == event
    assert parse_event(to_json(event).encode()) == event


@given(JSON)
def test_no_json_raises(value: object) -> None:
    parse_event(json.dumps(value))
    parse_event(json.dumps({"rule": "R", "priority": "Debug", "output_fields": value}))


@given(st.binary(max_size=60))
def test_no_bytes_raise(line: bytes) -> None:
    parse_event(line)


@given(EVENTS, st.data())
def test_a_cut_line_is_refused(event: FalcoEvent, data: st.DataObject) -> None:
    line = to_json(event)
    end = data.draw(st.integers(min_value=1, max_value=len(line) - 1))
    assert isinstance(parse_event(line[:end], complete=False), Refusal)

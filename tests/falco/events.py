"""An event for tests to start from, and any event at all."""

from __future__ import annotations

from hypothesis import strategies as st

from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.priority import Priority

# As Falco 0.43 writes it: sorted keys, no spaces.
LINE = (
    '{"hostname":"worker-1",'
    '"output":"2026-11-16T09:12:13.123456789+0000: Notice Shell | process=sh",'
    '"output_fields":{"container.id":"4e8c9ece9d33","evt.time.iso8601":1794820333123456789,'
    '"k8s.ns.name":"shop","k8s.pod.name":null,"proc.aname[2]":"<NA>","proc.tty":34816,'
    '"user.loginuid":-1},"priority":"Notice","rule":"Terminal shell in container",'
    '"source":"syscall","tags":["T1059","shell"],"time":"2026-11-16T09:12:13.123456789Z"}'
)
TIME = 1_794_820_333_123_456_789


def parsed(line: str | bytes) -> FalcoEvent:
    event = parse_event(line)
    assert isinstance(event, FalcoEvent), event
    return event


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
EVENTS = st.builds(
    FalcoEvent,
    time=st.integers(min_value=0, max_value=2**62),
    rule=TEXT.filter(bool),
    priority=st.sampled_from(list(Priority)),
    output=TEXT,
    output_fields=st.dictionaries(TEXT, st.none() | st.integers() | TEXT, max_size=4),
    source=st.none() | TEXT.filter(bool),
    hostname=st.none() | TEXT.filter(bool),
    tags=st.lists(TEXT, max_size=3).map(tuple),
    uuid=st.none() | TEXT,
    message=st.none() | TEXT,
)

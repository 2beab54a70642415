"""Limits on what is pushed by rate, number and order: a running Loki's answers to the same pushes.

Its limits were ``per_stream_rate_limit: 1KB``, ``per_stream_rate_limit_burst: 2000`` and its own
``max_chunk_age``, which is 2 h.
"""

from __future__ import annotations

import json

from tests.server.test_push import HOUR, JSON, NOW
from toolkit.server.config import PushLimits, ServerConfig
from toolkit.server.errors import HTTPError
from toolkit.server.push.admission import Admission
from toolkit.server.push.handler import take

RATE = PushLimits(
    per_stream_rate_limit=1024, per_stream_rate_limit_burst=2000, unordered_window=HOUR
)


class Pushing:
    """Pushes of one tenant, one after another: lines by the size that they have."""

    def __init__(self, limits: PushLimits, tenant: str) -> None:
        self._config = ServerConfig(push=limits)
        self._admission = Admission(limits, tenant)

    def push(self, *streams: tuple[str, list[tuple[int, int]]], **metadata: str) -> tuple:
        """(status, text, lines stored) of streams: a label's value, (ns from NOW, size)."""
        found = [
            {
                "stream": {"a": value},
                "values": [
                    [str(NOW + at), "x" * size, *([metadata] if metadata else [])]
                    for at, size in entries
                ],
            }
            for value, entries in streams
        ]
        body = json.dumps({"streams": found}).encode()
        try:
            block, error = take(body, JSON["Content-Type"], "", self._config, self._admission, NOW)
        except HTTPError as refused:
            block, error = None, refused
        status, text = (204, "") if error is None else (error.status, error.message)
        return status, text, 0 if block is None else len(block)


def too_much(moment: str, stream: str, size: str) -> str:
    return (
        f"entry with timestamp {moment} ignored, reason: 'Per stream rate limit exceeded (limit: "
        f"1KB/sec) while attempting to ingest for stream '{stream}' totaling {size}, consider "
        "splitting a stream via additional labels or contact your Loki administrator to see if the "
        "limit can be increased',"
    )


def test_a_stream_over_its_rate_is_refused_whole() -> None:
    pushing = Pushing(RATE, "rate")
    assert pushing.push(("1", [(0, 500), (1, 600), (2, 800), (3, 50)])) == (204, "", 4)
    assert pushing.push(("1", [(5, 1900)])) == (
        429,
        too_much("2026-11-23 08:17:44.80467101 +0000 UTC", '{a="1"}', "1900B")
        + "\nuser 'rate', total ignored: 1 out of 1 for stream: {a=\"1\"}",
        0,
    )


def test_ten_refused_entries_are_listed_and_all_are_counted() -> None:
    status, text, stored = Pushing(RATE, "rate").push(("7", [(n, 300) for n in range(12)]))
    assert (status, stored) == (429, 0)
    first, *others = text.splitlines()
    assert first == too_much("2026-11-23 08:17:44.804671005 +0000 UTC", '{a="7"}', "300B")
    assert len(others) == 10
    assert others[-1] == "user 'rate', total ignored: 12 out of 12 for stream: {a=\"7\"}"


def test_only_the_last_stream_of_a_push_is_told_of() -> None:
    pushing = Pushing(RATE, "rate")
    assert pushing.push(("5", [(6, 3000)]), ("6", [(6, 30)])) == (204, "", 1)
    status, text, stored = pushing.push(("4", [(6, 1800)]), ("5", [(6, 3000)]))
    assert (status, stored) == (429, 1)
    assert text.endswith('total ignored: 1 out of 1 for stream: {a="5"}')


def test_metadata_counts_and_an_entry_that_repeats_the_last_one_does_not() -> None:
    pushing = Pushing(RATE, "rate")
    assert pushing.push(("8", [(0, 1500), (0, 1500), (0, 1500)]))[:2] == (204, "")
    status, text, _ = Pushing(RATE, "rate").push(("9", [(0, 1990)]), k="v" * 10)
    assert status == 429
    assert "totaling 2001B" in text


def test_entries_behind_their_stream_take_nothing_of_its_rate() -> None:
    pushing = Pushing(RATE, "rate")
    behind = (-2 * HOUR, 1200)
    status, text, stored = pushing.push(("9", [(0, 1200), behind]))
    assert (status, stored) == (400, 1)
    assert text == (
        "entry with timestamp 2026-11-23 06:17:44.804671005 +0000 UTC ignored, reason: 'entry too "
        "far behind, entry timestamp is: 2026-11-23T06:17:44Z, oldest acceptable timestamp is: "
        "2026-11-23T07:17:44Z',\nuser 'rate', total ignored: 1 out of 2 for stream: {a=\"9\"}"
    )
    status, text, stored = pushing.push(("9", [(1, 1200), behind]))
    assert (status, stored) == (429, 0)
    assert text.endswith('total ignored: 1 out of 2 for stream: {a="9"}')


def test_streams_over_their_number_are_left_out_and_the_others_stored() -> None:
    pushing = Pushing(PushLimits(max_global_streams_per_user=2), "streams")
    one, two, three = ((value, [(0, 500)]) for value in "123")
    assert pushing.push(one, two, three, ("2", [(5, 500)])) == (204, "", 3)
    assert pushing.push(one, two, three)[:2] == (
        429,
        'maximum active stream limit exceeded when trying to create stream {a="3"}, reduce the '
        "number of active streams (reduce labels or reduce label values), or contact your Loki "
        "administrator to see if the limit can be increased, user: 'streams'",
    )


def test_a_rate_of_a_tenant_counts_what_is_valid_with_its_metadata() -> None:
    limits = PushLimits(ingestion_rate=1048, ingestion_burst_size=1048)
    pushing = Pushing(limits, "ing")
    text = (
        "ingestion rate limit exceeded for user ing (limit: 1048 bytes/sec) while attempting to "
        "ingest '2' lines totaling '{}' bytes, reduce log volume or contact your Loki "
        "administrator to see if the limit can be increased"
    )
    assert pushing.push(("4", [(0, 500)]), ("5", [(0, 900)])) == (429, text.format(1400), 0)
    found = pushing.push(("4", [(0, 500)]), ("5", [(0, 300)]), k="v" * 150)
    assert found == (429, text.format(1102), 0)
    long = ("4", [(0, 300_000)])
    assert pushing.push(long, ("5", [(0, 900)])) == (
        400,
        "max entry size '262144' bytes exceeded for stream '{a=\"4\"}' while adding an entry with "
        "length '300000' bytes",
        1,
    )


def test_what_is_refused_late_is_told_instead_of_what_is_not_valid() -> None:
    """The distributor has an error, too, but waits for the ingester's (distributor.go)."""
    pushing = Pushing(RATE, "rate")
    status, text, _ = pushing.push(("4", [(0, 300_000)]), ("5", [(0, 2001)]))
    assert status == 429
    assert text.endswith('total ignored: 1 out of 1 for stream: {a="5"}')

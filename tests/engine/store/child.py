"""A process that writes a store until somebody kills it; run as a script by test_crash.

``child.py PATH WAY FIRST``: writes numbered entries from FIRST on with WAY (append, threads, bulk)
and tells each number on standard output once it is acknowledged.
"""

from __future__ import annotations

import itertools
import sys
import threading
from pathlib import Path

from tests.engine.store.reference import single
from toolkit.engine.store import Store, bulk, maintenance, merge, store, writer

writer.JOURNAL_ROWS = 40
store.SMALLEST_SEGMENT = 5
merge.CROWD = 4
for module in (bulk, maintenance, merge):
    module.SEGMENT_ROWS = 150

lock = threading.Lock()


def tell(numbers: range) -> None:
    with lock:
        sys.stdout.write("".join(f"{number}\n" for number in numbers))
        sys.stdout.flush()


def append(target: Store, counter: itertools.count[int]) -> None:
    while True:
        number = next(counter)
        target.append(single(number))
        tell(range(number, number + 1))


def load(target: Store, counter: itertools.count[int]) -> None:
    while True:
        first = next(counter)
        numbers = range(first, first + 30)
        for number in itertools.islice(counter, 29):
            assert number in numbers
        with target.bulk() as loader:
            for number in numbers:
                loader.add(single(number))
        tell(numbers)


def main(path: Path, way: str, first: int) -> None:
    target = Store.open(path, write=True)
    counter = itertools.count(first)
    if way == "bulk":
        load(target, counter)
    threads = [
        threading.Thread(target=append, args=(target, counter))
        for _ in range(4 if way == "threads" else 1)
    ]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))

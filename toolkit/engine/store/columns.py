"""A column that grows at its end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Column:
    """An array that only grows. A view taken of it stays as it was, whatever is added later.

    Not locked: whoever adds and whoever takes views agree among themselves.
    """

    def __init__(self, dtype: type[np.generic]) -> None:
        self._data: NDArray[Any] = np.empty(1024, dtype)
        self._length = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        need = self._length + len(values)
        if need > len(self._data):
            # Copying costs; memory that was not yet written to does not.
            larger = np.empty(max(need, 8 * len(self._data)), self._data.dtype)
            larger[: self._length] = self._data[: self._length]
            self._data = larger
        self._data[self._length : need] = values
        self._length = need

    def __len__(self) -> int:
        return self._length

    def view(self, length: int | None = None) -> NDArray[Any]:
        """The first ``length`` values (all without it), not copied and read-only."""
        view = self._data[: self._length if length is None else length]
        view.flags.writeable = False
        return view

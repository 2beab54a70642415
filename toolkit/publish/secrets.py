"""Secrets that a definition names, looked up when they are about to be sent and not before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import SettingsError
from toolkit.grafana.alerting.notifying import SecretAt


def revealed(value: Any, who: str) -> Any:
    """``value`` with the secrets in the place of their names; ``who`` needs them.

    Raises :class:`SettingsError` for one that is not where it is said to be.
    """
    if isinstance(value, SecretAt):
        return _secret(value, who)
    if isinstance(value, Mapping):
        return {key: revealed(inner, who) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [revealed(inner, who) for inner in value]
    return value


def _secret(at: SecretAt, who: str) -> str:
    if at.kind == "env":
        found = os.environ.get(at.name, "")
        if not found:
            raise SettingsError(
                f"the environment variable {at.name} is not set; {who} needs it",
                setting=at.name,
                hint=f"export {at.name}=...",
            )
        return found
    try:
        # Editors end a file with a line break, which is no part of the secret.
        found = Path(at.name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(
            f"the secret of {who} cannot be read from {at.name}: {reason}", setting=at.name
        ) from None
    if not found:
        raise SettingsError(f"the secret of {who} in {at.name} is empty", setting=at.name)
    return found

"""One store for each tenant: directories under a common root, named like the tenants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from toolkit.engine.store.files import naming
from toolkit.engine.store.manifest import MANIFEST
from toolkit.errors import StoreError

# grafana/dskit tenant/tenant.go: the characters that a tenant id may have, and its length.
_VALID = re.compile(r"[A-Za-z0-9!_.*'()-]{1,150}")


def tenant_path(root: Path, tenant: str) -> Path:
    """The directory of a tenant's store. Raises :class:`StoreError` for an id Loki refuses."""
    if not _VALID.fullmatch(tenant) or tenant in (".", ".."):
        raise StoreError(f"not a tenant id: {tenant!r}")
    return root / tenant


def tenants(root: Path) -> Sequence[str]:
    """The tenants that have a store under ``root``, ordered by name; none where it is not there."""
    if not root.exists():
        return []
    with naming(root, "read"):
        return sorted(each.parent.name for each in root.glob(f"*/{MANIFEST}"))

"""A store for each tenant."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.engine.store import Store, tenant_path, tenants
from toolkit.errors import StoreError


def test_tenants_are_the_directories_that_hold_a_store(tmp_path: Path) -> None:
    assert tenants(tmp_path / "none") == []
    for name in ("team-b", "fake", "o'neill!(x)*"):
        Store.open(tenant_path(tmp_path, name), write=True).close()
    (tmp_path / "something-else").mkdir()
    assert tenants(tmp_path) == ["fake", "o'neill!(x)*", "team-b"]


@pytest.mark.parametrize("tenant", ["", ".", "..", "../x", "a/b", "a|b", "ä", "x" * 151, "a\n"])
def test_an_id_that_loki_refuses_is_no_directory(tmp_path: Path, tenant: str) -> None:
    """grafana/dskit tenant/tenant.go ValidTenantID."""
    with pytest.raises(StoreError, match="not a tenant id"):
        tenant_path(tmp_path, tenant)

"""Sharded queues read as one list: in order over all shards, page by page, nothing twice and nothing left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.platform.errors import Misuse
from chalicelib.store import Record, unit_of_work
from chalicelib.store.merged import merged_index

pytestmark = pytest.mark.aws
SHARDS = ["Q#0", "Q#1", "Q#2"]


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(SHARDS), min_size=1, max_size=20), st.integers(1, 7), st.booleans())
def test_pages_together_are_the_whole_list_in_order(
    in_tenant: Any, shards: list[str], limit: int, newest_first: bool
) -> None:
    with in_tenant():
        with unit_of_work() as uow:
            for number, shard in enumerate(shards):
                uow.create(Record(f"TSK#{number}", "TASK", "task", {"n": number}, gsi1=(shard, f"{number:04d}")))
            uow.commit()
        seen, cursor = [], None
        while True:
            page = merged_index("gsi1", SHARDS, limit, cursor, newest_first)
            seen += [record.data["n"] for record in page.records]
            cursor = page.cursor
            if cursor is None:
                break
        assert seen == sorted(range(len(shards)), reverse=newest_first)


def test_a_cursor_of_other_shards_is_refused(in_tenant: Any) -> None:
    with in_tenant():
        with unit_of_work() as uow:
            for number in range(3):
                uow.create(Record(f"TSK#{number}", "TASK", "task", {}, gsi1=("Q#0", f"{number}")))
            uow.commit()
        cursor = merged_index("gsi1", SHARDS, 1).cursor
        with pytest.raises(Misuse, match="BAD_CURSOR"):
            merged_index("gsi1", SHARDS[:2], 1, cursor)

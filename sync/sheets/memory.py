"""Where the bytes and columns of files are kept."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyarrow import MemoryPool


@cache
def reused() -> MemoryPool:
    """The allocator that keeps what becomes free for the next file, where Arrow was built with it.

    Bytes read into used memory cost a quarter of those in new memory, and columns grow in two thirds of the time.
    """
    # A look into the inbox does without pyarrow.
    from pyarrow import default_memory_pool, mimalloc_memory_pool, supported_memory_backends

    return mimalloc_memory_pool() if "mimalloc" in supported_memory_backends() else default_memory_pool()

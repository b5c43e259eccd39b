"""Pieces of a value put together, once for each combination of distinct cells that occurs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.rules import Part
from sync.mapping.table import Column, Table
from sync.model import values


def joined(parts: Sequence[Part], table: Table) -> Column:
    """The distinct texts the parts make, and which of them each row has; blank if a column's cell is blank.

    -1 where a cell is no value at all.
    """
    texts, codes = pa.array([""], values.TEXT), np.zeros(len(table), dtype=np.int64)
    for part in parts:
        if part.column is None:
            texts = _glued(texts, pa.scalar(part.literal, values.TEXT))
            continue
        column = table[part.column]
        cells, own = column.texts, column.codes
        cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, values.TEXT), cells)
        size = max(len(cells), 1)
        pairs = np.where((codes < 0) | (own < 0), -1, codes * size + own)
        # One text pairs with each cell once, so the column's own codes serve.
        codes, used = (pairs, np.arange(len(cells))) if len(texts) == 1 else pd.factorize(pairs)
        codes, used = np.where(pairs < 0, -1, codes), np.maximum(used, 0)
        texts = _glued(texts.take(pa.array(used // size)), cells.take(pa.array(used % size)))
    return Column(pc.fill_null(texts, ""), codes)


def _glued(left: pa.Array, right: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(left, right, pa.scalar("", values.TEXT))

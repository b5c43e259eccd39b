"""Under which identifier the object of each alias is on the site: the old one, or already the new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sync.model import Resource
from sync.model.index import Flags, indexes
from sync.model.resources import CATALOGUE
from sync.model.values import match_of, position
from sync.observe.context import Context
from sync.observe.read_plan import ReadPlan
from sync.observe.reading import read

Asked = Callable[[Resource, "pd.Series[Any]"], tuple[Flags, Flags]]
"""Asks the site for objects by their identifiers: which are there, and which could not be read."""


def asking(context: Context) -> Asked:
    """Ask this site, with one GET for each."""
    return partial(_read, context)


def not_asking(resource: Resource, identifiers: pd.Series[Any]) -> tuple[Flags, Flags]:
    """Ask nothing: only the ledger is known."""
    return np.zeros(len(identifiers), dtype=bool), np.ones(len(identifiers), dtype=bool)


def with_states(aliases: pd.DataFrame, ledgers: Mapping[str, pd.DataFrame], asked: Asked) -> pd.DataFrame:
    """The aliases with the columns `state` and `moved`.

    `state` is `old` or `new`: the name under which the site has the object. It is `nowhere` if nothing is known under
    either, and `both` if there are two objects. `moved` are those that the ledger has under the old name and the site
    under the new one.

    The site is asked only for new names that the ledger does not know, and for old ones where that leaves a doubt.
    """
    parts = [_of_one(CATALOGUE[str(name)], rows, ledgers, asked) for name, rows in aliases.groupby("resource")]
    return pd.concat(parts).sort_index() if parts else aliases.assign(state="", moved=False)


def _of_one(resource: Resource, rows: pd.DataFrame, ledgers: Mapping[str, pd.DataFrame], asked: Asked) -> pd.DataFrame:
    known = ledgers[resource.name]["match"]
    was, now = (position(rows[name], known) >= 0 for name in ("was", "now"))
    old, new = was.copy(), now.copy()
    new[~now], _ = asked(resource, rows["new"][~now])
    unsure = (new & ~now) | ~(was | now)
    old[unsure], unread = asked(resource, rows["old"][unsure])
    old[unsure] |= unread & was[unsure]
    new[unsure] &= ~(unread & was[unsure])
    states = np.select([old & new, old, new], ["both", "old", "new"], "nowhere")
    return rows.assign(state=pd.Series(states, index=rows.index, dtype="str"), moved=was & ~old & new)


def _read(context: Context, resource: Resource, identifiers: pd.Series[Any]) -> tuple[Flags, Flags]:
    index = indexes()[resource.name]
    keys = pd.DataFrame({resource.key[0]: identifiers.array})
    keys["at"] = index.numbers(match_of(keys, resource.keys, context.config.conventions))
    plans = {resource.name: ReadPlan(resource.reads[0], keys)}
    responses = read(context, {resource.name: index}, plans)[resource.name]
    return ~responses.absent & ~responses.failed, responses.failed

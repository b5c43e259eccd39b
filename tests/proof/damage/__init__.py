"""Kinds of damage to exports, each made by script from good ones, each with what is right."""

from __future__ import annotations

from collections.abc import Mapping

from tests.proof.damage.changes import CHANGES
from tests.proof.damage.encoding import ENCODING
from tests.proof.damage.identifiers import IDENTIFIERS
from tests.proof.damage.kinds import Damage, Past, Wanted
from tests.proof.damage.layout import LAYOUT
from tests.proof.damage.missing import MISSING
from tests.proof.damage.old import OLD
from tests.proof.damage.slow import SLOW
from tests.proof.damage.swapped import SWAPPED
from tests.proof.damage.truncated import TRUNCATED
from tests.proof.damage.values import VALUES

FAMILIES: Mapping[str, tuple[Damage, ...]] = {
    "truncated": TRUNCATED,
    "missing": MISSING,
    "old": OLD,
    "swapped": SWAPPED,
    "identifiers": IDENTIFIERS,
    "values": VALUES,
    "encoding": ENCODING,
    "layout": LAYOUT,
    "slow": SLOW,
}

"""Kinds of damage to snapshots; `CHANGES` are those of a SIS that exports changes."""

DAMAGES: tuple[Damage, ...] = tuple(damage for family in FAMILIES.values() for damage in family)

__all__ = ["CHANGES", "DAMAGES", "FAMILIES", "Damage", "Past", "Wanted"]

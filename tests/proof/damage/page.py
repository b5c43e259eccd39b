"""The corpus as two tables of the page "How we test"; `python -m tests.proof.damage.page` writes them."""

from __future__ import annotations

from tests.proof.damage import CHANGES, FAMILIES, Wanted
from tests.proof.known import known
from tests.proof.verdicts import PAGE, Rows, between, renewed, table


def by_family() -> Rows:
    """How many kinds each family has, by what is wanted, and how many of them turn out so."""
    faults = known("damage")
    judged = [each for each in Wanted if each is not Wanted.UNNOTICED]  # that depends on the night
    rows = [("Family", "Kinds", *judged, "Right today")]
    for name, kinds in {**FAMILIES, "changes": CHANGES}.items():
        wanted = [sum(damage.wanted is each for damage in kinds) for each in judged]
        right = sum(faults.keys().isdisjoint({damage.name, f"after {damage.name}"}) for damage in kinds)
        rows.append((name, *map(str, (len(kinds), *wanted, right))))
    sums = [sum(int(row[n]) for row in rows[1:]) for n in range(1, len(rows[0]))]
    return [*rows, ("all", *map(str, sums))]


def wrong() -> Rows:
    """The kinds that go wrong, or the nights after them, and why; nothing if there are none."""
    kinds = {damage.name: damage for family in (*FAMILIES.values(), CHANGES) for damage in family}
    faults = sorted(known("damage").items(), key=lambda fault: (fault[1], fault[0]))
    rows = [(f"`{name}`", kinds[name.removeprefix("after ")], why) for name, why in faults]
    header = ("Night", "What happens", "Wanted", "What goes wrong today")
    return [header, *((name, kind.what, kind.wanted.value, why) for name, kind, why in rows)] if rows else []


def text() -> str:
    """Both tables, the second only if something goes wrong."""
    return "\n\n".join(table(rows) for rows in (by_family(), wrong()) if rows)


def is_current() -> bool:
    """Whether the page has these tables."""
    return between(PAGE.read_text("utf-8"), "damage") == f"{text()}\n"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8"), "damage", text()), "utf-8")

"""Secrets that are known, and texts in which they are masked.

A secret is made known when it is found, and from then on stands in no text for people: faults and issues are masked as
they are made, reports once more as they are written, since rows of a sheet may hold anything. What is sent to the site
is never masked, nor the before and after images kept of it: there it is data like any other.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MASK: Final = "***"

SHORTEST: Final = 8
"""Characters of the shortest secret that is masked. Shorter ones are words of everyday texts, which would become
unreadable wherever one stands; no token is so short, and no password should be."""

_forms: dict[str, None] = {}
"""All ways in which known secrets are written, the longest first."""


def conceal(secret: str) -> None:
    """Make a secret known: it is masked from now on, as long as this process lives."""
    if len(secret) < SHORTEST or secret in _forms:
        return
    written = (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    found = {**_forms, **dict.fromkeys((*written, quote(secret, safe="")))}
    # A secret that holds another one is masked whole, so that nothing of it is left beside the mask.
    ordered = dict.fromkeys(sorted(found, key=len, reverse=True))
    _forms.clear()
    _forms.update(ordered)


def masked(text: str) -> str:
    """The text with a mask in the place of every secret that is known, however it is escaped in there."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


def masked_json(document: bytes) -> bytes:
    """The same of JSON as UTF-8; it stays JSON."""
    for form in _forms:
        if (octets := form.encode()) in document:
            document = document.replace(octets, MASK.encode())
    return document


def scrub(record: DataclassInstance) -> None:
    """Mask all texts of a frozen record that is being made."""
    for each in fields(record) if _forms else ():
        value: Any = getattr(record, each.name)
        if isinstance(value, str):
            object.__setattr__(record, each.name, masked(value))

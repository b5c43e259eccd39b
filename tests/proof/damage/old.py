"""Exports of another night: yesterday's, last week's, last term's, all of them or one beside today's."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.proof.damage.kinds import Damage, Make, Past, Wanted
from tests.proof.damage.making import (
    COURSES,
    ENROLMENTS,
    FEEDS,
    MEMBERS,
    STUDENTS,
    TEACHING,
    edited,
    short,
    taken_from,
)
from tests.proof.feeds import Feeds, Files


def _terms(feeds: Feeds) -> set[str]:
    return {*feeds[COURSES].column("TERM")}


def yesterday(past: Past) -> Feeds:
    return past.ago(1)


def last_week(past: Past) -> Feeds:
    """A week ago, or the first night of the term if that is later."""
    return [night for night in past.nights if _terms(night) & _terms(past.tonight)][-8:][0]


def last_term(past: Past) -> Feeds:
    """The last night on which none of today's terms was listed."""
    return [night for night in past.nights if not _terms(night) & _terms(past.tonight)][-1]


def below_yesterday(feed: str) -> Make:
    """Yesterday's rows above today's, in one file."""

    def make(past: Past, dice: Random) -> Files:
        rows = yesterday(past)[feed].rows
        return edited({feed: lambda table, _: replace(table, rows=(*rows, *table.rows))})(past, dice)

    return make


OLD = (
    Damage("all-of-yesterday", "all files are yesterday's", Wanted.REPORTED, taken_from(yesterday, *FEEDS)),
    Damage("all-of-last-week", "all files are a week old", Wanted.HELD, taken_from(last_week, *FEEDS)),
    Damage("all-of-last-term", "all files are last term's", Wanted.HELD, taken_from(last_term, *FEEDS)),
    *(
        Damage(
            f"{short(feed)}-of-yesterday",
            f"{feed} is yesterday's, the others are today's",
            Wanted.REPORTED,
            taken_from(yesterday, feed),
        )
        for feed in (STUDENTS, ENROLMENTS, MEMBERS)
    ),
    *(
        Damage(
            f"{short(feed)}-of-last-week",
            f"{feed} is a week old, the others are today's",
            Wanted.HELD,
            taken_from(last_week, feed),
        )
        for feed in (STUDENTS, ENROLMENTS, MEMBERS)
    ),
    *(
        Damage(
            f"{short(feed)}-of-last-term",
            f"{feed} is last term's, the others are today's",
            Wanted.HELD,
            taken_from(last_term, feed),
        )
        for feed in (COURSES, ENROLMENTS, TEACHING, MEMBERS)
    ),
    *(
        Damage(
            f"{short(feed)}-of-two-nights",
            f"{feed} has yesterday's rows above today's",
            Wanted.REPORTED,
            below_yesterday(feed),
        )
        for feed in (STUDENTS, ENROLMENTS)
    ),
)

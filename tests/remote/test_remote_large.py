"""A list as long as is read at all, within a bound of memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.remote.raw_server import Peer, serve

MEMORY = 1000
"""In MiB."""

READS = """
import resource, sys
from sync.model import Conventions
from sync.model.resources import ENROLMENT
from sync.site import connect
from sync.site.naming import unclear
from sync.site.requests import read_request, rows_of

read, key = ENROLMENT.reads[0], {"courseid": "C1"}
with connect(sys.argv[1], "0a1b2c3d4e5f") as site:
    answer = site.send(read_request(read, key), 600)
assert unclear(ENROLMENT, read, key, answer.data, Conventions()) == ""
print(len(rows_of(ENROLMENT, read, [key], [answer.data], Conventions())))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def row(number: int) -> bytes:
    said = f'"enrol": "nexsis", "idnumber": "U{number}", "role": "Student", "email": "u{number}@inst.example"'
    return f'{{{said}, "lastname": "{"x" * 240}"}}'.encode()


@pytest.mark.parametrize("escaped", [b"", rb"\u0041"], ids=["plain", "with-an-escape"])
def test_a_long_list_is_read_within_bounds(escaped: bytes, request: pytest.FixtureRequest) -> None:
    """700,000 enrolments in 240 MB; a few thousand in the suite. An escape may hide the token, so it is looked for."""
    count = 700_000 if request.config.getoption("full") else 7_000

    def talk(peer: Peer) -> None:
        peer.request()
        peer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n["
            + row(0).replace(b"xx", escaped + b"xx", 1)
        )
        for begin in range(1, count, 1000):
            peer.write(b"".join(b"," + row(number) for number in range(begin, min(count, begin + 1000))))
        peer.write(b"]")

    with serve(talk) as server:
        # A shell in between: a process that is started straight from here begins with the memory of this one.
        command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", READS, server.url]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, memory = map(int, done.stdout.split())
    assert rows == count
    assert memory < MEMORY

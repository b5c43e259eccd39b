"""A certificate authority of the tests' own, and a server's certificate that it has issued."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

CA = "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"
SERVER = "basicConstraints=CA:FALSE", "subjectAltName=DNS:localhost", "extendedKeyUsage=serverAuth"


@dataclass(frozen=True)
class Authority:
    """`file` has its certificate; `server` has a key and a certificate for the name `localhost`, both as PEM."""

    file: Path
    server: Path


def authority(folder: Path) -> Authority:
    """Make one in a folder. The test is skipped if there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl (Debian: apt-get install openssl)")
    ca, key, server = folder / "ca.pem", folder / "ca.key", folder / "server.pem"
    _issue(ca, key, "/CN=An institution's authority", CA)
    _issue(folder / "server.crt", folder / "server.key", "/CN=localhost", SERVER, "-CA", str(ca), "-CAkey", str(key))
    server.write_text((folder / "server.key").read_text() + (folder / "server.crt").read_text())
    return Authority(ca, server)


def _issue(certificate: Path, key: Path, subject: str, extensions: tuple[str, ...], *signed: str) -> None:
    asked = [word for extension in extensions for word in ("-addext", extension)]
    made = "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"
    files = "-keyout", str(key), "-out", str(certificate)
    command = ["openssl", "req", "-x509", *made, "-subj", subject, *files, *asked, *signed]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)

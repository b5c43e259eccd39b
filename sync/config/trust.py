"""Whose certificates are trusted: those of the system's authorities, and of the ones a site file adds.

The site, the mail server, the chat tool and the monitoring service are all checked against the same authorities.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from sync.errors import ConfigError, Fault

_PEM: Final = (
    "It must be a text file with -----BEGIN CERTIFICATE----- in it (PEM). A binary one can be converted: "
    "openssl x509 -inform der -in FILE -out FILE.pem"
)


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """A TLS context that trusts the system's authorities and those in `ca_file`, if there is one.

    OpenSSL takes `SSL_CERT_FILE` and `SSL_CERT_DIR` for the system's where they are set. Loading all of them takes some
    hundredths of a second. Raises ConfigError if the file cannot be used.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        # From Python 3.13 on it is set; many institutions' own authorities lack extensions that it demands.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        _add(context, ca_file)
    return context


def check_authorities(ca_file: Path) -> None:
    """Make sure that a file contains certificates, without loading the system's. Raises ConfigError."""
    _add(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ca_file)


def _add(context: ssl.SSLContext, ca_file: Path) -> None:
    try:
        context.load_verify_locations(ca_file)
    except ssl.SSLError:
        raise ConfigError(Fault("no certificate can be read from this file", str(ca_file), _PEM)) from None
    except OSError as error:
        hint = "`ca_file` must be a file that the account running nexsis-sync can read."
        raise ConfigError(Fault(f"this file cannot be read: {error.strerror}", str(ca_file), hint)) from None

"""Requests made from the OpenAPI document, and whether an answer to one is as the document says.

Importing it takes more than a second, so that a test does so only when it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sync.sandbox import openapi_document

SCHEMA = from_dict(
    openapi_document(), config=SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
)
AS_TOLD = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CHECKS = {"positive": [*AS_TOLD, not_a_server_error], "negative": AS_TOLD}
"""A request that complies with the document never makes the server fail; another one may, past a length, and only as
documented."""


@st.composite
def requested(draw: Callable[[Any], Any], method: str, path: str, mode: str, there: Mapping[str, str]) -> Case[Any]:
    """A request made from the document; it mostly refers to what is `there`. One that is `negative` doesn't comply."""
    case: Case[Any] = draw(SCHEMA[path][method].as_strategy(GenerationMode(mode)))
    if draw(st.sampled_from((True, True, True, False))):
        for part in (case.path_parameters, case.body):
            if isinstance(part, dict):
                part.update({name: there[name] for name in there.keys() & part.keys()})
    return case


def check(case: Case[Any], answer: Any, mode: str) -> None:
    """Fail unless an answer is as the document says."""
    case.validate_response(answer, CHECKS[mode])

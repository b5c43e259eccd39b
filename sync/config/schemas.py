"""JSON Schemas of site and mapping files, for editors and other checkers.

They are made from the models, so they agree with them. An editor reads YAML with its own types, so where a value is
taken as typed, numbers and booleans are allowed too.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from sync.config.inclusion import KEY
from sync.config.mappings import Mapping
from sync.config.scalars import Strict
from sync.config.settings import Settings
from sync.config.shipped import documents
from sync.model.resources import CATALOGUE

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _AsTyped(GenerateJsonSchema):
    """Optional keys may be left out, but not be null: an empty value in a file is a fault."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if "default" in schema and schema["default"] is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def site_schema() -> dict[str, Any]:
    """JSON Schema of a site file."""
    return _schema(Settings, "nexsis-sync site file")


def mapping_schema() -> dict[str, Any]:
    """JSON Schema of one document of a mapping file; it lists the resources of the catalogue and the shipped mappings.

    What a document must have is required unless it includes a shipped mapping, which may have it.
    """
    schema = _schema(Mapping, "nexsis-sync mapping")
    schema["properties"]["resource"] |= {"type": "string", "enum": list(CATALOGUE)}
    schema["properties"][KEY] |= {"type": "string", "enum": list(documents())}
    needs = {name: schema.pop(name) for name in ("required", "dependentRequired")}
    return schema | {"if": {"required": [KEY]}, "else": needs}


def _schema(model: type[Strict], title: str) -> dict[str, Any]:
    return {"$schema": DIALECT, **model.model_json_schema(schema_generator=_AsTyped), "title": title}

"""Write docs/configuration.md: every key of config.yaml, from the schema that checks it.

Run by ``make docs``; a test holds the file against the schema.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parent / "schemas" / "config.schema.yaml"
TEMPLATE = "configuration.md.j2"
REFERENCE = HERE / "configuration.md"

TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
    "object": "keys",
    "string": "text",
}
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "multipleOf": "a multiple of",
}


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with what it refers to in its place; its own keys come first."""
    if "$ref" not in schema:
        return schema
    target = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return resolved(target, root) | {key: value for key, value in schema.items() if key != "$ref"}


def keys(schema: dict[str, Any], root: dict[str, Any], path: str = "") -> Iterator[dict[str, str]]:
    """Yield ``path``, ``allowed``, ``default`` and ``meaning`` of every key below a schema."""
    schema = resolved(schema, root)
    for name, value in schema.get("properties", {}).items():
        key = resolved(value, root)
        where = f"{path}.{name}".strip(".")
        required = name in schema.get("required", [])
        yield {
            "path": where,
            "allowed": allowed(key),
            "default": "required" if required else default(key),
            "meaning": " ".join(key.get("description", "").split()),
        }
        yield from keys(key, root, where)
    entry = schema.get("additionalProperties")
    if isinstance(entry, dict):
        yield from keys(entry, root, f"{path}.<name>")


def default(key: dict[str, Any]) -> str:
    """Return the default of a key as YAML would have it."""
    if "default" not in key:
        return "–"
    if key["default"] == {}:
        return "see below"
    return f"`{json.dumps(key['default'])}`"


def allowed(key: dict[str, Any]) -> str:
    """Return which values a key may have, in words."""
    for choice in ("anyOf", "oneOf"):
        if choice in key:
            return " or ".join(allowed(each) for each in key[choice])
    if "const" in key:
        return f"`{key['const']}`"
    if "enum" in key:
        return ", ".join(f"`{json.dumps(value)}`" for value in key["enum"])
    if "pattern" in key:
        return f"text such as `{key.get('default', 'name')}`"
    kinds = key.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    said = " or ".join(TYPES[kind] for kind in kinds)
    if "array" in kinds and "items" in key:
        said = said.replace("a list", f"a list ({allowed(key['items'])} each)")
    bounds = [f"{words} {key[bound]}" for bound, words in BOUNDS.items() if bound in key]
    return ", ".join([said, *bounds])


def cell(text: str) -> str:
    """Return text that can stand in a cell of a table."""
    return text.replace("|", "\\|").replace("*", "\\*")


def render(schema: dict[str, Any]) -> str:
    """Return the reference."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=False,  # noqa: S701 - Markdown, and nothing in it comes from outside
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = cell
    return environment.get_template(TEMPLATE).render(rows=list(keys(schema, schema)))


if __name__ == "__main__":
    REFERENCE.write_text(render(yaml.safe_load(SCHEMA.read_text())), encoding="utf-8")

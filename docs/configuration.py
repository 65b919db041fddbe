"""Write docs/configuration.md: every key of config.yaml, from the schemas that check it.

Run by ``make docs``; a test compares the file with the schemas.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from parity.planning.schema import LISTED_NAMES, REGISTRIES, WHOLE, load_schemas

HERE = Path(__file__).resolve().parent
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


def resolved(schema: dict[str, Any], resolver: Any) -> tuple[dict[str, Any], Any]:
    """Return a schema with what it refers to in its place, and what resolves references in it."""
    if "$ref" not in schema:
        return schema, resolver
    found = resolver.lookup(schema["$ref"])
    target, within = resolved(found.contents, found.resolver)
    return target | {key: value for key, value in schema.items() if key != "$ref"}, within


def keys(schema: dict[str, Any], resolver: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield ``path``, ``allowed``, ``default`` and ``meaning`` of every key below a schema."""
    schema, resolver = resolved(schema, resolver)
    for name, value in schema.get("properties", {}).items():
        key, within = resolved(value, resolver)
        where = f"{path}.{name}".strip(".")
        required = name in schema.get("required", [])
        yield {
            "path": where,
            "allowed": allowed(key),
            "default": "required" if required else default(key),
            "meaning": " ".join(key.get("description", "").split()),
        }
        yield from keys(key, within, where)
    entry = schema.get("additionalProperties")
    if isinstance(entry, dict):
        yield from keys(entry, resolver, f"{path}.<name>")


def default(key: dict[str, Any]) -> str:
    """Return the default of a key as YAML."""
    if "default" not in key:
        return "–"
    if key["default"] == {}:
        return "see below"
    return f"`{json.dumps(key['default'])}`"


def allowed(key: dict[str, Any]) -> str:
    """Return in words which values a key may have."""
    for choice in ("anyOf", "oneOf"):
        if choice in key:
            return " or ".join(allowed(each) for each in key[choice])
    if "const" in key:
        return f"`{key['const']}`"
    if "x-registry" in key:
        names = list(REGISTRIES[key["x-registry"]]())
        return (
            allowed({"enum": names})
            if len(names) <= LISTED_NAMES
            else f"one of the {key['x-registry']}"
        )
    if "enum" in key:
        return ", ".join(f"`{json.dumps(value)}`" for value in key["enum"])
    if "pattern" in key:
        return f"text such as `{key.get('default', 'name')}`"
    kinds = key.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    said = " or ".join(TYPES[kind] for kind in kinds)
    if "array" in kinds and "items" in key:
        said = said.replace("a list", f"a list (each: {allowed(key['items'])})")
    bounds = [f"{words} {key[bound]}" for bound, words in BOUNDS.items() if bound in key]
    return ", ".join([said, *bounds])


def cell(text: str) -> str:
    """Return text with the characters escaped that mean something in a table."""
    return text.replace("|", "\\|").replace("*", "\\*")


def rows() -> list[dict[str, str]]:
    """Return all keys, see :func:`keys`."""
    return list(keys(WHOLE, load_schemas().resolver()))


def render() -> str:
    """Return the reference."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=False,  # noqa: S701 - Markdown, and nothing in it comes from outside
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = cell
    return environment.get_template(TEMPLATE).render(rows=rows())


if __name__ == "__main__":
    REFERENCE.write_text(render(), encoding="utf-8")

"""The schemas of the configuration: defaults filled in, and for every mistake a sentence.

A sentence names the key and what is allowed. Where a schema says ``x-registry``, the names in that
registry are allowed.
"""

import copy
import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

import parity.backends.runtimes  # noqa: F401 - its modules register the runtimes
from parity.backends.runtimes.runtime import RUNTIMES
from parity.errors import UserError
from parity.external.box_formats import BOX_FORMAT_NAMES
from parity.foreign import shorten
from parity.planning.config_file import check_plain

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
WHOLE = {"$ref": "config.schema.yaml"}

Schema = dict[str, Any]
"""A JSON schema, or a part of one."""


def fault_names() -> Iterable[str]:
    """Return the names of the faults that can be injected.

    The catalogue is imported only when a configuration names a fault: it needs OpenCV, which takes
    as long to import as all else that planning needs.
    """
    return list(import_module("parity.diagnosis.catalogue.fault").FAULTS)


def families() -> Iterable[str]:
    """Return the names of the families of detectors, imported only when one is named."""
    import_module("parity.model_files.families")
    return list(import_module("parity.model_files.families.family").FAMILIES)


REGISTRIES: dict[str, Callable[[], Iterable[str]]] = {
    "box formats": lambda: BOX_FORMAT_NAMES,
    "faults": fault_names,
    "families": families,
    "formats": lambda: [name for name, runtime in RUNTIMES.items() if runtime.precisions],
    "runtimes": lambda: RUNTIMES,
}
"""Where the values come from that ``x-registry`` allows, by its name."""


def complete(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with its defaults filled in.

    Parameters
    ----------
    config : mapping
        What YAML gave.

    Raises
    ------
    UserError
        If a key or a value is not allowed; the sentence names the key and what is allowed.
    """
    check_plain(dict(config))
    completed = copy.deepcopy(dict(config))
    validator = DefaultingValidator(WHOLE, registry=load_schemas())
    error = best_match(validator.iter_errors(completed), key=_plainness)
    if error is not None:
        raise UserError(f"config: {error_sentence(error)}")
    return completed


def load_schemas() -> Registry[Any]:
    """Return the schemas by the names of their files, by which they refer to each other."""
    schemas = {
        path.name: yaml.load(path.read_text(), yaml.CSafeLoader)  # ten times as fast as safe_load
        for path in SCHEMAS.glob("*.yaml")
    }
    for schema in schemas.values():
        del schema["$schema"]  # where it is met, jsonschema goes on with a validator of its own
    return Registry().with_resources(
        (name, DRAFT202012.create_resource(schema)) for name, schema in schemas.items()
    )


def _plainness(error: ValidationError) -> tuple[int, bool, str]:
    misspelt = error.validator == "additionalProperties"  # says more than the key that is lacking
    return -len(error.path), misspelt, str(error.validator)


def _fill_defaults(
    validator: Any, properties: Schema, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for key, subschema in properties.items():
            if "default" in subschema and instance.get(key) is None:
                instance[key] = copy.deepcopy(subschema["default"])
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


def _fill_entries(
    validator: Any, entry: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, dict) and isinstance(entry, dict):
        for key, value in instance.items():
            instance[key] = {} if value is None else value  # a name with nothing behind it
    yield from Draft202012Validator.VALIDATORS["additionalProperties"](
        validator, entry, instance, schema
    )


def _check_registry(
    _validator: Any, registry: str, instance: Any, _schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and instance not in REGISTRIES[registry]():
        yield ValidationError(f"{instance!r} is not one of the {registry}")


def _is_number(_checker: Any, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(_checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


DefaultingValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "properties": _fill_defaults,
        "additionalProperties": _fill_entries,
        "x-registry": _check_registry,
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": _is_number, "integer": _is_integer}
    ),
)


TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a finite number",
    "object": "keys with values",
    "string": "text",
}
EXPONENT = re.compile(r"([-+]?\d+)(\.\d*)?[eE]([-+]?)(\d+)", re.ASCII)
"""A number with an exponent; YAML 1.1 wants a decimal point and the sign of the exponent in it."""

AS_TEXT = ", not text; a value in quotes or nested in --config is text"
NAME = "letters, digits, dots, dashes and underscores, beginning with a letter or digit"
PATTERN_WORDS = {
    "device": "cpu, cuda or cuda:<number>",
    "exports": NAME,
    "external": NAME,
    "models": NAME,
}
BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "a whole number, a multiple of",
}
SIZE = "must be a whole number, a multiple of 32, or [height, width] where both are"
NOT_EMPTY = "must not be empty"
DEMANDS = {
    "const": "must be a whole number, at least 1, or auto",
    "oneOf": SIZE,
    "minItems": SIZE,
    "maxItems": SIZE,
    "pair": "must hold two numbers",
    "minProperties": NOT_EMPTY,
    "minLength": NOT_EMPTY,
    "maxLength": "is too long a name; use at most 100 characters",
    "not": "must not end with the same characters 20 times over, which Snakemake refuses",
    "uniqueItems": "must not name the same twice",
}
LONGEST_VALUE = 100
"""Characters of a value that a sentence repeats, at most; chosen."""

LISTED_NAMES = 12
"""So many allowed values are all listed; of more, the most similar ones."""


def _place_of(key: str) -> str:
    """Return where a key that stands elsewhere belongs; empty if that is not clear."""
    keys = load_schemas().contents(WHOLE["$ref"])["properties"]
    if key in keys:
        return "at the top level of the file"
    sections = [name for name, section in keys.items() if key in section.get("properties", {})]
    return f"under {sections[0]}" if sections else ""


def error_sentence(error: Any) -> str:
    """Return one sentence for a ``ValidationError``."""
    where = ".".join(map(str, error.absolute_path)) or "the file"
    if error.validator == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(allowed))
        if place := _place_of(unknown[0]):
            return f"unknown key {shorten(unknown[0])} in {where}; it belongs {place}."
        similar = difflib.get_close_matches(unknown[0], allowed, n=1)
        hint = f" (did you mean {similar[0]!r}?)" if similar else ""
        key = shorten(unknown[0])
        return f"unknown key {key} in {where}{hint}; it may have {', '.join(allowed)}."
    if error.validator == "required":
        absent = [key for key in error.validator_value if key not in error.instance]
        return f"{where} lacks the key {absent[0]!r}."
    value = json.dumps(error.instance)
    value = value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
    return f"{where} is {value}; it {_demand(error)}."


def _demand(error: Any) -> str:
    kind, rule = str(error.validator), error.validator_value
    if kind == "type" and "enum" in error.schema:
        return _choice(error.instance, error.schema["enum"])
    if kind == "type":
        return _type([rule] if isinstance(rule, str) else rule, error.instance)
    if kind in ("enum", "x-registry"):
        return _choice(error.instance, rule if kind == "enum" else REGISTRIES[rule]())
    if kind == "pattern":
        return f"must be {PATTERN_WORDS[str(error.absolute_path[-1])]}"
    if kind in BOUNDS:
        return f"must be {BOUNDS[kind]} {rule}"
    if kind in ("minItems", "maxItems") and error.absolute_path[-1] != "imgsz":
        kind = "minLength" if rule == 1 else "pair"
    return DEMANDS.get(kind, f"is not allowed: {error.message}")


def _type(allowed: list[str], value: Any) -> str:
    demand = f"must be {' or '.join(TYPES[kind] for kind in allowed)}"
    if not isinstance(value, str):
        return demand
    if "number" in allowed and (found := EXPONENT.fullmatch(value)) is not None:
        whole, fraction, sign, power = found.groups()
        written = f"{whole}{fraction or '.0'}e{sign or '+'}{power}"
        if math.isinf(float(written)):
            return f"{demand}, and none is as large"
        return f"{demand}: YAML reads {value} as text, so write {written}"
    return f"{demand}{AS_TEXT}"


def _choice(value: Any, allowed: Iterable[Any]) -> str:
    names = list(map(str, allowed))
    if len(names) <= LISTED_NAMES:
        return f"must be one of {', '.join(names)}"
    similar = difflib.get_close_matches(str(value), names, n=5, cutoff=0.3)
    return f"must be one of {len(names)} names, such as {', '.join(similar or names[:5])}"

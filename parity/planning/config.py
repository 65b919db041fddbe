"""Reading the configuration: defaults filled in, and every error a sentence with the key's path."""

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from parity.comparison.threshold_grid import grid_of
from parity.errors import UserError
from parity.planning.exports import check_exports, check_weights
from parity.planning.externals import check_externals

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
WHOLE = {"$ref": "config.schema.yaml"}


def complete(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with its defaults filled in.

    Parameters
    ----------
    config : dict
        What YAML gave.

    Raises
    ------
    UserError
        If a key or a value is not allowed; the sentence names the key and what is allowed.
    """
    completed = copy.deepcopy(config)
    check_names(completed)
    validator = DefaultingValidator(WHOLE, registry=load_schemas())
    error = best_match(validator.iter_errors(completed), key=_plainness)
    if error is not None:
        raise UserError(f"config: {explain(error)}")
    check_thresholds(completed)
    check_weights(completed)
    check_exports(completed)
    check_externals(completed)
    grid_of(completed)
    return completed


def load_schemas() -> Registry[Any]:
    """Return the schemas by the names of their files, by which they refer to each other."""
    schemas = {path.name: yaml.safe_load(path.read_text()) for path in SCHEMAS.glob("*.yaml")}
    for schema in schemas.values():
        del schema["$schema"]  # where it is met, jsonschema goes on with a validator of its own
    return Registry().with_resources(
        (name, DRAFT202012.create_resource(schema)) for name, schema in schemas.items()
    )


def _plainness(error: ValidationError) -> tuple[int, bool, str]:
    misspelt = error.validator == "additionalProperties"  # says more than the key that is lacking
    return -len(error.path), misspelt, str(error.validator)


def _fill_defaults(
    validator: Any, properties: dict[str, Any], instance: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for key, subschema in properties.items():
            if "default" in subschema and instance.get(key) is None:
                instance[key] = copy.deepcopy(subschema["default"])
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


def _fill_entries(
    validator: Any, entry: Any, instance: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    if isinstance(instance, dict) and isinstance(entry, dict):
        for key, value in instance.items():
            instance[key] = {} if value is None else value  # a name with nothing behind it
    yield from Draft202012Validator.VALIDATORS["additionalProperties"](
        validator, entry, instance, schema
    )


def _is_number(_checker: Any, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(_checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


DefaultingValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"properties": _fill_defaults, "additionalProperties": _fill_entries},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": _is_number, "integer": _is_integer}
    ),
)


def check_names(config: Any, where: str = "") -> None:
    """Check that every key is text: YAML takes 8, 1.0, yes, no, on and off for something else."""
    for key, value in config.items() if isinstance(config, dict) else ():
        if not isinstance(key, str):
            inside = f" in {where}" if where else ""
            raise UserError(f"config: the key {key!r}{inside} is not text; put it in quotes.")
        check_names(value, f"{where}.{key}".strip("."))


TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a finite number",
    "object": "keys with values",
    "string": "text",
}
AS_TEXT = " (in quotes or nested in --config it is text{})"
EXPONENT = ", and so is 1e-4, where YAML wants 1.0e-4"
NAMES = "letters, digits, dots, dashes and underscores, a letter or digit first"
PATTERNS = {
    "device": "cpu, cuda or cuda:<number>",
    "exports": NAMES,
    "external": NAMES,
    "models": NAMES,
}
BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "a multiple of",
}
SIZE = "must be a multiple of 32, or a [height, width] of such"
EMPTY = "must not be empty"
DEMANDS = {
    "const": "must be a whole number, at least 1, or auto",
    "oneOf": SIZE,
    "minItems": SIZE,
    "maxItems": SIZE,
    "minProperties": EMPTY,
    "minLength": EMPTY,
    "uniqueItems": "must not name the same twice",
}


def explain(error: Any) -> str:
    """Return one sentence for a ``ValidationError``."""
    where = ".".join(map(str, error.absolute_path)) or "the file"
    if error.validator == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(allowed))
        return f"{where} has no key {unknown[0]!r}; it may have {', '.join(allowed)}."
    if error.validator == "required":
        absent = [key for key in error.validator_value if key not in error.instance]
        return f"{where} lacks the key {absent[0]!r}."
    value = json.dumps(error.instance, default=str)
    return f"{where} is {value}; it {_demand(error)}."


def _demand(error: Any) -> str:
    kind, rule = str(error.validator), error.validator_value
    if kind == "type":
        text = isinstance(error.instance, str)
        hint = AS_TEXT.format(EXPONENT if rule == "number" else "") if text else ""
        kinds = [rule] if isinstance(rule, str) else rule
        return f"must be {' or '.join(TYPES[kind] for kind in kinds)}{hint}"
    if kind == "pattern":
        return f"must be {PATTERNS[str(error.absolute_path[-1])]}"
    if kind in BOUNDS:
        return f"must be {BOUNDS[kind]} {rule}"
    return DEMANDS.get(kind, f"is not allowed: {error.message}")


def check_thresholds(config: dict[str, Any]) -> None:
    """Check that no threshold lies below the floor of the stored candidates."""
    floor, conf = config["candidates"]["floor"], config["thresholds"]["conf"]
    if conf < floor:
        raise UserError(
            f"config: thresholds.conf is {conf}, below candidates.floor, which is {floor}; "
            "raise the one or lower the other."
        )

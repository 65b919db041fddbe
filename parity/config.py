"""Reading the configuration: defaults filled in, and every error a sentence with the key's path."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from parity.errors import UserError

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "config.schema.yaml"


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
    validator = DefaultingValidator(yaml.safe_load(SCHEMA.read_text()))
    error = best_match(validator.iter_errors(completed), key=lambda e: (-len(e.path), e.validator))
    if error is not None:
        raise UserError(f"config: {explain(error)}")
    check_thresholds(completed)
    check_exports(completed)
    return completed


def _fill_defaults(
    validator: Any, properties: dict[str, Any], instance: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for key, subschema in properties.items():
            if "default" in subschema:
                instance.setdefault(key, copy.deepcopy(subschema["default"]))
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


DefaultingValidator = extend(Draft202012Validator, {"properties": _fill_defaults})


def explain(error: ValidationError) -> str:
    """Return one sentence for an error of validation."""
    where = ".".join(map(str, error.absolute_path)) or "the file"
    value = json.dumps(error.instance, default=str)
    rule = error.validator_value
    if error.validator == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(allowed))
        return f"{where} has no key {unknown[0]!r}; it may have {', '.join(allowed)}."
    if error.validator == "required":
        absent = [key for key in rule if key not in error.instance]
        return f"{where} lacks the key {absent[0]!r}."
    if error.validator == "pattern" and error.schema.get("type") == "string":
        return f"{where}: {value} is not allowed; it must match {rule}."
    if error.validator == "type":
        hint = ""
        if isinstance(error.instance, str) and rule in ("number", "integer", "boolean"):
            hint = (
                " (written in quotes, with --config, or like 1e-4, where YAML wants 1.0e-4, "
                "it is text)"
            )
        return f"{where} is {value}; it must be of type {rule}{hint}."
    if error.validator == "oneOf":
        return f"{where} is {value}; it must be a multiple of 32, or a [height, width] of such."
    if error.validator == "minProperties":
        return f"{where} is empty; name at least one."
    bounds = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "above",
        "exclusiveMaximum": "below",
        "multipleOf": "a multiple of",
    }
    if error.validator in bounds:
        return f"{where} is {value}; it must be {bounds[error.validator]} {rule}."
    return f"{where} is {value}; {error.message}."


def check_thresholds(config: dict[str, Any]) -> None:
    """Check that no threshold lies below the floor of the stored candidates."""
    floor, conf = config["candidates"]["floor"], config["thresholds"]["conf"]
    if conf < floor:
        raise UserError(
            f"config: thresholds.conf is {conf}, below candidates.floor, which is {floor}; "
            "raise the one or lower the other."
        )


def check_exports(config: dict[str, Any]) -> None:
    """Check what the schema cannot say about exports and the gate."""
    for name, export in config["exports"].items():
        if "onnx" in export and not Path(export["onnx"]).is_file():
            raise UserError(f"config: exports.{name}.onnx is {export['onnx']}, which does not exist.")

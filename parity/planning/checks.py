"""What the schema cannot say of a configuration: which keys go together, and which files exist."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parity.backends.runtime_files import files_of, own_file, runtime_of
from parity.backends.runtimes.onnxruntime import PROVIDERS
from parity.backends.runtimes.runtime import RUNTIMES
from parity.backends.trained_size import trained_size
from parity.comparison.settings import GIVEN_REFERENCE
from parity.comparison.threshold_grid import MAX_POINTS
from parity.documents import from_plain
from parity.errors import UserError
from parity.external.file_format import files_in
from parity.external.recordings import assigned_tensors
from parity.foreign import is_file
from parity.model_files.input_size import fixed_size
from parity.planning.config import Config, ExternalConfig, MetadataConfig, as_pair
from parity.planning.exports import DEFAULT_RUNTIME, runtime_of_export
from parity.planning.externals import FILE_PATTERNS

PLACEHOLDER = re.compile(r"[{}]|<[a-z][a-z0-9_]*>")
"""What Snakemake 9 replaces in paths: wildcards and path variables."""


def checked(completed: Mapping[str, Any]) -> Config:
    """Return a configuration as dataclasses.

    Parameters
    ----------
    completed : mapping
        What :func:`parity.planning.schema.complete` gave.

    Raises
    ------
    UserError
        If keys contradict each other or name what does not exist.
    """
    check_models(completed["models"])
    config = from_plain(with_geometry(completed), Config)
    check_thresholds(config)
    for name, model in config.models.items():
        path = Path(model.weights)
        check_placeholders(f"models.{name}.weights", model.weights)
        if len(path.parts) > 1 or os.path.lexists(model.weights):  # else it may be a published name
            check_named_file(f"config: models.{name}.weights", path)
    if config.reference:
        check_without_checkpoint(config)
    for name in config.exports:
        check_export(config, name)
    for name, external in config.external.items():
        check_external(config, name)
        check_paths(f"config: external.{name}", external)
    check_sweep(config)
    return config


def check_models(models: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that every model has weights, or that the only one has a reference, which exists."""
    for name, model in models.items():
        if ("weights" in model) == ("reference" in model):
            raise UserError(f"config: models.{name} must have either weights or a reference.")
        if "reference" not in model:
            if "family" in model:
                raise UserError(f"config: models.{name}.family needs a reference beside it.")
            continue
        where, path = f"models.{name}.reference.onnx", model["reference"]["onnx"]
        if len(models) > 1:
            raise UserError(
                f"config: models.{name} has a reference, so it must be the only model; run the "
                "others with a configuration of their own."
            )
        check_placeholders(where, path)
        check_named_file(f"config: {where}", path)


def with_geometry(completed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration in which every model has a size, and that of all models is no key.

    Without a checkpoint, the input of the reference is that of every export.
    """
    rest = {key: value for key, value in completed.items() if key != "imgsz"}
    models, common = completed["models"], completed.get("imgsz")
    first = next(iter(models.values()))
    if "reference" not in first:
        sizes = {name: each.get("imgsz") or common for name, each in models.items()}
        sized = {
            name: {**each, "imgsz": sizes[name] or list(trained_size(each["weights"]))}
            for name, each in models.items()
        }
        return {**rest, "models": sized}
    path = first["reference"]["onnx"]
    try:
        fixed = fixed_size(path)
    except ValueError:
        fixed = trained_size(path)
    size = list(as_pair(fixed or first.get("imgsz") or common or trained_size(path)))
    geometry = {"imgsz": size, "dynamic": fixed is None}
    exports = {key: {**export, **geometry} for key, export in completed["exports"].items()}
    sized = {name: {**each, "imgsz": size} for name, each in models.items()}
    return {**rest, "models": sized, "exports": exports}


def check_without_checkpoint(config: Config) -> None:
    """Check that nothing is asked for that needs a checkpoint."""
    (model,) = config.models
    because = f"since models.{model} has a reference and no weights"
    for name, export in config.exports.items():
        if name == GIVEN_REFERENCE:
            raise UserError(f"config: exports.{name} needs another name, {because}.")
        if export.onnx is None:
            raise UserError(
                f"config: exports.{name} must name an ONNX file (onnx), {because}: nothing can "
                "be exported, quantised or converted here."
            )
    taken = "rect" if any(export.dynamic for export in config.exports.values()) else "square"
    for name, external in config.external.items():
        other_size = external.imgsz and as_pair(external.imgsz) != config.size_of(model)
        if other_size or external.geometry not in (None, taken):
            raise UserError(
                f"config: external.{name} has another input than the reference, {because}; leave "
                "out imgsz and geometry, or give weights."
            )


def check_placeholders(key: str, path: str) -> None:
    """Check that Snakemake does not take a part of a path for a placeholder of its own."""
    if PLACEHOLDER.search(path):
        raise UserError(
            f"config: {key} is {path!r}; Snakemake takes names in {{}} and <> for placeholders, so "
            "rename the file or folder, or name a link to it."
        )


def check_thresholds(config: Config) -> None:
    """Check that no threshold lies below the floor of the stored candidates."""
    floor, conf = config.candidates.floor, config.thresholds.conf
    if conf < floor:
        raise UserError(
            f"config: thresholds.conf is {conf}, below candidates.floor, which is {floor}; "
            "raise one or lower the other."
        )


def check_export(config: Config, name: str) -> None:
    """Check that an export's file exists and its keys have a meaning for it."""
    export, where = config.exports[name], f"config: exports.{name}"
    if export.onnx is not None:
        check_placeholders(f"exports.{name}.onnx", export.onnx)
        check_named_file(f"{where}.onnx", export.onnx)
    elif export.file is None and export.metadata != MetadataConfig():
        raise UserError(
            f"{where}.metadata has no meaning here; only a given file (onnx or file) can need it."
        )
    check_own_file(config, name)
    runtime = runtime_of_export(config, name)
    if runtime != DEFAULT_RUNTIME and export.providers != PROVIDERS:
        raise UserError(
            f"{where}.providers has no meaning here; only the runtime onnxruntime has execution "
            "providers."
        )
    if export.conf is not None and not export.nms:
        raise UserError(
            f"{where}.conf has no meaning here; only an export with nms: true bakes thresholds "
            "into its graph."
        )
    if export.conf is not None and export.conf > config.thresholds.conf:
        raise UserError(
            f"config: thresholds.conf is {config.thresholds.conf}, below exports.{name}.conf, "
            f"which is {export.conf} and baked into the graph; raise one or lower the other."
        )
    if export.keep_fp32 and not export.is_quantised_here:
        raise UserError(
            f"{where}.keep_fp32 has no meaning here; only an export that is made with quantize: 8 "
            "can keep some of its nodes in fp32."
        )


def check_own_file(config: Config, name: str) -> None:
    """Check which runtime a file of its own belongs to, and that it can do what is asked for."""
    export, where = config.exports[name], f"config: exports.{name}"
    if sum(key is not None for key in (export.onnx, export.file, export.format)) > 1:
        raise UserError(f"{where} must have only one of onnx, file and format.")
    if not export.is_own:
        if export.runtime is not None and not RUNTIMES[export.runtime].reads_onnx:
            raise UserError(
                f"{where}.runtime is {export.runtime}, which reads no ONNX files; give its own "
                "under file, or have it made by format."
            )
        return
    if export.file is not None:
        check_placeholders(f"exports.{name}.file", export.file)
        if not os.path.lexists(export.file):
            raise UserError(f"{where}.file is {export.file}, which does not exist.")
        files_of(export.file)
    own = export.format or runtime_of(own_file(export.file or ""))
    if export.runtime not in (None, own):
        raise UserError(f"{where}.runtime is {export.runtime}, but {own} executes this export.")
    if export.format is not None and export.quantize not in RUNTIMES[own].precisions:
        known = " or ".join(map(str, RUNTIMES[own].precisions))
        raise UserError(
            f"{where}.quantize is {export.quantize}; an export to {own} is made with {known} here, "
            "others can be given under file."
        )
    if export.dynamic or export.nms is not None:
        key = "dynamic" if export.dynamic else "nms"
        raise UserError(
            f"{where}.{key} has no meaning here; a file of a runtime's own has an input of a fixed "
            "size and raw outputs."
        )


def check_external(config: Config, name: str) -> None:
    """Check what a deployment is said to run, and at which threshold."""
    external, where = config.external[name], f"config: external.{name}"
    if external.detections is not None and external.inject is not None:
        raise UserError(f"{where} must have either detections or inject.")
    arrays = external.input_tensors or external.recorded
    if not external.has_boxes and arrays is None:
        raise UserError(f"{where} must have detections, input_tensors, recorded or inject.")
    if external.recorded and (external.input_tensors or external.raw_outputs):
        raise UserError(f"{where} must have either recorded or input_tensors and raw_outputs.")
    if not external.has_boxes and f"external-{name}" in config.gate:
        raise UserError(f"config: gate names external-{name}, which has no boxes.")
    floor = config.candidates.floor
    if external.conf and external.conf < floor:  # 0 is no threshold, and no floor is as low
        raise UserError(
            f"{where}.conf is {external.conf}, below candidates.floor, which is {floor}; lower the "
            "floor."
        )
    named = (("model", external.model, config.models), ("export", external.export, config.exports))
    for key, value, known in named:
        if value is not None and value not in known:
            raise UserError(f"{where}.{key} is {value!r}; it may be {', '.join(sorted(known))}.")


def check_named_file(where: str, path: str | Path) -> None:
    """Check that a path names a regular file, or a link to one."""
    if not is_file(Path(path)):
        raise UserError(f"{where} is {path}, which {what_instead(path, 'a file')}.")


def what_instead(path: str | Path, wanted: str) -> str:
    """Return what is wrong with a path that names nothing of a kind that is wanted."""
    if os.path.exists(path):  # noqa: PTH110 - as is_file
        return f"is not {wanted}"
    return "is a link that leads nowhere" if os.path.lexists(path) else "does not exist"


def check_paths(where: str, external: ExternalConfig) -> None:
    """Check that what a deployment brings exists, and that a folder holds files that count."""
    if isinstance(external.names, str):
        check_named_file(f"{where}.names", external.names)
    for key, patterns in FILE_PATTERNS.items():
        given = getattr(external, key)
        if given is None:
            continue
        check_placeholders(f"{where.removeprefix('config: ')}.{key}", given)
        if key == "detections" and is_file(Path(given)):
            continue
        path = Path(given)
        if not os.path.isdir(path):  # noqa: PTH112 - as is_file
            kind = "a file or a folder" if key == "detections" else "a folder"
            raise UserError(f"{where}.{key} is {path}, which {what_instead(path, kind)}.")
        if key == "recorded":
            assigned_tensors(path)
        elif not files_in(given, patterns):
            without = " or ".join(patterns)
            raise UserError(f"{where}.{key} is {path}, a folder without any {without}.")


def check_sweep(config: Config) -> None:
    """Check that a sweep asks only for detections that are stored and in the graph."""
    for key, values in config.grid.items():
        if not 1 <= len(values) <= MAX_POINTS:
            raise UserError(f"config: sweep.{key} must have 1 to {MAX_POINTS:,} values.")
    if not config.grid:
        return
    limits = {"candidates.floor": config.candidates.floor}
    for name, export in config.exports.items():
        if export.nms:
            limits[f"exports.{name}.conf"] = export.conf or config.thresholds.conf
    lowest = config.grid["conf"][0]
    for key, limit in limits.items():
        if lowest < limit:
            baked = " and baked into the graph" if key.startswith("exports") else ""
            raise UserError(
                f"config: sweep.conf has {lowest}, below {key}, which is {limit}{baked}; "
                "raise one or lower the other."
            )

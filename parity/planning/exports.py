"""What a configuration says of each export: how it is made and where its file lies.

Rule ``export`` makes every float model. An int8 model is made from such a float model, its
*source*, by rule ``quantise``.
"""

from pathlib import Path
from typing import Any

from parity.errors import UserError

INT8 = 8
FLOAT16 = 16
FLOAT32 = 32


def as_pair(imgsz: int | list[int]) -> tuple[int, int]:
    """Return height and width of a size that may be one number."""
    return (imgsz, imgsz) if isinstance(imgsz, int) else (imgsz[0], imgsz[1])


def export_settings(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what rule ``export`` needs by export; tolerances and the like left out.

    Parameters
    ----------
    config : dict
        A completed configuration.

    Returns
    -------
    dict of str to dict
        Beside the exports of the configuration, the fp32 counterparts that others are held
        against, see :func:`counterpart`.
    """
    settings = _settings(config)
    counterparts = {
        name: {**settings[export], "onnx": "", "quantize": FLOAT32}
        for export in config["exports"]
        if (name := counterpart(config, export)) not in settings
    }
    return settings | counterparts


def counterpart(config: dict[str, Any], export: str) -> str:
    """Return the name under which rule ``export`` makes the fp32 model like an export.

    For an int8 export that is its own name: rule ``quantise`` writes elsewhere. For an fp16
    export and a given file it is the first fp32 export with the same options, or one that is
    made for the purpose; no name of a user begins with an underscore.
    """
    settings = _settings(config)
    wanted = {**settings[export], "onnx": "", "quantize": FLOAT32}
    if settings[export] == wanted:
        return export
    like = [
        name for name, each in settings.items() if each == wanted and name not in quantised(config)
    ]
    return like[0] if like else f"_fp32-for-{export}"


def _settings(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "onnx": export.get("onnx", ""),
            "opset": export["opset"],
            "simplify": export["simplify"],
            "dynamic": export["dynamic"],
            "imgsz": list(as_pair(export.get("imgsz", config["imgsz"]))),
            "quantize": FLOAT32 if export["quantize"] == INT8 else export["quantize"],
            "batch": export["batch"],
            **suppression_settings(export, config["thresholds"]),
        }
        for name, export in config["exports"].items()
    }


def suppression_settings(export: dict[str, Any], thresholds: dict[str, Any]) -> dict[str, Any]:
    """Return what the exporter needs to know of the head and of a suppression in the graph."""
    nms = export.get("nms")
    if not nms:
        return {"nms": nms}
    baked = {key: export.get(key, thresholds[key]) for key in ("conf", "iou")}
    return {"nms": True, **baked, "max_det": thresholds["max_det"]}


def quantised(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what rule ``quantise`` needs by export; a given file is never quantised.

    Parameters
    ----------
    config : dict
        A completed configuration.
    """
    return {
        name: {"keep_fp32": export["keep_fp32"]}
        for name, export in config["exports"].items()
        if export["quantize"] == INT8 and "onnx" not in export
    }


def wanted_of(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the file of each export should be like, see ``inspection.Wanted``.

    Parameters
    ----------
    config : dict
        A completed configuration.
    """
    return {
        name: {
            "given": bool(each["onnx"]),
            "opset": each["opset"],
            "quantize": config["exports"][name]["quantize"],
            "dynamic": each["dynamic"],
            "imgsz": each["imgsz"],
        }
        for name, each in _settings(config).items()
    }


def suspects(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what rule ``layers`` needs by export, of those that may drift from their fp32 like.

    Parameters
    ----------
    config : dict
        A completed configuration.
    """
    kinds = {INT8: "int8", FLOAT16: "float16", FLOAT32: "float"}
    exports = config["exports"] if config["layers"]["images"] else {}
    return {
        name: {
            "stored_as": kinds[export["quantize"]],
            "given": "onnx" in export,
            "keep_fp32": export["keep_fp32"],
        }
        for name, export in exports.items()
        if "onnx" in export or export["quantize"] != FLOAT32
    }


def model_file(config: dict[str, Any], model: str, export: str) -> str:
    """Return the ONNX file of an export; its description has the same name and ends in json."""
    rule = "quantise" if export in quantised(config) else "export"
    return f"results/{rule}/{model}/{export}.onnx"


def description_file(config: dict[str, Any], model: str, export: str) -> str:
    """Return the description of an export."""
    return str(Path(model_file(config, model, export)).with_suffix(".json"))


def check_exports(config: dict[str, Any]) -> None:
    """Check what the schema cannot say about exports.

    Raises
    ------
    UserError
        If a given file does not exist or a key has no meaning for its export.
    """
    for name, export in config["exports"].items():
        if "onnx" in export and not Path(export["onnx"]).is_file():
            raise UserError(
                f"config: exports.{name}.onnx is {export['onnx']}, which does not exist."
            )
        check_suppression(name, export, config["thresholds"])
        if export["keep_fp32"] and name not in quantised(config):
            raise UserError(
                f"config: exports.{name}.keep_fp32 has no meaning here; only an export that is "
                "made with quantize: 8 can keep some of its nodes in fp32."
            )


def check_weights(config: dict[str, Any]) -> None:
    """Check that weights which are a path exist; a bare name may be one that is published.

    Raises
    ------
    UserError
        If they do not.
    """
    for name, model in config["models"].items():
        path = Path(model["weights"])
        if len(path.parts) > 1 and not path.is_file():
            raise UserError(f"config: models.{name}.weights is {path}, which does not exist.")


def check_suppression(name: str, export: dict[str, Any], thresholds: dict[str, Any]) -> None:
    """Check the thresholds that an export bakes into its graph.

    Raises
    ------
    UserError
        If they are given for an export that bakes none, or hide detections that are asked for.
    """
    for key in ("conf", "iou"):
        if key in export and not export.get("nms"):
            raise UserError(
                f"config: exports.{name}.{key} has no meaning here; only an export with nms: true "
                "bakes thresholds into its graph."
            )
    if export.get("conf", 0) > thresholds["conf"]:
        raise UserError(
            f"config: thresholds.conf is {thresholds['conf']}, below exports.{name}.conf, which is "
            f"{export['conf']} and baked into the graph; raise the one or lower the other."
        )

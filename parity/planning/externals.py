"""What a configuration says of boxes that come from elsewhere: where they are and what is known.

What is said of the boxes reaches the rule that reads them, what is said of the deployment the rule
that diagnoses it; so that a change of the one does not make the other stale.
"""

import hashlib
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

from parity.errors import UserError
from parity.external.observations import Declared
from parity.planning.exports import model_file

DECLARED = tuple(field.name for field in fields(Declared))
"""What a user may state of the deployment."""

TENSORS = ("input_tensors", "raw_outputs")
PARTS = {"detections": "*.txt", "input_tensors": "*.npy", "raw_outputs": "*.npy"}
"""Which files of a folder count."""


def model_of(config: dict[str, Any], name: str) -> str:
    """Return the model that a deployment runs: the one that is named, or the first."""
    return config["external"][name].get("model", next(iter(config["models"])))


def export_of(config: dict[str, Any], name: str) -> str:
    """Return the export that a deployment runs: the one that is named, or the first."""
    return config["external"][name].get("export", next(iter(config["exports"])))


def of_model(config: dict[str, Any], model: str) -> list[str]:
    """Return the deployments that run a model."""
    return [name for name in config["external"] if model_of(config, name) == model]


def given_detections(config: dict[str, Any], name: str) -> list[str]:
    """Return the file that a deployment's boxes come from; nothing for a folder of files."""
    external = config["external"][name]
    if "inject" in external:
        return [f"results/inject/{model_of(config, name)}/{name}.json"]
    return [external["detections"]] if Path(external["detections"]).is_file() else []


def source_of(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what is said of a deployment's boxes, and what a folder of them holds."""
    external = config["external"][name]
    source = (given_detections(config, name) or [external.get("detections")])[0]
    names = external.get("names", [])
    if isinstance(names, str):
        names = [line.strip() for line in Path(names).read_text().splitlines() if line.strip()]
    return {
        "source": source,
        "content": "" if given_detections(config, name) else digest_of_folder(source),
        "box_format": external.get("box_format", ""),
        "names": names,
    }


def known_of(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the fields of :class:`parity.external.observations.Known`."""
    external = config["external"][name]
    declared = {key: external.get(key) for key in DECLARED}
    if isinstance(declared["imgsz"], int):
        declared["imgsz"] = [declared["imgsz"]] * 2
    return {"declared": declared, **{key: external.get(key) for key in TENSORS}}


def tensors_of(config: dict[str, Any], name: str) -> list[str]:
    """Return the files of tensors that were handed over with a deployment's boxes."""
    folders = [Path(f) for key in TENSORS if (f := config["external"][name].get(key))]
    return [str(path) for folder in folders for path in sorted(folder.rglob("*.npy"))]


@cache
def digest_of_folder(folder: str) -> str:
    """Return a digest of the names and contents of the text files below a folder."""
    digest = hashlib.sha256()
    for path in sorted(Path(folder).rglob(PARTS["detections"])):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def check_externals(config: dict[str, Any]) -> None:
    """Check what the schema cannot say about boxes from elsewhere.

    Raises
    ------
    UserError
        If something that is named does not exist.
    """
    for name, external in config["external"].items():
        where = f"config: external.{name}"
        if ("detections" in external) == ("inject" in external):
            raise UserError(f"{where} must have either detections or inject.")
        _check_conf(where, external.get("conf"), config, gated=f"external-{name}" in config["gate"])
        for key, all_ in (("model", config["models"]), ("export", config["exports"])):
            if external.get(key) not in (None, *all_):
                raise UserError(
                    f"{where}.{key} is {external[key]!r}; it may be {', '.join(sorted(all_))}."
                )
        if isinstance(external.get("names"), str) and not Path(external["names"]).is_file():
            raise UserError(f"{where}.names is {external['names']}, which does not exist.")
        for key, pattern in PARTS.items():
            if key in external:
                _check_there(f"{where}.{key}", Path(external[key]), pattern, key == "detections")


def _check_conf(where: str, conf: float | None, config: dict[str, Any], *, gated: bool) -> None:
    ours, floor = config["thresholds"]["conf"], config["candidates"]["floor"]
    if conf is not None and conf < floor:
        raise UserError(
            f"{where}.conf is {conf}, below candidates.floor, which is {floor}; lower the floor."
        )
    if gated and conf not in (None, ours):
        raise UserError(
            f"{where}.conf is {conf}, and gate compares its boxes with PyTorch's at "
            f"thresholds.conf, which is {ours}; set that to {conf}, too."
        )


def _check_there(where: str, path: Path, pattern: str, may_be_file: bool) -> None:
    if may_be_file and path.is_file():
        return
    if not path.is_dir():
        what = "does not exist" if not path.exists() else "is no folder"
        raise UserError(f"{where} is {path}, which {what}.")
    if next(path.rglob(pattern), None) is None:
        raise UserError(f"{where} is {path}, a folder without any {pattern}.")


class ExternalPlan:
    """What the plan of a run adds for boxes from elsewhere; input functions of their rules."""

    config: dict[str, Any]
    comparisons: dict[str, Any]
    batches: list[str]

    def control(self, name: str) -> str:
        """Return the PyTorch arm that a deployment is held against."""
        return str(self.comparisons[f"external-{name}"].reference)

    def belongs(self, name: str, model: str) -> bool:
        """Return whether an arm or a comparison is one of a model; most are of every model."""
        own = [f"external-{external}" for external in of_model(self.config, model)]
        return not name.startswith("external-") or name in own

    def all_comparisons(self, wildcards: Any) -> list[str]:
        """Return the comparison files of a model."""
        return [
            f"results/compare/{wildcards.model}/{name}/{batch}.json"
            for name in self.comparisons_of(wildcards)
            for batch in self.batches
        ]

    def comparisons_of(self, wildcards: Any) -> dict[str, dict[str, Any]]:
        """Return the settings of the comparisons of a model by name."""
        return {
            name: asdict(comparison)
            for name, comparison in self.comparisons.items()
            if self.belongs(name, wildcards.model)
        }

    @property
    def externals(self) -> list[tuple[str, str]]:
        """Model and name of each deployment."""
        return [(model_of(self.config, name), name) for name in self.config["external"]]

    @property
    def injected(self) -> dict[str, dict[str, Any]]:
        """Faults and thresholds of the deployments that are run here, by name."""
        return {
            name: {"faults": each["inject"], "conf": each.get("conf"), "iou": each.get("iou")}
            for name, each in self.config["external"].items()
            if "inject" in each
        }

    def external_files(self, folder: str, suffix: str) -> list[str]:
        """Return the file of each deployment below a folder of results."""
        return [f"results/{folder}/{model}/{name}.{suffix}" for model, name in self.externals]

    @property
    def diagnoses(self) -> list[str]:
        """The diagnosis of each deployment."""
        return self.external_files("diagnose", "json")

    @property
    def diagnosis_plots(self) -> list[str]:
        """The figure of each diagnosis."""
        return self.external_files("plot_diagnosis", "jpg")

    def given(self, wildcards: Any) -> list[str]:
        """Return the file that a deployment's boxes come from."""
        return given_detections(self.config, wildcards.external)

    def source(self, wildcards: Any) -> dict[str, Any]:
        """Return what is said of a deployment's boxes."""
        return source_of(self.config, wildcards.external)

    def known(self, wildcards: Any) -> dict[str, Any]:
        """Return what is known of a deployment."""
        return known_of(self.config, wildcards.external)

    def tensors(self, wildcards: Any) -> list[str]:
        """Return the files of tensors that belong to a deployment's boxes."""
        return tensors_of(self.config, wildcards.external)

    def external_onnx(self, wildcards: Any) -> str:
        """Return the ONNX file that a deployment runs."""
        export = export_of(self.config, wildcards.external)
        return model_file(self.config, wildcards.model, export)

    def about(self, wildcards: Any) -> dict[str, str]:
        """Return what a deployment runs and what it is held against."""
        name = wildcards.external
        export = export_of(self.config, name)
        return {"external": name, "export": export, "reference": self.control(name)}

    def brought(self, wildcards: Any) -> list[str]:
        """Return the detections files of a deployment."""
        folder = f"results/detect_external/{wildcards.model}/external-{wildcards.external}"
        return [f"{folder}/{batch}.json" for batch in self.batches]

    def controls(self, wildcards: Any) -> list[str]:
        """Return the detections files of the control arm of a deployment."""
        folder = f"results/detect_pytorch/{wildcards.model}/{self.control(wildcards.external)}"
        return [f"{folder}/{batch}.json" for batch in self.batches]

    def control_candidates(self, wildcards: Any) -> list[str]:
        """Return the candidates files of the control arm of a deployment."""
        folder = f"results/infer_pytorch/{wildcards.model}/{self.control(wildcards.external)}"
        return [f"{folder}/{batch}.npz" for batch in self.batches]

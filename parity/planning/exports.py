"""How each export is made, and where its file is.

Rule ``export`` makes every float model. An int8 model is made from such a float model by rule
``quantise``, and a file of a runtime's own is taken or converted by rule ``pack``. Without a
checkpoint, rule ``take`` takes every file as it is given.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from parity.backends.runtime_files import own_file, runtime_of
from parity.backends.runtimes.runtime import RUNTIMES
from parity.errors import UserError
from parity.planning.config import FLOAT32, INT8, Config, MetadataConfig

DEFAULT_RUNTIME = "onnxruntime"

COUNTERPART = "_fp32-for-"
"""Begins the name of an fp32 export that no user asked for; a user's names begin otherwise."""


@dataclass(frozen=True)
class ExportOptions:
    """What rule ``export`` is told of an export; no other key makes its file stale."""

    onnx: str
    """The file that is given; empty if it is made from the checkpoint."""
    metadata: MetadataConfig
    """What is said of that file."""
    imgsz: tuple[int, int] | None
    """Height and width of its input, px; None for those of the model."""
    opset: int
    simplify: bool
    dynamic: bool
    quantize: int
    batch: int
    nms: bool | None
    """Arguments of ``YOLO.export``."""
    conf: float
    iou: float
    max_det: int
    """Further ones, passed where ``nms`` is true."""

    @property
    def as_fp32(self) -> "ExportOptions":
        """The options of the fp32 model that the checkpoint gives with the same options."""
        return replace(self, onnx="", metadata=MetadataConfig(), quantize=FLOAT32)

    def to_params(self, size: tuple[int, int]) -> dict[str, object]:
        """Return plain values for a model of some size, without arguments that are not passed."""
        unused = () if self.nms else ("conf", "iou", "max_det")
        values = asdict(self) | {"imgsz": list(self.imgsz or size)}
        return {key: value for key, value in values.items() if key not in unused}


def options_of(config: Config, export: str) -> ExportOptions:
    """Return how rule ``export`` makes an export; an int8 export as the float model it is made of.

    The run's confidence threshold applies where an export states none.
    """
    asked, run = config.exports[export], config.thresholds
    return ExportOptions(
        onnx=asked.onnx or "",
        metadata=asked.metadata,
        opset=asked.opset,
        simplify=asked.simplify,
        dynamic=asked.dynamic,
        imgsz=config.own_size(asked.imgsz),
        quantize=FLOAT32 if asked.quantize == INT8 else asked.quantize,
        batch=asked.batch,
        nms=asked.nms,
        conf=run.conf if asked.conf is None else asked.conf,
        iou=run.iou,
        max_det=run.max_det,
    )


def runtime_of_export(config: Config, export: str) -> str:
    """Return what executes an export: what is asked for, or what its file belongs to."""
    asked = config.exports[export]
    own = asked.format or (runtime_of(own_file(asked.file)) if asked.file else None)
    return asked.runtime or own or DEFAULT_RUNTIME


def check_installed(config: Config, *, here: bool) -> list[str]:
    """Check that what executes each export, and what converts it, is installed.

    Parameters
    ----------
    config : Config
        What was asked for.
    here : bool
        Whether jobs run in this environment of this machine, and not on a cluster or with conda.

    Returns
    -------
    list of str
        No file, as an input of the rule ``all``.

    Raises
    ------
    UserError
        If it is not, naming the export and what to type.
    """
    for name, export in config.exports.items() if here else ():
        runtime = RUNTIMES[runtime_of_export(config, name)]
        try:
            runtime.check()
            if export.format:
                runtime.check_converter()
        except UserError as error:
            said = f"config: exports.{name}: {error}"
            if any(Path("results/infer_onnx").glob(f"*/onnx-{name}/")):
                said += " It was there when this export ran. What is finished is kept; to go on "
                said += "without it, leave the export out."
            raise UserError(said) from None
    return []


def pack_options(config: Config, model: str, export: str) -> dict[str, object]:
    """Return what rule ``pack`` is told of an export of a model."""
    asked = config.exports[export]
    return {
        "file": str(own_file(asked.file)) if asked.file else "",
        "format": asked.format or "",
        "metadata": asdict(asked.metadata),
        "imgsz": list(config.size_of(model, export)),
        "quantize": asked.quantize,
        "batch": asked.batch,
    }


def counterpart_name(config: Config, export: str) -> str:
    """Return the name of the fp32 export that an export is compared with.

    An export that is made in fp32 is its own. For another it is the first fp32 export with the same
    options, or one that is made for this purpose; rule ``quantise`` makes int8 exports of it.
    """
    wanted = options_of(config, export).as_fp32
    if options_of(config, export) == wanted and not config.exports[export].is_quantised_here:
        return export
    for name, other in config.exports.items():
        made = not (other.is_quantised_here or other.is_own)
        if made and options_of(config, name) == wanted:
            return name
    return f"{COUNTERPART}{export}"


def all_options(config: Config) -> dict[str, ExportOptions]:
    """Return how rule ``export`` makes each export and each :func:`counterpart_name`, by name."""
    asked = {name: options_of(config, name) for name, e in config.exports.items() if not e.is_own}
    made = {counterpart_name(config, name): options.as_fp32 for name, options in asked.items()}
    return made | {n: each for n, each in asked.items() if not config.exports[n].is_quantised_here}


def model_file(config: Config, model: str, export: str) -> str:
    """Return the file of an export; its description has the same name and ends in json."""
    if config.reference:
        return f"results/take/{model}/{export}.onnx"
    if config.exports[export].is_own:
        return f"results/pack/{model}/{export}.zip"
    rule = "quantise" if config.exports[export].is_quantised_here else "export"
    return f"results/{rule}/{model}/{export}.onnx"


def description_file(config: Config, model: str, export: str) -> str:
    """Return the description of an export."""
    return str(Path(model_file(config, model, export)).with_suffix(".json"))

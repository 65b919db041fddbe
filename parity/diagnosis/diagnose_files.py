"""One diagnosis from files to a file."""

import logging
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from parity.backends.onnx_network import OnnxNetwork
from parity.data.batch_files import check_unchanged, load_batch
from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.replay import Replayer
from parity.detection.candidate_files import CandidateBatch, NetworkRun
from parity.detection.detection_files import DetectionBatch, Thresholds
from parity.diagnosis.attribution import LossAttribution, Reference, attribute_loss
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.diagnosis import Diagnosis, diagnose
from parity.diagnosis.document import (
    Alternative,
    DiagnosisDocument,
    DiagnosisEffort,
    FoundFault,
    Setting,
    Undiagnosed,
    Unexplained,
)
from parity.diagnosis.fixes.fix import FixValues, fill_in, fix_values, languages_run
from parity.diagnosis.other_networks import other_networks
from parity.diagnosis.rectangles import recognise_rectangles
from parity.documents import load, save
from parity.errors import UserError
from parity.external.convert import load_converted
from parity.external.observations import Declared, Known, Observations
from parity.external.tensors import with_arrays
from parity.model_files.families.family import FAMILIES

log = logging.getLogger(__name__)


def diagnose_files(
    networks: dict[str, str],
    inputs: dict[str, list[str]],
    known: Known,
    *,
    about: dict[str, str],
    iou: float,
    threads: int,
    destination: str | Path,
    seconds: str | Path,
) -> None:
    """Diagnose a deployment and write the answer with its evidence, or why there is none.

    Parameters
    ----------
    networks : dict of str to str
        The ONNX files of the model by the names of their exports.
    inputs : dict of str to list of str
        By batch: ``detections`` of the deployment, none if it brings no boxes, ``controls`` and
        ``candidates`` of PyTorch on the same input, ``rectangles``, its candidates on minimal
        rectangles unless these are the same, and ``batches``, the lists of images.
    known : Known
        What is known of the deployment.
    about : dict of str to str
        ``model``, ``external``, ``export``, which runs the hypotheses, and ``reference``, the
        control's name.
    iou : float
        Smallest overlap of a matched pair.
    threads : int
        Threads that an inference may use.
    destination, seconds : str or Path
        The answer, and the effort, which differs from run to run.
    """
    try:
        boxes = load_converted(inputs["detections"], known)
        names = load(inputs["controls"][0], DetectionBatch).made_by.names
        listed = [image for path in inputs["batches"] for image in load_batch(path)]
        network = OnnxNetwork.load(networks[about["export"]], threads=threads)
        check_geometry_of(network, known.declared)
        observations = with_arrays(
            boxes,
            known,
            [image.name for image in listed],
            input_shape=network.input_shape,
            stride=network.stride,
            outputs=network.outputs,
        )
    except UserError as error:
        log.error("%s", error)
        thresholds = declared_thresholds(known.declared, inputs["controls"][0])
        by_design = isinstance(error, NotServedError)
        save(
            destination,
            Undiagnosed(**about, thresholds=thresholds, reason=str(error), by_design=by_design),
        )
        save(seconds, DiagnosisEffort(**about, seconds=0.0))
        return
    shown = observations.images or observations.tensors or observations.raws
    paths = {image.name: Path(image.path) for image in listed if image.name in shown}
    with TemporaryDirectory() as folder:
        others = other_networks(networks, about["export"], folder, threads=threads)
        replayer = Replayer(network, paths, others=others)
        diagnosis = diagnose(observations, replayer, names)
        used = set(diagnosis.images)
        for image in listed:
            if image.name in used:
                check_unchanged(image)
        log.info("%s: %s", diagnosis.verdict, [fault.name for fault in diagnosis.faults])
        reference = load_reference(inputs["controls"], inputs["candidates"], used)
        if inputs["rectangles"]:
            rectangles = load_reference(inputs["controls"], inputs["rectangles"], used)
            diagnosis = recognise_rectangles(diagnosis, observations, rectangles, reference)
        attribution = attribute_loss(diagnosis, observations, replayer, reference, iou=iou)
    values = fix_values(replayer.network, diagnosis.fixed, len(names))
    document = as_document(diagnosis, attribution, observations, names, about, values=values)
    document = replace(document, task=network.head.task)
    save(destination, document)
    save(seconds, DiagnosisEffort(**about, seconds=diagnosis.seconds))


class NotServedError(UserError):
    """A network whose deployments are not diagnosed."""


def check_geometry_of(network: OnnxNetwork, declared: Declared) -> None:
    """Check that a network takes images as Ultralytics' do, and as is declared.

    Raises
    ------
    UserError
        If it is declared to take them in another way.
    NotServedError
        If it does not take letterboxed images.
    """
    if declared.geometry == "rect" and not network.rect:
        height, width = network.imgsz
        raise UserError(
            f"geometry: rect is declared, but its export takes {height}×{width} px and nothing "
            "else, so no program can pad images to minimal rectangles; leave geometry out."
        )
    if network.head.fitted != "letterbox":
        models = FAMILIES[network.family].models
        raise NotServedError(
            f"deployments of {models} are compared with the reference but not diagnosed; only "
            "those of networks that take letterboxed images are."
        )


def declared_thresholds(declared: Declared, control: str) -> Thresholds:
    """Return the thresholds that are declared, and the control's where nothing is declared.

    Parameters
    ----------
    declared : Declared
        What the user states.
    control : str
        Detections of PyTorch.
    """
    ours = load(control, DetectionBatch).made_by.thresholds
    if ours is None:
        raise ValueError(f"{control} names no thresholds")
    stated = {key: value for key in vars(ours) if (value := getattr(declared, key)) is not None}
    return replace(ours, **stated)


def as_document(
    diagnosis: Diagnosis,
    attribution: LossAttribution,
    observations: Observations,
    names: dict[int, str],
    about: dict[str, str],
    *,
    values: FixValues,
) -> DiagnosisDocument:
    """Return a diagnosis as the document that is written.

    Parameters
    ----------
    diagnosis : Diagnosis
        The answer.
    attribution : LossAttribution
        What each fault costs.
    observations : Observations
        What was diagnosed.
    names : dict of int to str
        The model's class names by id.
    about : dict of str to str
        ``model``, ``external``, ``export`` and ``reference``.
    values : FixValues
        What the lines of the fixes are filled in with.
    """
    others = _other_answers(diagnosis)
    mentioned = [*diagnosis.faults, *diagnosis.choices, *diagnosis.undecided, *chain(*others)]
    subjects = [subject for fault in diagnosis.faults for subject in fault.subjects]
    return DiagnosisDocument(
        model=about["model"],
        external=about["external"],
        export=about["export"],
        reference=about["reference"],
        images_stated=len(observations.images),
        declared=observations.declared,
        verdict=diagnosis.verdict,
        faults=tuple(
            FoundFault(
                **vars(fault.record(values)),
                proof=diagnosis.proofs[fault.name],
                severity=attribution.severities[fault.name],
                example=attribution.fault_examples[fault.name],
            )
            for fault in diagnosis.faults
        ),
        choices=tuple(fault.record(values) for fault in diagnosis.choices),
        pipeline=_settings(diagnosis.pipeline),
        fixed=_settings(diagnosis.fixed),
        reproduced=diagnosis.reproduced,
        reproduced_by_correct=diagnosis.reproduced_by_correct,
        unexplained=_unexplained(diagnosis, attribution),
        thresholds=diagnosis.thresholds,
        network=diagnosis.pipeline.network or about["export"],
        readings=diagnosis.readings,
        equivalents=tuple(Alternative(tuple(fault.name for fault in named)) for named in others),
        undecided=tuple(fault.name for fault in diagnosis.undecided),
        first_difference=diagnosis.first_difference or "",
        ask=diagnosis.ask,
        notes=diagnosis.notes,
        images=diagnosis.images,
        network_runs=diagnosis.network_runs,
        complete=diagnosis.complete,
        fix_effect=attribution.fix_effect,
        waterfall=attribution.waterfall,
        examples=attribution.examples,
        titles={fault.name: fault.title for fault in mentioned},
        stages={fault.name: fault.stage for fault in mentioned},
        names=names,
        labels=observations.labels,
        fixes=fill_in(subjects, values),
        run=languages_run(subjects),
    )


def _other_answers(diagnosis: Diagnosis) -> list[list[Fault]]:
    """Return the faults of equivalent explanations, thresholds aside, that name something else."""
    own = {f for f in (*diagnosis.faults, *diagnosis.choices) if f.stage != "thresholds"}
    named = (
        [fault for fault in other.named if fault.stage != "thresholds"]
        for other in diagnosis.equivalents
    )
    return [faults for faults in named if set(faults) != own]


def _unexplained(diagnosis: Diagnosis, attribution: LossAttribution) -> Unexplained:
    return Unexplained(
        observed=1 - diagnosis.reproduced.exact,
        predicted=1 - diagnosis.reproduced.predicted,
        stages=diagnosis.unexplained_stages,
        severity=attribution.unexplained,
        reasons=diagnosis.reasons,
        of_rectangles=diagnosis.of_rectangles,
        example=attribution.unexplained_example if diagnosis.unexplained_stages else None,
    )


def _settings(pipeline: Pipeline) -> dict[str, Setting]:
    return {field: getattr(pipeline, field) for field in deviations(pipeline)}


def load_reference(controls: list[str], candidates: list[str], wanted: set[str]) -> Reference:
    """Return PyTorch's candidates of some images; only the batches that hold one are opened.

    Parameters
    ----------
    controls, candidates : list of str
        Detections and candidates of the control arm, by batch.
    wanted : set of str
        Names of the images.
    """
    found = {}
    run: NetworkRun | None = None
    for control, path in zip(controls, candidates, strict=True):
        named = {image.name for image in load(control, DetectionBatch).images}
        if named & wanted or run is None:
            batch = CandidateBatch.load(path)
            run = batch.made_by
            found.update({i.name: i for i in batch.images if i.name in wanted and not i.reason})
    if run is None:
        raise ValueError("there is no batch")
    return Reference(found, replace(run.head, native_masks=True), run.floor)

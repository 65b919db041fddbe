"""Diagnose one deployment: ``python -m parity.diagnose best.onnx boxes.json photographs/ …``.

This is the one place of the library that starts Snakemake. It writes a configuration of its own
into a folder of its own and runs the workflow there.
"""

import argparse
import errno
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

import parity.limits  # noqa: F401 - before OpenCV, which reads them
from parity.data.listing import find_images
from parity.diagnose.configuration import (
    EXPORT,
    EXTERNAL,
    MODEL,
    configuration_of,
    may_be_published,
)
from parity.diagnosis.document import DiagnosisDocument, load_diagnosis
from parity.documents import load
from parity.errors import UserError, in_one_sentence, shown
from parity.external.box_formats import BOX_FORMAT_NAMES
from parity.external.reader import read_contents
from parity.files import atomic
from parity.foreign import is_file
from parity.planning.checked_run import INTERRUPTED_STATUS
from parity.planning.checks import checked
from parity.planning.run_folder import check_run_folders, check_writable
from parity.planning.schema import complete
from parity.provenance import ROOT
from parity.reporting.diagnosis_evidence import box_count, undistinguished
from parity.reporting.diagnosis_verdict import verdict_sentence
from parity.reporting.fault_wording import harmful, harmless, proof_sentence
from parity.reporting.hooks.history import HISTORY, changes_since, load_runs, name_of_run
from parity.reporting.hooks.kept_report import page_of
from parity.reporting.run_verdict import RunVerdict
from parity.reporting.task_wording import worded

OUTPUT = Path("diagnosis")
FAILED_STATUS = 3
"""Exit status where a run failed, so that nothing is known of the deployment."""
STATUSES = (
    "It exits with 0 if the boxes are those of PyTorch, with 1 if they are not, with 2 if what is "
    f"given cannot be used, and with {FAILED_STATUS} if a step of the run fails."
)
HEAD = "# Written by python -m parity.diagnose.\n"
WITHOUT_WEIGHTS = (
    "The boxes were compared with those of the ONNX file, run correctly. Give --weights to learn "
    "whether the file gives what its checkpoint gives.\n"
)
CONFIG, VERDICT = "config.yaml", "results/verdict/verdict.json"
TARGETS = (VERDICT, "results/report/index.html")
TEXT_SUFFIXES = (".json", ".jsonl", ".csv")
"""Suffixes of boxes, of which no list of images has one."""
DECLARED = ("conf", "iou", "max_det", "imgsz", "geometry", "names", "box_format")
"""Options that say what is known of the deployment."""
BROUGHT = ("recorded", "input_tensors", "raw_outputs")
"""Options that name folders of further evidence."""
OPTION = re.compile(rf"external\.{EXTERNAL}\.(\w+)")
"""A key of the configuration that an option of this command sets."""
ARGUMENTS = {
    f"external.{EXTERNAL}.detections": "boxes",
    f"models.{MODEL}.reference.onnx": "onnx",
    f"exports.{EXPORT}.onnx": "onnx",
    f"models.{MODEL}.weights": "--weights",
}
"""What this command calls other keys that it sets."""
USE_RECORDING = (
    "Give a recording, tensors or raw outputs to this command with --recorded, --input-tensors or "
    "--raw-outputs."
)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line says; what it cannot mean ends the process with 2."""
    parser = argparse.ArgumentParser(
        "python -m parity.diagnose",
        description="Tell what is wrong with a deployment of YOLO.",
        epilog=STATUSES,
    )
    parser.add_argument("onnx", type=given_path, help="the ONNX file that the deployment runs")
    parser.add_argument(
        "boxes", type=given_path, help="its boxes, a file or a folder in a known format"
    )
    parser.add_argument("images", type=given_path, help="the folder of the images")
    parser.add_argument(
        "--weights",
        type=given_path,
        help="the checkpoint (.pt) that was exported, a file or a name that Ultralytics publishes; "
        "without it, the boxes are compared with what the ONNX file itself gives, and nothing is "
        "known of the export",
    )
    parser.add_argument("--conf", type=float, help="its confidence threshold, if you know it")
    parser.add_argument("--iou", type=float, help="its IoU threshold, if you know it")
    parser.add_argument("--max-det", type=int, help="the most boxes of an image, if you know it")
    parser.add_argument("--imgsz", type=int, help="its input size, px, if the ONNX file is dynamic")
    parser.add_argument(
        "--geometry",
        choices=("square", "rect"),
        help="whether it pads images to the full input or to the minimal rectangle",
    )
    parser.add_argument(
        "--recorded", type=given_path, help="the folder that python -m parity.record wrote"
    )
    parser.add_argument(
        "--input-tensors", type=given_path, help="a folder of input tensors (see docs/dump.md)"
    )
    parser.add_argument(
        "--raw-outputs",
        type=given_path,
        help="a folder of raw outputs of the network (see docs/dump.md)",
    )
    parser.add_argument(
        "--names", type=given_path, help="a text file of its class names, if not the model's"
    )
    parser.add_argument(
        "--box-format", choices=BOX_FORMAT_NAMES, help="what the four numbers of a box are"
    )
    parser.add_argument(
        "--output", type=given_path, default=OUTPUT, help=f"folder of the run (default: {OUTPUT})"
    )
    parser.add_argument("--cores", default="all", help="cores to use (default: all)")
    options = parser.parse_args(arguments)
    try:
        prepare_run(options)
    except UserError as error:
        parser.exit(2, f"{parser.prog}: error: {in_own_words(str(error))}\n")
    except OSError as error:
        if error.filename is None and error.errno != errno.ENOENT:
            raise
        place = shown(os.fsdecode(error.filename or "the current folder"))
        said = f"{place} cannot be used ({error.strerror}); name another path."
        parser.exit(2, f"{parser.prog}: error: {said}\n")
    return options


def given_path(text: str) -> Path:
    """Return the path that an argument names; an empty one would name the current folder.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("it is empty; name a path.")
    return Path(text)


def in_own_words(sentence: str) -> str:
    """Return a sentence on the configuration with what this command calls its keys."""
    sentence = sentence.removeprefix("config: ")
    for key, argument in ARGUMENTS.items():
        sentence = sentence.replace(f"{key} ", f"{argument} ")
    return OPTION.sub(lambda key: f"--{key[1].replace('_', '-')}", sentence)


def prepare_run(options: argparse.Namespace) -> None:
    """Check what is given and write the configuration of the run.

    Raises
    ------
    UserError
        If something is not given, does not exist or is of the wrong kind.
    """
    named_file = options.weights and not may_be_published(options.weights)
    folders = {key: folder for key in BROUGHT if (folder := getattr(options, key))}
    weights = options.weights if named_file else None
    given = (
        *(options.onnx, options.boxes, options.images, options.names, weights),
        *folders.values(),
    )
    lost = [str(path) for path in given if path and not path.exists()]
    if lost:
        raise UserError(f"{' and '.join(lost)} {'do' if len(lost) > 1 else 'does'} not exist.")
    check_file(options.onnx, "the ONNX file that the deployment runs", ".onnx")
    if options.images.is_file() and options.images.suffix.lower() in TEXT_SUFFIXES:
        raise UserError(f"{options.images} is no folder of images; name it before the images.")
    if named_file:
        check_file(options.weights, "the checkpoint that was exported", ".pt", ".onnx")
    images = list(find_images(str(options.images)))
    if not images:
        raise UserError(f"{options.images} holds no image.")
    read_contents(options.boxes, images)
    check_run_folders([options.output.absolute()])
    check_writable(options.output, "name another one with --output")
    said = {key: value for key in DECLARED if (value := getattr(options, key)) is not None}
    said |= {key: str(folder.resolve()) for key, folder in folders.items()}
    if "names" in said:
        said["names"] = str(said["names"].resolve())
    config = configuration_of(options.onnx, options.boxes, options.images, options.weights, said)
    checked(complete(config))
    write_configuration(options.output / CONFIG, config)


def check_file(path: Path, what: str, *suffixes: str) -> None:
    """Check that a file exists and has one of its suffixes.

    Raises
    ------
    UserError
        If not.
    """
    if not path.is_file():
        raise UserError(f"{path} {'is not a file' if path.exists() else 'does not exist'}.")
    if path.suffix.lower() not in suffixes:
        raise UserError(f"{path} is not a {suffixes[0]} file; name {what}.")


def write_configuration(path: Path, config: dict[str, Any]) -> None:
    """Write a configuration, but not over somebody else's.

    Raises
    ------
    UserError
        If there is a file that this command did not write.
    """
    own = is_file(path) and path.read_text(errors="replace").startswith(HEAD)
    if path.exists() and not own:
        raise UserError(f"{path} exists; name another folder with --output.")
    with atomic(path) as temporary:
        temporary.write_text(HEAD + yaml.safe_dump(config, sort_keys=False))


def run_workflow(folder: Path, cores: str) -> int:
    """Run the workflow in a folder and return 0 or why it failed; it speaks on standard error.

    What it answers is said by :func:`answer` in other words; its last words count where it failed.
    """
    command = [sys.executable, "-m", "snakemake", *TARGETS, "--cores", cores]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--configfile", str(folder / CONFIG)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:  # noqa: S603
        try:
            last_words, _ = process.communicate()
        except KeyboardInterrupt:  # Snakemake was interrupted, too, and tidies up
            last_words, _ = process.communicate()
            sys.stderr.write(last_words)
            return INTERRUPTED_STATUS
        if process.returncode:
            sys.stderr.write(last_words)
        return FAILED_STATUS if process.returncode else 0


def answer(folder: Path) -> str:
    """Return what the diagnosis says, what has changed since the last, and where the page is."""
    found = load_diagnosis(folder / "results" / "diagnose" / MODEL / f"{EXTERNAL}.json")
    lines = [verdict_sentence(found)]
    if isinstance(found, DiagnosisDocument):
        for fault in harmful(found):
            proof = worded(proof_sentence(fault.proof, box_count(found)), found.task)
            said = f"{fault.title}: {fault.fix} Proof: {proof} {undistinguished(fault, found)}"
            lines.append(said.rstrip())
        lines += [f"Harmless: {fault.title}." for fault in harmless(found)]
        lines += [f"To learn more: {asked}" for asked in found.ask]
        if any(key in asked for asked in found.ask for key in BROUGHT):
            lines.append(USE_RECORDING)
        lines += found.notes
    if changes := changes_since(load_runs(folder / HISTORY)):
        lines.append(changes.sentence)
    return "\n".join([*lines, f"Report: {folder / page_of(name_of_run([CONFIG]))}"])


def say(text: str) -> None:
    """Write to standard output at once; a reader such as ``head`` may have seen enough and be gone.

    Raises
    ------
    OSError
        If the text cannot be written for another reason.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - the end flushes it once more
        if error.errno != errno.EPIPE:
            raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all; return what :data:`STATUSES` says."""
    options = parse(arguments)
    folder = options.output.absolute()
    status = run_workflow(folder, options.cores)
    if status:
        return status
    say(f"{answer(folder)}\n" + ("" if options.weights else WITHOUT_WEIGHTS))
    return load(folder / VERDICT, RunVerdict).answers.exit_code


if __name__ == "__main__":
    with in_one_sentence():
        sys.exit(main())

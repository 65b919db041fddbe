"""Does the ONNX deployment of a YOLO detector see what the PyTorch model sees, and if not, why?

Every rule writes results/<rule>/<model>/<arm, comparison or export>/<batch>; load_checkpoint and
write_report shorten the first to results/checkpoint and results/report. Which images, labels and
calibration images a run uses is written down before any rule runs, by planning, in results/plan.
"""

import os
from pathlib import Path

from snakemake.io import strip_wildcard_constraints
from snakemake.utils import min_version

from parity.errors import in_one_sentence
from parity.planning.config_file import check_config_file
from parity.planning.exports import check_installed
from parity.planning.options import check_encoding, check_options
from parity.planning.plan_run import plan_run, set_unrecorded_aside
from parity.planning.run_folder import check_run_folders, check_records, check_written
from parity.planning.schema import complete
from parity.provenance import fingerprint
from parity.reporting.hooks.console import Console
from parity.reporting.hooks.history import name_of_run
from parity.reporting.hooks.last_words import LastWords

min_version("9.25")

# Figures go into files. Where this names what matplotlib does not know, it cannot be imported.
os.environ.pop("MPLBACKEND", None)

with in_one_sentence():
    check_encoding()
    check_run_folders([Path.cwd(), workflow.basedir])


if not workflow.modifier.skip_configfile:
    with in_one_sentence():
        for path in workflow.overwrite_configfiles or ["config.yaml"]:
            check_config_file(path)


# A configuration that is given (--configfile) stands alone: it is not laid over config.yaml.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


with in_one_sentence():
    config = complete(config)
    PLAN = plan_run(config, coordinating=workflow.is_main_process)

CONSOLE = Console(
    LastWords(
        run=name_of_run(workflow.configfiles),
        judged=lambda: any(job.rule.name == "verdict" for job in workflow.dag.jobs),
        folder=Path.cwd() if workflow.overwrite_workdir else Path(),
    )
)
if workflow.is_main_process and workflow.modifier.is_main_snakefile():
    CONSOLE.attach(logger, workflow.output_settings)


report: "report/workflow.rst" if PLAN.has_checkpoint else "report/workflow_of_files.rst"


wildcard_constraints:
    model="[^/]+",
    export="[^/]+",
    external="[^/]+",
    arm="[^/]+",
    comparison="[^/]+",
    batch="[^/]+",


# An input of the rules that come first: Snakemake knows its options only after it has read this file.
checked_options = lambda _: in_one_sentence()(check_options)(
    touch=workflow.touch,
    triggers=[each.name.lower() for each in workflow.rerun_triggers],
    cores=workflow.resource_settings.cores,
)


include: "rules/models.smk"
include: "rules/detection.smk"


if PLAN.has_checkpoint:

    include: "rules/pytorch.smk"


include: "rules/comparison.smk"
include: "rules/sweep.smk"
include: "rules/accuracy.smk"
include: "rules/diagnosis.smk"
include: "rules/layers.smk"
include: "rules/fallback.smk"
include: "rules/choosing.smk"
include: "rules/reporting.smk"
include: "rules/latency.smk"


if workflow.is_main_process:
    written = [
        strip_wildcard_constraints(path) for rule in workflow.rules for path in rule.products()
    ]
    with in_one_sentence():
        check_written(written, PLAN.names)
        check_records(written)
        set_unrecorded_aside(written)


rule all:
    """Everything that a run keeps: what a failed job deleted is missed here, and made again."""
    default_target: True
    input:
        lambda _: in_one_sentence()(check_installed)(
            PLAN.config,
            here=workflow.local_exec
            and not workflow.dryrun
            and not workflow.deployment_settings.deployment_method,
        ),
        PLAN.kept_files,
        rules.write_report.input,
        rules.write_report.output,
        rules.verdict.output,
        rules.gate.output,


onsuccess:
    CONSOLE.succeed()


onerror:
    CONSOLE.stop()

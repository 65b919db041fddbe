"""Does the ONNX deployment of a YOLO detector see what the PyTorch model sees, and if not, why?

Every rule writes results/<rule>/<model>/<arm, comparison or export>/<batch>; load_checkpoint and
write_report shorten the first to results/checkpoint and results/report. Which images, labels and
calibration images a run uses is written down before any rule runs, by planning, in results/plan.
"""

from snakemake.utils import min_version

from parity.errors import in_one_sentence
from parity.planning.plan import plan_run
from parity.planning.schema import complete
from parity.provenance import fingerprint
from parity.reporting.console import JobLog, after_failure, after_success

min_version("9.25")


# A configuration that is given (--configfile) stands alone: it is not laid over config.yaml.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


with in_one_sentence():
    config = complete(config)
    PLAN = plan_run(config, coordinating=workflow.is_main_process)


JOBS = JobLog()
logger.addHandler(JOBS)


report: "report/workflow.rst"


wildcard_constraints:
    model="[^/]+",
    export="[^/]+",
    external="[^/]+",
    arm="[^/]+",
    comparison="[^/]+",
    batch="[^/]+",


include: "rules/models.smk"
include: "rules/detection.smk"
include: "rules/comparison.smk"
include: "rules/sweep.smk"
include: "rules/accuracy.smk"
include: "rules/diagnosis.smk"
include: "rules/layers.smk"
include: "rules/fallback.smk"
include: "rules/choosing.smk"
include: "rules/reporting.smk"
include: "rules/latency.smk"


rule all:
    """Everything that a run keeps: what a failed job deleted is missed here, and made again."""
    default_target: True
    input:
        collect(rules.load_checkpoint.output.checkpoint, model=PLAN.models),
        PLAN.kept_files,
        rules.write_report.input,
        rules.write_report.output,
        rules.verdict.output,


onsuccess:
    print(after_success(JOBS))


onerror:
    print(after_failure(JOBS))

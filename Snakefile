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

PLAN.config.limits.set()


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


rule all:
    """Everything: figures, pictures, report and verdict."""
    input:
        collect("results/plot/{model}/comparison_plots.png", model=PLAN.models),
        collect("results/annotate/{model}", model=PLAN.models),
        collect(
            "results/plot_latency/{model}/{export}.png",
            model=PLAN.timed_models,
            export=PLAN.exports,
        ),
        "results/report/index.html",
        "results/report/analysis_report.md",
        "results/verdict/verdict.json",


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


onsuccess:
    print(after_success(JOBS))


onerror:
    print(after_failure(JOBS))

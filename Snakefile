"""Does the ONNX deployment of a YOLO detector see what the PyTorch model sees, and if not, why?

Every path is results/<rule>/<model>/<arm, comparison or export>/<batch>.
"""

from snakemake.utils import min_version

from parity.config import complete
from parity.errors import in_one_sentence
from parity.plan import Plan
from parity.provenance import fingerprint
from parity.reporting.closing import closing_lines

min_version("9.25")


configfile: "config.yaml"


with in_one_sentence():
    config = complete(config)
    PLAN = Plan(config, coordinating=workflow.is_main_process)


report: "report/workflow.rst"


wildcard_constraints:
    model="[^/]+",
    export="[^/]+",
    arm="[^/]+",
    comparison="[^/]+",
    batch="[^/]+",


rule all:
    """Everything: pictures, plots, report and verdict."""
    input:
        collect("results/plot/{model}/comparison_plots.png", model=PLAN.models),
        collect("results/annotate/{model}", model=PLAN.models),
        "results/report/analysis_report.md",
        "results/verdict/verdict.json",


rule checkpoint:
    """Obtain the checkpoint of a model and refuse what is unsafe or no detector."""
    input:
        weights=PLAN.weights,
    output:
        checkpoint="results/checkpoint/{model}.pt",
    log:
        "logs/checkpoint/{model}.log",
    conda:
        "envs/pytorch.yaml"
    params:
        model=lookup("models/{model}", within=config),
        code=fingerprint("scripts/checkpoint.py"),
    message:
        "Obtaining the checkpoint of {wildcards.model}"
    script:
        "scripts/checkpoint.py"


rule export:
    """Export the checkpoint to ONNX, or take the file that is given, and check it."""
    input:
        checkpoint=rules.checkpoint.output.checkpoint,
        given=PLAN.given_export,
    output:
        onnx="results/export/{model}/{export}.onnx",
        description="results/export/{model}/{export}.json",
    log:
        "logs/export/{model}/{export}.log",
    conda:
        "envs/pytorch.yaml"
    params:
        export=lookup("{export}", within=PLAN.exports),
        code=fingerprint("scripts/export.py"),
    message:
        "Exporting {wildcards.model} as {wildcards.export}"
    script:
        "scripts/export.py"


rule infer_pytorch:
    """Run the checkpoint over a batch of images; no threshold is applied yet."""
    input:
        checkpoint=rules.checkpoint.output.checkpoint,
        batch="results/batches/{batch}.json",
    output:
        candidates="results/infer_pytorch/{model}/{arm}/{batch}.npz",
        seconds="benchmarks/infer_pytorch/{model}/{arm}/{batch}.json",
    log:
        "logs/infer_pytorch/{model}/{arm}/{batch}.log",
    benchmark:
        "benchmarks/infer_pytorch/{model}/{arm}/{batch}.tsv"
    conda:
        "envs/pytorch.yaml"
    threads: 1
    params:
        arm=lookup("{arm}", within=PLAN.pytorch_arms),
        candidates=lookup("candidates", within=config),
        device=lookup("device", within=config),
        code=fingerprint("scripts/infer_pytorch.py"),
    message:
        "Running {wildcards.model} in PyTorch ({wildcards.arm}, batch {wildcards.batch})"
    script:
        "scripts/infer_pytorch.py"


rule infer_onnx:
    """Run an export over a batch of images, without torch; no threshold is applied yet."""
    input:
        onnx=rules.export.output.onnx,
        description=rules.export.output.description,
        batch="results/batches/{batch}.json",
    output:
        candidates="results/infer_onnx/{model}/onnx-{export}/{batch}.npz",
        seconds="benchmarks/infer_onnx/{model}/onnx-{export}/{batch}.json",
    log:
        "logs/infer_onnx/{model}/onnx-{export}/{batch}.log",
    benchmark:
        "benchmarks/infer_onnx/{model}/onnx-{export}/{batch}.tsv"
    conda:
        "envs/onnx.yaml"
    threads: 1
    params:
        arm=lookup("onnx-{export}", within=PLAN.onnx_arms),
        candidates=lookup("candidates", within=config),
        code=fingerprint("scripts/infer_onnx.py"),
    message:
        "Running {wildcards.model} in ONNX Runtime ({wildcards.export}, batch {wildcards.batch})"
    script:
        "scripts/infer_onnx.py"


rule detect_pytorch:
    """Apply thresholds and Ultralytics' own suppression to PyTorch's candidates."""
    input:
        candidates=rules.infer_pytorch.output.candidates,
    output:
        detections="results/detect_pytorch/{model}/{arm}/{batch}.json",
    log:
        "logs/detect_pytorch/{model}/{arm}/{batch}.log",
    conda:
        "envs/pytorch.yaml"
    params:
        thresholds=lookup("thresholds", within=config),
        code=fingerprint("scripts/detect_pytorch.py"),
    message:
        "Detecting with Ultralytics' suppression ({wildcards.arm}, batch {wildcards.batch})"
    script:
        "scripts/detect_pytorch.py"


rule detect_onnx:
    """Apply thresholds and our own suppression to ONNX Runtime's candidates."""
    input:
        candidates="results/infer_onnx/{model}/{arm}/{batch}.npz",
    output:
        detections="results/detect_onnx/{model}/{arm}/{batch}.json",
    log:
        "logs/detect_onnx/{model}/{arm}/{batch}.log",
    conda:
        "envs/onnx.yaml"
    params:
        thresholds=lookup("thresholds", within=config),
        code=fingerprint("scripts/detect_onnx.py"),
    message:
        "Detecting with our own suppression ({wildcards.arm}, batch {wildcards.batch})"
    script:
        "scripts/detect_onnx.py"


rule compare:
    """Match the detections of two arms image by image and measure their differences."""
    input:
        reference=PLAN.reference,
        candidate=PLAN.candidate,
    output:
        comparison="results/compare/{model}/{comparison}/{batch}.json",
    log:
        "logs/compare/{model}/{comparison}/{batch}.log",
    conda:
        "envs/analysis.yaml"
    params:
        matching=lookup("matching", within=config),
        code=fingerprint("scripts/compare.py"),
    message:
        "Comparing detections ({wildcards.comparison}, batch {wildcards.batch})"
    script:
        "scripts/compare.py"


rule summarise:
    """Gather the numbers of a run and hold them against the tolerances."""
    input:
        exports=collect(
            "results/export/{{model}}/{export}.json", export=PLAN.config["exports"]
        ),
        detections=PLAN.all_detections,
        comparisons=collect(
            "results/compare/{{model}}/{comparison}/{batch}.json",
            comparison=PLAN.comparisons,
            batch=PLAN.batches,
        ),
    output:
        results="results/summarise/{model}/comparison_results.json",
    log:
        "logs/summarise/{model}.log",
    conda:
        "envs/analysis.yaml"
    params:
        comparisons=PLAN.comparison_settings,
        note=PLAN.note,
        code=fingerprint("scripts/summarise.py"),
    message:
        "Summarising the comparisons of {wildcards.model}"
    script:
        "scripts/summarise.py"


rule plot:
    """Draw the figures of a run."""
    input:
        results=rules.summarise.output.results,
        comparisons=rules.summarise.input.comparisons,
    output:
        plots=report(
            "results/plot/{model}/comparison_plots.png",
            caption="report/plots.rst",
            category="Comparison",
            labels={"model": "{model}", "what": "figures"},
        ),
    log:
        "logs/plot/{model}.log",
    conda:
        "envs/analysis.yaml"
    params:
        code=fingerprint("scripts/plot.py"),
    message:
        "Plotting the comparisons of {wildcards.model}"
    script:
        "scripts/plot.py"


rule annotate:
    """Draw the detections of every arm into the worst images."""
    input:
        results=rules.summarise.output.results,
        detections=PLAN.all_detections,
        batches=collect("results/batches/{batch}.json", batch=PLAN.batches),
    output:
        pictures=report(
            directory("results/annotate/{model}"),
            patterns=["{picture}.jpg"],
            caption="report/pictures.rst",
            category="Pictures",
            labels={"model": "{model}", "picture": "{picture}"},
        ),
    log:
        "logs/annotate/{model}.log",
    conda:
        "envs/analysis.yaml"
    params:
        worst=lookup("annotate", within=config),
        code=fingerprint("scripts/annotate.py"),
    message:
        "Drawing the detections of {wildcards.model} into the images"
    script:
        "scripts/annotate.py"


rule report:
    """Write the report of a run."""
    input:
        results=collect(rules.summarise.output.results, model=PLAN.models),
        plots=collect(rules.plot.output.plots, model=PLAN.models),
        pictures=collect(rules.annotate.output.pictures, model=PLAN.models),
        template="parity/reporting/templates/analysis_report.md.j2",
    output:
        report=report(
            "results/report/analysis_report.md",
            caption="report/report.rst",
            category="Comparison",
            labels={"model": "all", "what": "report"},
        ),
    log:
        "logs/report/analysis_report.log",
    conda:
        "envs/analysis.yaml"
    params:
        config=config,
        code=fingerprint("scripts/report.py"),
    message:
        "Writing the report"
    script:
        "scripts/report.py"


rule verdict:
    """Fail if a gated comparison exceeds its tolerance; everything else is written by then."""
    input:
        results=collect(rules.summarise.output.results, model=PLAN.models),
        report=rules.report.output.report,
    output:
        verdict="results/verdict/verdict.json",
    log:
        "logs/verdict/verdict.log",
    retries: 0
    conda:
        "envs/analysis.yaml"
    params:
        code=fingerprint("scripts/verdict.py"),
    message:
        "Giving the verdict"
    script:
        "scripts/verdict.py"


onsuccess:
    print(closing_lines(log, succeeded=True))


onerror:
    print(closing_lines(log, succeeded=False))

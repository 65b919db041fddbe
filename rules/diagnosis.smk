"""From the boxes of a deployment to its faults; used only with `external`."""


rule inject:
    """Run a deployment with known faults and write its boxes as its author would."""
    input:
        onnx=PLAN.external_onnx,
        batches=collect("results/plan/batches/{batch}.json", batch=PLAN.batches),
    output:
        detections="results/inject/{model}/{external}.json",
    log:
        "logs/inject/{model}/{external}.log",
    conda:
        "../envs/onnx.yaml"
    threads: 1
    params:
        injected=lookup("{external}", within=PLAN.injected),
        code=fingerprint("scripts/inject.py"),
    message:
        "Running a deployment of {wildcards.model} with known faults ({wildcards.external})"
    script:
        "../scripts/inject.py"


rule detect_external:
    """Read the boxes of a deployment in any known format and write them as detections of an arm."""
    input:
        given=PLAN.boxes,
        controls=PLAN.control_detections,
    output:
        detections=collect(
            "results/detect_external/{{model}}/external-{{external}}/{batch}.json",
            batch=PLAN.batches,
        ),
    log:
        "logs/detect_external/{model}/external-{external}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        source=PLAN.source,
        content=PLAN.content_of_boxes,
        code=fingerprint("scripts/detect_external.py"),
    message:
        "Reading the boxes of {wildcards.external}"
    script:
        "../scripts/detect_external.py"


rule diagnose:
    """Name the wrong steps of a deployment, prove it, and measure what fixing them gives."""
    input:
        networks=PLAN.networks,
        detections=PLAN.external_detections,
        controls=PLAN.control_detections,
        candidates=PLAN.control_candidates,
        rectangles=PLAN.rectangle_candidates,
        batches=collect("results/plan/batches/{batch}.json", batch=PLAN.batches),
        tensors=PLAN.tensors,
    output:
        diagnosis="results/diagnose/{model}/{external}.json",
        seconds="benchmarks/diagnose/{model}/{external}.json",
    log:
        "logs/diagnose/{model}/{external}.log",
    benchmark:
        "benchmarks/diagnose/{model}/{external}.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: 1
    params:
        about=PLAN.about,
        known=PLAN.known,
        content=PLAN.content_of_tensors,
        matching=lookup("matching", within=config),
        code=fingerprint("scripts/diagnose.py"),
    message:
        "Diagnosing {wildcards.external} ({wildcards.model})"
    script:
        "../scripts/diagnose.py"


rule detect_control:
    """Apply a deployment's own thresholds to the reference, so that both can be compared."""
    input:
        diagnosis=rules.diagnose.output.diagnosis,
        candidates=PLAN.control_candidates,
    output:
        detections=collect(
            "results/detect_control/{{model}}/{reference}-as-{{external}}/{batch}.json",
            reference=PLAN.reference_prefix,
            batch=PLAN.batches,
        ),
    log:
        f"logs/detect_control/{{model}}/{PLAN.reference_prefix}-as-{{external}}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/detect_control.py"),
    message:
        "Applying the thresholds of {wildcards.external} to the reference ({wildcards.model})"
    script:
        "../scripts/detect_control.py"


rule plot_diagnosis:
    """Draw the observed, reproduced and correct boxes, and what each fault costs."""
    input:
        diagnosis=rules.diagnose.output.diagnosis,
        batches=collect("results/plan/batches/{batch}.json", batch=PLAN.batches),
    output:
        plot=report(
            "results/plot_diagnosis/{model}/{external}.jpg",
            caption="../report/diagnosis.rst",
            category="Diagnosis",
            labels={"model": "{model}", "what": "{external}"},
        ),
        dark="results/plot_diagnosis/{model}/dark/{external}.jpg",
        narrow="results/plot_diagnosis/{model}/narrow/{external}.jpg",
        narrow_dark="results/plot_diagnosis/{model}/narrow/dark/{external}.jpg",
    log:
        "logs/plot_diagnosis/{model}/{external}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/plot_diagnosis.py"),
    message:
        "Drawing the diagnosis of {wildcards.external} ({wildcards.model})"
    script:
        "../scripts/plot_diagnosis.py"

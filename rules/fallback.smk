"""A deployment that falls back to PyTorch; used only with `fallback.enabled`."""


rule fall_back:
    """Replace the detections of an export by PyTorch's where its output cannot be right."""
    input:
        candidates="results/infer_onnx/{model}/onnx-{export}/{batch}.npz",
        detections="results/detect_onnx/{model}/onnx-{export}/{batch}.json",
        reference=PLAN.fallback_detections,
    output:
        detections="results/fall_back/{model}/{export}/{batch}.json",
    log:
        "logs/fall_back/{model}/{export}/{batch}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        fallback=lookup("fallback", within=config),
        code=fingerprint("scripts/fall_back.py"),
    message:
        "Falling back to the reference where necessary ({wildcards.export}, batch {wildcards.batch})"
    script:
        "../scripts/fall_back.py"


rule tally:
    """Count how often, and why, an export needed the fallback."""
    input:
        detections=collect(
            "results/fall_back/{{model}}/{{export}}/{batch}.json", batch=PLAN.batches
        ),
    output:
        fallbacks="results/tally/{model}/{export}.json",
    log:
        "logs/tally/{model}/{export}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/tally.py"),
    message:
        "Counting the fallbacks of {wildcards.export} of {wildcards.model}"
    script:
        "../scripts/tally.py"

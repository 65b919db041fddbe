"""From detections and labels to accuracy; used only with `labels`."""


rule accuracy:
    """Measure the detections of every arm against the labels."""
    input:
        labels="results/plan/labels/{model}.json",
        candidates=PLAN.all_candidates,
        detections=PLAN.all_detections,
    output:
        accuracy="results/accuracy/{model}/accuracy.json",
    log:
        "logs/accuracy/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        comparisons=PLAN.network_comparisons,
        accuracy=PLAN.accuracy,
        code=fingerprint("scripts/accuracy.py"),
    message:
        "Measuring the accuracy of {wildcards.model}"
    script:
        "../scripts/accuracy.py"

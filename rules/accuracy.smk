"""From detections and labels to accuracy; none of it runs without labels."""


rule accuracy:
    """Hold the detections of every arm against the labels."""
    input:
        labels="results/labels/labels.json",
        candidates=PLAN.all_candidates,
        detections=PLAN.all_detections,
    output:
        accuracy="results/accuracy/{model}/accuracy.json",
    log:
        "logs/accuracy/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        comparisons=PLAN.swept_comparisons,
        accuracy=PLAN.accuracy,
        code=fingerprint("scripts/accuracy.py"),
    message:
        "Holding the detections of {wildcards.model} against the labels"
    script:
        "../scripts/accuracy.py"

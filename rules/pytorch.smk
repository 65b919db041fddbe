"""From images to the detections of PyTorch, where there is a checkpoint."""

import re


rule infer_pytorch:
    """Run the checkpoint on a batch of images, in both geometries; no threshold is applied yet."""
    input:
        checkpoint=rules.load_checkpoint.output.checkpoint,
        batch="results/plan/batches/{batch}.json",
    output:
        candidates=[
            STORED(f"results/infer_pytorch/{{model}}/{arm}/{{batch}}.npz")
            for arm in PLAN.usual_arms
        ],
        suppressed=[
            STORED(f"results/infer_pytorch/{{model}}/{arm}/suppressed/{{batch}}.npz")
            for arm in PLAN.usual_arms
        ],
        seconds=collect(
            "benchmarks/infer_pytorch/{{model}}/{arm}/{{batch}}.json", arm=PLAN.usual_arms
        ),
    log:
        "logs/infer_pytorch/{model}/usual/{batch}.log",
    benchmark:
        "benchmarks/infer_pytorch/{model}/usual/{batch}.tsv"
    conda:
        "../envs/pytorch.yaml"
    threads: 1
    params:
        arms=PLAN.usual,
        candidates=lookup("candidates", within=config),
        pixels=lookup("limits/pixels", within=config),
        device=lookup("device", within=config),
        trust=lookup("models/{model}/trust", within=config),
        code=fingerprint("scripts/infer_pytorch.py"),
    message:
        "Running {wildcards.model} in PyTorch (batch {wildcards.batch})"
    script:
        "../scripts/infer_pytorch.py"


use rule infer_pytorch as infer_pytorch_again with:
    # The same for an arm with a size or a head of its own, so that adding it reruns no other.
    output:
        candidates=[STORED("results/infer_pytorch/{model}/{arm}/{batch}.npz")],
        suppressed=[STORED("results/infer_pytorch/{model}/{arm}/suppressed/{batch}.npz")],
        seconds=["benchmarks/infer_pytorch/{model}/{arm}/{batch}.json"],
    log:
        "logs/infer_pytorch/{model}/{arm}/{batch}.log",
    benchmark:
        "benchmarks/infer_pytorch/{model}/{arm}/{batch}.tsv"
    wildcard_constraints:
        arm="|".join(map(re.escape, PLAN.further_arms)) or "$.",
    params:
        arms=PLAN.arm_alone,
        candidates=lookup("candidates", within=config),
        pixels=lookup("limits/pixels", within=config),
        device=lookup("device", within=config),
        trust=lookup("models/{model}/trust", within=config),
        code=fingerprint("scripts/infer_pytorch.py"),
    message:
        "Running {wildcards.model} in PyTorch ({wildcards.arm}, batch {wildcards.batch})"


rule detect_pytorch:
    """Apply thresholds and Ultralytics' NMS to PyTorch's candidates, all arms at once."""
    input:
        candidates=collect(
            "results/infer_pytorch/{{model}}/{arm}/{{batch}}.npz", arm=PLAN.pytorch_arms
        ),
        suppressed=collect(
            "results/infer_pytorch/{{model}}/{arm}/suppressed/{{batch}}.npz",
            arm=PLAN.pytorch_arms,
        ),
        batch="results/plan/batches/{batch}.json",
    output:
        detections=collect(
            "results/detect_pytorch/{{model}}/{arm}/{{batch}}.json", arm=PLAN.pytorch_arms
        ),
    log:
        "logs/detect_pytorch/{model}/{batch}.log",
    conda:
        "../envs/pytorch.yaml"
    params:
        thresholds=lookup("thresholds", within=config),
        native_masks=lookup("retina_masks", within=config),
        code=fingerprint("scripts/detect_pytorch.py"),
    message:
        "Applying Ultralytics' NMS ({wildcards.model}, batch {wildcards.batch})"
    script:
        "../scripts/detect_pytorch.py"

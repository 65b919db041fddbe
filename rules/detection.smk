"""From images to detections: the networks first, the thresholds after them."""

import re

# Snakemake deletes a temp() file when all jobs that read it are done. Those jobs have the list of the
# batch as an input, too, since a file that is missing cannot tell that it is out of date.
STORED = {True: str, False: temp}[config["keep_candidates"]]


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
        arms=PLAN.usual_arms,
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


rule infer_onnx:
    """Run an export on a batch of images, without torch; no threshold is applied yet."""
    input:
        onnx=PLAN.onnx,
        description=PLAN.description,
        batch="results/plan/batches/{batch}.json",
    output:
        candidates=STORED("results/infer_onnx/{model}/onnx-{export}/{batch}.npz"),
        seconds="benchmarks/infer_onnx/{model}/onnx-{export}/{batch}.json",
    log:
        "logs/infer_onnx/{model}/onnx-{export}/{batch}.log",
    benchmark:
        "benchmarks/infer_onnx/{model}/onnx-{export}/{batch}.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: 1
    params:
        arm=lookup("onnx-{export}", within=PLAN.onnx_arms),
        candidates=lookup("candidates", within=config),
        pixels=lookup("limits/pixels", within=config),
        code=fingerprint("scripts/infer_onnx.py", "parity/backends/runtimes/web/runner.mjs"),
    message:
        "Running {wildcards.export} of {wildcards.model} (batch {wildcards.batch})"
    script:
        "../scripts/infer_onnx.py"


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


rule detect_onnx:
    """Apply thresholds and this project's NMS to the candidates of an export."""
    input:
        candidates="results/infer_onnx/{model}/{arm}/{batch}.npz",
        batch="results/plan/batches/{batch}.json",
    output:
        detections="results/detect_onnx/{model}/{arm}/{batch}.json",
    log:
        "logs/detect_onnx/{model}/{arm}/{batch}.log",
    conda:
        "../envs/onnx.yaml"
    params:
        thresholds=lookup("thresholds", within=config),
        native_masks=lookup("retina_masks", within=config),
        code=fingerprint("scripts/detect_onnx.py"),
    message:
        "Applying NMS ({wildcards.arm}, batch {wildcards.batch})"
    script:
        "../scripts/detect_onnx.py"

"""From images to the detections of exports: the networks first, the thresholds after them."""

# Snakemake deletes a temp() file when all jobs that read it are done. Those jobs have the list of the
# batch as an input, too, since a file that is missing cannot tell that it is out of date.
STORED = {True: str, False: temp}[config["keep_candidates"]]


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
        arm=PLAN.onnx_arm,
        candidates=lookup("candidates", within=config),
        pixels=lookup("limits/pixels", within=config),
        code=fingerprint("scripts/infer_onnx.py", "parity/backends/runtimes/web/runner.mjs"),
    message:
        "Running {wildcards.export} of {wildcards.model} (batch {wildcards.batch})"
    script:
        "../scripts/infer_onnx.py"


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

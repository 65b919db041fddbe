"""From the weights that the user names to a checkpoint and its exports."""


rule load_checkpoint:
    """Obtain the checkpoint of a model; load nothing foreign unless it is trusted."""
    input:
        checked_options,
        weights=PLAN.weights,
    output:
        checkpoint="results/checkpoint/{model}.pt",
        facts="results/checkpoint/{model}.json",
    log:
        "logs/load_checkpoint/{model}.log",
    localrule: True  # it may download, which a node of a cluster cannot
    conda:
        "../envs/pytorch.yaml"
    params:
        weights=lookup("models/{model}/weights", within=config),
        trust=lookup("models/{model}/trust", within=config),
        content=PLAN.content_of_weights,
        code=fingerprint("scripts/load_checkpoint.py"),
    message:
        "Obtaining the checkpoint of {wildcards.model}"
    script:
        "../scripts/load_checkpoint.py"


rule export:
    """Export the checkpoint to ONNX, or take the file that is given, and check the result."""
    input:
        checkpoint=rules.load_checkpoint.output.checkpoint,
        given=PLAN.given_export,
    output:
        onnx="results/export/{model}/{export}.onnx",
        description="results/export/{model}/{export}.json",
    log:
        "logs/export/{model}/{export}.log",
    conda:
        "../envs/pytorch.yaml"
    params:
        export=PLAN.export_options,
        content=PLAN.content_of_export,
        trust=lookup("models/{model}/trust", within=config),
        code=fingerprint("scripts/export.py"),
    message:
        "Exporting {wildcards.model} as {wildcards.export}"
    script:
        "../scripts/export.py"


rule quantise:
    """Quantise a float model to int8, calibrated on some of the user's images."""
    input:
        onnx=PLAN.counterpart,
        images="results/plan/calibration/{export}.json",
    output:
        onnx="results/quantise/{model}/{export}.onnx",
        description="results/quantise/{model}/{export}.json",
    log:
        "logs/quantise/{model}/{export}.log",
    conda:
        "../envs/pytorch.yaml"
    threads: 1
    params:
        quantisation=lookup("{export}", within=PLAN.quantised),
        code=fingerprint("scripts/quantise.py"),
    message:
        "Quantising {wildcards.model} as {wildcards.export}"
    script:
        "../scripts/quantise.py"


rule take:
    """Take an ONNX file that is given, where there is no checkpoint, and check it."""
    input:
        checked_options,
        given=PLAN.taken_file,
        reference=PLAN.taken_reference,
    output:
        onnx="results/take/{model}/{export}.onnx",
        description="results/take/{model}/{export}.json",
    log:
        "logs/take/{model}/{export}.log",
    conda:
        "../envs/onnx.yaml"
    params:
        file=PLAN.taken,
        content=PLAN.content_of_taken,
        code=fingerprint("scripts/take.py"),
    message:
        "Taking {wildcards.export} of {wildcards.model}"
    script:
        "../scripts/take.py"


rule pack:
    """Take the files of a runtime's own, or convert the checkpoint to its format."""
    input:
        checkpoint=rules.load_checkpoint.output.checkpoint,
        given=PLAN.given_files,
    output:
        bundle="results/pack/{model}/{export}.zip",
        description="results/pack/{model}/{export}.json",
    log:
        "logs/pack/{model}/{export}.log",
    conda:
        "../envs/pytorch.yaml"
    params:
        export=PLAN.pack_options,
        content=PLAN.content_of_files,
        trust=lookup("models/{model}/trust", within=config),
        code=fingerprint("scripts/pack.py"),
    message:
        "Packing {wildcards.export} of {wildcards.model}"
    script:
        "../scripts/pack.py"


rule inspect_export:
    """Compare a model file with the configuration and the reference before it is used."""
    input:
        onnx=PLAN.onnx,
        description=PLAN.description,
        counterpart=PLAN.counterpart_description,
        reference=PLAN.reference_facts,
    output:
        inspection="results/inspect_export/{model}/{export}.json",
    log:
        "logs/inspect_export/{model}/{export}.log",
    conda:
        "../envs/onnx.yaml"
    params:
        wanted=PLAN.wanted,
        code=fingerprint("scripts/inspect_export.py"),
    message:
        "Inspecting {wildcards.export} of {wildcards.model}"
    script:
        "../scripts/inspect_export.py"

"""From an export that differs from its fp32 counterpart to the layers responsible."""


rule layers:
    """Find the layers that make an export differ, and try which of them to keep in fp32."""
    input:
        candidate=PLAN.onnx,
        reference=PLAN.counterpart,
        comparisons=collect(
            "results/compare/{{model}}/runtime-{{export}}/{batch}.json", batch=PLAN.batches
        ),
        batches=collect("results/plan/batches/{batch}.json", batch=PLAN.batches),
        calibration=PLAN.calibration,
    output:
        layers="results/layers/{model}/{export}.json",
    log:
        "logs/layers/{model}/{export}.log",
    conda:
        "../envs/pytorch.yaml" if PLAN.has_checkpoint else "../envs/onnx.yaml"
    threads: 1
    params:
        suspect=lookup("{export}", within=PLAN.suspects),
        layers=lookup("layers", within=config),
        thresholds=lookup("thresholds", within=config),
        code=fingerprint("scripts/layers.py"),
    message:
        "Studying the layers of {wildcards.export} of {wildcards.model}"
    script:
        "../scripts/layers.py"


rule plot_layers:
    """Plot the error of an export, layer by layer."""
    input:
        layers=rules.layers.output.layers,
    output:
        plot=report(
            "results/plot_layers/{model}/{export}.png",
            caption="../report/layers.rst",
            category="Exports",
            labels={"model": "{model}", "what": "layers of {export}"},
        ),
        dark="results/plot_layers/{model}/dark/{export}.png",
    log:
        "logs/plot_layers/{model}/{export}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/plot_layers.py"),
    message:
        "Plotting the layers of {wildcards.export} of {wildcards.model}"
    script:
        "../scripts/plot_layers.py"

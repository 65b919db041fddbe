"""From an export that drifts to the layers that are to blame."""


rule layers:
    """Find the layers that are to blame for the drift of an export, and try what would mend it."""
    input:
        candidate=PLAN.onnx,
        reference=PLAN.counterpart_onnx,
        comparisons=collect(
            "results/compare/{{model}}/runtime-{{export}}/{batch}.json", batch=PLAN.batches
        ),
        batches=collect("results/batches/{batch}.json", batch=PLAN.batches),
        calibration=PLAN.calibrating,
    output:
        layers="results/layers/{model}/{export}.json",
    log:
        "logs/layers/{model}/{export}.log",
    conda:
        "../envs/pytorch.yaml"
    threads: 1
    params:
        suspect=lookup("{export}", within=PLAN.suspects),
        layers=lookup("layers", within=config),
        thresholds=lookup("thresholds", within=config),
        code=fingerprint("scripts/layers.py"),
    message:
        "Looking into the layers of {wildcards.export} of {wildcards.model}"
    script:
        "../scripts/layers.py"


rule plot_layers:
    """Draw the error of an export along the network."""
    input:
        layers=rules.layers.output.layers,
    output:
        plot=report(
            "results/plot_layers/{model}/{export}.png",
            caption="../report/layers.rst",
            category="Exports",
            labels={"model": "{model}", "what": "layers of {export}"},
        ),
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

"""How fast the arms are. Not part of a run unless latency.in_report says so: it takes all cores."""


rule bench:
    """Time the arms of all models and exports and draw the result."""
    input:
        collect(
            "results/plot_latency/{model}/{export}.png",
            model=PLAN.models,
            export=PLAN.exports,
        ),


rule latency:
    """Let the arms, Ultralytics' predict and the bare runtime run in turn on the same images."""
    input:
        checkpoint=rules.load_checkpoint.output.checkpoint,
        onnx=PLAN.onnx,
        batches=collect("results/batches/{batch}.json", batch=PLAN.batches),
    output:
        latency="results/latency/{model}/{export}.json",
    log:
        "logs/latency/{model}/{export}.log",
    conda:
        "../envs/pytorch.yaml"
    threads: 1000  # as many cores as there are: nothing may run beside it
    params:
        latency=lookup("latency", within=config),
        thresholds=lookup("thresholds", within=config),
        candidates=lookup("candidates", within=config),
        arm=lookup("onnx-{export}", within=PLAN.onnx_arms),
        code=fingerprint("scripts/latency.py", "parity/benchmarking/worker.py"),
    message:
        "Timing {wildcards.model} ({wildcards.export}); leave the machine alone"
    script:
        "../scripts/latency.py"


rule plot_latency:
    """Draw how fast the arms are."""
    input:
        latency=rules.latency.output.latency,
    output:
        plot=report(
            "results/plot_latency/{model}/{export}.png",
            caption="../report/latency.rst",
            category="Speed",
            labels={"model": "{model}", "export": "{export}"},
        ),
    log:
        "logs/plot_latency/{model}/{export}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/plot_latency.py"),
    message:
        "Plotting the speed of {wildcards.model} ({wildcards.export})"
    script:
        "../scripts/plot_latency.py"

"""How fast the arms are; part of a run only with `latency.in_report`, since it takes all cores."""


rule bench:
    """Time all exports of all models and plot the result."""
    input:
        collect(
            "results/plot_latency/{model}/{export}.png",
            model=PLAN.models,
            export=PLAN.exports,
        ),


rule latency:
    """Time the arms, Ultralytics' predict and the bare runtime in turn on the same images."""
    input:
        reference=PLAN.reference_file,
        onnx=PLAN.onnx,
        description=PLAN.description,
        batches=collect("results/plan/batches/{batch}.json", batch=PLAN.batches),
    output:
        latency="results/latency/{model}/{export}.json",
    log:
        "logs/latency/{model}/{export}.log",
    conda:
        "../envs/pytorch.yaml" if PLAN.has_checkpoint else "../envs/onnx.yaml"
    threads: lambda wildcards: workflow.cores  # nothing else may run meanwhile
    params:
        latency=lookup("latency", within=config),
        thresholds=lookup("thresholds", within=config),
        candidates=lookup("candidates", within=config),
        arm=PLAN.timed_arm,
        trust=lookup("models/{model}/trust", within=config),
        code=fingerprint(
            "scripts/latency.py",
            "parity/benchmarking/worker.py",
            "parity/backends/runtimes/web/runner.mjs",
        ),
    message:
        "Timing {wildcards.model} ({wildcards.export}); keep the machine otherwise idle"
    script:
        "../scripts/latency.py"


rule plot_latency:
    """Plot how fast the arms are."""
    input:
        latency=rules.latency.output.latency,
    output:
        plot=report(
            "results/plot_latency/{model}/{export}.png",
            caption="../report/latency.rst",
            category="Speed",
            labels={"model": "{model}", "export": "{export}"},
        ),
        dark="results/plot_latency/{model}/dark/{export}.png",
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

"""From candidates to agreement at many thresholds; no network runs again."""


rule sweep:
    """Count the matches of all comparisons at every pair of thresholds."""
    input:
        candidates=PLAN.swept_candidates,
        batch="results/plan/batches/{batch}.json",
    output:
        counts="results/sweep/{model}/{batch}.json",
    log:
        "logs/sweep/{model}/{batch}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        comparisons=PLAN.network_comparisons,
        grid=PLAN.grid,
        thresholds=lookup("thresholds", within=config),
        matching=lookup("matching", within=config),
        code=fingerprint("scripts/sweep.py"),
    message:
        "Sweeping the thresholds of {wildcards.model} (batch {wildcards.batch})"
    script:
        "../scripts/sweep.py"


rule tune:
    """Sum the counts of a sweep and find the thresholds at which each arm agrees best."""
    input:
        counts=collect("results/sweep/{{model}}/{batch}.json", batch=PLAN.batches),
    output:
        results="results/tune/{model}/sweep_results.json",
    log:
        "logs/tune/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        comparisons=PLAN.network_comparisons,
        code=fingerprint("scripts/tune.py"),
    message:
        "Finding the best thresholds of every arm of {wildcards.model}"
    script:
        "../scripts/tune.py"


rule plot_sweep:
    """Plot a sweep."""
    input:
        results=rules.tune.output.results,
    output:
        plots=report(
            "results/plot_sweep/{model}/sweep_plots.png",
            caption="../report/sweep.rst",
            category="Comparison",
            labels={"model": "{model}", "what": "sweep"},
        ),
        dark="results/plot_sweep/{model}/dark/sweep_plots.png",
    log:
        "logs/plot_sweep/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/plot_sweep.py"),
    message:
        "Plotting the sweep of {wildcards.model}"
    script:
        "../scripts/plot_sweep.py"

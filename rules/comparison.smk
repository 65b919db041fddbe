"""From detections to differences and their summary."""


rule compare:
    """Match the detections of arms that ran here, image by image, and measure their differences."""
    input:
        detections=PLAN.network_detections,
    output:
        comparisons=collect(
            "results/compare/{{model}}/{comparison}/{{batch}}.json",
            comparison=PLAN.network_comparisons,
        ),
    log:
        "logs/compare/{model}/networks/{batch}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        comparisons=PLAN.network_comparisons,
        matching=lookup("matching", within=config),
        code=fingerprint("scripts/compare.py"),
    message:
        "Comparing detections (batch {wildcards.batch})"
    script:
        "../scripts/compare.py"


use rule compare as compare_external with:
    # The same for the boxes of a deployment, so that adding one reruns no other comparison.
    input:
        detections=PLAN.compared_detections,
    output:
        comparisons=["results/compare/{model}/{comparison}/{batch}.json"],
    log:
        "logs/compare/{model}/{comparison}/{batch}.log",
    wildcard_constraints:
        comparison="external-.*",
    params:
        comparisons=PLAN.comparison_alone,
        matching=lookup("matching", within=config),
        code=fingerprint("scripts/compare.py"),
    message:
        "Comparing detections ({wildcards.comparison}, batch {wildcards.batch})"


rule summarise:
    """Gather the numbers of a run and compare them with the tolerances."""
    input:
        exports=PLAN.descriptions,
        # An export that cannot be compared fails its inspection, which ends the run here.
        inspections=collect("results/inspect_export/{{model}}/{export}.json", export=PLAN.exports),
        detections=PLAN.all_detections,
        comparisons=PLAN.all_comparisons,
    output:
        results="results/summarise/{model}/comparison_results.json",
    log:
        "logs/summarise/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        comparisons=PLAN.comparisons_of,
        note=PLAN.note,
        listed=lookup("browse", within=config),
        code=fingerprint("scripts/summarise.py"),
    message:
        "Summarising the comparisons of {wildcards.model}"
    script:
        "../scripts/summarise.py"

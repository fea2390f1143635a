"""Kept benchmarks: what the harness costs beside something else, as ratios that are measured within one run.

::

    benchmarks   the names, and the module of each
    contract     what a benchmark is: a name, what it compares, and measure(setup) -> Ratio, or why there is none
    pace         interleaved repetitions of several parts, warm; the ratio of two of them
    elsewhere    a part of a benchmark that runs in a framework's own Python, by program
    table        as CSV, and as a table for a terminal
    results.csv  the figures of record, which README.md beside it quotes: `harness bench --keep` writes them

A benchmark is a module with a constant ``BENCHMARK``, named in ``benchmarks``. Seconds depend on the machine and on
what else it does; so every figure is the cost of one thing over the cost of another, both measured in turns in one
process, and targets are set for those.
"""

"""The command's help text."""

from __future__ import annotations

__all__ = ["help_text"]

from imctune.config.locations import CONF

TEXT = """\
imctune finds one in-memory-computing chip that runs many neural networks well.

usage: python -m imctune [+experiment=NAME] [key=value ...] [-m key=a,b ...]

Tasks
  task=tune       search jointly, compare with the baselines, pick a chip, report (default)
  task=evaluate   one design (design=FILE or design={{rows:128}}) with its breakdown
  task=exhaustive every design of the space: the true optimum and front, of 10^8 at most
  task=compare    samplers over seeds and budgets on one space: regret, hypervolume, ranks
  task=paper_tables  the paper's comparisons, case by case (+experiment=paper_tables)
  task=report     report again, and figures (SVG, CSV), of a run (run_folder=outputs/...),
                  or several runs compared (runs=[outputs/...,outputs/...])
  task=sync       bring a run that MLflow lacks into it (run=outputs/...)

Settings (key=value; all of them: python -m imctune --cfg job)
  technology=NAME              process and memory
  workloads=[a,b]              the networks: names or paths
  knobs=NAME                   what may vary; knobs.rows=128 fixes a knob,
                               knobs.rows.choices=[64,128] lists its values
  assumptions=NAME             what the model takes into account
  variation=NAME               how far cells are from what was written
  objectives=NAME              how networks become one score, and the limits on a chip
  search=NAME                  the sampler
  search.n_trials=N            distinct designs of the joint search
  search.baseline_trials=N     those of each single-network search
  search.population_size=N     designs per generation
  tracking=NAME                local, server, database or off
  tracking.uri=URI             an MLflow server or database
  seed=N                       the one random seed
  resume=DIR                   run folder of a run that was stopped: it goes on
  design=FILE                  the design of task=evaluate
  study=NAME                   name of the run
  processes=N                  of task=exhaustive, task=compare and task=paper_tables
  compare.samplers=[a,b]       which samplers task=compare runs; compare.n_seeds=N,
                               compare.budgets=[N], compare.reference=FOLDER or score
  verbosity=WORD               what the terminal shows: quiet, normal or verbose
  hydra.run.dir=DIR            the run folder

Names (in {conf}, and in --config-dir FOLDER for your own)
{choices}

Examples
  python -m imctune +experiment=nine_workloads
  python -m imctune +experiment=four_workloads technology=sram_32nm search.n_trials=500
  python -m imctune +experiment=nine_workloads -m technology=rram_32nm,sram_32nm seed=1,2,3
  python -m imctune task=evaluate design=outputs/DATE/RUN/best_design.yaml
  mlflow ui --backend-store-uri sqlite:///outputs/mlflow.db

Flags like --multirun (-m), --config-dir and --cfg are Hydra's: --hydra-help.
"""


def help_text() -> str:
    """Return the help, with the names that the shipped configs offer."""
    groups = sorted(folder for folder in CONF.iterdir() if folder.is_dir())
    choices = "\n".join(
        f"  {folder.name}: {', '.join(sorted(file.stem for file in folder.glob('*.yaml')))}"
        for folder in groups
        if folder.name != "hydra"
    )
    return TEXT.format(conf=CONF, choices=choices)

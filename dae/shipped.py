"""What comes with the package and is read while the page runs: what of it is missing or damaged.

for problem in problems():
    print(problem)
"""

from __future__ import annotations

from collections.abc import Iterator

from dae import baselines, checkpoints, evaluation, ink, latent, verdict
from dae.checkpoints import CheckpointError


def problems() -> Iterator[str]:
    """A sentence for whoever runs the page on each file that cannot be used, judged by its header and its length."""
    folder, names = checkpoints.directory(), checkpoints.names()
    if not names:
        yield (
            f"There is no trained network in {folder}, so nothing can be restored: "
            "`python -m dae train --all` makes them, and DAE_CHECKPOINTS names another folder."
        )
    for name in names:
        try:
            if checkpoints.info(name).model.has_code and latent.load_planes(name) is None:
                yield (
                    f"The latent space of {name} is computed when it is asked for, t-SNE only on request, as "
                    "what was computed before is missing or of another file: `python -m dae planes` writes it."
                )
        except (CheckpointError, OSError) as error:
            yield f"{name}{checkpoints.SUFFIX} in {folder} cannot be used: {error}"
    results = evaluation.load_results()
    if results is None:
        yield (
            f"There are no results in {evaluation.results_file()}, or they are damaged, so the Results tab has nothing "
            "to show: `python -m dae evaluate` measures them."
        )
    else:
        files = results.get("files")
        gone = sorted(set(files) - set(names)) if isinstance(files, dict) else []
        if gone and names:
            yield f"Measured, but no longer in {folder}: {', '.join(map(str, gone))}."
    for check in (lambda: baselines.tuned("median", "gaussian", 0.5), verdict.weights, ink.network):
        try:
            check()
        except ValueError as error:
            yield str(error)

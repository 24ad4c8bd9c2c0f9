"""t-SNE (van der Maaten & Hinton 2008) by scikit-learn, in a process of its own.

scikit-learn tells how far it has come on the standard output only, and takes a minute for 5,000 points: in another
process its words can be read, a server goes on answering, and it can be stopped.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ITERATIONS = 1000
PERPLEXITY = 30.0
WIDTH = 50  # wider points are first projected on so many principal components, as is usual


def embed(points: np.ndarray, seed: int = 0, watch: Callable[[int], None] = lambda percent: None) -> np.ndarray:
    """Places on a plane such that near neighbours stay near; distances between groups mean little.

    Args:
        points: (N, D), at least 4 of them, finite.
        seed: of the optimisation; it starts from the first two principal components.
        watch: is called with the percentage that is done; what it raises stops the work.

    Returns:
        float32 (N, 2).

    Raises:
        ValueError: too few points, points that are not finite, or a t-SNE that failed.
    """
    import numpy as np

    points = np.asarray(points, dtype=np.float32)
    if points.ndim != 2 or len(points) < 4 or not np.isfinite(points).all():
        raise ValueError("t-SNE takes at least four points (N, D) of finite numbers.")
    package = Path(__file__).resolve().parent
    paths = [str(package.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    with tempfile.TemporaryDirectory(prefix="dae-tsne-") as folder:
        np.save(Path(folder, "points.npy"), points)
        work = subprocess.Popen(
            [sys.executable, "-u", "-m", f"{package.name}.{Path(__file__).stem}", folder, str(seed)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            for line in work.stdout:
                if found := re.search(r"Iteration (\d+):", line):
                    watch(min(99, 100 * int(found[1]) // ITERATIONS))
            if work.wait():
                raise ValueError("t-SNE failed on these points.")
            places = np.load(Path(folder, "places.npy"))
        finally:
            work.kill()
            work.wait()
            work.stdout.close()
    watch(100)
    return places


def main(folder: str, seed: int) -> None:
    """Read `points.npy`, write `places.npy`, and say on the way how far it is."""
    import numpy as np
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if hasattr(os, "nice"):
        os.nice(5)  # whoever watches a page goes first
    points = np.load(Path(folder, "points.npy"))
    if points.shape[1] > WIDTH:
        points = PCA(min(WIDTH, len(points)), random_state=seed).fit_transform(points)
    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    init = "pca" if points.shape[1] >= 2 else "random"
    tsne = TSNE(perplexity=perplexity, init=init, random_state=seed, max_iter=ITERATIONS, verbose=2)
    np.save(Path(folder, "places.npy"), tsne.fit_transform(points).astype(np.float32))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

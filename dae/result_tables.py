"""The measured results as Markdown: checkpoints/README.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dae import checkpoints
from dae.encoding import ACTIVE
from dae.few_labels import ALL_DRAWS, DRAWS


def tables(results: dict[str, Any]) -> str:
    """The results as Markdown, for checkpoints/README.md: what each file is, and what it measured."""
    lines = [
        "# The shipped checkpoints",
        "",
        "Each file rebuilds its own network: `dae.load(name)`. The tables are written by `python -m dae evaluate` from",
        f"`results.json`: the official 10,000 test digits, noise of seed {results['seed']}, weights as they are in the",
        "file. MSE is the mean over all pixels and images in [0, 1] units. No network has seen a test digit",
        "or one of the 5,000 digits of the page's gallery.",
        "",
        *_files(results),
    ]
    for name, section in SECTIONS.items():
        if results.get(name):
            lines += ["", *section(results)]
    return "\n".join(lines) + "\n"


def condition_name(noise: str, level: float, clip: bool | None) -> str:
    """A condition in words, as in the tables: "gaussian 0.5 unclipped"."""
    return "clean" if noise == "clean" else f"{noise} {level:g}{' unclipped' if clip is False else ''}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _files(results: dict[str, Any]) -> Iterator[str]:
    rows = []
    for name in results["files"]:
        info, size = checkpoints.info(name), checkpoints.find(name).stat().st_size
        made_by = f"`{info.command}` ({info.steps:,} steps)"
        count = f"{checkpoints.parameter_count(name):,}"
        rows.append([name, info.recipe["summary"], count, f"{size / 1e6:.2f} MB", made_by])
    yield from _table(["checkpoint", "what it is", "parameters", "file", "made by"], rows)


def _denoising(results: dict[str, Any]) -> Iterator[str]:
    records = results["denoising"]
    cells = {(each["denoiser"], each["noise"], each["level"], each["clip"]): each for each in records}
    conditions = list(dict.fromkeys(key[1:] for key in cells))
    rows = []
    for name in dict.fromkeys(each["denoiser"] for each in records):
        row = [cells.get((name, *condition)) for condition in conditions]
        digits = {cell["digits"] for cell in row if cell}
        few = f" ({min(digits):,} digits)" if min(digits) < max(each["digits"] for each in records) else ""
        rows.append([name + few, *(f"{cell['mse']:.4f}" if cell else "" for cell in row)])
    yield from ["## Restoring: MSE on the test digits", ""]
    yield from _table(["denoiser", *(condition_name(*condition) for condition in conditions)], rows)


def _generalisation(results: dict[str, Any]) -> Iterator[str]:
    records = results["generalisation"]
    inputs = list(dict.fromkeys(each["input"] for each in records))
    kinds = [name for name in records[0] if name not in ("model", "input")]
    rows = []
    for name in dict.fromkeys(each["model"] for each in records):
        own = {each["input"]: each for each in records if each["model"] == name}
        rows.append([name, *(f"{own[given][kind]:.4f}" for given in inputs for kind in kinds)])
    yield from [
        "## Digits seen in training, new ones, other people's: MSE",
        "",
        "Training: the first 10,000 of the training digits. Test: the test digits. Others: scikit-learn's 1,797 digits",
        "of 13 other people, of 8x8 pixels, enlarged and placed as a drawing is.",
        "",
    ]
    yield from _table(["network", *(f"{given}, {kind}" for given in inputs for kind in kinds)], rows)


def _codes(results: dict[str, Any]) -> Iterator[str]:
    yield from [
        "## Codes: what they are worth without their decoder",
        "",
        "Linear probe and 5 nearest neighbours: accuracy in %; k-means: normalised mutual information of 10",
        f"clusters with the classes. A code value counts as non-zero above {ACTIVE:.0%} of the largest of all.",
        "Probe and neighbours know clean digits only; the Gaussian noise on the input is clipped to [0, 1].",
        "",
    ]
    head = ["code", "input", "width", "probe", "neighbours", "k-means NMI", "non-zero values", "dead units"]
    rows = [
        [
            *(each["model"], each["input"], str(each["latent_dim"])),
            *(f"{100 * each['probe']:.2f}", f"{100 * each['neighbours']:.2f}", f"{each['nmi']:.3f}"),
            *(f"{each['nonzero']:.1f}", str(each["dead"])),
        ]
        for each in results["codes"]
    ]
    yield from _table(head, rows)


def _few_labels(results: dict[str, Any]) -> Iterator[str]:
    records = results["few_labels"]
    counts = sorted({each["labels"] for each in records})
    probes = {each["model"]: 1 - each["probe"] for each in results["codes"] if each["input"] == "clean"}
    cells = {(name, counts[-1]): f"{100 * error:.2f}" for name, error in probes.items()}
    for each in records:
        cells[each["model"], each["labels"]] = f"{100 * each['error']:.2f} ± {100 * each['spread']:.2f}"
    rows = [
        [name, *(cells.get((name, count), "") for count in counts)]
        for name in dict.fromkeys(each["model"] for each in records)
    ]
    for each in results["published_few_labels"]:
        labels = each["labels"] or counts[-1]
        row = [f"{100 * each['error']:.2f}" if labels == count else "" for count in counts]
        rows.append([f"{each['model']} ({each['source']})", *row])
    yield from [
        "## Few labels: test error in %",
        "",
        "Of a logistic regression on the codes of clean digits, and of a network 784-500-500-500-10 that is trained",
        "with the labels alone (fine-tuned) or first, layer by layer, as a stack of denoising autoencoders on the",
        "training digits without labels (fine-tuned-sdae). Mean and standard deviation over random choices of the",
        f"labelled digits: {DRAWS}, and with all labels {ALL_DRAWS} orders of fine-tuning. The last rows are as",
        "published; with all labels they had up to 60,000. Augmented: the linear classifier learned from shifted,",
        "slanted and turned digits.",
        "",
    ]
    yield from _table(["code or network", *(f"{count:,} labels" for count in counts)], rows)


def _verdict(results: dict[str, Any]) -> Iterator[str]:
    found = results["verdict"]
    kinds = found["pictures"]
    yield from [
        "## The verdict: which digit a picture shows",
        "",
        f"Noisy: Gaussian 0.5, clipped. Restored: from that by {found['model']}. Right and unsure: shares of the test",
        f"digits. Of printed letters in fonts that it has not seen it is unsure of {found['letters']:.1%}, of noise",
        f"and blank paper of {found['noise']:.1%}. Below, by its confidence: how many digits, and how often it is",
        "right.",
        "",
    ]
    rows = [[name, *(f"{100 * kind[name]:.2f} %" for kind in kinds)] for name in ("right", "unsure")]
    for place, each in enumerate(kinds[0]["bins"]):
        own = [kind["bins"][place] for kind in kinds]
        cells = [f"{bin['count']:,}: {100 * bin['right']:.1f} %" if bin["count"] else "0" for bin in own]
        rows.append([f"{each['low']:.0%} to {each['high']:.0%}", *cells])
    yield from _table(["", *(kind["name"] for kind in kinds)], rows)


def _sampling(results: dict[str, Any]) -> Iterator[str]:
    found = results["sampling"]
    rows, schedule, hidden = found["rows"], found["schedule"], found["covered"]
    fitting = hidden["fitting"]
    yield from [
        "## Sampling: digits out of noise",
        "",
        f"{rows[0]['images']:,} samples of {found['model']} in {found['steps']} steps (beta {schedule['beta']:g},",
        f"h0 {schedule['h0']:g}, until sigma {schedule['sigma_end']:g}), beside as many training and test digits.",
        "Confident: read with over 90 % confidence by a small convolutional classifier that chose no setting.",
        "Classes: the share of the rarest and of the most frequent. Fréchet distance: in the code of",
        f"{found['code']}, to all test digits. Nearest: median squared difference to the nearest training digit;",
        f"{found['close']:.1%} of the samples are nearer to one than the nearest 1 % of the test digits are.",
        "",
    ]
    cells = [
        [
            row["of"],
            f"{100 * row['confident']:.1f} %",
            f"{100 * min(row['classes']):.0f} to {100 * max(row['classes']):.0f} %",
            f"{row['ink']:.4f}",
            f"{row['frechet']:.3g}",
            f"{row['nearest']:.4f}" if row["nearest"] else "",
        ]
        for row in rows
    ]
    yield from _table(["", "confident", "classes", "ink", "Fréchet distance", "nearest"], cells)
    most = hidden["means"][-1]["samples"]
    yield from [
        "",
        f"The lower half of {hidden['digits']} test digits covered, {most} samples under each (from noise of sigma",
        f"{fitting['sigma_start']:g} about the one-step answer, beta {fitting['beta']:g}): MSE over the covered half.",
        f"Between two samples lies a root mean square difference of {hidden['apart']:.3f}, between the mean of",
        f"{most} and the one-step answer one of {hidden['from_one_step']:.3f}.",
        "",
    ]
    heads = ["one step", *(f"mean of {each['samples']}" for each in hidden["means"])]
    yield from _table(heads, [[f"{mse:.4f}" for mse in (hidden["one_step"], *(m["mse"] for m in hidden["means"]))]])


def _photos(results: dict[str, Any]) -> Iterator[str]:
    records = results["photos"]["records"]
    yield from [
        "## Photos",
        "",
        f"{records[0]['digits']} made-up photos of test digits for each thing that disturbs: the share that",
        "the classifier of `dae.verdict` reads rightly where the network `ink` finds the digit, where Otsu's threshold",
        "and a crop do, and where the photo is but scaled down.",
        "",
    ]
    ways = {"network": "network", "otsu": "Otsu and crop", "resized": "scaled down"}
    yield from _table(
        ["photos", *ways.values()],
        [[each["photos"], *(f"{100 * each[way]:.1f} %" for way in ways)] for each in records],
    )


SECTIONS = {
    "denoising": _denoising,
    "generalisation": _generalisation,
    "codes": _codes,
    "few_labels": _few_labels,
    "verdict": _verdict,
    "sampling": _sampling,
    "photos": _photos,
}

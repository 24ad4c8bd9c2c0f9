"""What a visitor does at each task of a lesson, by keyboard: (action, selector, value) by lesson and step.

Actions: `train` a network, for some seconds where the lesson's own are many (test_lesson_train.py waits for those);
`choose` an option of a menu by its value, `fill` a box, `press` a button, `hold` a key (so many times), `seek` with
keys, one after the other, until the task is done.
"""

from __future__ import annotations

MODEL = "[data-control=model] select"
NOISE = "[data-control=noise] select"
LEVEL = "[data-control=level] .exact"
SEED = "[data-control=seed] input"

SOLUTIONS: dict[tuple[str, int], list[tuple]] = {
    ("copying", 7): [("fill", LEVEL, "0")],
    ("noise", 5): [("choose", NOISE, "block")],
    ("levels", 5): [("fill", LEVEL, "0.48")],
    ("code", 4): [("seek", ".latent .codes-map canvas.top", ["Shift+ArrowDown", "Shift+ArrowLeft"] * 5)],
    ("code", 5): [("hold", "[data-control=grid] input", "Space")],
    ("robust", 3): [("fill", LEVEL, "1")],
    ("robust", 8): [("choose", MODEL, "yt-dae")],
    ("dictionaries", 2): [("hold", ".features .build input[type=range]", "End")],
    ("dictionaries", 8): [("choose", MODEL, "gfg")],
    ("dictionaries", 9): [("train", "4")],
    ("levels", 6): [("fill", SEED, "8")],
    ("train", 2): [("train", "4")],
    ("train", 4): [("fill", ".train [data-setting=learning_rate]", "0.1"), ("train",)],
    ("train", 6): [("hold", "[data-control=compare] select", "ArrowDown")],
    ("train", 8): [("train",)],
    ("generating", 3): [("fill", "[data-control=score_seed] input", "3"), ("press", "#score-run")],
    ("generating", 6): [
        ("press", "#score-drop"),
        ("choose", "[data-control=score_walk] select", "ladder"),
        ("press", "#score-walk"),
    ],
    ("generating", 8): [("press", ".sample .growing .tile")],
}

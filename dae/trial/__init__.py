"""One run of somebody who tries settings out: what may be set, a stream of what there is to see meanwhile, the script.

    settings = Settings.of(recipes.get("quick"))
    for moment in watch(settings, digits()):
        print(moment.progress.step, moment.unseen)           # MSE on digits that the network never saw

`dae.trial.script` writes the same run as a short PyTorch program.
"""

from dae.rules import REASONS, SettingsError
from dae.trial.run import (
    Exam,
    Moment,
    Schedule,
    again,
    digits,
    exam,
    examine,
    features,
    gains_from_half,
    network,
    one_step,
    trained,
    watch,
)
from dae.trial.settings import (
    MOST_WORK,
    NETWORKS,
    PLAIN,
    RANGES,
    WIDTHS,
    Settings,
    compression,
    recipes_to_start_from,
    weights_to_start_from,
)

__all__ = [
    "MOST_WORK",
    "NETWORKS",
    "PLAIN",
    "RANGES",
    "REASONS",
    "WIDTHS",
    "Exam",
    "Moment",
    "Schedule",
    "Settings",
    "SettingsError",
    "again",
    "compression",
    "digits",
    "exam",
    "examine",
    "features",
    "gains_from_half",
    "network",
    "one_step",
    "recipes_to_start_from",
    "trained",
    "watch",
    "weights_to_start_from",
]

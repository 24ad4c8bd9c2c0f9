"""python -m dae.baselines > baselines.json"""

import logging
import sys

from dae.baselines.tuning import as_text, tune

logging.basicConfig(level=logging.INFO, format="%(message)s")
sys.stdout.write(as_text(tune()))

"""Write the channel's JSON schema: python -m dae.server.protocol"""

import json
import sys

from dae.server.protocol import schema

sys.stdout.write(json.dumps(schema(), ensure_ascii=False, indent=1) + "\n")

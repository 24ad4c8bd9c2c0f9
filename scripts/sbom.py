"""The page's own packages, added to a software bill of materials in CycloneDX.

    python scripts/sbom.py sbom.cdx.json

Each package of `dae/page/vendor` becomes a component with its licence and its files, each with its hash.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

VENDOR = Path(__file__).resolve().parent.parent / "dae" / "page" / "vendor"


def packages(vendor: Path = VENDOR) -> list[dict[str, Any]]:
    """The packages as CycloneDX names components, by their names."""
    found: dict[str, dict[str, Any]] = {}
    for name, file in sorted(json.loads((vendor / "versions.json").read_text(encoding="utf-8")).items()):
        purl = f"pkg:npm/{quote(file['package'], safe='/')}@{file['version']}"
        package = {
            "type": "library",
            "bom-ref": purl,
            "name": file["package"],
            "version": file["version"],
            "purl": purl,
            "licenses": [{"license": {"id": file["licence"]}}],
            "components": [],
        }
        hashes = [{"alg": "SHA-256", "content": file["sha256"]}]
        part = {"type": "file", "bom-ref": f"{purl}#{file['source']}", "name": f"vendor/{name}", "hashes": hashes}
        found.setdefault(purl, package)["components"].append(part)
    return [found[purl] for purl in sorted(found)]


def main(path: Path) -> None:
    bill = json.loads(path.read_text(encoding="utf-8"))
    bill["components"] = [*bill.get("components", ()), *packages()]
    bill["dependencies"] = [*bill.get("dependencies", ()), *({"ref": each["bom-ref"]} for each in packages())]
    path.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What is written down for the page: the manifest, its words, and the modules it brings."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from node import node
from PIL import Image

from dae import checkpoints, manifest

ROOT = Path(__file__).resolve().parent.parent
PAGE = manifest.PAGE
VENDOR = PAGE / "vendor"


def words(lang: str) -> dict[str, str]:
    return json.loads((PAGE / "words" / f"{lang}.json").read_text(encoding="utf-8"))


def places(text: str) -> list[str]:
    return sorted(set(re.findall(r"\{(\w+)\}", text)))


def test_the_manifest_is_not_stale():
    written, now = json.loads(manifest.FILE.read_text(encoding="utf-8")), manifest.manifest()
    first, first_now = written.pop("first"), now.pop("first")
    assert written == json.loads(json.dumps(now)), "run `python -m dae manifest`"
    # Another processor rounds otherwise.
    for name, picture in first["pictures"].items():
        greys = [np.frombuffer(base64.b64decode(each), np.uint8) for each in (picture, first_now["pictures"][name])]
        assert np.abs(np.subtract(*greys, dtype=int)).max() <= 1, "run `python -m dae manifest`"
    for part in ("figures", "verdicts"):
        for name, values in first[part].items():
            assert values == pytest.approx(first_now[part][name], abs=2e-4), "run `python -m dae manifest`"
    assert manifest.GLOSSARY.read_text(encoding="utf-8") == manifest.glossary_text(), "run `python -m dae manifest`"
    assert manifest.SCRIPT.read_text(encoding="utf-8") == manifest.script_text(), "run `python -m dae manifest`"
    written, now = json.loads(manifest.PHOTOS.read_text(encoding="utf-8")), json.loads(manifest.photos_text())
    assert written.keys() == now.keys()
    for name, example in now.items():  # another version of the encoder writes other bytes
        assert written[name]["digit"] == example["digit"]
        photos = [np.asarray(Image.open(urlopen(each[name]["photo"]))) for each in (written, now)]
        assert np.abs(np.subtract(*photos, dtype=int)).mean() < 3, "run `python -m dae manifest`"


def test_networks_stand_in_their_groups():
    lines = manifest.model_lines()
    group = {line["name"]: line["group"] for line in lines}
    assert [name for name, key in group.items() if key == "start"] == ["conv-gaussian", "fc-gaussian", "plain"]
    expected = {"universal": "all", "hinton": "plain", "wta-2000": "sparse", "apx-masking": "apx", "gfg": "gfg"}
    assert expected | {"yt-vae": "yt", "jz-topk-5": "jz"} == {
        name: group[name] for name in (*expected, "yt-vae", "jz-topk-5")
    }
    places = [manifest.GROUPS.index(line["group"]) for line in lines]
    assert places == sorted(places), "as in the menus"
    assert manifest.group_of("new", {"masking"}, "none") == "others"


def test_both_languages_say_everything():
    english, chinese = words("en"), words("zh")
    summaries = {f"summary_{name}" for name in checkpoints.names()}
    assert set(english) == {key for key in chinese if not key.startswith("summary_")}
    assert summaries <= set(chinese), "the English summary is the recipe's own"
    for key, text in english.items():
        assert places(text) == places(chinese[key]), key
        assert text.strip() or key == "between", key
        assert chinese[key].strip() or key == "between", key


def test_every_text_that_the_page_names_is_there():
    """Keys that are put together (`noise_${key}`) are held by their beginning."""
    english = words("en")
    for path in PAGE.rglob("*.js"):
        if path.is_relative_to(VENDOR) or path.is_relative_to(PAGE / "engine"):
            continue
        source = path.read_text(encoding="utf-8")
        for key in re.findall(r"""\bt\(\s*"([^"]+)\"""", source):
            assert key in english, f"{path.name} says {key}"
        for start in re.findall(r"\bt\(\s*`([^`$]*)\$\{", source):
            assert any(key.startswith(start) for key in english) or start == "summary_", f"{path.name} says {start}..."


def test_no_text_is_left_that_nobody_says():
    paths = [path for path in PAGE.rglob("*.js") if not path.is_relative_to(VENDOR)]
    source = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    starts = tuple(set(re.findall(r"`([a-z_]+)\$\{", source)))
    state = manifest.manifest()["state"]
    menus = {
        f"{name}_{choice}"
        for name in re.findall(r'choices\("(\w+)"\)', source)
        if name in state
        for choice in state[name]["choices"]
    }
    said = {key for key in words("en") if f'"{key}"' in source or key.startswith(starts)}
    assert set(words("en")) - said - menus == set()


def test_vendored_modules_are_whole_and_small():
    listed = json.loads((VENDOR / "versions.json").read_text(encoding="utf-8"))
    assert set(listed) == {path.name for path in VENDOR.glob("*.js")}
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    for name, about in listed.items():
        content = (VENDOR / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == about["sha256"], name
        assert about["version"] == package[about["package"]], name
        assert about["licence"] in ("MIT", "ISC", "Apache-2.0", "BSD-3-Clause"), name
    assert sum((VENDOR / name).stat().st_size for name in listed) <= 230_000


def test_a_bill_of_materials_holds_them_with_licence_and_hash(tmp_path):
    bill = tmp_path / "sbom.cdx.json"
    python = {"name": "numpy", "bom-ref": "numpy"}
    bill.write_text(json.dumps({"bomFormat": "CycloneDX", "components": [python], "dependencies": []}))
    subprocess.run([sys.executable, ROOT / "scripts" / "sbom.py", bill], check=True)
    first, *packages = json.loads(bill.read_text())["components"]
    assert first == python
    files = {part["name"]: part["hashes"] for package in packages for part in package["components"]}
    assert files == {
        f"vendor/{path.name}": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}]
        for path in VENDOR.glob("*.js")
    }
    signals = next(package for package in packages if package["name"] == "@preact/signals")
    assert signals["purl"] == f"pkg:npm/%40preact/signals@{signals['version']}"
    assert signals["licenses"] == [{"license": {"id": "MIT"}}]


def test_the_pages_code_under_node():
    """Node's own runner; its types and style are part of `make lint`."""
    tests = sorted(map(str, (ROOT / "tests" / "page").glob("*.test.js")))
    done = subprocess.run([node(), "--test", *tests], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def static_imports(*starts: str) -> list[str]:
    """The page's modules that these need before they run, with all that those need."""
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    named = {name: path for name, path in re.findall(r'"([^"]+)": "\./page/([^"]+)"', html)}
    found: list[str] = []

    def follow(module: str) -> None:
        if module not in found:
            found.append(module)
            for name in re.findall(r'\bfrom\s*"([^"]+)"', (PAGE / module).read_text(encoding="utf-8")):
                path = ((PAGE / module).parent / name).resolve()
                follow(named[name] if name in named else path.relative_to(PAGE).as_posix())

    for module in starts:
        follow(module)
    return found


def test_the_first_view_is_asked_for_at_once():
    """Without it a browser hears of each module only when it has read the one that imports it."""
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    asked = re.findall(r'<link rel="modulepreload" href="page/([^"]+)">', html)
    begun = re.findall(r'<script type="module" src="page/([^"]+)"', html)
    wanted = static_imports("app.js", "views/denoise/denoise.js")
    assert len(wanted) > 20 and sorted([*asked, *begun]) == sorted(wanted)


def test_all_of_the_engine_that_a_first_question_needs_is_asked_for_at_once():
    worker = (PAGE / "engine" / "worker.js").read_text(encoding="utf-8")
    asked = re.findall(r'^import (?:.* from )?"\./([^"]+)";$', worker, re.MULTILINE)
    wanted = static_imports("engine/worker.js")
    assert len(wanted) > 10 and sorted(f"engine/{name}" for name in asked) == sorted(wanted[1:])


def test_the_page_asks_at_once_for_the_words_of_a_language_that_there_is():
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    (known,) = re.findall(r"const known = (\[.*?\]);", html)
    assert json.loads(known) == list(manifest.LANGUAGES)
    assert all((PAGE / "words" / f"{lang}.json").exists() for lang in manifest.LANGUAGES)


def test_the_types_of_the_channel_are_not_stale():
    schema = subprocess.run([sys.executable, "-m", "dae.server.protocol"], cwd=ROOT, capture_output=True, check=True)
    made = subprocess.run(
        [node(), "scripts/protocol.mjs"], cwd=ROOT, input=schema.stdout, capture_output=True, check=True
    )
    assert made.stdout.decode() == (PAGE / "protocol.d.ts").read_text(encoding="utf-8"), "run `npm run protocol`"

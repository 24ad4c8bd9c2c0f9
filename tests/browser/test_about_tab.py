"""The About tab in a real Chromium: words at once, pictures when it is seen, nothing that a file says is believed."""

import gradio as gr
import pytest

from dae import checkpoints
from dae.checkpoints import Info
from dae.models import ModelConfig, build
from dae.ui import about_tab
from dae.ui.build import launch_options
from dae.ui.language import Language
from dae.ui.text import text

HOSTILE = "<img src=x onerror=\"document.title='stolen'\"> ${1+1} {{value}} `"


@pytest.fixture(scope="module")
def url(launch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    network = build(ModelConfig(latent_dim=4))
    recipe = {"summary": HOSTILE, "stages": [{"noises": [], "loss": HOSTILE}]}
    info = Info(recipe=recipe, model=network.config, seed=0, data=HOSTILE)
    checkpoints.save(folder / "conv-gaussian.safetensors", network, info)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAE_CHECKPOINTS", str(folder))
        language = Language()
        with gr.Blocks() as demo:
            switch = gr.Button("switch", elem_id="switch")
            with gr.Tab("first", id="first"):
                gr.HTML("<p>first</p>")
            with gr.Tab("About", id="about"):
                about_tab.add(language)
            switch.click(lambda: language.updates("zh")[0], None, language.components)
        yield launch(demo, **launch_options())


def hrefs(page):
    return page.locator("#about image").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")


@pytest.mark.parametrize("width", [1366, 360])
def test_words_pictures_and_languages(url, open_page, width):
    page = open_page(url, viewport={"width": width, "height": 800}, locale="en-US")
    requests = []
    page.on(
        "request",
        lambda request: (
            requests.append(request.post_data) if request.method == "POST" and "/run/" in request.url else None
        ),
    )
    page.get_by_role("tab", name="About").click()
    page.wait_for_selector("#about .run.shown")
    assert len(requests) == 1
    pictures = hrefs(page)
    assert len(pictures) == 14 and all(source.startswith("data:image/png;base64,") for source in pictures)

    shown, hidden = (".wide", ".tall") if width > 640 else (".tall", ".wide")
    assert page.locator(f"#about .pipeline{shown}").is_visible()
    assert not page.locator(f"#about .pipeline{hidden}").is_visible()
    # Nothing sticks out but what scrolls by itself.
    assert page.locator("#about article").evaluate("(all) => all.scrollWidth <= all.clientWidth")

    cells = page.locator("#about table td > div").evaluate_all("(all) => all.map((one) => one.clientWidth)")
    assert len(cells) == 15 and min(cells) > 70

    said = page.locator("#about .models tbody tr").text_content()
    assert said.count(HOSTILE) == 3
    assert page.title() != "stolen"

    page.locator("#switch").click()
    page.get_by_role("heading", name=text("about_idea_title", "zh")).wait_for()
    page.wait_for_function("document.querySelectorAll('#about image[href]').length === 14")
    assert hrefs(page) == pictures
    assert page.locator("#about [data-figure=model]").text_content() == "conv-gaussian"
    assert len(requests) == 1  # the pictures were not asked for again


def test_formulas_are_set(url, open_page):
    page = open_page(url, viewport={"width": 1366, "height": 800}, locale="en-US")
    page.get_by_role("tab", name="About").click()
    fraction = page.locator("#about .formula mfrac").first
    fraction.wait_for()
    top, bottom = (fraction.locator("> *").nth(place).bounding_box() for place in (0, 1))
    assert top["y"] + top["height"] <= bottom["y"] + 1  # one above the other

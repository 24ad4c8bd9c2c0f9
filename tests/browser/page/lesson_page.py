"""A guided lesson as its page shows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dae import manifest

if TYPE_CHECKING:
    from playwright.sync_api import Page

STEP = ".player h2"
COVERED = """async () => {
  const { SPOTS } = await import(new URL("page/lesson/spots.js", document.baseURI));
  const { step } = await import(new URL("page/lesson/course.js", document.baseURI));
  const selectors = (step.peek()?.question?.cover ?? []).flatMap((name) => SPOTS[name].cover);
  const found = selectors.flatMap((selector) => [...document.querySelectorAll(selector)]);
  const seen = (node) => node.checkVisibility({ visibilityProperty: true });
  return found.flatMap((node) => [node, ...node.querySelectorAll("*")]).map((node) => seen(node));
}"""  # whether each part that the step covers is seen


def lesson(name: str) -> dict:
    return json.loads((manifest.PAGE / "lessons" / f"{name}.json").read_text(encoding="utf-8"))


def state(page: Page, field: str) -> object:
    return page.evaluate("async (name) => (await import('/page/page.js')).state.peek(name)", field)


def onward(page: Page) -> None:
    page.locator(".player .onward").click()

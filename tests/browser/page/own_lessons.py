"""A teacher's lesson for the tests, and what holds one: an address, a QR code, the clipboard."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import zxingcpp
from helpers import pixels_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

LESSON = {
    "format": 1,
    "id": "lesson-test",
    "minutes": 5,
    "title": {"en": "From noise to codes", "zh": "从噪声到编码"},
    "summary": {"en": "Two steps about noise."},
    "steps": [
        {
            "name": {"en": "Two thirds are gone", "zh": "少了三分之二"},
            "text": {"en": "Most pixels are *gone*.\nLook at the <3 holes & “gaps”.", "zh": "大部分像素*没有了*。"},
            "state": {"tab": "denoise", "noise": "masking", "level": 0.65, "digit": 3, "index": 20, "model": "plain"},
            "question": {
                "text": {"en": "Does it fill the gaps?", "zh": "它会补上缺口吗？"},
                "cover": ["reconstruction"],
                "choices": [
                    {
                        "text": {"en": "Yes, all of them", "zh": "全部补上"},
                        "say": {"en": "Look again.", "zh": "再看看。"},
                    },
                    {
                        "text": {"en": "No, it keeps them", "zh": "不会"},
                        "right": True,
                        "say": {"en": "It never saw a gap.", "zh": "它从未见过缺口。"},
                    },
                ],
            },
        },
        {
            "name": {"en": "Find another network", "zh": "换一个网络"},
            "text": {"en": "The same digit.", "zh": "同一个数字。"},
            "state": {"hide": ["seed", "level"]},
            "task": {
                "text": {"en": "Choose universal.", "zh": "选择 universal。"},
                "condition": {"of": "model", "is": "universal"},
                "hint": {"en": "It is in the menu.", "zh": "在菜单里。"},
                "done": {"en": "It saw all noises.", "zh": "它见过所有噪声。"},
            },
        },
    ],
    "worksheet": [{"question": {"en": "Why is a mean grey?"}, "answer": {"en": "It averages digits."}, "lines": 5}],
}


def packed(text: str) -> str:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = deflate.compress(text.encode()) + deflate.flush()
    return f"#lesson={base64.urlsafe_b64encode(content).decode().rstrip('=')}"


def unpacked(link: str) -> dict:
    text = link.partition("#lesson=")[2]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), -15))


def lesson_hash(lesson: dict) -> str:
    return packed(json.dumps(lesson))


def state(page: Page, name: str) -> object:
    return page.evaluate("async (name) => (await import('/page/page.js')).state.peek(name)", name)


def copied(page: Page, press: Callable[[], None]) -> str:
    """What a button copies; the browser of a test has no clipboard to write to."""
    page.evaluate(
        "() => { window.copied = ''; navigator.clipboard.writeText = async (text) => { window.copied = text; }; }"
    )
    press()
    page.wait_for_function("window.copied")
    return page.evaluate("window.copied")


def read_qr(page: Page) -> str:
    drawn = page.locator(".qr canvas")
    until(page, lambda: set(np.unique(pixels_of(drawn)[..., 0])) == {0, 255}, "the QR code")
    grey = pixels_of(drawn)[..., 0]
    (found,) = zxingcpp.read_barcodes(np.kron(grey, np.ones((4, 4), np.uint8)))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def texts_of(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        page.locator(f".builder [data-text={name}]").fill(text)


def choose(page: Page, control: str, value: str) -> None:
    page.locator(f".bench [data-control={control}] select").select_option(value)

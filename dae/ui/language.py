"""Binding the page's strings to its components, so that the language can be switched while the page is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from dae.ui.text import TEXT, text

C = TypeVar("C")


class Language:
    """Makes components with translated properties, and remembers them for the switch."""

    def __init__(self) -> None:
        english = {key: words[0] for key, words in TEXT.items()}
        chinese = {key: words[1] for key, words in TEXT.items()}
        self.i18n = gr.I18n(en=english, zh=chinese, **{"zh-CN": chinese, "zh-TW": chinese, "zh-HK": chinese})
        self.bound: list[tuple[Any, Callable[[str], dict[str, Any]]]] = []

    def make(self, component: Callable[..., C], *arguments: Any, say: dict[str, str], **options: Any) -> C:
        """A component whose properties `say` (property -> text key) follow the language."""
        made = component(*arguments, **{name: self.i18n(key) for name, key in say.items()}, **options)
        return self.follow(made, lambda lang: {name: text(key, lang) for name, key in say.items()})

    def follow(self, made: C, properties: Callable[[str], dict[str, Any]]) -> C:
        """Let a component take `properties(lang)` whenever the language is switched."""
        self.bound.append((made, properties))
        return made

    @property
    def components(self) -> list[Any]:
        return [component for component, _ in self.bound]

    def updates(self, lang: str) -> list[Any]:
        """An update for each of `components`."""
        return [gr.update(**properties(lang)) for _, properties in self.bound]

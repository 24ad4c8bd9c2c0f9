"""The About tab: what a denoising autoencoder is, where the digits come from, what each model was trained on."""

from __future__ import annotations

import gradio as gr

from dae.ui.language import Language


def add(language: Language) -> None:
    gr.HTML("", elem_id="about")

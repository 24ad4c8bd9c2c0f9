"""What the first lessons claim of digits and networks holds of the shipped ones, at the very steps that claim it."""

from __future__ import annotations

from lesson_steps import FOLDER, lesson, stage, state_at

from dae import manifest, site


def test_every_lesson_has_its_place():
    assert {path.stem for path in FOLDER.glob("*.json")} <= set(manifest.LESSONS)


def test_the_static_edition_has_what_the_lessons_show():
    """Its gallery is smaller, and it brings some of the networks."""
    for path in FOLDER.glob("*.json"):
        for number in range(1, len(lesson(path.stem)["steps"]) + 1):
            assert state_at(path.stem, number)["index"] < site.PER_CLASS, f"{path.stem} {number}"


class TestCopying:
    def test_the_plain_network_paints_the_noise_back_in(self):
        state = state_at("copying", 2)
        plain, denoiser = stage(state), stage(state, model="fc-gaussian")
        assert plain.psnr - plain.noisy_psnr < 4 < denoiser.psnr - plain.psnr

    def test_networks_that_saw_noise_do_better(self):
        state = state_at("copying", 3)
        assert stage(state).psnr < 16
        for name in ("conv-gaussian", "fc-gaussian", "universal"):
            assert stage(state, model=name).psnr > 16, name

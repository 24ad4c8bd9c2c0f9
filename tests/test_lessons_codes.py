"""What the lessons on codes and on robust codes claim, measured on the shipped networks at the steps that claim it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from lesson_claims import NUMBER, measured, right, said, step
from lesson_steps import lesson, network, stage, state_at
from torch import Tensor

from dae import checkpoints, data, latent, metrics, verdict
from dae.encoding import codes_of
from dae.noise import corrupt

GALLERY = data.gallery()
SOME = GALLERY[::5]


def same_neighbours(places: Tensor) -> Tensor:
    """(10, 10): of the 5 nearest neighbours of the digits of each class the share of each class."""
    apart = torch.cdist(places, places).fill_diagonal_(torch.inf)
    near = GALLERY.labels[apart.topk(5, largest=False).indices]
    counts = torch.stack([torch.bincount(near[GALLERY.labels == a].flatten(), minlength=10) for a in range(10)])
    return counts / counts.sum(1, keepdim=True)


def place_of(state: dict[str, Any]) -> Tensor:
    """Where the digit of a state lies on the plane of the network's code."""
    plane = latent.load_planes(state["model"]).linear
    return plane.project(network(state["model"]).encode(stage(state, model="plain").clean))[0]


@pytest.fixture(scope="module")
def plane() -> latent.Plane:
    """The map of two numbers."""
    return latent.load_planes("jz-deep").linear


class TestCode:
    def test_the_codes_have_as_many_numbers_as_is_said(self):
        assert said(step("code", 1), r"this 4 is (\d+) numbers.*into (\d+) numbers: the code") == [784, 64]
        for name, width in (("jz-fc", 64), ("jz-deep", 2), ("plain", 128)):
            assert checkpoints.info(name).model.latent_dim == width
        assert said(step("code", 8), r"codes of (\d+) numbers \(plain\), (\d+) \(jz-fc\) and (\d+) \(jz-deep\)") == [
            *(128, 64, 2)
        ]

    def test_the_digit_survives_64_numbers_and_not_two(self):
        assert stage(state_at("code", 1)).read.digit == 4
        shown = stage(state_at("code", 2))
        assert shown.read_clean.digit == 4
        assert said(step("code", 2), r"A blurred digit that reads as (\d)") == [shown.read.digit]
        assert right(step("code", 2)).endswith(str(shown.read.digit))

    def test_4_and_9_overlap_most(self, plane):
        shares = same_neighbours(plane.xy)
        mixed = (shares + shares.T).triu(1)
        assert divmod(int(mixed.argmax()), 10) == (4, 9)
        assert right(step("code", 3)) == "4 and 9"
        assert mixed[0, 1] < 0.02 and mixed[6, 7] < 0.02

    def test_a_place_that_decodes_to_0_is_where_the_hint_says(self, plane):
        zeros = plane.xy[GALLERY.labels == 0].mean(0)
        middle = plane.xy.mean(0)
        assert zeros[0] < middle[0] and zeros[1] < middle[1], "lower left"
        read = verdict.verdict(latent.decode_at(network("jz-deep"), plane, zeros[None]))[0]
        wanted = step("code", 4)["task"]["condition"]["all"]
        assert read.digit == wanted[0]["is"] and read.confidence > wanted[1]["atLeast"]

    def test_the_decoder_paints_where_no_digit_lies(self, plane):
        (count,) = said(step("code", 5), r"more than half of the (\d+) pictures lie where there is no digit")
        low, high = plane.xy.amin(0), plane.xy.amax(0)
        places = latent.grid_places((float(low[0]), float(high[0]), float(low[1]), float(high[1])))
        assert len(places) == count
        cell = (high - low) / latent.GRID
        inside = ((plane.xy[:, None] - places).abs() <= cell / 2).all(2)
        empty = ~inside.any(0)
        assert empty.sum() > count / 2
        assert (latent.decode_at(network("jz-deep"), plane, places[empty]).amax((1, 2, 3)) > 0.5).all()

    def test_pca_shows_little_of_64_numbers(self, plane):
        across, upwards = said(step("code", 6), r"here (\d+) % of the spread across and (\d+) % upwards")
        flat = latent.load_planes("jz-fc").linear
        assert flat.kind == "pca" and [round(100 * share) for share in flat.share] == [across, upwards]
        assert same_neighbours(flat.xy).diagonal().mean() < same_neighbours(plane.xy).diagonal().mean() - 0.2
        wide, narrow = said(step("code", 6), r"jz-fc names (\d+) % of the digits rightly, jz-deep (\d+) %")
        for name, percent in (("jz-fc", wide), ("jz-deep", narrow)):
            assert round(100 * measured("codes", name, input="clean")["neighbours"]) == percent
        (share,) = said(lesson("code")["worksheet"], r"only 2 of 64 directions, and (\d+) % of the spread")
        assert round(100 * sum(flat.share)) == share

    def test_other_digits_lie_on_the_way(self):
        state = state_at("code", 7)
        digit, index = map(int, state["picked"].split("-"))
        ends = [stage(state).clean, stage(state, digit=digit, index=index).clean]
        model = network(state["model"])
        line = model.decode(latent.interpolate(*(model.encode(end) for end in ends)))
        met = [read.digit for read in verdict.verdict(line)]
        first = [each for i, each in enumerate(met) if i == 0 or each != met[i - 1]]
        like, other, *rest = said(step("code", 7), r"a (\d) or a (\d), an (\d), a (\d), a (\d), then the (\d)")
        assert first[0] == 7 and first[1] in (like, other) and first[2:] == rest
        assert len(met) == 9 == latent.STEPS, "nine even steps"
        pixels = latent.interpolate(*ends)
        assert {read.digit for read in verdict.verdict(pixels)} == {7, 0}

    def test_the_fewer_numbers_the_larger_the_error(self):
        errors = said(step("code", 8), rf"the error of plain is {NUMBER}, of jz-fc {NUMBER}")
        errors += said({"text": step("code", 8)["question"]["choices"][1]["text"]}, rf"About {NUMBER}")
        names = state_at("code", 8)["compare"]
        assert right(step("code", 8)) == f"About {errors[-1]:g}"
        for name, error in zip(names, errors, strict=True):
            record = measured("denoising", name, noise="clean")
            assert record["digits"] == 10_000
            assert float(f"{record['mse']:.1g}") == error
        state = state_at("code", 8)
        here = [metrics.mse(shown.restored, shown.clean) for shown in (stage(state, model=name) for name in names)]
        assert here == sorted(here), "in the order in which they are named"


def drift_at(state: dict[str, Any], model: str) -> float:
    """What stands under the cloud of a network."""
    clean = stage(state, model="plain").clean
    noisy = latent.noisy_copies(clean, state["noise"], state["level"], seed=state["seed"], clip=state["clip"])
    encode = network(model).encode
    return latent.drift(encode(clean), encode(noisy), latent.load_planes(model).scale)


def gallery_drift(name: str, level: float = 0.5) -> float:
    (record,) = [each for each in latent.load_planes(name).drift if each["level"] == level]
    return record["drift"]


class TestRobust:
    def test_the_cloud_has_as_many_copies_as_is_said(self):
        assert said(step("robust", 1), r"given noise (\d+) times") == [latent.COPIES]

    def test_training_with_noise_makes_the_cloud_smaller(self):
        state = state_at("robust", 2)
        plain, other = (checkpoints.info(state[field]).model for field in ("model", "beside"))
        assert plain == other, "built alike"
        assert not any(stage.get("noises") for stage in checkpoints.info(state["model"]).recipe["stages"])
        assert right(step("robust", 2)) == "That of plain"
        assert "More than twice as far" in step("robust", 2)["question"]["choices"][0]["say"]["en"]
        assert drift_at(state, state["model"]) > 2 * drift_at(state, state["beside"])

    def test_the_level_can_be_turned_until_the_drift_is_above_1(self):
        state = state_at("robust", 3)
        assert drift_at(state, state["model"]) < 0.9
        assert drift_at(state | {"level": 1.0}, state["model"]) > 1.1
        assert drift_at(state, state["beside"]) > 1, "the other was above it before"

    def test_the_code_of_two_numbers_stays_still_for_a_3(self):
        state = state_at("robust", 4)
        drifts = said(step("robust", 4), rf"drifts by {NUMBER} only; that of fc-gaussian by {NUMBER}")
        assert [round(drift_at(state, state[field]), 2) for field in ("model", "beside")] == drifts

    def test_noise_carries_the_7_to_where_the_3_lay(self, plane):
        three, seven = state_at("robust", 4), state_at("robust", 5)
        homes = [place_of(state) for state in (three, seven)]
        middle, spread = plane.xy.mean(0), plane.xy.std(0)
        assert ((homes[0] - middle).abs() < 0.5 * spread).all(), "in the middle"
        assert homes[1][0] > middle[0] + spread[0], "on the right"
        landed = []
        for state in (three, seven):
            copies = latent.noisy_copies(stage(state, model="plain").clean, "gaussian", 0.5, seed=state["seed"])
            landed.append(plane.project(network("jz-deep").encode(copies)))
        assert (landed[0].mean(0) - landed[1].mean(0)).norm() < 0.1 * (homes[0] - homes[1]).norm()
        assert landed[1][:, 0].max() < homes[1][0], "they all lead away to the left"
        assert landed[1].std(0).norm() < 0.3 * spread.norm(), "they stay together"

    def test_the_classes_close_up_though_the_drift_is_alike(self):
        spread = said(step("robust", 6), r"only (\d+) % as far apart.*they keep (\d+) % of their spread")
        (drift,) = said(step("robust", 6), rf"both drift alike over all digits: by {NUMBER}")
        state = state_at("robust", 6)
        noisy = corrupt(SOME.images, state["noise"], state["level"], seed=state["seed"])
        for field, percent in zip(("model", "beside"), spread, strict=True):
            scales = [
                latent.class_scale(codes_of(network(state[field]), images), SOME.labels)
                for images in (SOME.images, noisy)
            ]
            assert 100 * scales[1] / scales[0] == pytest.approx(percent, abs=2)
            assert gallery_drift(state[field]) == pytest.approx(drift, abs=0.0055)
        assert right(step("robust", 6)) == f"From that of {state['beside']}"

    def test_the_probe_reads_one_of_them(self):
        names = ("apx-gaussian-0.5", "jz-deep")
        percents = said(
            step("robust", 7), r"right for (\d+) of 100 digits with apx-gaussian-0.5, and for (\d+) with jz"
        )
        for name, percent in zip(names, percents, strict=True):
            assert round(100 * measured("codes", name, input="gaussian 0.5")["probe"]) == percent
        rest = said(
            lesson("robust")["worksheet"],
            rf"5: drift {NUMBER}, probe (\d+) % and (\d+) %; jz-deep: drift {NUMBER}, probe (\d+) % and (\d+) %",
        )
        for name, (drift, clean, noisy) in zip(names, (rest[:3], rest[3:]), strict=True):
            assert gallery_drift(name) == pytest.approx(drift, abs=0.0055)
            assert round(100 * measured("codes", name, input="clean")["probe"]) == clean
            assert round(100 * measured("codes", name, input="gaussian 0.5")["probe"]) == noisy

    def test_a_robust_code_can_be_found(self):
        state = state_at("robust", 8)
        drift, probe, *_ = step("robust", 8)["task"]["condition"]["all"]
        assert said(step("robust", 8), rf"a drift below {NUMBER}.*right for more than (\d+) %") == [
            drift["below"],
            100 * probe["above"],
        ]

        def fits(name: str) -> bool:
            record = measured("codes", name, input="gaussian 0.5")
            return drift_at(state, name) < drift["below"] and record["probe"] > probe["above"]

        assert fits("yt-dae"), "the one that the hint names"
        assert not any(fits(name) for name in (state["model"], state["beside"], "conv-gaussian", "fc-gaussian"))

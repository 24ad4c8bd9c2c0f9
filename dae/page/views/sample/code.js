// The samples as a short Python script that gives the same ones.
import { own, state } from "../../page.js";
import { Code } from "../../parts/code.js";
import { html } from "../../parts/html.js";
import { BLOCK, FITTING } from "../../sampling.js";
import { t } from "../../words.js";

const PER_CLASS = 500; // of the whole gallery, whatever part of it this edition has

/** The network, by its name or its file. */
function modelCode() {
  const name = state.get("sample_model");
  const mine = own.value.find((network) => network.name === name);
  if (!mine) return `model = dae.load("${name}")`;
  return `model = dae.load("your-model-${mine.number}.safetensors")  # your network, downloaded in the Train tab`;
}

/** The schedule, and what is imported for it. */
const scheduleCode = () =>
  state.get("sample_schedule") === "ladder"
    ? { name: "Ladder", call: `Ladder.geometric(${state.get("sample_sigmas")})` }
    : { name: "Ascent", call: `Ascent(beta=${state.get("sample_beta")})` };

/** @param {string[]} names of `dae.sampling` */
const imported = (names) => `from dae.sampling import ${names.sort().join(", ")}`;

function noiseScript() {
  const { name, call } = scheduleCode();
  return `import dae
${imported([name])}
from torchvision.utils import save_image

${modelCode()}
samples = dae.sample(model, ${state.get("sample_count")}, seed=${state.get("sample_seed")}, schedule=${call})  # (N, 1, 28, 28)
save_image(samples.clamp(0, 1), "samples.png", nrow=10)
`;
}

const UNPACK = `

def picture(text):
    """A picture (1, 1, 28, 28) from the text that stands for it in the page's links."""
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return torch.frombuffer(bytearray(zlib.decompress(packed)), dtype=torch.uint8).view(1, 1, 28, 28) / 255

`;

/** What is known, by cover: the mask of what is seen. @type {Record<string, () => string>} */
const SEEN = {
  lower: () => "torch.arange(28).view(28, 1).expand(28, 28) < 14",
  upper: () => "torch.arange(28).view(28, 1).expand(28, 28) >= 14",
  left: () => "torch.arange(28).expand(28, 28) >= 14",
  middle: () => "torch.ones(28, 28, dtype=torch.bool)\nseen[8:20, 8:20] = False",
  pixels: () => `torch.rand(28, 28, generator=torch.Generator().manual_seed(${state.get("seed")})) >= 0.8`,
  drawn: () => `picture("${state.get("sample_hole")}")[0, 0] < 0.5`,
};

function questionScript() {
  const cover = state.get("sample_cover");
  const isPicked = state.get("source") === "pick" || !state.get("pixels");
  const unpacks = !isPicked || cover === "drawn";
  const place = PER_CLASS * state.get("digit") + state.get("index");
  const clean = isPicked
    ? `dae.data.gallery().images[${place}:${place + 1}]`
    : `picture("${state.get("pixels")}")`;
  const { name, call } = scheduleCode();
  const fits = `schedule=Ascent(beta=${FITTING.beta})`;
  const how = {
    names: ["Ascent", "known"],
    lines: [`seen = ${SEEN[cover]?.()}`, "shown = clean.where(seen, 0)"],
    call: `${fits}, measurement=known(clean, seen), start=one_step, sigma_start=${FITTING.sigma_start}`,
    hidden: "[..., ~seen]",
  };
  if (cover === "coarse")
    Object.assign(how, {
      names: [name, "coarse"],
      lines: [`measurement = coarse(clean, ${BLOCK})`, "shown = measurement.values"],
      call: `schedule=${call}, measurement=measurement`,
      hidden: "",
    });
  if (cover === "noisy")
    Object.assign(how, {
      names: ["Ascent"],
      lines: [
        `shown = dae.corrupt(clean, "gaussian", ${state.get("level")}, seed=${state.get("seed")}, clip=False)`,
      ],
      call: `${fits}, start=shown, sigma_start=0`,
      hidden: "",
    });
  return `${unpacks ? "import base64\nimport zlib\n\n" : ""}import dae
import torch
${imported(how.names)}
from torchvision.utils import save_image
${unpacks ? UNPACK : ""}
${modelCode()}
clean = ${clean}
${how.lines.join("\n")}
with torch.inference_mode():
    one_step = model(shown).clamp(0, 1)
samples = dae.sample(
    model, ${state.get("sample_answers")}, seed=${state.get("sample_seed")}, ${how.call}
).clamp(0, 1)
mean = samples.mean(0, keepdim=True)
print("RMS difference of mean and one step:", float((mean - one_step)${how.hidden}.square().mean().sqrt()))
save_image(torch.cat([clean, shown.clamp(0, 1), one_step, mean, samples]), "answers.png", nrow=4)
`;
}

/** @param {{ of: "noise" | "question" }} props */
export const Script = ({ of }) =>
  html`<${Code} text=${of === "noise" ? noiseScript() : questionScript()} about=${t(`sample_code_${of}`)} rows=${of === "noise" ? 9 : 18} />`;

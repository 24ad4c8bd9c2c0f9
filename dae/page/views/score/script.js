// The training as a short Python script with dae.score2d: the same network from the same seed.
import { state } from "../../page.js";
import { clean, sigma, training } from "./lab.js";

const PER_LINE = 6; // points

/** The chosen points in Python. */
function pointsText() {
  const set = state.get("score_points");
  if (set !== "drawn")
    return `score2d.points("${set}", ${clean.value.length / 2}, seed=${state.get("score_seed")})`;
  const pairs = Array.from(
    { length: clean.value.length / 2 },
    (_, i) => `[${[...clean.value.subarray(2 * i, 2 * i + 2)].map((each) => each.toFixed(4)).join(", ")}]`,
  );
  const lines = [];
  for (let i = 0; i < pairs.length; i += PER_LINE)
    lines.push(`    ${pairs.slice(i, i + PER_LINE).join(", ")},\n`);
  return `torch.tensor([\n${lines.join("")}])`;
}

/** What the page trains, as a script that prints how the field's error falls. */
export function script() {
  const { sigmaLow, sigmaHigh, width, batchSize, learningRate, steps, seed } = training.value;
  const hasTensor = state.get("score_points") === "drawn";
  return `${hasTensor ? "import torch\n\n" : ""}from dae import score2d

clean = ${pointsText()}
settings = score2d.Training(
    sigma_low=${sigmaLow}, sigma_high=${sigmaHigh}, width=${width}, batch_size=${batchSize},
    learning_rate=${learningRate}, steps=${steps}, seed=${seed},
)
for moment in score2d.train(clean, settings):
    if moment.step % 100 == 0 or moment.step == settings.steps:
        error = score2d.field_error(moment.denoiser, clean, ${sigma.value})
        print(f"step {moment.step}: loss {moment.loss:.5f}, error of the field {100 * error:.2f} %")
`;
}

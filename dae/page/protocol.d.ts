/* Written by scripts/protocol.mjs from dae/server/protocol: change it there. */

export interface Protocol {
  questions: Questions;
  answers: Answers;
  problem: Problem;
  training: Training;
  snapshot: Snapshot;
  settings: TrainingSettings;
}
export interface Questions {
  denoise: Classical;
  neighbours: Neighbourhood;
  tsne: Embedding;
  "grid-figure": GridFigure;
  "dictionary-figure": DictionaryFigure;
  "curves-figure": CurvesFigure;
  "codes-figure": CodesFigure;
  "stage-figure": StageFigure;
  server: Nothing;
  recipes: Nothing;
  settings: SettingsQuestion;
  mnist: MnistQuestion;
  here: Visit;
  leave: Visit;
  stop: Visit;
  networks: Visit;
  keep: NetworkFile;
  forget: OwnNetwork;
  network: NetworkKey;
}
/**
 * A noisy digit for classical denoisers, at some levels; those that are fitted have never seen the digit.
 */
export interface Classical {
  digit: string;
  noise: "gaussian" | "masking" | "salt_and_pepper" | "dropout" | "speckle" | "block";
  /**
   * Gaussian noise only
   */
  clip?: boolean;
  seed: number;
  /**
   * @minItems 1
   * @maxItems 31
   */
  levels: number[];
  /**
   * @minItems 1
   * @maxItems 5
   */
  denoisers: ("median" | "tv" | "nlm" | "wiener" | "memoriser")[];
}
/**
 * A digit of the gallery, by its place, whose neighbours in a network's code are asked for.
 */
export interface Neighbourhood {
  model: string;
  index: number;
  count?: number;
}
/**
 * A network whose codes' t-SNE is asked for, or begun.
 */
export interface Embedding {
  model: string;
}
/**
 * The digit at six levels, noisy and by each denoiser.
 */
export interface GridFigure {
  digit: string;
  noise: "gaussian" | "masking" | "salt_and_pepper" | "dropout" | "speckle" | "block";
  /**
   * Gaussian noise only
   */
  clip?: boolean;
  seed: number;
  title: string;
  caption?: string;
  format?: "png" | "svg";
  /**
   * what the row of noisy pictures is called
   */
  noisy: string;
  /**
   * @maxItems 40
   */
  rows: Row[];
  levelName: string;
}
/**
 * One denoiser of a grid: a network's name or key, or a classical denoiser's.
 */
export interface Row {
  denoiser: string;
  label: string;
}
/**
 * The decoder's dictionary of a network, in the given order.
 */
export interface DictionaryFigure {
  title: string;
  caption?: string;
  format?: "png" | "svg";
  model: string;
  /**
   * @minItems 1
   * @maxItems 2000
   */
  features: number[];
  /**
   * one scale of colours for all pictures, else one for each
   */
  common?: boolean;
  /**
   * what the colour of negative values means
   */
  less: string;
  more: string;
}
/**
 * What was measured, over the level.
 */
export interface CurvesFigure {
  title: string;
  caption?: string;
  format?: "png" | "svg";
  noise: "gaussian" | "masking" | "salt_and_pepper" | "dropout" | "speckle" | "block";
  /**
   * Gaussian noise only, as in the records
   */
  clip?: boolean | null;
  metric: "mse" | "psnr" | "ssim";
  /**
   * @minItems 1
   * @maxItems 60
   */
  curves: Curve[];
  levelLabel: string;
  metricLabel: string;
}
/**
 * A line of a figure: whose, what it is called, and which pair of colour and dash it has.
 */
export interface Curve {
  denoiser: string;
  label: string;
  style: number;
}
/**
 * A network's codes of the gallery on a plane, and a digit's place among them.
 */
export interface CodesFigure {
  title: string;
  caption?: string;
  format?: "png" | "svg";
  model: string;
  plane: "code" | "pca" | "tsne";
  digit: string;
}
/**
 * The stage of the Denoise tab, 16:9: clean, noisy, restored, the error, with their figures.
 */
export interface StageFigure {
  digit: string;
  noise: "gaussian" | "masking" | "salt_and_pepper" | "dropout" | "speckle" | "block";
  /**
   * Gaussian noise only
   */
  clip?: boolean;
  seed: number;
  title: string;
  caption?: string;
  format?: "png" | "svg";
  model: string;
  level: number;
  passes?: number;
  /**
   * of the four pictures
   *
   * @minItems 4
   * @maxItems 4
   */
  labels: string[];
  /**
   * a line below each picture's figures
   *
   * @maxItems 4
   */
  notes?: string[];
}
/**
 * A question or an answer that says no more than its name.
 */
export interface Nothing {}
/**
 * Settings to be checked, perhaps those of a run.
 */
export interface SettingsQuestion {
  settings: TrainingSettings;
  run?: string;
}
/**
 * What can be set of a run: `dae.trial.Settings`, whose `check` says what makes sense.
 */
export interface TrainingSettings {
  architecture: string;
  /**
   * @maxItems 8
   */
  widths: number[];
  latent_dim: number;
  activation: string;
  code_activation: string;
  output: string;
  tied: boolean;
  sparsity: string;
  k: number;
  fraction: number;
  weight: number;
  rho: number;
  noise: string;
  low: number;
  high: number;
  clip: boolean;
  loss: string;
  learning_rate: number;
  batch_size: number;
  seed: number;
  seconds: number;
  /**
   * a shipped network whose weights it starts from; empty: random ones
   */
  start: string;
}
/**
 * Whether all of MNIST is there; `start` fetches it.
 */
export interface MnistQuestion {
  start?: boolean;
}
/**
 * A visitor.
 */
export interface Visit {
  visitor: string;
}
/**
 * A network of the visitor's own, as the content of a .safetensors file.
 */
export interface NetworkFile {
  visitor: string;
  file: string;
}
/**
 * One of the visitor's networks.
 */
export interface OwnNetwork {
  visitor: string;
  key: string;
}
/**
 * A network that the server keeps.
 */
export interface NetworkKey {
  key: string;
}
export interface Answers {
  denoise: Restorations;
  neighbours: Neighbours;
  tsne: EmbeddingState;
  "grid-figure": Figure;
  "dictionary-figure": Figure;
  "curves-figure": Figure;
  "codes-figure": Figure;
  "stage-figure": Figure;
  server: Server;
  recipes: Recipes;
  settings: SettingsAnswer;
  mnist: Mnist;
  here: Nothing;
  leave: Nothing;
  stop: Nothing;
  networks: Networks;
  keep: Network;
  forget: Networks;
  network: File;
}
/**
 * In the order that was asked for.
 */
export interface Restorations {
  restorations: Restoration[];
}
/**
 * What one denoiser made of the noisy pictures.
 */
export interface Restoration {
  denoiser: "median" | "tv" | "nlm" | "wiener" | "memoriser";
  /**
   * a picture for each level; null where it has no answer
   */
  restored: string | null;
  problem: "" | "no_answer" | "no_record";
}
/**
 * The nearest digits of the gallery, the nearest first, without the digit itself.
 */
export interface Neighbours {
  indices: number[];
  distances: number[];
  /**
   * the typical distance between two classes
   */
  scale: number;
}
/**
 * How far a t-SNE is. One is computed at a time: `waiting` while it is another network's; ask again.
 */
export interface EmbeddingState {
  state: "running" | "waiting" | "done" | "failed";
  percent: number;
  /**
   * (5000, 2) where it is done
   */
  xy: string | null;
}
/**
 * A figure for a slide.
 */
export interface Figure {
  name: string;
  type: string;
  /**
   * base64
   */
  content: string;
  /**
   * denoisers that it is without, as they have no answer
   */
  missing: string[];
}
/**
 * What this server can do.
 */
export interface Server {
  /**
   * of the process: another one has forgotten all networks
   */
  id: string;
  /**
   * of the longest run
   */
  seconds: number;
  /**
   * runs borrow a GPU, on the visitor's own minutes
   */
  gpu: boolean;
  /**
   * figures can hold Chinese
   */
  chinese: boolean;
}
/**
 * What a run can start from, by name.
 */
export interface Recipes {
  digits: TrainingDigits;
  recipes: Recipes1;
  weights: Weights;
}
/**
 * The digits that runs have.
 */
export interface TrainingDigits {
  seen: number;
  unseen: number;
  /**
   * all of MNIST but the gallery, else 4,500 digits of the gallery
   */
  everything: boolean;
}
export interface Recipes1 {
  [k: string]: TrainingSettings;
}
/**
 * with a shipped network's weights
 */
export interface Weights {
  [k: string]: TrainingSettings;
}
/**
 * What follows from settings that make sense.
 */
export interface SettingsAnswer {
  digits: TrainingDigits;
  /**
   * eight digits
   */
  clean: string;
  /**
   * the same with the settings' noise
   */
  noisy: string;
  /**
   * MSE of leaving the noise as it is
   */
  nothing: number;
  /**
   * null until it is worked out: ask again
   */
  best: Best | null;
  parameters: number;
  compression: number | null;
  layers: Layer[];
  /**
   * that the script makes: those of the run, or a guess
   */
  steps: number;
  /**
   * steps of the run's last schedule of the learning rate
   */
  planned: number;
  /**
   * one, or more where a run went on after its end
   */
  schedules: number;
  /**
   * the same run as a PyTorch script
   */
  script: string;
  /**
   * of settings alone; of a run that goes on, as planned; of a whole run; of one that was stopped; of one that its time ended, whose learning rate followed the clock; of one that went on after its end
   */
  scriptIs: "guess" | "planned" | "run" | "stopped" | "clock" | "schedules";
  /**
   * whether it is the script of the run that was asked about
   */
  isRun: boolean;
}
/**
 * The best shipped network on the same digits with the same noise.
 */
export interface Best {
  name: string;
  mse: number;
}
/**
 * A layer of the drawing of a network.
 */
export interface Layer {
  /**
   * values
   */
  width: number;
  label: string;
  isCode: boolean;
}
/**
 * How far the download is.
 */
export interface Mnist {
  state: "none" | "running" | "done" | "failed";
  fraction: number;
}
/**
 * A visitor's networks, the newest first.
 */
export interface Networks {
  networks: Network[];
}
/**
 * A visitor's network that the server keeps.
 */
export interface Network {
  key: string;
  number: number;
  title: string;
  parameters: number;
  digits: string;
  seconds: number;
  steps: number;
  seed: string;
  mse: number | null;
  nothing: number | null;
  /**
   * of the weights behind the key
   */
  version: number;
}
/**
 * A file to download.
 */
export interface File {
  name: string;
  type: string;
  /**
   * base64
   */
  content: string;
}
/**
 * Why there is no answer.
 */
export interface Problem {
  code: string;
  values: Values;
  /**
   * one English sentence, for who reads the log
   */
  message: string;
}
/**
 * for the places of the page's words
 */
export interface Values {
  [k: string]: string;
}
/**
 * What an event of the queue is asked: its data in this order, without their names.
 */
export interface Training {
  visitor: string;
  mode: "new" | "continue" | "restart" | "step";
  settings: TrainingSettings1;
  /**
   * key of the run that is meant; may be empty for a new one and for its first step
   */
  run: string;
}
/**
 * What can be set of a run: `dae.trial.Settings`, whose `check` says what makes sense.
 */
export interface TrainingSettings1 {
  architecture: string;
  /**
   * @maxItems 8
   */
  widths: number[];
  latent_dim: number;
  activation: string;
  code_activation: string;
  output: string;
  tied: boolean;
  sparsity: string;
  k: number;
  fraction: number;
  weight: number;
  rho: number;
  noise: string;
  low: number;
  high: number;
  clip: boolean;
  loss: string;
  learning_rate: number;
  batch_size: number;
  seed: number;
  seconds: number;
  /**
   * a shipped network whose weights it starts from; empty: random ones
   */
  start: string;
}
/**
 * What there is to see of a run. Numbers are null until they are known.
 */
export interface Snapshot {
  /**
   * empty while it waits in the line
   */
  run: string;
  state: "waiting" | "running" | "stopped" | "done" | "failed";
  /**
   * in the line: how many runs come before this one
   */
  place: number | null;
  problem: Problem | null;
  title: string;
  /**
   * that the run may take
   */
  seconds: number;
  digits: TrainingDigits | null;
  nothing: number | null;
  best: Best | null;
  /**
   * step, MSE of the batches, MSE on unseen digits
   */
  curve: unknown[][];
  step: number;
  planned: number | null;
  /**
   * of the run that is done, 0 to 1
   */
  fraction: number;
  loss: number | null;
  /**
   * MSE of the batches
   */
  error: number | null;
  /**
   * MSE on digits that it never saw
   */
  unseen: number | null;
  /**
   * digits per second
   */
  rate: number;
  learningRate: number | null;
  /**
   * eight digits
   */
  clean: string;
  /**
   * base64 of bytes, 0 to 255
   */
  noisy: string;
  /**
   * base64 of bytes, 0 to 255
   */
  restored: string;
  /**
   * pictures of 784 each, on a scale of their own
   */
  features: string;
  numbers: StepNumbers | null;
  /**
   * the visitor's, once the run has ended
   */
  networks: Network[] | null;
  /**
   * key of the network that the run made
   */
  kept: string;
}
/**
 * What a single step did.
 */
export interface StepNumbers {
  loss: number;
  lossAfter: number;
  error: number;
  /**
   * its norm
   */
  gradient: number;
  /**
   * of the weights, its norm
   */
  change: number;
}

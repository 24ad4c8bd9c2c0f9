/** The shapes of `manifest.json`, which dae/manifest.py writes. */
export interface Manifest {
  edition: "server" | "static";
  gallery: { perClass: number };
  noises: Noise[];
  state: Record<string, Field>;
  /** The ids of the guided lessons, in their order. */
  lessons: string[];
  /** Defaults of `dae.sampling`'s schedules. */
  sampling: {
    ascent: { beta: number; h0: number; sigma_end: number; most_steps: number };
    ladder: { first: number; last: number };
    fitting: { beta: number; sigma_start: number };
  };
  train: TrainChoices;
  /** Of the networks, in the menus' order. */
  groups: { key: string; tutorial: boolean }[];
  models: ModelLine[];
  first: FirstStage;
  /** Names of the networks that this edition does without. */
  leftOut?: string[];
  /** MathML by key. */
  formulas: { losses: Record<string, string>; noises: Record<string, string> };
}

/** What a checkpoint measured in one setting. */
export interface Figure {
  noise: string;
  level: number;
  clip: boolean | null;
  digits: number;
  mse: number;
  /** null where it is endless. */
  psnr: number | null;
  ssim: number;
}

/** What the page starts with, worked out beforehand. */
export interface FirstStage {
  /** 784 grey values in base64. */
  pictures: { clean: string; noisy: string; restored: string };
  figures: Record<"noisy" | "restored", import("./engine/metrics.js").Figures>;
  verdicts: Record<"clean" | "noisy" | "restored", { digit: number | null; confidence: number }>;
}

export interface Noise {
  key: string;
  symbol: string;
  maximum: number;
  start: number;
  canClip: boolean;
}

export interface TrainingNoise {
  key: string;
  high: number;
  low: number | null;
  clip: boolean;
}

export interface ModelLine {
  name: string;
  summary: string;
  /** A key of the manifest's groups, or "own". */
  group: string;
  architecture: string;
  /** 0 where the network has no code. */
  latentDim: number;
  sparsity: string;
  variational: boolean;
  /** Of the hidden layers, or the channels of the convolutions. */
  widths: number[];
  noises: TrainingNoise[];
  losses: string[];
  /** The digits that it was trained on, in words. */
  data: string;
  steps: number;
  seconds: number;
  figures: Figure[];
  parameters: number;
  bytes: number;
  digest: string;
}

export type Value = string | number | boolean | string[];

export interface Field {
  type: "choice" | "whole" | "number" | "level" | "flag" | "model" | "names" | "list" | "pixels" | "text";
  start: Value;
  choices?: string[];
  low?: number;
  high?: number;
  longest?: number;
}

/** What the Train tab may set. */
export interface TrainChoices {
  ranges: Record<string, [number, number]>;
  /** Fewest and most layers, and the largest width, by architecture. */
  widths: Record<string, [number, number, number]>;
  choices: Record<string, string[]>;
  recipes: Record<string, Settings>;
  weights: Record<string, Settings>;
  /** How every run is trained, but for what is set. */
  stage: import("./engine/training/trainer.js").Stage;
  /** The most parameters, and multiplications of a batch's forward pass. */
  limits: { parameters: number; work: number };
}

/** Settings of a run, as they go to the server. */
export type Settings = import("./protocol.d.ts").TrainingSettings;

/** One of the visitor's own networks. */
export interface OwnNetwork extends ModelLine {
  number: number;
  seed: string;
  mse: number | null;
  nothing: number | null;
  /** The server's key of it; empty where the server does not hold it. */
  key: string;
  /** The run in this browser that made it; empty for others. */
  run: string;
  version: number;
}

/** The shapes of `manifest.json`, which dae/manifest.py writes. */
export interface Manifest {
  edition: "server" | "static";
  languages: string[];
  gallery: { perClass: number };
  noises: Noise[];
  state: Record<string, Field>;
  train: Record<string, any>;
  models: ModelLine[];
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
  group: "start" | "others" | "tutorials" | "own";
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
  type: "choice" | "whole" | "number" | "level" | "flag" | "model" | "names" | "list" | "pixels";
  start: Value;
  choices?: string[];
  low?: number;
  high?: number;
  longest?: number;
}

import type { Evaluation } from '../model/evaluation.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Hold } from './hold.ts';

/** Told of every judgement of one device while someone wants to know why; plain arguments, so that nobody else pays. */
export type Trace = (
  condition: string,
  ts: number,
  at: number,
  value: Value,
  quality: Quality,
  measured: number | null,
  limit: number | null,
  verdict: Evaluation['verdict'],
  before: Hold['phase'],
  hold: Hold,
) => void;

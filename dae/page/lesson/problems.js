// What is wrong with a lesson, in words.
import { has, t } from "../words.js";
import { LessonError } from "./lesson.js";

const LONGEST = 60; // characters of what a file says of itself

/** @param {unknown} error a LessonError, or what else went wrong */
export function inWords(error) {
  if (!(error instanceof LessonError)) {
    console.error(error);
    return t("lesson_problem_failed");
  }
  const { step, name = "", ...values } = error.values;
  const part = has(`lesson_part_${name}`) ? t(`lesson_part_${name}`) : String(name).slice(0, LONGEST);
  const problem = t(`lesson_problem_${error.code}`, { ...values, name: part });
  return step ? t("lesson_problem_at", { step, problem }) : problem;
}

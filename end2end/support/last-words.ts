// Why journeys failed, a few lines each, as the last that is printed: what stands far above is easily cut off.

import { stripVTControlCharacters } from "node:util";
import type { FullConfig, FullResult, Reporter, Suite, TestCase } from "@playwright/test/reporter";

const LINES = 12;

export default class LastWords implements Reporter {
  private all: Suite | undefined;

  onBegin(_config: FullConfig, all: Suite): void {
    this.all = all;
  }

  onEnd(_result: FullResult): void {
    for (const test of this.all?.allTests() ?? []) {
      if (test.outcome() === "unexpected") console.log(words(test));
    }
  }
}

function words(test: TestCase): string {
  const errors = test.results.flatMap(({ errors }) => errors);
  const told = errors.map(({ message, value, location }) => {
    const lines = stripVTControlCharacters(message ?? value ?? "").split("\n").filter((line) => line.trim() !== "");
    return [...lines.slice(0, LINES), ...(location ? [`at ${location.file}:${location.line}`] : [])].join("\n    ");
  });
  return `\n  ${test.titlePath().filter(Boolean).join(" › ")}\n    ${told.join("\n    ")}`;
}

// What a journey starts from: a Rollcall of its own, and browsers that are closed before it stops.

import { type Page, test as base } from "@playwright/test";
import { type Options, type Rollcall, startRollcall } from "./rollcall.ts";
import { type Smtp, startSmtp } from "./smtp.ts";
import { complainLoudly } from "./steps.ts";

/** Starts a Rollcall that ends with the journey. */
export type Start = (options?: Options) => Promise<Rollcall>;

interface Journey {
  start: Start;
  /** A Rollcall with the settings that it has by itself. */
  rollcall: Rollcall;
  /** An SMTP server that ends with the journey. */
  smtp: Smtp;
  /** A page of somebody else, in a browser of their own. */
  elsewhere(): Promise<Page>;
}

export const test = base.extend<Journey>({
  smtp: async ({}, use) => {
    const smtp = await startSmtp();
    await use(smtp);
    await smtp.stop();
  },
  start: async ({}, use, { errors }) => {
    const started: Rollcall[] = [];
    await use(async (options) => {
      const rollcall = await startRollcall(options);
      started.push(rollcall);
      return rollcall;
    });
    for (const rollcall of started) {
      if (errors.length > 0) console.log(rollcall.output());
      await rollcall.stop();
    }
  },
  rollcall: async ({ start }, use) => use(await start()),
  // What is set up after the server is gone before it: an open page would complain of a server that is not there, in
  // the midst of another journey.
  context: async ({ start: _before, context }, use) => {
    context.on("page", complainLoudly);
    await use(context);
  },
  elsewhere: async ({ start: _before, browser, javaScriptEnabled }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async () => {
      const context = await browser.newContext({ javaScriptEnabled });
      contexts.push(context);
      context.on("page", complainLoudly);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
});

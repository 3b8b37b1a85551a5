import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// `cargo xtask test` names the browser; by hand it is the system's, or else Playwright's own.
const chromium = process.env.CHROMIUM ?? ["/usr/bin/chromium"].find((path) => existsSync(path));

// What a page and a mail look like does not depend on the database: those specs run on one.
const looks = ["**/pages.script.spec.ts", "**/mails.script.spec.ts"];

export default defineConfig({
  testDir: ".",
  testIgnore: process.env.ROLLCALL_E2E_ENGINE === "postgres" ? looks : [],
  testMatch: "**/*.spec.ts",
  workers: 2,
  // A journey that fails sometimes is broken: there is no second try.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"], ["./support/last-words.ts"]],
  // Only against what hangs: how fast a machine is, no journey is about.
  timeout: 180_000,
  globalTimeout: 24 * 60_000,
  expect: { timeout: 20_000 },
  use: {
    actionTimeout: 20_000,
    navigationTimeout: 20_000,
    // It holds pictures of every step too.
    trace: "retain-on-failure",
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      // No talk with the world: only the server under test.
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "script", use: { javaScriptEnabled: true } },
    // Every journey holds without JavaScript too, but for those that are about it: `NAME.script.spec.ts`.
    { name: "no-script", testIgnore: "**/*.script.spec.ts", use: { javaScriptEnabled: false } },
  ],
});

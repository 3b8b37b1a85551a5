// What people do, in the words of the pages.

import { type Locator, type Page, expect } from "@playwright/test";
import { IdentityProvider } from "./idp.ts";
import type { Rollcall } from "./rollcall.ts";

export const PASSWORD = "correct horse battery staple";

/** Anything on the console or any error of a script fails the journey. */
export function complainLoudly(page: Page): void {
  page.on("pageerror", (error) => {
    throw new Error(`script error on ${page.url()}: ${error.message}`);
  });
  page.on("console", (message) => {
    // Chromium itself reports refused forms and ended sessions here; those answers are what a journey is about.
    const aboutStatus = message.text().startsWith("Failed to load resource: the server responded with a status of");
    // The mailbox shows a mail in a frame that runs no script; the accessibility check tries to.
    const aboutSandbox = message.text().startsWith("Blocked script execution in") && message.text().includes("sandboxed");
    if (message.type() === "error" && !aboutStatus && !aboutSandbox) throw new Error(`console on ${page.url()}: ${message.text()}`);
  });
}

/** The first owner claims the instance by the printed link. */
export async function claim(page: Page, rollcall: Rollcall): Promise<void> {
  await page.goto(rollcall.setupUrl);
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.getByLabel("Work e-mail").fill("ada@acme.test");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel("Workspace name").fill("Acme");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page).toHaveURL(`${rollcall.baseUrl}/w/acme`);
}

/** Security → Directory Sync → Configure → Okta → Save changes; gives an identity provider with the two values. */
export async function configureOkta(page: Page): Promise<IdentityProvider> {
  await page.getByRole("link", { name: "Security" }).click();
  await expect(page.getByRole("heading", { name: "Directory Sync" })).toBeVisible();
  await page.getByRole("link", { name: "Configure" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Okta", { exact: true }).click();
  await dialog.getByRole("button", { name: "Save changes" }).click();
  const endpoint = await page.getByLabel("SCIM 2.0 Base URL", { exact: true }).inputValue();
  const token = await page.getByLabel("OAuth Bearer Token", { exact: true }).inputValue();
  return new IdentityProvider(endpoint, token);
}

/** An invited person without an account opens the link and joins. */
export async function join(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "Join Acme" })).toBeVisible();
  await page.getByLabel("Choose a password").fill(PASSWORD);
  await page.getByRole("button", { name: "Join Acme" }).click();
  await expect(page).toHaveURL(/\/w\/acme$/);
}

/** A link in the built-in mailbox's latest mail to this address: the invitation's, if no other is asked for. */
export async function linkInMailbox(rollcall: Rollcall, to: string, path = "/invite/"): Promise<string> {
  let link: string | undefined;
  await expect(async () => {
    const mails = await mailbox(rollcall);
    link = mails.find((mail) => mail.to === to)?.links.find((url) => url.includes(path));
    expect(link, `a link ${path} for ${to} in the mailbox`).toBeDefined();
  }).toPass({ timeout: 20_000 });
  return link!;
}

/** The subject of the built-in mailbox's latest mail to this address, if there is one. */
export async function subjectInMailbox(rollcall: Rollcall, to: string): Promise<string | undefined> {
  return (await mailbox(rollcall)).find((mail) => mail.to === to)?.subject;
}

async function mailbox(rollcall: Rollcall): Promise<{ to: string; subject: string; links: string[] }[]> {
  return (await fetch(`${rollcall.baseUrl}/dev/mailbox.json`)).json();
}

/** Moves the focus there with the Tab key alone. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let tabs = 0; tabs < 150; tabs += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the Tab key never comes to ${target}`);
}

/** Moves the focus there with the Tab key and presses the keys: Enter, if no other is asked for. */
export async function press(page: Page, target: Locator, ...keys: string[]): Promise<void> {
  await tabTo(page, target);
  for (const key of keys.length === 0 ? ["Enter"] : keys) await page.keyboard.press(key);
}

/** The row of the list that shows this address. */
export function rowOf(page: Page, email: string) {
  return page.getByRole("row").filter({ hasText: email });
}

/** The message that an action leaves at the edge of the page. With scripts a second, unseen element speaks it. */
export async function told(page: Page, text: string): Promise<void> {
  await expect(page.getByRole("region", { name: "Messages" }).getByText(text)).toBeVisible();
}

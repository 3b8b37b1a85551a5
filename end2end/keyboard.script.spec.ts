// The dialog by keyboard alone, what a hasty hand does to it, and what is spoken.

import { expect, test } from "@playwright/test";
import { startRollcall } from "./support/rollcall.ts";
import { claim, complainLoudly, told } from "./support/steps.ts";

test("the dialog opens, traps and gives back the focus by keyboard", async ({ page }) => {
  complainLoudly(page);
  const rollcall = await startRollcall();
  try {
    await claim(page, rollcall);
    await page.goto(`${rollcall.baseUrl}/w/acme/settings/security`);
    await page.waitForFunction(() => document.documentElement.classList.contains("awake"));
    await page.getByRole("link", { name: "Configure" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog")).toBeVisible();
    await expect.poll(() => page.evaluate(() => document.querySelector("dialog")?.matches(":modal"))).toBe(true);

    for (let tabs = 0; tabs < 20; tabs += 1) {
      await page.keyboard.press("Tab");
      const outside = await page.evaluate(() => {
        const focused = document.activeElement;
        return focused !== null && focused !== document.body && focused.closest("dialog") === null;
      });
      expect(outside, "the focus stays in the dialog").toBe(false);
    }
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(page).toHaveURL(`${rollcall.baseUrl}/w/acme/settings/security`);
    await expect(page.getByRole("link", { name: "Configure" })).toBeFocused();
  } finally {
    await rollcall.stop();
  }
});

test("a double click on Save makes one directory, whose token works", async ({ page }) => {
  complainLoudly(page);
  const rollcall = await startRollcall();
  let stopped = false;
  try {
    await claim(page, rollcall);
    await page.goto(`${rollcall.baseUrl}/w/acme/settings/security?dialog=directory-sync`);
    await page.getByRole("dialog").getByText("Okta", { exact: true }).click();
    await page.getByRole("button", { name: "Save changes" }).dblclick();
    const endpoint = await page.getByLabel("SCIM 2.0 Base URL", { exact: true }).inputValue();
    const token = await page.getByLabel("OAuth Bearer Token", { exact: true }).inputValue();
    const answer = await fetch(`${endpoint}/Users`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    const directories = await rollcall.cli(["directory", "list", "--workspace", "acme"]);
    expect(directories).toHaveLength(1);

    // An open page that follows the steps does not keep the server from stopping.
    page.removeAllListeners("console");
    await rollcall.stop();
    stopped = true;
  } finally {
    if (!stopped) await rollcall.stop();
  }
});

test("the message that an action leaves is spoken once the page is awake", async ({ page }) => {
  complainLoudly(page);
  const rollcall = await startRollcall();
  try {
    await claim(page, rollcall);
    await page.goto(`${rollcall.baseUrl}/w/acme/people?dialog=invite`);
    await page.getByRole("dialog").getByRole("textbox").fill("edgar@partner.test");
    await page.getByRole("button", { name: "Send invitations" }).click();
    await told(page, "Invitation sent to edgar@partner.test");
    await expect(page.getByRole("status").filter({ hasText: "Invitation sent to edgar@partner.test" })).toHaveCount(1);
  } finally {
    await rollcall.stop();
  }
});

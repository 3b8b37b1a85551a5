// The dialog by keyboard alone, what a hasty hand does to it, and what is spoken.

import { expect } from "@playwright/test";
import { test } from "./support/journey.ts";
import { claim, configureOkta, rowOf, told } from "./support/steps.ts";

test("the dialog opens, traps and gives back the focus by keyboard", async ({ page, rollcall }) => {
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
});

test("a double click on Save makes one directory, whose token works", async ({ page, rollcall }) => {
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
});

test("the message that an action leaves is spoken once the page is awake", async ({ page, rollcall }) => {
  await claim(page, rollcall);
  await page.goto(`${rollcall.baseUrl}/w/acme/people?dialog=invite`);
  await page.getByRole("dialog").getByRole("textbox").fill("edgar@partner.test");
  await page.getByRole("button", { name: "Send invitations" }).click();
  await told(page, "Invited edgar@partner.test");
  await expect(page.getByRole("status").filter({ hasText: "Invited edgar@partner.test" })).toHaveCount(1);
});

test("one keeps one's place: roles by arrow keys, rows one after the other, Back, an ended session", async ({ page, context, rollcall }) => {
  const awake = () => page.waitForFunction(() => document.documentElement.classList.contains("awake"));
  await claim(page, rollcall);
  const okta = await configureOkta(page);
  await page.goto(`${rollcall.baseUrl}/w/acme/settings/security`);
  await page.getByRole("link", { name: "Open directory" }).click();
  await page.getByLabel("New people", { exact: true }).selectOption({ label: "Hold for approval" });
  await page.getByRole("button", { name: "Save changes" }).click();
  await told(page, "Changes saved");
  for (let number = 10; number < 30; number += 1) await okta.createUser(`p${number}@acme.test`, "P", `N${number}`);

  // Who approves several people in turn stays where they are.
  await page.reload();
  await awake();
  await rowOf(page, "p22@acme.test").getByRole("button").press("Enter");
  await told(page, "is approved");
  await expect(rowOf(page, "p23@acme.test").getByRole("button")).toBeFocused();
  expect(await page.evaluate(() => window.scrollY)).toBeGreaterThan(100);

  // A correction leaves nothing behind that Back would send again.
  await page.goto(`${rollcall.baseUrl}/w/acme/people?dialog=invite`);
  for (const address of ["nobody", "edgar@partner.test"]) {
    await awake();
    await page.getByRole("dialog").getByRole("textbox").fill(address);
    await page.getByRole("button", { name: "Send invitations" }).click();
    if (address === "nobody") await expect(page.getByText("Not an address")).toBeVisible();
  }
  await told(page, "Invited edgar@partner.test");
  await page.goBack();
  await expect(page).toHaveURL(`${rollcall.baseUrl}/w/acme/people?dialog=invite`);
  await expect(page.getByRole("dialog")).toBeVisible();

  // An arrow key changes what is chosen; Enter, or the button that appears, sends it.
  await page.goto(`${rollcall.baseUrl}/w/acme/people`);
  await awake();
  const role = rowOf(page, "edgar@partner.test").getByRole("combobox");
  await role.focus();
  await page.keyboard.press("ArrowUp");
  await expect(role).toHaveValue("admin");
  await expect(rowOf(page, "edgar@partner.test").getByRole("button", { name: "Save" })).toBeVisible();
  await expect(role).toBeFocused();
  await page.keyboard.press("Enter");
  await told(page, "edgar is now Admin");
  await expect(rowOf(page, "edgar@partner.test").getByRole("combobox")).toBeFocused();

  // What was found before does not stand below a search that did not come through.
  await awake();
  await context.setOffline(true);
  page.removeAllListeners("console");
  await page.getByRole("searchbox").pressSequentially("gra");
  await expect(page.getByText("The search did not come through.")).toBeVisible();
  await expect(rowOf(page, "edgar@partner.test")).toHaveCount(0);
  await context.setOffline(false);
  await context.clearCookies();
  await page.getByRole("searchbox").pressSequentially("ce");
  await expect(page).toHaveURL(/\/login\?next=.*grace/);
});

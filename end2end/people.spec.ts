// What an admin does to people by hand.

import { type Page, expect } from "@playwright/test";
import { test } from "./support/journey.ts";
import { claim, linkInMailbox, rowOf, told } from "./support/steps.ts";

test.beforeEach(async ({ page, rollcall }) => {
  await claim(page, rollcall);
  await page.getByRole("link", { name: "People" }).first().click();
});

async function invite(page: Page, addresses: string): Promise<void> {
  await page.getByRole("link", { name: "Invite people" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(addresses);
  await page.getByRole("button", { name: "Send invitations" }).click();
}

test("invite, send again, withdraw", async ({ page, rollcall, elsewhere }) => {
  await invite(page, "edgar@partner.test");
  await told(page, "Invited edgar@partner.test");
  const first = await linkInMailbox(rollcall, "edgar@partner.test");

  await openMenu(page, "edgar@partner.test");
  await page.getByRole("button", { name: "Resend" }).click();
  await told(page, "edgar is invited again");
  await expect.poll(() => linkInMailbox(rollcall, "edgar@partner.test")).not.toBe(first);
  const second = await linkInMailbox(rollcall, "edgar@partner.test");

  const his = await elsewhere();
  await his.goto(first);
  await expect(his.getByRole("heading", { name: "There is a newer invitation" })).toBeVisible();
  await his.goto(second);
  await expect(his).toHaveURL(`${rollcall.baseUrl}/invite`);
  await expect(his.getByRole("heading", { name: "Join Acme" })).toBeVisible();

  await openMenu(page, "edgar@partner.test");
  await page.getByRole("button", { name: "Revoke" }).click();
  await told(page, "The invitation of edgar is revoked");
  await his.goto(second);
  await expect(his.getByText("This invitation was withdrawn.")).toBeVisible();
});

test("wrong addresses are told apart and nothing is lost", async ({ page }) => {
  await invite(page, "ada@acme.test, nobody, new@partner.test");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("ada@acme.test")).toBeVisible();
  await expect(dialog.getByText(/already a member/i)).toBeVisible();
  await expect(dialog.getByRole("textbox")).toHaveValue("nobody");
});

test("the last owner is guarded, a second one may go", async ({ page, rollcall, elsewhere, javaScriptEnabled }) => {
  await invite(page, "charles@acme.test");
  const his = await elsewhere();
  await his.goto(await linkInMailbox(rollcall, "charles@acme.test"));
  await his.getByLabel("Your name").fill("Charles Babbage");
  await his.getByLabel("Choose a password").fill("analytical engine no 2");
  await his.getByRole("button", { name: "Join Acme" }).click();
  await expect(his).toHaveURL(/\/w\/acme$/);

  await page.goto(`${rollcall.baseUrl}/w/acme/people`);
  await expect(rowOf(page, "ada@acme.test").getByRole("combobox")).toHaveCount(0);
  await expect(rowOf(page, "ada@acme.test")).toContainText("last owner");

  const role = rowOf(page, "charles@acme.test").getByRole("combobox");
  await role.selectOption("owner");
  if (!javaScriptEnabled) await rowOf(page, "charles@acme.test").getByRole("button", { name: "Save" }).click();
  await told(page, "Charles Babbage is now Owner");
  await expect(rowOf(page, "ada@acme.test").getByRole("combobox")).toHaveCount(1);

  await page.goto(`${rollcall.baseUrl}/w/acme/people?q=babb`);
  await expect(rowOf(page, "charles@acme.test")).toBeVisible();
  await expect(rowOf(page, "ada@acme.test")).toHaveCount(0);
});

test("suspending ends access at once, reinstating gives it back", async ({ page, rollcall, elsewhere }) => {
  await invite(page, "joan@acme.test");
  const hers = await elsewhere();
  await hers.goto(await linkInMailbox(rollcall, "joan@acme.test"));
  await hers.getByLabel("Your name").fill("Joan Clarke");
  await hers.getByLabel("Choose a password").fill("hut eight hut eight");
  await hers.getByRole("button", { name: "Join Acme" }).click();
  await expect(hers).toHaveURL(/\/w\/acme$/);

  await page.goto(`${rollcall.baseUrl}/w/acme/people`);
  await openMenu(page, "joan@acme.test");
  await page.getByRole("link", { name: "Suspend…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Suspend/ }).click();
  await told(page, "Joan Clarke is suspended");
  await hers.reload();
  await expect(hers).toHaveURL(/\/login/);

  await page.goto(`${rollcall.baseUrl}/w/acme/people?tab=suspended`);
  await openMenu(page, "joan@acme.test");
  await page.getByRole("button", { name: "Reinstate" }).click();
  await told(page, "Joan Clarke has access again");
});

async function openMenu(page: Page, email: string): Promise<void> {
  await rowOf(page, email).getByRole("button", { name: /^Actions for/ }).click();
}

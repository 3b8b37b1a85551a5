// Settings, changed by keyboard alone: with scripts and without.

import { type Page, expect } from "@playwright/test";
import { test } from "./support/journey.ts";
import { PASSWORD, claim, configureOkta, linkInMailbox, press, rowOf, subjectInMailbox, tabTo, told } from "./support/steps.ts";

test.beforeEach(async ({ page, rollcall }) => {
  await claim(page, rollcall);
});

/** Chooses in a list that has the focus, as a keyboard does: by the first letters. */
async function choose(page: Page, label: string, option: string): Promise<void> {
  const list = page.getByLabel(label, { exact: true });
  await tabTo(page, list);
  await page.keyboard.type(option.slice(0, 2));
  await expect(list.locator("option:checked")).toHaveText(option);
}

test("held people are selected and let in", async ({ page, rollcall }) => {
  const okta = await configureOkta(page);
  await page.goto(`${rollcall.baseUrl}/w/acme/settings/security`);
  await press(page, page.getByRole("link", { name: "Open directory" }));
  await choose(page, "New people", "Hold for approval");
  await press(page, page.getByRole("button", { name: "Save changes" }));
  await told(page, "Changes saved");
  for (const name of ["Grace", "Alan", "Katherine", "Joan"]) {
    await okta.createUser(`${name.toLowerCase()}@acme.test`, name, "Smith");
  }
  await page.reload();
  await expect(page.getByText("named 4 people who have not been let in")).toBeVisible();

  await press(page, page.getByRole("button", { name: "Approve selected" }));
  await told(page, "Nobody is selected.");
  await press(page, page.getByRole("checkbox", { name: "Select alan@acme.test" }), "Space");
  // Enter in a checkbox approves those who are selected, and nobody else.
  await press(page, page.getByRole("checkbox", { name: "Select joan@acme.test" }), "Space", "Enter");
  await told(page, "2 people approved");
  await expect(rowOf(page, "grace@acme.test")).toContainText("Waits for approval");
  await expect(rowOf(page, "alan@acme.test")).toHaveCount(0);
  await press(page, page.getByRole("button", { name: "Approve grace@acme.test" }));
  await told(page, "is approved");
  await linkInMailbox(rollcall, "grace@acme.test");
  await expect(page.getByText("named 1 person who has not been let in")).toBeVisible();
});

test("the workspace's language and seats, and where a mail stands", async ({ page, rollcall }) => {
  await press(page, page.getByRole("link", { name: "General" }));
  await choose(page, "Language of mails", "Français");
  await tabTo(page, page.getByLabel("Seat limit"));
  await page.keyboard.type("2");
  await page.keyboard.press("Enter");
  await told(page, "Changes saved");

  await page.goto(`${rollcall.baseUrl}/w/acme/people?dialog=invite`);
  await tabTo(page, page.getByLabel("E-mail addresses"));
  await page.keyboard.type("edgar@partner.test joan@partner.test");
  await press(page, page.getByRole("button", { name: "Send invitations" }));
  await expect(page.getByRole("dialog").getByText("No free seat")).toBeVisible();
  await expect.poll(() => subjectInMailbox(rollcall, "edgar@partner.test")).toBe("Rejoignez Acme sur Rollcall");

  await page.goto(`${rollcall.baseUrl}/w/acme/settings/email`);
  await press(page, page.getByRole("link", { name: "Invitation" }).first());
  await expect(page).toHaveURL(/settings\/email\/./);
  await expect(page.getByRole("main")).toContainText("edgar@partner.test");
  await press(page, page.getByRole("link", { name: "Headers" }));
  await expect(page.getByRole("main")).toContainText("Message-ID");
});

test("a refusal is found by its reference", async ({ page, rollcall }) => {
  const okta = await configureOkta(page);
  await okta.createUser("grace@acme.test", "Grace", "Hopper");
  const refusal = await okta.refused("POST", "/Users", { userName: "grace@acme.test" });
  const reference = refusal.split(" Ref ")[1] ?? "";
  await page.goto(`${rollcall.baseUrl}/w/acme/settings/security`);
  await press(page, page.getByRole("link", { name: "Open directory" }));
  await press(page, page.getByRole("link", { name: "Activity" }));
  await tabTo(page, page.getByLabel("Search by person, group or reference"));
  await page.keyboard.type(reference);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("list", { name: "Requests, newest first" }).getByRole("listitem")).toHaveCount(1);
  await press(page, page.getByRole("list", { name: "Requests, newest first" }).getByRole("link").first());
  await expect(page.getByRole("heading", { name: "It was refused" })).toBeVisible();
});

test("one's own name and address are changed", async ({ page, rollcall }) => {
  await page.goto(`${rollcall.baseUrl}/account`);
  await tabTo(page, page.getByLabel("Name", { exact: true }));
  await page.keyboard.press("Control+A");
  await page.keyboard.type("Ada King");
  await page.keyboard.press("Enter");
  await told(page, "Name saved");
  await tabTo(page, page.getByLabel("New address"));
  await page.keyboard.type("king@acme.test");
  await tabTo(page, page.getByLabel("Your password"));
  await page.keyboard.type("correct horse battery staple");
  await page.keyboard.press("Enter");
  await told(page, "A link is on its way to king@acme.test");
  await page.goto(await linkInMailbox(rollcall, "king@acme.test", "/account/email/"));
  await press(page, page.getByRole("button", { name: "Use king@acme.test" }));
  await expect(page.getByRole("heading", { name: "Your address is changed" })).toBeVisible();
  await press(page, page.getByRole("link", { name: "Go to your account" }));
  await press(page, page.getByRole("link", { name: "Workspace" }));
  await expect(page).toHaveURL(`${rollcall.baseUrl}/w/acme`);
});

test("another address waits in sight, and is given up; the menu of one's own signs out", async ({ page, rollcall }) => {
  await page.goto(`${rollcall.baseUrl}/account`);
  await tabTo(page, page.getByLabel("New address"));
  await page.keyboard.type("ada.king@acme.test");
  await tabTo(page, page.getByLabel("Your password"));
  await page.keyboard.type("wrong");
  // Enter in a field sends the form, and none of the buttons of the address that waits.
  await page.keyboard.press("Enter");
  await expect(page.getByText("This is not your password.")).toBeVisible();
  await expect(page.getByLabel("Your password")).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await told(page, "A link is on its way to ada.king@acme.test");
  const link = await linkInMailbox(rollcall, "ada.king@acme.test", "/account/email/");
  await press(page, page.getByRole("button", { name: "Send again" }));
  await told(page, "A link was mailed a moment ago");
  await expect(page.getByText("ada.king@acme.test waits for confirmation. The link was sent")).toBeVisible();
  await press(page, page.getByRole("button", { name: "Cancel the change" }));
  await told(page, "Cancelled. The link to ada.king@acme.test no longer works");
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "This link does not work any more" })).toBeVisible();

  await page.goto(`${rollcall.baseUrl}/account`);
  await press(page, page.getByRole("button", { name: "Your account" }));
  await press(page, page.getByRole("link", { name: "Instance" }));
  await expect(page.getByRole("heading", { name: "Instance" })).toBeVisible();
  await press(page, page.getByRole("button", { name: "Your account" }));
  await press(page, page.getByRole("button", { name: "Sign out" }));
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

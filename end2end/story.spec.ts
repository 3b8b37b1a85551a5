// The whole story: from the printed link to a person who came, worked and lost access that second.

import { expect } from "@playwright/test";
import { test } from "./support/journey.ts";
import { claim, configureOkta, join, linkInMailbox, rowOf } from "./support/steps.ts";

for (const mail of ["mailbox", "smtp"] as const) {
  test(`a person comes and goes (${mail})`, async ({ page, smtp, start, elsewhere, javaScriptEnabled }) => {
    const rollcall = await start(mail === "smtp" ? { smtp: smtp.url } : {});
    await claim(page, rollcall);
    const okta = await configureOkta(page);

    expect(await okta.test()).toBe(200);
    const grace = await okta.createUser("grace@acme.test", "Grace", "Hopper");
    await okta.createGroup("Engineering", [grace]);
    if (javaScriptEnabled) {
      // The steps fill by themselves.
      await expect(page.locator(".tick.done")).toHaveCount(3);
      await expect(page.getByText("grace@acme.test")).toBeVisible();
    } else {
      await page.reload();
      await expect(page.locator(".tick.done")).toHaveCount(3);
    }
    // The token was shown once.
    await page.reload();
    await expect(page.getByRole("dialog")).toBeVisible();
    await expect(page.getByLabel("OAuth Bearer Token", { exact: true })).toHaveCount(0);

    const link = mail === "smtp"
      ? (await smtp.waitFor("grace@acme.test")).links.find((url) => url.includes("/invite/"))!
      : await linkInMailbox(rollcall, "grace@acme.test");
    await page.goto(`${rollcall.baseUrl}/w/acme/people`);
    await expect(rowOf(page, "grace@acme.test")).toContainText("Invited");

    const hers = await elsewhere();
    await join(hers, link);
    await page.reload();
    await expect(rowOf(page, "grace@acme.test")).toContainText("Active");
    await expect(rowOf(page, "grace@acme.test")).toContainText("Okta");

    await okta.setActive(grace, false);
    await hers.goto(`${rollcall.baseUrl}/w/acme/people`);
    await expect(hers).toHaveURL(/\/login/);
    await page.goto(`${rollcall.baseUrl}/w/acme/people?tab=suspended`);
    await expect(rowOf(page, "grace@acme.test")).toContainText("Okta");

    await hers.getByLabel("E-mail").fill("grace@acme.test");
    await hers.getByLabel("Password").fill("correct horse battery staple");
    await hers.getByRole("button", { name: "Sign in" }).click();
    await expect(hers.getByText("removed by your organization's directory")).toBeVisible();

    await okta.setActive(grace, true);
    await hers.getByLabel("Password").fill("correct horse battery staple");
    await hers.getByRole("button", { name: "Sign in" }).click();
    await expect(hers).toHaveURL(/\/w\/acme/);

    const members = await rollcall.cli(["member", "list", "--workspace", "acme"]);
    expect(members).toContainEqual(
      expect.objectContaining({ email: "grace@acme.test", role: "member", status: "active", source: "directory" }),
    );
  });
}

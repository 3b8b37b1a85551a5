// The whole story: from the printed link to a person who came, worked and lost access that second.

import { expect, test } from "@playwright/test";
import { type Engine, startRollcall } from "./support/rollcall.ts";
import { startSmtp } from "./support/smtp.ts";
import { claim, complainLoudly, configureOkta, join, linkInMailbox, newBrowser, rowOf } from "./support/steps.ts";

const engines: Engine[] = process.env.ROLLCALL_TEST_POSTGRES_URL ? ["sqlite", "postgres"] : ["sqlite"];

for (const engine of engines) {
  for (const mail of ["mailbox", "smtp"]) {
    test(`a person comes and goes (${engine}, ${mail})`, async ({ page, browser, javaScriptEnabled }) => {
      complainLoudly(page);
      const smtp = mail === "smtp" ? await startSmtp() : undefined;
      const rollcall = await startRollcall(smtp ? { engine, smtp: smtp.url } : { engine });
      try {
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

        const link = smtp
          ? (await smtp.waitFor("grace@acme.test")).links.find((url) => url.includes("/invite/"))!
          : await linkInMailbox(rollcall, "grace@acme.test");
        await page.goto(`${rollcall.baseUrl}/w/acme/people`);
        await expect(rowOf(page, "grace@acme.test")).toContainText("Invited");

        const herBrowser = await newBrowser(browser, { javaScriptEnabled });
        const hers = await herBrowser.newPage();
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
        await herBrowser.close();

        const members = await rollcall.cli(["member", "list", "--workspace", "acme"]);
        expect(members).toContainEqual(
          expect.objectContaining({ email: "grace@acme.test", role: "member", status: "active", source: "directory" }),
        );
      } finally {
        await rollcall.stop();
        await smtp?.stop();
      }
    });
  }
}

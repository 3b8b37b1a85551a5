// Every page, as a machine that checks accessibility sees it, in both colour schemes and at both widths:
// no violation, no sideways scrolling, no layout shift while the islands wake, every island awake.

import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";
import { startDns } from "./support/dns.ts";
import type { IdentityProvider } from "./support/idp.ts";
import { type Start, test } from "./support/journey.ts";
import type { Rollcall } from "./support/rollcall.ts";
import { PASSWORD, claim, configureOkta, linkInMailbox, told } from "./support/steps.ts";

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

for (const viewport of [WIDE, NARROW]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`every page is accessible, steady and fits (${viewport.width} px, ${colorScheme})`, async ({ page, rollcall }) => {
      test.setTimeout(360_000);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await everyPage(page, rollcall, viewport, colorScheme);
    });
  }
}

for (const viewport of [WIDE, NARROW]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`the sender's domain is shown as the DNS has it (${viewport.width} px, ${colorScheme})`, async ({ page, start }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await senderDomain(page, start, viewport, colorScheme);
    });
  }
}

async function senderDomain(page: Page, start: Start, viewport: typeof WIDE, colorScheme: string): Promise<void> {
  const dns = await startDns({ "_dmarc.acme.com": "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@acme.com" });
  const rollcall = await start({
    // Nothing listens there, and nothing has to: no mail is sent.
    smtp: "smtp://127.0.0.1:9",
    env: { ROLLCALL_MAIL_FROM: "Rollcall <rollcall@acme.com>", ROLLCALL_DNS_SERVER: dns.address },
  });
  try {
    await claim(page, rollcall);
    const card = page.locator("#sender-domain");
    // It was looked up when the server started.
    await expect(async () => {
      await page.goto(`${rollcall.baseUrl}/instance`);
      await expect(card.getByText("v=spf1 include:RELAY ~all")).toBeVisible({ timeout: 100 });
    }).toPass();
    await expect(card.getByText("p=quarantine; rua=")).toBeVisible();
    await page.setViewportSize(viewport);
    await card.scrollIntoViewIfNeeded();
    await card.getByRole("button", { name: "Check again" }).click();
    await told(page, "The DNS was asked again");
    expect(page.url()).toBe(`${rollcall.baseUrl}/instance#sender-domain`);
    await check(page, `instance-sender-${viewport.width}-${colorScheme}`);
  } finally {
    await dns.stop();
  }
}

async function everyPage(page: Page, rollcall: Rollcall, viewport: typeof WIDE, colorScheme: string): Promise<void> {
  const look = (page: Page, url: string, name: string) => lookAt(page, viewport, url, `${name}-${viewport.width}-${colorScheme}`);
  const show = async (name: string) => {
    await page.setViewportSize(viewport);
    await check(page, `${name}-${viewport.width}-${colorScheme}`);
  };
  await look(page, rollcall.setupUrl, "setup");
  await refused(page, { name: " ", email: "ada", password: "short", workspace: "" }, "Create workspace");
  await show("setup-refused");
  await claim(page, rollcall);
  await look(page, `${rollcall.baseUrl}/w/acme`, "home-empty");
  await look(page, `${rollcall.baseUrl}/w/acme/settings/security`, "security-empty");
  await look(page, `${rollcall.baseUrl}/w/acme/settings/email`, "email-empty");
  await look(page, `${rollcall.baseUrl}/w/acme/settings/security?dialog=directory-sync`, "security-choose");
  await page.setViewportSize(WIDE);
  await page.goto(`${rollcall.baseUrl}/w/acme`);
  const okta = await configureOkta(page);
  // The token is shown once, so this page cannot be opened again at another width.
  if (viewport === WIDE) await check(page, `security-values-${viewport.width}-${colorScheme}`);
  await look(page, page.url(), "security-values-later");
  const grace = await okta.createUser("grace@acme.test", "Grace", "Hopper");
  const alan = await okta.createUser("alan@acme.test", "Alan", "Turing");
  await okta.createGroup("Engineering", [grace, alan]);
  const link = await linkInMailbox(rollcall, "grace@acme.test");
  await look(page, `${rollcall.baseUrl}/w/acme`, "home");
  await look(page, `${rollcall.baseUrl}/w/acme/settings/security`, "security");
  await page.setViewportSize(WIDE);
  await page.getByRole("link", { name: "Open directory" }).first().click();
  const directory = page.url();
  await look(page, directory, "directory");
  const custom = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";
  for (const [schema, ...more] of [
    [{ id: custom, name: "Acme", attributes: [{ name: "costCenter" }, { name: "level", type: "integer" }] }, "--required"],
    [{ id: "urn:acme:scim:Team:1.0:Group", attributes: [{ name: "cost", type: "decimal" }] }, "--resource", "group"],
  ] as [object, ...string[]][]) {
    await rollcall.cli(["directory", "extension", "add", "--file", "-", ...more], JSON.stringify(schema));
  }
  await look(page, directory, "directory-extensions");
  for (const urn of [custom, "urn:acme:scim:Team:1.0:Group"]) await rollcall.cli(["directory", "extension", "remove", urn]);
  await look(page, `${directory}?dialog=remove`, "directory-remove");
  await okta.setActive(alan, false);
  await everyActivity(page, look, okta, directory);
  await page.setViewportSize(WIDE);
  await page.goto(directory);
  await page.getByLabel("New people", { exact: true }).selectOption("hold");
  await page.getByLabel("Allowed domains").fill("acme.test");
  await page.getByRole("button", { name: "Save changes" }).click();
  await told(page, "Changes saved");
  await okta.createUser("katherine@acme.test", "Katherine", "Johnson");
  await okta.createUser("barbara@contractor.test", "Barbara", "Liskov");
  await okta.createUser("ada@acme.test", "Ada", "Lovelace");
  await look(page, directory, "directory-held");
  await page.getByRole("button", { name: "Link ada@acme.test" }).first().click();
  await show("directory-link");
  await page.goto(directory);
  await refused(page, { name: "", allowed_domains: "not a domain", email_sources: "fax" }, "Save changes");
  await show("directory-refused");
  await look(page, `${rollcall.baseUrl}/w/acme/settings/general`, "general");
  await refused(page, { name: "", seat_limit: "abc" }, "Save changes");
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
  await show("general-refused");
  const people = `${rollcall.baseUrl}/w/acme/people`;
  await look(page, people, "people");
  await look(page, `${people}?q=nobody`, "people-filtered-empty");
  await look(page, `${people}?tab=invitations`, "people-invitations");
  await page.getByRole("button", { name: "Actions for Grace Hopper" }).click();
  await show("people-invitation-menu");
  await page.getByRole("link", { name: "Details" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await show("people-member");
  await look(page, `${people}?tab=suspended`, "people-suspended");
  await look(page, `${people}?tab=removed`, "people-removed");
  await look(page, `${people}?dialog=invite`, "people-invite");
  const email = `${rollcall.baseUrl}/w/acme/settings/email`;
  await look(page, email, "email");
  await look(page, `${email}?q=nobody`, "email-filtered-empty");
  await page.goto(email);
  await page.getByRole("link", { name: "Invitation" }).first().click();
  await page.waitForURL(/settings\/email\/./);
  const mail = page.url();
  await look(page, mail, "email-detail");
  await look(page, `${mail}?tab=headers`, "email-headers");
  await look(page, `${rollcall.baseUrl}/instance`, "instance");
  await page.getByRole("button", { name: "Send test mail to me" }).click();
  await check(page, `instance-tested-${viewport.width}-${colorScheme}`);
  await look(page, `${rollcall.baseUrl}/instance/mails/directory_failing?language=de&show=dark`, "instance-mail");
  await look(page, `${rollcall.baseUrl}/instance/mails/directory_failing?language=fr&show=text`, "instance-mail-text");
  for (const [mail, language] of [["seat_limit_reached", "de"], ["added", "fr"], ["directory_email_changed", "en"], ["declined", "de"]] as const) {
    await look(page, `${rollcall.baseUrl}/instance/mails/${mail}?language=${language}&show=${colorScheme}`, `instance-mail-${mail}`);
  }
  await accountMails(page, look, rollcall.baseUrl);
  await everyAccount(page, rollcall, look, show);
  await look(page, `${rollcall.baseUrl}/dev/mailbox`, "mailbox");
  await page.getByRole("link", { name: /grace@acme.test/ }).click();
  await look(page, page.url(), "mail");
  await look(page, `${rollcall.baseUrl}/w/acme/nothing-here`, "not-found");
  const linkOfAccount = await invitesAccount(page, rollcall);
  await page.context().clearCookies();
  await look(page, `${rollcall.baseUrl}/login`, "login");
  await look(page, `${rollcall.baseUrl}/password`, "password-forgot");
  await page.getByLabel("E-mail").fill("ada@acme.test");
  await page.getByRole("button", { name: "Send the link" }).click();
  await check(page, `password-sent-${viewport.width}-${colorScheme}`);
  await look(page, `${rollcall.baseUrl}/password/unknown`, "password-dead-link");
  await look(page, link, "invite");
  await page.getByRole("button", { name: "Decline" }).first().click();
  await show("invite-decline");
  await look(page, linkOfAccount, "invite-has-account");
  await page.getByLabel("Your password").fill("another horse battery");
  await page.getByRole("button", { name: "Join Acme" }).click();
  await expect(page.getByText("This is not the password of your account.")).toBeVisible();
  await check(page, `invite-wrong-password-${viewport.width}-${colorScheme}`);
  await page.context().clearCookies();
  await look(page, `${rollcall.baseUrl}/invite`, "invite-without-link");
  await page.goto(`${rollcall.baseUrl}/login`);
  await page.getByLabel("E-mail").fill("ada@acme.test");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/w\/acme$/);
  await look(page, link, "invite-other-account");
  await page.goto(`${rollcall.baseUrl}/w/acme/settings/general`);
  await page.getByLabel("Seat limit").fill("1");
  await page.getByRole("button", { name: "Save changes" }).click();
  await told(page, "Changes saved");
  await page.context().clearCookies();
  await look(page, link, "invite-full");
  await expect(page.getByText("We told the admins.")).toBeVisible();
  await look(page, `${rollcall.baseUrl}/invite/unknown`, "invite-withdrawn");
}

/** One's own account: as it is, with its menu, with mistakes, and with a new address in each state it waits in. */
async function everyAccount(
  page: Page,
  rollcall: Rollcall,
  look: (page: Page, url: string, name: string) => Promise<void>,
  show: (name: string) => Promise<void>,
): Promise<void> {
  const account = `${rollcall.baseUrl}/account`;
  await look(page, account, "account");
  await page.getByRole("button", { name: "Your account" }).click();
  await show("account-menu");
  await page.goto(account);
  await refused(page, { email: "ada", "email-current": "wrong" }, "Send the link");
  await expect(page.getByLabel("New address")).toBeFocused();
  await show("account-refused");
  await page.getByLabel("New address").fill("ada.king@acme.test");
  await page.getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Send the link" }).click();
  await told(page, "A link is on its way to ada.king@acme.test");
  await linkInMailbox(rollcall, "ada.king@acme.test", "/account/email/");
  await look(page, account, "account-waiting");
  await expect(page.getByText("ada.king@acme.test waits for confirmation. The link was sent")).toBeVisible();
  await page.getByRole("button", { name: "Cancel the change" }).click();
  await told(page, "Cancelled. The link to ada.king@acme.test no longer works");
  await expect(page.getByText("waits for confirmation")).toHaveCount(0);
}

/** Fills a form, by the ids of its fields, past the checks of the browser itself, and sends it: each is told to be wrong. */
async function refused(page: Page, fields: Record<string, string>, button: string): Promise<void> {
  await page.evaluate(() => {
    for (const form of document.forms) form.noValidate = true;
  });
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
  await page.getByRole("button", { name: button }).click();
  await expect(page.locator("[aria-invalid=true]")).toHaveCount(Object.keys(fields).length);
}

/** Ada invites the owner of another workspace, who has a password; gives the link. */
async function invitesAccount(page: Page, rollcall: Rollcall): Promise<string> {
  await rollcall.cli(["workspace", "create", "--name", "Beta", "--owner", "bea@beta.test", "--password-stdin"], PASSWORD);
  await page.setViewportSize(WIDE);
  await page.goto(`${rollcall.baseUrl}/w/acme/people?dialog=invite`);
  await page.getByRole("dialog").getByRole("textbox").fill("bea@beta.test");
  await page.getByRole("button", { name: "Send invitations" }).click();
  await told(page, "Invited ");
  return linkInMailbox(rollcall, "bea@beta.test");
}

/** The mails of no workspace: none, a list, and one of them, whose link shows no secret. */
async function accountMails(
  page: Page,
  look: (page: Page, url: string, name: string) => Promise<void>,
  baseUrl: string,
): Promise<void> {
  const mails = `${baseUrl}/instance/email`;
  await look(page, mails, "instance-email-empty");
  await page.goto(`${baseUrl}/password`);
  await page.getByLabel("E-mail").fill("ada@acme.test");
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByText("ada@acme.test")).toBeVisible();
  await expect(async () => {
    await page.goto(mails);
    await expect(page.getByText("In the mailbox")).toBeVisible({ timeout: 100 });
  }).toPass();
  await look(page, mails, "instance-email");
  await page.getByRole("link", { name: "Password reset" }).click();
  await page.waitForURL(/instance\/email\/./);
  const mail = page.url();
  await look(page, mail, "instance-email-detail");
  await look(page, `${mail}?tab=text`, "instance-email-text");
  await expect(page.getByText("/password/********")).toBeVisible();
}

/** The requests of a directory: the list in its states, a change, a refusal, and a reference that opens nothing. */
async function everyActivity(
  page: Page,
  look: (page: Page, url: string, name: string) => Promise<void>,
  okta: IdentityProvider,
  directory: string,
): Promise<void> {
  const refusal = await okta.refused("POST", "/Users", { userName: "grace@acme.test" });
  const [, reference] = refusal.split(" Ref ");
  expect(reference).toMatch(/^act_[0-9A-Z]{8}$/);
  await look(page, directory, "directory-overview");
  const activity = `${directory}/activity`;
  await look(page, activity, "activity");
  await page.getByRole("link", { name: /Deactivated alan@acme.test/ }).click();
  await look(page, page.url(), "activity-change");
  await look(page, `${activity}/${reference}`, "activity-refusal");
  await expect(page.getByRole("heading", { name: "It was refused" })).toBeVisible();
  await look(page, `${activity}/act_00000000`, "activity-unknown");
  await look(page, `${activity}?kind=rejected`, "activity-filtered-empty");
  await look(page, `${activity}?q=nobody`, "activity-no-match");
}

async function lookAt(page: Page, viewport: typeof WIDE, url: string, name: string): Promise<void> {
  await page.setViewportSize(viewport);
  await page.goto(url);
  await check(page, name);
}

async function check(page: Page, name: string): Promise<void> {
  await awake(page);
  expect.soft(await shift(page), `layout shift on ${name}`).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect.soft(overflow, `sideways scrolling on ${name}`).toBeLessThanOrEqual(0);
  // The frame around a mail runs no script, so the checker would wait for its answer for ever.
  if ((await page.locator("iframe").count()) === 0) {
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
    expect.soft(told, name).toEqual([]);
  }
  if (process.env.ROLLCALL_PICTURES) await page.screenshot({ path: `${process.env.ROLLCALL_PICTURES}/${name}.png` });
}

/** Waits until the browser's code has woken the page. */
async function awake(page: Page): Promise<void> {
  await page.waitForFunction(() => document.documentElement.classList.contains("awake"));
}

/** What moved since the page was opened, as Chromium counts it: how much, and which elements. */
function shift(page: Page): Promise<string[]> {
  type Shift = PerformanceEntry & { value: number; sources: { node: Node | null }[] };
  return page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const moved: string[] = [];
        new PerformanceObserver((list) => {
          for (const { value, sources } of list.getEntries() as Shift[]) {
            const nodes = sources.map(({ node }) => (node instanceof Element ? node.outerHTML : node?.textContent)?.slice(0, 120));
            moved.push(`${value}: ${nodes.join(" | ")}`);
          }
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(moved), 150);
      }),
  );
}

// Every mail in every language, as a mail program on a phone shows it, light and dark: readable, and never wider than
// the screen. The pages' own checks leave mails out, for a mail's frame runs no script.

import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";
import { test } from "./support/journey.ts";
import { claim } from "./support/steps.ts";

for (const colorScheme of ["light", "dark"] as const) {
  test(`every mail can be read on a phone (${colorScheme})`, async ({ page, rollcall }) => {
    await claim(page, rollcall);
    const { mails, languages } = await mailsAndLanguages(page, rollcall.baseUrl);
    const reader = await page.context().newPage();
    await reader.setViewportSize({ width: 390, height: 844 });
    await reader.emulateMedia({ colorScheme });
    for (const mail of mails) {
      const htmls: string[] = [];
      for (const language of languages) {
        const html = await page.request.get(`${mail}/html?language=${language}&show=${colorScheme}`);
        expect(html.status()).toBe(200);
        htmls.push(await html.text());
      }
      await showBelowEachOther(reader, htmls);
      await isReadable(reader, mail);
    }
  });
}

/** The addresses of the mails' previews, and the languages that there are. */
async function mailsAndLanguages(page: Page, baseUrl: string): Promise<{ mails: string[]; languages: string[] }> {
  await page.goto(`${baseUrl}/instance`);
  const links = page.locator('a[href^="/instance/mails/"]');
  const mails = await links.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
  expect(mails.length).toBeGreaterThanOrEqual(16);
  await page.goto(mails[0]!);
  const languages = await page.locator("a[lang]").evaluateAll((all) => all.map((link) => (link as HTMLElement).lang));
  expect(languages.length).toBeGreaterThanOrEqual(3);
  return { mails, languages };
}

/** One mail in each language on one page, for they have the same styles: one look at it costs as much as one at a mail. */
async function showBelowEachOther(page: Page, [first, ...others]: string[]): Promise<void> {
  await page.setContent(first!);
  await page.evaluate((htmls) => {
    for (const html of htmls) {
      document.body.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    }
  }, others);
}

async function isReadable(page: Page, name: string): Promise<void> {
  expect(await page.locator("body").innerText(), name).not.toBe("");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect.soft(overflow, `sideways scrolling in ${name}`).toBeLessThanOrEqual(0);
  // In one go: a second page to put the findings together would take longer than the look itself.
  const { violations, incomplete, passes } = await new AxeBuilder({ page }).setLegacyMode().withRules(["color-contrast"]).analyze();
  const told = [...violations, ...incomplete].flatMap(({ nodes }) => nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`));
  expect.soft(told, name).toEqual([]);
  expect(passes.length, `texts whose contrast was measured in ${name}`).toBe(1);
}

// A real SMTP server on loopback that keeps what it is sent, and can be told to refuse or to be slow.

import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

export interface Message {
  /** Of the envelope, which is what delivers; the header is in `raw`. */
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  /** The addresses in the text part, in order, each once. */
  links: string[];
  header(name: string): string | undefined;
  raw: string;
}

export interface Refusal {
  /** 4xx: try again later; 5xx: never. */
  code: number;
  message?: string;
  /** Only mail to this address; default: all. */
  to?: string;
  /** How often; default: until `accept()`. */
  times?: number;
}

export interface Smtp {
  /** For ROLLCALL_SMTP_URL. */
  readonly url: string;
  /** In the order in which they were accepted. */
  readonly messages: readonly Message[];
  /** How many recipients were refused. */
  readonly refused: number;
  /** The first message to this address, or the one after `skip` others, as soon as it is there. */
  waitFor(to: string, options?: { skip?: number; subject?: RegExp; timeout?: number }): Promise<Message>;
  /** From now on refuses recipients. */
  refuse(refusal: Refusal): void;
  /** From now on takes so long to say that a message is accepted. */
  delay(milliseconds: number): void;
  /** From now on accepts everything at once, as at the start. */
  accept(): void;
  stop(): Promise<void>;
}

export async function startSmtp(): Promise<Smtp> {
  const messages: Message[] = [];
  let refusals: Refusal[] = [];
  let refused = 0;
  let delayed = 0;

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 2_000,
    onRcptTo({ address }, _session, answer) {
      const refusal = refusals.find(({ to, times }) => (to === undefined || same(to, address)) && times !== 0);
      if (refusal === undefined) return answer();
      if (refusal.times !== undefined) refusal.times -= 1;
      refused += 1;
      const error = new Error(refusal.message ?? "Refused by the test");
      answer(Object.assign(error, { responseCode: refusal.code }));
    },
    onData(stream, session, answer) {
      const envelope = {
        from: session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address,
        to: session.envelope.rcptTo.map(({ address }) => address),
      };
      receive(stream, envelope).then(
        async (message) => {
          if (delayed > 0) await sleep(delayed, undefined, { ref: false });
          messages.push(message);
          answer();
        },
        (error: unknown) => answer(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
  // A client that goes away in the middle is part of what is tested.
  server.on("error", () => {});
  await new Promise<void>((done, fail) => {
    server.server.once("error", fail);
    server.listen(0, "127.0.0.1", done);
  });
  const { port } = server.server.address() as AddressInfo;

  return {
    url: `smtp://127.0.0.1:${port}`,
    messages,
    get refused() {
      return refused;
    },
    async waitFor(to, { skip = 0, subject, timeout = 15_000 } = {}) {
      const until = Date.now() + timeout;
      for (;;) {
        const found = messages.filter((message) => message.to.some((address) => same(address, to)));
        const message = found.filter((message) => subject?.test(message.subject) ?? true)[skip];
        if (message !== undefined) return message;
        if (Date.now() > until) {
          const there = messages.map((message) => `${message.to.join(", ")}: ${message.subject}`);
          throw new Error(`no such mail to ${to} after ${timeout / 1000} s; there is: ${there.join("; ") || "none"}`);
        }
        await sleep(50);
      }
    },
    refuse: (refusal) => void refusals.unshift({ ...refusal }),
    delay: (milliseconds) => void (delayed = milliseconds),
    accept() {
      refusals = [];
      delayed = 0;
    },
    stop: () => new Promise((done) => server.close(() => done())),
  };
}

async function receive(stream: AsyncIterable<Buffer>, envelope: { from: string; to: string[] }): Promise<Message> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const mail = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true });
  const text = mail.text ?? "";
  return {
    ...envelope,
    subject: mail.subject ?? "",
    text,
    html: mail.html === false ? "" : mail.html,
    links: [...new Set(text.match(/https?:\/\/[^\s<>"]*[^\s<>".,;:)]/g))],
    header(name) {
      const line = mail.headerLines.find(({ key }) => key === name.toLowerCase())?.line;
      return line?.slice(line.indexOf(":") + 1).trim();
    },
    raw: raw.toString("utf8"),
  };
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

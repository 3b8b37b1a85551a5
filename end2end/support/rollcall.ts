// A Rollcall of its own for each journey: a real process on a free port, on an empty database, gone afterwards.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";

export type Engine = "sqlite" | "postgres";

export interface Options {
  /** Default: what ROLLCALL_E2E_ENGINE says, else SQLite. */
  engine?: Engine | undefined;
  /** `smtp://127.0.0.1:PORT`. Without it Rollcall uses its built-in mailbox. */
  smtp?: string | undefined;
  /** More settings, or others than the ones chosen here. */
  env?: Record<string, string> | undefined;
}

export interface Rollcall {
  readonly engine: Engine;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** The one-time link that it printed; asking for it when none was printed is an error. */
  readonly setupUrl: string;
  /** `rollcall ARGS --json` on the same database, parsed; an error when it does not exit with 0. */
  cli(args: string[], input?: string): Promise<any>;
  /** All it has printed so far, both streams. */
  output(): string;
  /** Ends it and throws its database away; an error if it ended badly or anything in it panicked. */
  stop(): Promise<void>;
}

const SETUP_URL = /https?:\/\/[^\s"'<>]*\/setup\?[^\s"'<>]+/;

const READY = 30_000;
const SETUP_LINK = 15_000;
// Longer than what the server itself allows to what is under way.
const STOP = 40_000;

export async function startRollcall(options: Options = {}): Promise<Rollcall> {
  const engine = options.engine ?? defaultEngine();
  const folder = await mkdtemp(join(tmpdir(), "rollcall-e2e-"));
  const discard: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const database = engine === "postgres" ? await createDatabase(discard) : `sqlite:${join(folder, "rollcall.db")}`;
    const port = await freePort();
    const baseUrl = `http://127.0.0.1:${port}`;
    const env = environment({
      ROLLCALL_LISTEN: `127.0.0.1:${port}`,
      ROLLCALL_BASE_URL: baseUrl,
      ROLLCALL_DATABASE_URL: database,
      ROLLCALL_RATE_LIMIT: "off",
      ROLLCALL_INVITATION_DELAY: "0",
      ...(options.smtp === undefined
        ? {}
        : { ROLLCALL_SMTP_URL: options.smtp, ROLLCALL_MAIL_FROM: "Rollcall <rollcall@rollcall.test>" }),
      ...options.env,
    });
    const server = new Server(env, folder);
    discard.unshift(() => server.stop());
    await server.ready(baseUrl);
    await server.printed(SETUP_URL, SETUP_LINK);
    return {
      engine,
      baseUrl,
      get setupUrl() {
        const link = SETUP_URL.exec(server.output)?.[0];
        if (link === undefined) throw new Error(`Rollcall printed no set-up link. It said:\n${server.output}`);
        return link;
      },
      cli: (args, input) => cli(args, env, folder, input),
      output: () => server.output,
      stop: () => all(discard),
    };
  } catch (error) {
    await all(discard).catch(() => {});
    throw error;
  }
}

class Server {
  output = "";
  private readonly process: ChildProcess;
  private readonly ended: Promise<string>;
  private over: string | undefined;

  constructor(env: NodeJS.ProcessEnv, folder: string) {
    this.process = spawn(program(), ["serve"], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
    // Not to outlive a test run that is ended from outside.
    const kill = () => {
      this.process.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    };
    process.once("exit", kill);
    this.ended = new Promise((tell) => {
      const end = (how: string) => {
        process.off("exit", kill);
        this.over = how;
        tell(how);
      };
      this.process.once("error", (error) => end(error.message));
      this.process.once("close", (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  async ready(baseUrl: string): Promise<void> {
    const until = Date.now() + READY;
    while (!(await answers(`${baseUrl}/readyz`))) {
      if (this.over !== undefined) throw this.wrong(`did not start (${this.over})`);
      if (Date.now() > until) throw this.wrong(`was not ready after ${READY / 1000} s`);
      await sleep(50);
    }
  }

  /** Waits a while for something to be printed; that it is not is for the caller to judge. */
  async printed(what: RegExp, limit: number): Promise<void> {
    const until = Date.now() + limit;
    while (!what.test(this.output) && this.over === undefined && Date.now() < until) await sleep(25);
  }

  async stop(): Promise<void> {
    if (this.over === undefined) this.process.kill("SIGTERM");
    const early = this.over;
    const how = await Promise.race([this.ended, sleep(STOP, undefined, { ref: false })]);
    if (how === undefined) {
      this.process.kill("SIGKILL");
      await this.ended;
      throw this.wrong(`had not ended ${STOP / 1000} s after it was asked to`);
    }
    if (early !== undefined) throw this.wrong(`ended by itself (${early})`);
    if (how !== "exit code 0") throw this.wrong(`ended badly (${how})`);
    if (/panicked at/.test(this.output)) throw this.wrong("panicked");
  }

  private wrong(what: string): Error {
    return new Error(`rollcall serve ${what}. It said:\n${this.output}`);
  }
}

function cli(args: string[], env: NodeJS.ProcessEnv, folder: string, input = ""): Promise<unknown> {
  const shown = `rollcall ${args.join(" ")} --json`;
  return new Promise((done, fail) => {
    const child = spawn(program(), [...args, "--json"], { env, cwd: folder, timeout: 30_000 });
    let answer = "";
    let words = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (answer += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (words += text));
    child.once("error", fail);
    child.once("close", (code, signal) => {
      if (code !== 0) return fail(new Error(`${shown} failed (${signal ?? `exit code ${code}`}): ${words}${answer}`));
      try {
        done(JSON.parse(answer));
      } catch {
        fail(new Error(`${shown} did not print JSON: ${answer}`));
      }
    });
    // A command that does not read it may be gone before it is written.
    child.stdin.once("error", () => {});
    child.stdin.end(input);
  });
}

function program(): string {
  return process.env.ROLLCALL_BIN ?? fileURLToPath(new URL("../../target/debug/rollcall", import.meta.url));
}

function defaultEngine(): Engine {
  const named = process.env.ROLLCALL_E2E_ENGINE ?? "sqlite";
  if (named !== "sqlite" && named !== "postgres") {
    throw new Error(`ROLLCALL_E2E_ENGINE is "${named}"; it may be "sqlite" or "postgres"`);
  }
  return named;
}

/** The caller's environment without settings of Rollcall's that were meant for something else. */
function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ROLLCALL_"));
  return { ...Object.fromEntries(inherited), ...settings };
}

async function createDatabase(discard: (() => Promise<void>)[]): Promise<string> {
  const server = process.env.ROLLCALL_TEST_POSTGRES_URL;
  if (server === undefined) {
    throw new Error("ROLLCALL_TEST_POSTGRES_URL is not set: `cargo xtask test journeys` starts a PostgreSQL and sets it");
  }
  const name = `rollcall_e2e_${randomBytes(6).toString("hex")}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  discard.unshift(() => onServer(server, `DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") return fail(new Error("no free port"));
      server.close(() => done(address.port));
    });
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Does each, also when one before it failed; then the first failure is the answer. */
async function all(steps: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps.splice(0)) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

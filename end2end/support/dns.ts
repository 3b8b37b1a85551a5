// A DNS server on loopback with the TXT records that it is given; of everything else it says that it does not exist.

import { createSocket } from "node:dgram";

export interface Dns {
  /** For ROLLCALL_DNS_SERVER. */
  readonly address: string;
  stop(): Promise<void>;
}

export async function startDns(records: Record<string, string>): Promise<Dns> {
  const socket = createSocket("udp4");
  socket.on("message", (question, from) => socket.send(answer(question, records), from.port, from.address));
  await new Promise<void>((ready) => socket.bind(0, "127.0.0.1", ready));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop: () => new Promise((done) => socket.close(done)),
  };
}

/** RFC 1035 section 4: the question again, and one record of type TXT. */
function answer(question: Buffer, records: Record<string, string>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString("latin1", at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  const asked = question.subarray(12, at + 5);
  const text = records[labels.join(".")];
  const head = (code: number, answers: number) =>
    Buffer.concat([question.subarray(0, 2), Buffer.from([0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0]), asked]);
  if (text === undefined) return head(3, 0);
  const data = Buffer.from(text, "latin1");
  const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length + 1, data.length]);
  return Buffer.concat([head(0, 1), record, data]);
}

import { randomBytes } from "node:crypto";

/** Something that the product outputs or stores. */
export interface Output {
  /** Where it was found: the answer to a request, a line of the log, a row of a table. */
  where: string;
  text: string;
}

export interface Leak {
  secret: string;
  form: string;
  where: string;
  around: string;
}

const markBytes = 10;
/** The length of the part that is searched for, so that half of a longer secret is found as well. */
const lookedFor = 20;
const beginning = 8;

interface Form {
  secret: string;
  form: string;
  text: string;
}

/** Secrets that must not appear anywhere, in any of the forms that a text takes on its way. */
export class Secrets {
  /** Keyed by their beginning, so that one pass over a text searches for all of them. */
  readonly #forms = new Map<string, Form[]>();

  /** Returns a text that occurs nowhere else by chance, to be made part of a secret. */
  mark(name: string): string {
    return this.watch(name, randomBytes(markBytes).toString("hex"));
  }

  /** @param secret without the prefix of its kind */
  watch(name: string, secret: string): string {
    const part = secret.slice(0, lookedFor);
    if (part.length < 16) throw new Error(`${name} is too short to be distinguished from other texts.`);
    for (const [form, text] of formsOf(part)) {
      const alike = this.#forms.get(text.slice(0, beginning)) ?? [];
      this.#forms.set(text.slice(0, beginning), alike);
      if (!alike.some((known) => known.text === text)) alike.push({ secret: name, form, text });
    }
    return secret;
  }

  find(outputs: Iterable<Output>): Leak[] {
    const leaks: Leak[] = [];
    for (const { where, text } of outputs) {
      // All forms but base64 are in lower case.
      for (const read of new Set([text, text.toLowerCase()])) {
        for (let at = 0; at + beginning <= read.length; at += 1) {
          for (const { secret, form, text: found } of this.#forms.get(read.slice(at, at + beginning)) ?? []) {
            if (!read.startsWith(found, at)) continue;
            leaks.push({ secret, form, where, around: text.slice(Math.max(0, at - 120), at + 60) });
          }
        }
      }
    }
    return leaks;
  }
}

function* formsOf(text: string): Generator<[form: string, text: string]> {
  yield ["as it is", text.toLowerCase()];
  yield ["without its hyphens", text.replaceAll("-", "").toLowerCase()];
  for (const casing of new Set([text, text.toLowerCase()])) {
    const bytes = Buffer.from(casing);
    yield ["in hexadecimal", bytes.toString("hex")];
    yield ["percent-encoded", bytes.toString("hex").replaceAll(/../g, "%$&")];
    // The base64 text depends on how many bytes precede it.
    for (const before of [0, 1, 2]) {
      const padded = Buffer.concat([Buffer.alloc(before), bytes]);
      const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6)];
      yield [`base64 after ${before}`, padded.toString("base64").slice(from, to)];
      yield [`base64url after ${before}`, padded.toString("base64url").slice(from, to)];
    }
  }
}

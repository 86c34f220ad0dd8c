import { randomUUID } from "node:crypto";

/**
 * A number of a JSON document that a double would change: `9007199254740993`, `1.10`, `1E400`. It is kept as it was written. Code that does not know the
 * class gets the nearest double.
 */
export class ExactNumber {
  /** The number in JSON's grammar. It is an own property, so that values which differ in it are not deeply equal. */
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  valueOf(): number {
    return Number(this.source);
  }

  toString(): string {
    return this.source;
  }

  toJSON(): number | string {
    return marks ? marks.add(this) : Number(this.source);
  }
}

/** Returns whether a number has the same digits when it is read as a double and written again. */
export const survivesAsDouble = (source: string): boolean => String(Number(source)) === source;

/** The numbers that a value holds, at any depth: those that a double may have changed cannot be distinguished from others once they are doubles. */
export type ExactNumbers = "none" | "safe integers" | "any";

export function numbersIn(value: unknown): ExactNumbers {
  let found: ExactNumbers = "none";
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === "number") {
      if (!Number.isSafeInteger(next) || Object.is(next, -0)) return "any";
      found = "safe integers";
    } else if (typeof next === "object" && next !== null) {
      for (const each of Object.values(next)) rest.push(each);
    }
  }
  return found;
}

/**
 * Returns whether a safe integer may be written in more than digits: `1.0`, `1.50E+10`. One search each, since these begin with a rare character. `1e3` is
 * not among them: it has no digit that `1000` lacks.
 */
const hasMoreThanDigits = (text: string): boolean =>
  /\.0+(?=[,}\]\s]|$)/.test(text) || /E\+?\d+(?=[,}\]\s]|$)/.test(text) || /\.\d+e/.test(text) || text.includes("e+");

/**
 * Parses JSON as `JSON.parse` does, with an `ExactNumber` in place of each number that a double would change.
 * @param numbersOf finds the numbers of the parsed document whose digits must be kept; without any, parsing costs no more than `JSON.parse`
 * @throws SyntaxError
 */
export function parseJson(text: string, numbersOf: (document: unknown) => ExactNumbers = numbersIn): unknown {
  const document: unknown = JSON.parse(text);
  const held = numbersOf(document);
  if (held === "none" || (held === "safe integers" && !hasMoreThanDigits(text))) return document;
  const marked = new Marks();
  const rewritten = withMarks(text, marked);
  return marked.isEmpty ? document : marked.restored(JSON.parse(rewritten));
}

/** Writes JSON as `JSON.stringify` does, and each `ExactNumber` as it was written. Returns undefined for a value that JSON cannot represent. */
export function stringifyJson(value: unknown): string | undefined {
  const outer = marks;
  const own = (marks = new Marks());
  try {
    const text: string | undefined = JSON.stringify(value);
    return own.isEmpty || text === undefined ? text : own.writtenOut(text);
  } finally {
    marks = outer;
  }
}

/** Returns the value with the nearest doubles in place of its exact numbers; the value itself when it has none. */
export const withDoubles = <T>(value: T): T => (hasExactNumbers(value) ? (doubled(value) as T) : value);

function doubled(value: unknown): unknown {
  if (value instanceof ExactNumber) return Number(value.source);
  if (Array.isArray(value)) return value.map(doubled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, doubled(own)]));
}

export function hasExactNumbers(value: unknown): boolean {
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (next instanceof ExactNumber) return true;
    if (typeof next === "object" && next !== null) for (const each of Object.values(next)) rest.push(each);
  }
  return false;
}

/** The marks of the document that is being written. */
let marks: Marks | undefined;

/** Strings in place of numbers while a document is text. No client can have written one before: the prefix is generated for each document. */
class Marks {
  #prefix: string | undefined;
  readonly #numbers: ExactNumber[] = [];

  get isEmpty(): boolean {
    return this.#prefix === undefined;
  }

  add(number: ExactNumber): string {
    this.#prefix ??= `${randomUUID()}:`;
    return `${this.#prefix}${this.#numbers.push(number) - 1}`;
  }

  writtenOut(text: string): string {
    return text.replaceAll(new RegExp(`"${this.#prefix}(\\d+)"`, "g"), (_mark, index: string) =>
      String(this.#numbers[Number(index)]),
    );
  }

  /** Puts the numbers into a parsed document, in place. */
  restored(document: unknown): unknown {
    const whole = { document };
    const rest: Record<string, unknown>[] = [whole];
    for (let holder = rest.pop(); holder; holder = rest.pop()) {
      for (const key of Object.keys(holder)) {
        const value = holder[key];
        if (typeof value === "object" && value !== null) rest.push(value as Record<string, unknown>);
        const number = typeof value === "string" ? this.#numberOf(value) : undefined;
        if (number) Object.defineProperty(holder, key, { value: number });
      }
    }
    return whole.document;
  }

  #numberOf(text: string): ExactNumber | undefined {
    const prefix = this.#prefix ?? "";
    return text.startsWith(prefix) ? this.#numbers[Number(text.slice(prefix.length))] : undefined;
  }
}

const numberToken = /(?:^|[:,[\s])(-?\d[\d.eE+-]*)(?=[,}\]\s]|$)/g;

/** Returns a JSON document with marks in place of the numbers that a double would change. */
function withMarks(text: string, marked: Marks): string {
  let written = "";
  let copied = 0;
  let quote = text.indexOf('"');
  let outside = 0;
  for (const { 0: whole, 1: source = "", index } of text.matchAll(numberToken)) {
    if (survivesAsDouble(source)) continue;
    const from = index + whole.length - source.length;
    // Strings are searched only up to numbers that would change: such a number may be part of a string.
    while (quote >= 0 && quote < from) {
      outside = endOfString(text, quote);
      quote = text.indexOf('"', outside);
    }
    if (from < outside) continue;
    written += `${text.slice(copied, from)}"${marked.add(new ExactNumber(source))}"`;
    copied = from + source.length;
  }
  return written + text.slice(copied);
}

/** Returns the index after the closing quote. */
function endOfString(text: string, opening: number): number {
  let quote = opening;
  for (;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote < 0) return text.length;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse/sync";
import { FileError } from "#lib/files/text-file.ts";
import { type LineBatch, linesOf, lineTooLong, maxLineLength } from "#lib/files/text-lines.ts";

export class ImportError extends Error {
  readonly code: "IMPORT_SOURCE_MISSING" | "IMPORT_SOURCE_TRUNCATED" | "IMPORT_SOURCE_INVALID" | "IMPORT_INTERRUPTED";
  constructor(code: ImportError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const mostRejections = 1_000_000;

/** Rows that cannot be read. The first ones are kept with their place, and all are counted. */
export class Rejections {
  readonly #kept: { file: string; line: number; reason: string }[] = [];
  #count = 0;

  /** @throws ImportError for a source that is no table at all, and may have no end */
  add(file: string, line: number, reason: string): void {
    this.#count += 1;
    if (this.#count > mostRejections)
      throw new ImportError("IMPORT_SOURCE_INVALID", `${file}:${line}: ${mostRejections + 1} lines cannot be read.`);
    if (this.#kept.length < 20) this.#kept.push({ file, line, reason });
  }

  get count(): number {
    return this.#count;
  }

  /** `week.csv:17: 3 fields instead of 12`; at most 20 of them. */
  get lines(): string[] {
    return this.#kept.map(({ file, line, reason }) => `${file}:${line}: ${reason}`);
  }
}

/** Returns the files that a path given by a user means: the file itself, or the files in the folder that match the pattern. */
export async function sourceFiles(path: string, pattern: RegExp): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ImportError("IMPORT_SOURCE_MISSING", `There is no file or folder ${path}.`);
  if (!found.isDirectory()) return [path];
  const files = (await readdir(path)).filter((name) => pattern.test(name)).sort();
  if (files.length === 0)
    throw new ImportError("IMPORT_SOURCE_MISSING", `${path} holds no file that fits ${pattern.source}.`);
  return files.map((name) => join(path, name));
}

/** Unpacking makes an archive of gzip at most 1,032 times larger. A table grows less than this. */
const maxGrowth = 200;
const growthCheckedFrom = 8 * 2 ** 20;

/**
 * Yields the bytes of a file, unpacked when its name ends in .gz.
 * @throws ImportError IMPORT_SOURCE_INVALID for an archive that unpacks to far more than a table would
 */
async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const zipped = path.endsWith(".gz");
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const source = zipped ? file.pipe(createGunzip({ chunkSize: 1 << 20 })) : file;
  // An error of the file does not pass through a pipe.
  if (zipped) file.on("error", (error) => source.destroy(error));
  let unpacked = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      if (zipped && unpacked > growthCheckedFrom && unpacked > maxGrowth * file.bytesRead) {
        const message = `${basename(path)} unpacks to more than ${maxGrowth} times its size: it is not a table.`;
        throw new ImportError("IMPORT_SOURCE_INVALID", message);
      }
      yield chunk;
    }
  } finally {
    file.destroy();
  }
}

/**
 * Yields the lines of a file, unpacked when its name ends in .gz. After the last readable line of a truncated or damaged archive, it throws
 * IMPORT_SOURCE_TRUNCATED. It never yields a partial line.
 */
export async function* readLines(path: string): AsyncGenerator<LineBatch> {
  let next = 1;
  try {
    for await (const batch of linesOf(basename(path), bytesOf(path))) {
      next = batch.first + batch.lines.length;
      yield batch;
    }
  } catch (error) {
    if (error instanceof FileError) throw new ImportError("IMPORT_SOURCE_INVALID", error.message);
    if (!isDamage(error)) throw error;
    throw new ImportError(
      "IMPORT_SOURCE_TRUNCATED",
      `${basename(path)} is damaged or cut off after line ${next - 1}. What is before is imported; get the whole file and import it again to go on from there.`,
    );
  }
}

const isDamage = (error: unknown): boolean => ((error as NodeJS.ErrnoException).code ?? "").startsWith("Z_");

export interface Survey {
  /** The hash of the unpacked file's first 1,024 bytes: a truncated copy and the whole file are the same source. */
  fingerprint: string;
  lines: number;
  lastLine: string | undefined;
  truncated: boolean;
}

/**
 * Reads a file once, without parsing it.
 * @throws ImportError IMPORT_SOURCE_INVALID at once when its first line is a different one, and at a line that is too long
 */
export async function survey(path: string, firstLine: string): Promise<Survey> {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let lines = 0;
  let open = 0;
  let truncated = false;
  const checkFirstLine = () => {
    const first = (head.toString("utf8").split("\n", 1)[0] as string).replace(/\r$/, "");
    if (first === firstLine) return;
    const message = `${basename(path)}:1: this is not a file of this data set; its first line is not ${firstLine}`;
    throw new ImportError("IMPORT_SOURCE_INVALID", message);
  };
  try {
    for await (const chunk of bytesOf(path)) {
      if (head.length < 1_024) {
        head = Buffer.concat([head, chunk.subarray(0, 1_024)]).subarray(0, 1_024);
        if (head.length === 1_024 || head.includes(10)) checkFirstLine();
      }
      const lastEnd = chunk.lastIndexOf(10);
      const firstEnd = lastEnd < 0 ? chunk.length : chunk.indexOf(10);
      if (open + firstEnd > maxLineLength)
        throw new ImportError("IMPORT_SOURCE_INVALID", lineTooLong(basename(path), lines + 1).message);
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
      open = lastEnd < 0 ? open + chunk.length : chunk.length - 1 - lastEnd;
      tail = Buffer.concat([tail.subarray(-4_096), chunk.subarray(-4_096)]);
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    truncated = true;
  }
  checkFirstLine();
  const ends = tail.toString("utf8").split("\n");
  const unended = ends.pop() as string;
  // A last line without a line break is whole only when the file is.
  const last = unended !== "" && !truncated ? unended : ends.pop();
  if (unended !== "" && !truncated) lines += 1;
  return {
    fingerprint: createHash("sha256").update(head).digest("hex"),
    lines,
    lastLine: last === undefined || last === "" ? undefined : last.replace(/\r$/, ""),
    truncated,
  };
}

/**
 * Yields the rows of a small CSV file, as objects by column. Rows with another number of fields than the header are reported.
 * @throws ImportError when a column is missing, or (after the last readable row) when the archive is truncated
 */
export async function* readRows<Column extends string>(
  path: string,
  columns: readonly Column[],
  rejections: Rejections,
): AsyncGenerator<{ row: Record<Column, string>; line: number }> {
  const file = basename(path);
  let header: string[] | undefined;
  for await (const { lines, first } of readLines(path)) {
    for (let at = 0; at < lines.length; at++) {
      const line = first + at;
      const text = (lines[at] as string).replace(/\r$/, "");
      if (text === "") continue;
      const fields = fieldsOf(text);
      if (header === undefined) {
        header = fields ?? [];
        const missing = columns.filter((column) => !header?.includes(column));
        if (missing.length > 0) {
          throw new ImportError("IMPORT_SOURCE_INVALID", `${file} has no column ${missing.join(", ")}.`);
        }
        continue;
      }
      if (!fields) rejections.add(file, line, "quotes that do not match");
      else if (fields.length !== header.length) {
        rejections.add(file, line, `${fields.length} fields instead of ${header.length}`);
      } else {
        yield { row: Object.fromEntries(header.map((name, n) => [name, fields[n]])) as Record<Column, string>, line };
      }
    }
  }
}

function fieldsOf(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(",");
  try {
    return parse(line)[0];
  } catch {
    return undefined;
  }
}

import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";

const mib = 2 ** 20;
/** More than any supergraph, manifest or list of keys contains. */
const defaultLimit = 64 * mib;

/** The error when a file that a user named cannot be read as text. The message names the file, and never its content. */
export class FileError extends Error {
  readonly code: "FILE_UNREADABLE" | "FILE_TOO_LARGE" | "FILE_INVALID";
  constructor(code: FileError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Reads a file as UTF-8, but never more than `limit` bytes of it: a file such as /dev/zero has no end.
 * @throws FileError
 */
export function readTextFile(path: string, limit = defaultLimit): string {
  return reading(path, () => {
    const file = openSync(path, "r");
    try {
      const chunks: Buffer[] = [];
      for (let size = 0; ;) {
        const chunk = Buffer.alloc(Math.min(mib, limit + 1 - size));
        const read = readSync(file, chunk);
        if (read === 0) return textOf(path, chunks);
        chunks.push(chunk.subarray(0, read));
        if ((size += read) > limit) throw tooLarge(path, limit);
      }
    } finally {
      closeSync(file);
    }
  });
}

/** As `readTextFile`, without blocking. */
export async function loadTextFile(path: string, limit = defaultLimit): Promise<string> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; ;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(mib, limit + 1 - size)));
      if (bytesRead === 0) return textOf(path, chunks);
      chunks.push(buffer.subarray(0, bytesRead));
      if ((size += bytesRead) > limit) throw tooLarge(path, limit);
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}

/**
 * Returns the value in a JSON file.
 * @param what the expected content, for the message
 * @param parse throws when the value is not valid
 * @throws FileError
 */
export const readJsonFile = <Value>(path: string, what: string, parse: (value: unknown) => Value): Value =>
  parseJsonFile(path, readTextFile(path, mib), what, parse);

/** As `readJsonFile`, for a file whose text has been read. */
export function parseJsonFile<Value>(
  path: string,
  text: string,
  what: string,
  parse: (value: unknown) => Value,
): Value {
  try {
    return parse(JSON.parse(text));
  } catch {
    // Thrown without its cause: the parser's message quotes the file, and the log would show a secret.
    throw new FileError("FILE_INVALID", `${path} does not hold ${what}.`);
  }
}

function reading<Value>(path: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function textOf(path: string, chunks: readonly Buffer[]): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new FileError("FILE_INVALID", `${path} does not hold UTF-8 text.`, { cause: error });
  }
}

const tooLarge = (path: string, limit: number) =>
  new FileError("FILE_TOO_LARGE", `${path} holds more than ${limit / mib} MiB, the most that is read of such a file.`);

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
};

function unreadable(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (error instanceof FileError || !/^E[A-Z]+$/.test(code)) return error;
  return new FileError("FILE_UNREADABLE", `${path} cannot be read: ${reasons[code] ?? code}.`, { cause: error });
}

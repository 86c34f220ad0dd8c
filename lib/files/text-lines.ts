import { StringDecoder } from "node:string_decoder";
import { FileError } from "./text-file.ts";

/** The longest line of a file from users; a line without an end would fill the memory. */
export const maxLineLength = 2 ** 20;

/** The whole lines that one piece of the file completed. */
export interface LineBatch {
  lines: string[];
  /** The number of the first line, from 1. */
  first: number;
}

/**
 * Yields the lines of a text that arrives in pieces; an incomplete line only when it is the last one and nothing failed.
 * @param file its name, for the message
 * @throws FileError FILE_INVALID at a line that is too long, after the lines before it
 */
export async function* linesOf(file: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<LineBatch> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let next = 1;
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() as string;
    const long = lines.findIndex(({ length }) => length > maxLineLength);
    const whole = long < 0 ? lines : lines.slice(0, long);
    if (whole.length > 0) yield { lines: whole, first: next };
    next += whole.length;
    if (long >= 0 || rest.length > maxLineLength) throw lineTooLong(file, next);
  }
  rest += decoder.end();
  if (rest !== "") yield { lines: [rest], first: next };
}

export const lineTooLong = (file: string, line: number): FileError =>
  new FileError("FILE_INVALID", `${file}:${line}: the line is longer than 1 MiB.`);

import { type FileHandle, open } from "node:fs/promises";

/** What is written to the disk at once. */
interface Batch {
  lines: string[];
  written: Promise<void>;
  settle: { resolve(): void; reject(reason: unknown): void };
}

/**
 * Appends lines to a file. Lines that are appended while the disk is busy are written and synced together (group commit). After an error it accepts nothing
 * more: what the file holds is then known only to the process that reads it next.
 */
export class Journal {
  #file: FileHandle;
  #next: FileHandle | undefined;
  #collecting: Batch | undefined;
  #latest: Promise<void> = Promise.resolve();
  #isWriting = false;
  #hasFailed = false;
  /** Bytes appended to the current file. */
  size = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<Journal> {
    return new Journal(await open(path, "a"));
  }

  append(line: string): void {
    if (this.#hasFailed) return;
    this.#collecting ??= newBatch();
    this.#collecting.lines.push(line);
    this.size += line.length + 1;
    this.#latest = this.#collecting.written;
    if (!this.#isWriting) void this.#write();
  }

  /** Resolves when every line so far is on the disk. @throws the system's error of the first write that failed */
  synced(): Promise<void> {
    return this.#latest;
  }

  /** Continues in another file. Lines that are not written yet go there. */
  async rotate(path: string): Promise<void> {
    await this.#next?.close();
    this.#next = await open(path, "a");
    this.size = 0;
    if (!this.#isWriting) await this.#swap();
  }

  async close(): Promise<void> {
    await this.#latest.catch(() => undefined);
    await this.#next?.close();
    await this.#file.close();
  }

  async #swap(): Promise<void> {
    if (!this.#next) return;
    const before = this.#file;
    this.#file = this.#next;
    this.#next = undefined;
    await before.close();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    // Lines of the same turn of the event loop belong to the same batch.
    await new Promise(setImmediate);
    for (let batch = this.#take(); batch; batch = this.#take()) {
      try {
        await this.#swap();
        await this.#file.appendFile(`${batch.lines.join("\n")}\n`);
        await this.#file.datasync();
        batch.settle.resolve();
      } catch (error) {
        // Nothing is written after a gap: all that wait for the disk, now and later, get the same error.
        this.#hasFailed = true;
        batch.settle.reject(error);
        this.#collecting?.settle.reject(error);
        this.#latest = batch.written;
        return;
      }
    }
    this.#isWriting = false;
  }

  #take(): Batch | undefined {
    const batch = this.#collecting;
    this.#collecting = undefined;
    return batch;
  }
}

function newBatch(): Batch {
  let settle: Batch["settle"] | undefined;
  const written = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  // Those who wait for it handle the error.
  written.catch(() => undefined);
  return { lines: [], written, settle: settle as Batch["settle"] };
}

import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { resolve } from "node:path";
import { makeFolder } from "#lib/files/make-folder.ts";
import { addFile } from "#lib/files/whole-file.ts";
import { log } from "#lib/observability/log.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "#lib/process/process-identity.ts";
import { Journal } from "./journal.ts";
import { headerLine, journalFile, journalsIn, readStore, snapshotFile, StoreError } from "./store-files.ts";
import { type Change, defaultRetention, type Retention, World } from "./world.ts";

export interface StoreOptions {
  retention?: Retention;
  /** The size of a journal, in bytes, at which a snapshot takes its place. */
  compactAt?: number;
  now?: () => number;
  /** The process that has the store open; the store is in use as long as it lives. */
  owner?: ProcessIdentity;
}

/**
 * The state of all nodes in a folder: a journal of changes, one JSON line each, which a snapshot replaces from time to time. One process at a time has it
 * open. A change is visible in `world` at once; a response that shows it waits for `durable`.
 */
export class Store {
  readonly world: World;
  readonly folder: string;
  readonly #journal: Journal;
  readonly #options: Required<StoreOptions>;
  #generation: number;
  #compacting: Promise<void> | undefined;

  private constructor(
    folder: string,
    parts: { world: World; journal: Journal; generation: number },
    options: Required<StoreOptions>,
  ) {
    this.folder = folder;
    this.world = parts.world;
    this.#journal = parts.journal;
    this.#generation = parts.generation;
    this.#options = options;
  }

  /** @throws StoreError STORE_IN_USE while another process has it open, STORE_DAMAGED when it cannot be read */
  static async open(path: string, given: StoreOptions = {}): Promise<Store> {
    const options = {
      retention: defaultRetention,
      compactAt: 16 * 2 ** 20,
      now: Date.now,
      owner: ownIdentity(),
      ...given,
    };
    const folder = resolve(path);
    makeFolder(folder, 0o700);
    const world = new World();
    const before = await readStore(folder, (change) => world.apply(change));
    const inUse = new StoreError(
      "STORE_IN_USE",
      `Another process uses ${folder}: ${before.process?.pid ?? "it has just started"}.`,
    );
    if (before.process && isAlive(before.process)) throw inUse;
    const generation = before.generation + 1;
    const journal = journalFile(folder, generation);
    // Of several processes that open the store at once, one makes this file.
    if (!addFile(journal, `${headerLine(generation, options.owner)}\n`)) throw inUse;
    world.forget(options.now(), options.retention);
    const store = new Store(folder, { world, journal: await Journal.open(journal), generation }, options);
    if (generation > 1) store.#startCompaction(false);
    return store;
  }

  /** The journal to which this process appends. */
  get journalPath(): string {
    return journalFile(this.folder, this.#generation);
  }

  commit(change: Omit<Change, "at">): void {
    const whole = { at: this.#options.now(), ...change };
    this.world.apply(whole);
    this.#journal.append(JSON.stringify(whole));
    this.world.forget(whole.at, this.#options.retention);
    if (this.#journal.size > this.#options.compactAt && !this.#compacting) this.#startCompaction(true);
  }

  /** Resolves when every change so far is on the disk. @throws the system's error: the process must end, and read the store again */
  durable(): Promise<void> {
    return this.#journal.synced();
  }

  async close(): Promise<void> {
    await this.#compacting;
    await this.#journal.close();
  }

  #startCompaction(rotates: boolean): void {
    this.#compacting = this.#compact(rotates)
      // The journals stay until a snapshot takes their place. A disk that accepts no change either is reported by `durable`.
      .catch((error: unknown) => log.hypervisors.warn({ err: error }, "a snapshot of the store could not be written"))
      .finally(() => (this.#compacting = undefined));
  }

  async #compact(rotates: boolean): Promise<void> {
    if (rotates) {
      const generation = this.#generation + 1;
      const path = journalFile(this.folder, generation);
      addFile(path, `${headerLine(generation, this.#options.owner)}\n`);
      this.#generation = generation;
      await this.#journal.rotate(path);
    }
    const generation = this.#generation;
    await this.#writeSnapshot(generation);
    for (const older of journalsIn(this.folder)) if (older < generation) rmSync(journalFile(this.folder, older));
  }

  /** Writes the snapshot while changes continue. Those that it has in part are whole in the journal of its generation, and are applied again. */
  async #writeSnapshot(generation: number): Promise<void> {
    const path = snapshotFile(this.folder);
    const file = await open(`${path}.new`, "w", 0o600);
    try {
      let lines = [headerLine(generation)];
      for (const change of this.world.changes()) {
        lines.push(JSON.stringify(change));
        if (lines.length < 500) continue;
        await file.appendFile(`${lines.join("\n")}\n`);
        lines = [];
      }
      if (lines.length > 0) await file.appendFile(`${lines.join("\n")}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    // Otherwise the snapshot could have a change of which the journal does not know.
    await this.durable();
    await rename(`${path}.new`, path);
    const folder = openSync(this.folder, "r");
    fsyncSync(folder);
    closeSync(folder);
  }
}

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "undici";

const isRoot = process.getuid?.() === 0;

/** The browser's program: the one that NOVACRON_CHROMIUM names, or one on the PATH. Without it, the tests that need it are skipped and report that. */
export const chromiumProgram = [process.env["NOVACRON_CHROMIUM"], "chromium", "chromium-browser", "google-chrome"].find(
  (program) => program && spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0,
);

export const needsChromium = "opening a page needs chromium";

export interface Page {
  /** The URLs that the page has requested, from any server. */
  requested: string[];
  /** The page's problems: exceptions, console errors, and violations of its policy. */
  complaints: string[];
  /** Evaluates an expression in the page, awaits a promise, and resolves to the value. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves to the value of an expression in the page once it is truthy, checked after each change of the document. */
  appears(expression: string): Promise<unknown>;
}

export interface Browser {
  open(url: string): Promise<Page>;
  close(): Promise<void>;
}

interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Starts a browser that resolves no host but this machine's 127.0.0.1, and drives it by its DevTools protocol. */
export async function startBrowser(): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-browser-"));
  const child = spawn(
    chromiumProgram ?? "",
    [
      "--headless=new",
      "--disable-gpu",
      "--no-first-run",
      "--disable-dev-shm-usage",
      // Chromium's sandbox refuses root.
      ...(isRoot ? ["--no-sandbox"] : []),
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      "--remote-debugging-port=0",
      `--user-data-dir=${folder}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const exited = once(child, "exit");
  const socket = new WebSocket(await devToolsUrl(child.stderr));
  const protocol = new Protocol(socket);
  await once(socket, "open");
  return {
    open: (url) => openPage(protocol, url),
    close: async () => {
      await Promise.all([exited, protocol.send("Browser.close")]);
      // Processes of the browser outlive it for a moment, and still write files.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

async function devToolsUrl(stderr: NodeJS.ReadableStream): Promise<string> {
  const output: string[] = [];
  const lines = createInterface({ input: stderr });
  return new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      output.push(line);
      const url = /^DevTools listening on (ws:\S+)$/.exec(line)?.[1];
      if (url) resolve(url);
    });
    lines.once("close", () => reject(new Error(`The browser ended:\n${output.join("\n")}`)));
  });
}

/** A client of the DevTools protocol: https://chromedevtools.github.io/devtools-protocol/ */
class Protocol {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #listeners: ((message: Message) => void)[] = [];
  #sent = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.id === undefined) for (const listener of this.#listeners) listener(message);
      else this.#waiting.get(message.id)?.(message);
    });
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = (this.#sent += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });
  }

  onEvent(sessionId: string, listener: (method: string, params: Record<string, unknown>) => void): void {
    this.#listeners.push((message) => {
      if (message.sessionId === sessionId) listener(message.method ?? "", message.params ?? {});
    });
  }
}

async function openPage(protocol: Protocol, url: string): Promise<Page> {
  const { targetId } = await protocol.send("Target.createTarget", { url: "about:blank" });
  const attached = await protocol.send("Target.attachToTarget", { targetId, flatten: true });
  const sessionId = attached["sessionId"] as string;
  const send = (method: string, params: object = {}) => protocol.send(method, params, sessionId);
  const requested: string[] = [];
  const complaints: string[] = [];
  let whenLoaded: () => void;
  const loaded = new Promise<void>((resolve) => (whenLoaded = resolve));
  protocol.onEvent(sessionId, (method, params) => {
    if (method === "Network.requestWillBeSent") requested.push((params["request"] as { url: string }).url);
    if (method === "Page.loadEventFired") whenLoaded();
    const isComplaint =
      method === "Runtime.exceptionThrown" ||
      (method === "Runtime.consoleAPICalled" && params["type"] === "error") ||
      (method === "Log.entryAdded" && (params["entry"] as { level: string }).level === "error");
    if (isComplaint) complaints.push(JSON.stringify(params));
  });
  for (const domain of ["Network", "Page", "Runtime", "Log"]) await send(`${domain}.enable`);
  await send("Page.navigate", { url });
  await loaded;
  const evaluate = async (expression: string) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value?: unknown }).value;
  };
  const appears = (expression: string) =>
    evaluate(`new Promise((resolve) => {
      const look = () => {
        const value = ${expression};
        if (!value) return;
        observer.disconnect();
        resolve(value);
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
      look();
    })`);
  return { requested, complaints, evaluate, appears };
}

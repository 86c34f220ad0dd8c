import { Agent, request } from "undici";
import type { Output, Secrets } from "./secrets.ts";

/** The only fields that show a secret, once, to the caller that it is for. */
export const shownOnce: readonly string[] = [
  "signIn.token",
  "changePassword.token",
  "createApiKey.key",
  "rotateApiKey.key",
  "createPasswordReset.code",
  "createConnectionTicket.ticket",
  "createUser.password",
  "beginTotp.secret",
  "beginTotp.uri",
  "confirmTotp.recoveryCodes",
  "confirmTotp.token",
  "disableTotp.token",
  "regenerateRecoveryCodes.recoveryCodes",
];

export interface RequestOptions {
  method?: "POST" | "GET";
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

/** Sends requests and keeps every answer. It watches each secret that it is shown from then on. */
export class Client {
  readonly answers: Output[] = [];
  readonly #origin: string;
  readonly #secrets: Secrets;
  #agents = 0;
  #agent = new Agent();

  constructor(url: string, secrets: Secrets) {
    this.#origin = new URL(url).origin;
    this.#secrets = secrets;
  }

  /** From now on the client sends from another address, which has no failed sign-ins. */
  async moveElsewhere(): Promise<void> {
    await this.#agent.close();
    this.#agents += 1;
    this.#agent = new Agent({ connect: { localAddress: `127.0.1.${this.#agents}` } });
  }

  async send(what: string, options: RequestOptions): Promise<string> {
    const { method = "POST", path = "/graphql", headers = { "content-type": "application/json" }, body } = options;
    const answer = await request(`${this.#origin}${path}`, {
      method,
      headers,
      dispatcher: this.#agent,
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.body.text();
    const kept = `${answer.statusCode} ${JSON.stringify(answer.headers)} ${this.#withoutShownOnce(text)}`;
    this.answers.push({ where: `the response to ${what}`, text: kept });
    return text;
  }

  /** @returns the answer's data */
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are as deep as queries; tests read them by path
  async ask(what: string, query: string, variables: Record<string, unknown> = {}, token?: string): Promise<any> {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const text = await this.send(what, { headers, body: JSON.stringify({ query, variables }) });
    return (JSON.parse(text) as { data?: unknown }).data ?? null;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  #withoutShownOnce(text: string): string {
    let body: { data?: Record<string, Record<string, unknown> | null> | null };
    try {
      body = JSON.parse(text) as typeof body;
    } catch {
      return text;
    }
    for (const coordinate of shownOnce) {
      const [field = "", part = ""] = coordinate.split(".");
      const payload = body.data?.[field];
      const shown = payload?.[part];
      if (!payload || shown === null || shown === undefined) continue;
      for (const each of [shown].flat() as string[])
        if (part !== "uri") this.#secrets.watch(coordinate, withoutKind(each));
      payload[part] = "shown once";
    }
    return JSON.stringify(body);
  }
}

/** Returns the part of `nvk_dev_<id>_<secret>_<checksum>` or `nvs_<secret>` that is secret; which key it is is not. */
const withoutKind = (secret: string): string =>
  (secret.startsWith("nvk_") ? secret.split("_")[3] : undefined) ?? secret.replace(/^nv[a-z]_/, "");
